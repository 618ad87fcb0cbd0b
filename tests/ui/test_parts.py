"""What is drawn of a result: part by part, once for everybody, only for whoever shows it."""

import gc
import threading
import time
import weakref
from concurrent.futures import CancelledError
from types import SimpleNamespace

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import BusyError, InputError
from hubert_demo.ui.lanes import Client
from hubert_demo.ui.parts import Parts
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Part
from hubert_demo.ui.waiting import LANES, Waiting

LONG_S = 30


def noise(seed=0, duration_s=0.5):
    samples = np.random.default_rng(seed).normal(0, 0.1, round(16_000 * duration_s))
    return Waveform(samples.astype(np.float32))


class Shown:
    """Three parts that tell when they are computed, and a result of half a second."""

    def __init__(self, patience_s=LONG_S, max_results=32):
        self.calls = []
        self.may_end = threading.Event()
        self.may_end.set()
        parts = (
            Part("first", self.first),
            Part("quick", self.quick, "quick"),
            Part("slow", self.slow, "slow"),
        )
        self.results, self.waiting = Results(max_results), Waiting(patience_s)
        self.parts = Parts(parts, self.results, self.waiting)
        self.result = self.results.keep(analyze(noise()), 0.1)

    def first(self, analysis):
        self.calls.append("first")
        return {"frames": analysis.encoding.num_frames}

    def quick(self, analysis):
        self.calls.append("quick")
        return {"quick": analysis.encoding.num_layers}

    def slow(self, analysis):
        self.may_end.wait(LONG_S)
        self.calls.append("slow")
        return {"slow": True}

    def close(self):
        self.may_end.set()
        self.waiting.close()


@pytest.fixture
def shown():
    shown = Shown()
    yield shown
    shown.close()


@pytest.fixture
def fetch(run_async):
    return lambda shown, request: run_async(shown.parts.fetching()(request))


def test_nothing_is_drawn_before_somebody_looks(shown):
    assert shown.waiting.idle(LONG_S)
    assert shown.calls == []


def test_all_visitors_share_a_rendering(shown):
    first = shown.parts.rendering(shown.result)
    assert shown.parts.rendering(shown.result) is first
    assert first["slow"].result(LONG_S) is first["slow"].result(LONG_S)
    assert shown.waiting.idle(LONG_S)
    assert sorted(shown.calls) == ["first", "quick", "slow"]
    assert list(first) == ["first", "quick", "slow"]
    num_frames = shown.result.analysis.encoding.num_frames
    assert first["first"].result() == {"ok": True, "frames": num_frames}


def test_a_slow_part_begins_when_it_is_asked_for(shown, fetch):
    shown.parts.rendering(shown.result)
    assert shown.waiting.idle(LONG_S)
    assert sorted(shown.calls) == ["first", "quick"]
    assert fetch(shown, {"token": shown.result.token, "name": "slow"})["slow"]
    assert fetch(shown, {"token": shown.result.token, "name": "slow"})["slow"]
    assert shown.calls[2:] == ["slow"]


def test_a_slow_part_that_was_given_up_begins_anew_when_it_is_asked_for_again(shown):
    here, began = [], threading.Event()
    shown.waiting.who = lambda: Client("a page", lambda: bool(here))
    shown.may_end.clear()

    def hold():
        began.set()
        shown.may_end.wait(LONG_S)

    shown.waiting.submit("slow", hold)
    assert began.wait(LONG_S)
    part = shown.parts.rendering(shown.result)["slow"]
    shown.may_end.set()
    with pytest.raises(BusyError):
        part.result(LONG_S)
    here.append("again")
    assert shown.parts.rendering(shown.result)["slow"].result(LONG_S) == {"ok": True, "slow": True}


def test_visitors_who_come_at_once_share_a_rendering_too(shown):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(shown.parts.rendering(shown.result))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(id, found))) == 1
    assert shown.waiting.idle(LONG_S)
    assert shown.calls.count("first") == 1


def test_parts_arrive_one_by_one(shown, fetch):
    token, num_layers = shown.result.token, shown.result.analysis.encoding.num_layers
    assert fetch(shown, {"token": token, "name": "quick"}) == {"ok": True, "ready": True, "quick": num_layers}
    assert fetch(shown, {"token": token, "name": "slow"}) == {"ok": True, "ready": True, "slow": True}


def test_a_part_that_fails_takes_nothing_else_down(fetch):
    def fail(_):
        raise InputError("This part is not to be had.")

    results, waiting = Results(), Waiting()
    parts = Parts((Part("broken", fail), Part("whole", lambda _: {"value": 1})), results, waiting)
    token = results.keep(analyze(noise()), 0.1).token
    page = SimpleNamespace(parts=parts)
    answer = fetch(page, {"token": token, "name": "broken"})
    assert answer == {"ok": False, "ready": True, "error": "This part is not to be had."}
    assert fetch(page, {"token": token, "name": "whole"}) == {"ok": True, "ready": True, "value": 1}
    waiting.close()


def test_a_part_that_is_not_ready_says_so(fetch):
    shown = Shown(patience_s=0.01)
    shown.may_end.clear()
    pending = shown.parts.rendering(shown.result)["slow"]
    request = {"token": shown.result.token, "name": "slow"}
    assert fetch(shown, request) == {"ok": True, "ready": False}
    assert not pending.cancelled()
    shown.close()


def test_a_part_of_a_dropped_result_is_not_computed():
    shown = Shown(max_results=1)
    shown.may_end.clear()
    # One of them waits for a turn in the slow lane behind two others.
    blockers = [shown.waiting.submit("slow", lambda: shown.may_end.wait(LONG_S)) for _ in range(2)]
    part = shown.parts.rendering(shown.result)["slow"]
    shown.results.keep(analyze(noise(2)), 0.1)
    shown.may_end.set()
    assert part.result(LONG_S) == {"ok": False, "error": GONE}
    assert "slow" not in shown.calls
    assert all(blocker.result(LONG_S) for blocker in blockers)
    shown.close()


def wait_until(condition):
    until = time.monotonic() + LONG_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_closing_ends_a_part_that_waits_for_one_that_is_dropped():
    shown = Shown()
    may_end, begun = threading.Event(), threading.Semaphore(0)
    # The first part is behind them in its lane, and the quick one waits for the first one.
    width, _ = LANES["first"]
    for _ in range(width):
        shown.waiting.submit("first", lambda: begun.release() or may_end.wait(LONG_S))
        assert begun.acquire(timeout=LONG_S)
    rendering = shown.parts.rendering(shown.result)
    wait_until(rendering["quick"].running)
    closing = threading.Thread(target=shown.close, daemon=True)
    closing.start()
    wait_until(rendering["first"].cancelled)
    may_end.set()
    closing.join(LONG_S)
    assert not closing.is_alive()
    assert isinstance(rendering["quick"].exception(0), CancelledError)
    assert shown.calls == []


def test_a_slow_part_that_is_asked_for_while_the_page_closes_says_so():
    shown = Shown()
    rendering = shown.parts.rendering(shown.result)
    shown.close()
    with pytest.raises(BusyError, match="stopping"):
        rendering["slow"]


def test_a_rendering_is_forgotten_with_its_result():
    shown = Shown(max_results=1)
    rendering = weakref.ref(shown.parts.rendering(shown.result)["first"])
    assert shown.waiting.idle(LONG_S)
    shown.result = shown.results.keep(analyze(noise(2)), 0.1)
    gc.collect()
    assert rendering() is None
    shown.close()


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (None, NOT_UNDERSTOOD),
        ([], NOT_UNDERSTOOD),
        ("token", NOT_UNDERSTOOD),
        ({}, NOT_UNDERSTOOD),
        ({"token": 7}, NOT_UNDERSTOOD),
        ({"token": ["a"]}, NOT_UNDERSTOOD),
        ({"token": "guess"}, GONE),
    ],
)
def test_strange_requests_get_a_sentence(shown, fetch, request_, error):
    assert fetch(shown, request_) == {"ok": False, "error": error}


@pytest.mark.parametrize("name", [None, 3, "transcript", "__class__", ["slow"]])
def test_strange_names_get_a_sentence(shown, fetch, name):
    answer = fetch(shown, {"token": shown.result.token, "name": name})
    assert answer == {"ok": False, "error": NOT_UNDERSTOOD}
