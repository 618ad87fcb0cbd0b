"""What is drawn of a result: once for everybody, only for whoever shows it, and in two speeds."""

import gc
import threading
import weakref

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.ui.parts import Parts
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, View
from hubert_demo.ui.waiting import Waiting

LONG_S = 30


def noise(seed=0, duration_s=0.5):
    samples = np.random.default_rng(seed).normal(0, 0.1, round(16_000 * duration_s))
    return Waveform(samples.astype(np.float32))


class Shown:
    """Parts of one view that tells what is asked of it, and a result of half a second."""

    def __init__(self, patience_s=LONG_S, max_results=32):
        self.calls = []
        self.may_end = threading.Event()
        self.may_end.set()
        view = View("layers", "", "", "", self.payload, quick_part=self.quick, slow_part=self.slow)
        self.results, self.waiting = Results(max_results), Waiting(patience_s)
        self.parts = Parts((view,), self.results, self.waiting)
        self.result = self.results.keep(analyze(noise()), 0.1)

    def payload(self, analysis):
        self.calls.append("payload")
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
    assert shown.waiting.idle(LONG_S)
    assert sorted(shown.calls) == ["payload", "quick", "slow"]
    assert set(first.payloads) == {"timeline", "layers"}
    assert first.payloads["layers"] == {"frames": shown.result.analysis.encoding.num_frames}
    assert list(first.parts) == [("layers", "quick"), ("layers", "slow")]


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
    assert shown.calls.count("payload") == 1


def test_parts_of_both_speeds_arrive(shown, fetch):
    shown.parts.rendering(shown.result)
    request = {"token": shown.result.token, "view": "layers"}
    num_layers = shown.result.analysis.encoding.num_layers
    assert fetch(shown, {**request, "speed": "quick"}) == {"ok": True, "ready": True, "quick": num_layers}
    assert fetch(shown, {**request, "speed": "slow"}) == {"ok": True, "ready": True, "slow": True}


def test_a_part_that_is_not_ready_says_so(fetch):
    shown = Shown(patience_s=0.01)
    shown.may_end.clear()
    pending = shown.parts.rendering(shown.result).parts["layers", "slow"]
    request = {"token": shown.result.token, "view": "layers", "speed": "slow"}
    assert fetch(shown, request) == {"ok": True, "ready": False}
    assert not pending.cancelled()
    shown.close()


def test_a_part_of_a_dropped_result_is_not_computed():
    shown = Shown(max_results=1)
    shown.may_end.clear()
    # One of them waits for a turn in the slow lane behind two others.
    blockers = [shown.waiting.submit("slow", lambda: shown.may_end.wait(LONG_S)) for _ in range(2)]
    part = shown.parts.rendering(shown.result).parts["layers", "slow"]
    shown.results.keep(analyze(noise(2)), 0.1)
    shown.may_end.set()
    assert part.result(LONG_S) == {"ok": False, "error": GONE}
    assert "slow" not in shown.calls
    assert all(blocker.result(LONG_S) for blocker in blockers)
    shown.close()


def test_a_rendering_is_forgotten_with_its_result():
    shown = Shown(max_results=1)
    rendering = weakref.ref(shown.parts.rendering(shown.result))
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


@pytest.mark.parametrize("view", [None, 3, "transcript", "__class__", ["layers"]])
def test_strange_views_get_a_sentence(shown, fetch, view):
    answer = fetch(shown, {"token": shown.result.token, "view": view, "speed": "slow"})
    assert answer == {"ok": False, "error": NOT_UNDERSTOOD}


@pytest.mark.parametrize("speed", [None, 3, "late", ["slow"]])
def test_strange_speeds_get_a_sentence(shown, fetch, speed):
    answer = fetch(shown, {"token": shown.result.token, "view": "layers", "speed": speed})
    assert answer == {"ok": False, "error": NOT_UNDERSTOOD}
