"""What the browser may ask of a result: safe for whatever it sends, and slow questions answered once."""

import threading

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.ui.lanes import Client, Limits
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.server_functions import ServerFunctions
from hubert_demo.ui.views import attention
from hubert_demo.ui.views.base import APOLOGY, NOT_UNDERSTOOD, SLOW
from hubert_demo.ui.waiting import GLANCE, LANES, Waiting

LONG_S = 30
MAX_QUICK = LANES[GLANCE][0]


@pytest.fixture(scope="module")
def results():
    return Results()


@pytest.fixture(scope="module")
def token(results):
    samples = np.random.default_rng(7).normal(0, 0.1, 8000).astype(np.float32)
    return results.keep(analyze(Waveform(samples)), 0.1).token


@pytest.fixture
def make(results):
    """Makes the function of a quick or a slow answer."""
    opened = []

    def make(quick=None, slow=None, **options):
        opened.append(Waiting(**options))
        functions = ServerFunctions(results, opened[-1])
        (function,) = functions.of([quick] if quick else [], [slow] if slow else [])
        return function

    yield make
    for waiting in opened:
        waiting.close()


@pytest.fixture
def of_attention(results):
    """The functions of the attention view: `heads` and `head_map`."""
    waiting = Waiting()
    yield ServerFunctions(results, waiting).of(attention.VIEW.quick_answers)
    waiting.close()


def test_an_answer_is_about_the_result_of_the_token(make, results, token):
    answer = make(lambda analysis, request: {"same": analysis is results.get(token).analysis, **request})
    assert answer({"token": token, "x": 1}) == {"ok": True, "same": True, "token": token, "x": 1}


def test_few_quick_answers_are_computed_at_once(make, token):
    begun, may_end = threading.Semaphore(0), threading.Event()

    def draw(analysis, request):
        begun.release()
        may_end.wait(LONG_S)
        return {}

    answer = make(draw)
    threads = [threading.Thread(target=answer, args=({"token": token},)) for _ in range(MAX_QUICK + 1)]
    for thread in threads:
        thread.start()
    try:
        assert all(begun.acquire(timeout=LONG_S) for _ in range(MAX_QUICK))
        assert not begun.acquire(timeout=0.1)
    finally:
        may_end.set()
    for thread in threads:
        thread.join()
    assert begun.acquire(timeout=0)


def test_the_same_slow_question_is_computed_once(make, token, run_async):
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def think(analysis, request):
        calls.append(request["number"])
        begun.set()
        may_end.wait(LONG_S)
        return {"thought": request["number"]}

    answer = make(slow=think, patience_s=0.05)
    assert answer.__name__ == "think"
    try:
        for _ in range(3):
            assert run_async(answer({"token": token, "number": 1})) == {"ok": True, "ready": False}
        assert begun.wait(LONG_S)
    finally:
        may_end.set()
    answer = make(slow=think, patience_s=LONG_S)
    assert run_async(answer({"token": token, "number": 2})) == {"ok": True, "ready": True, "thought": 2}
    assert calls == [1, 2]


def test_slow_questions_are_bounded(make, token, run_async):
    may_end, begun = threading.Event(), threading.Event()

    def think(analysis, request):
        begun.set()
        return {"done": may_end.wait(LONG_S)}

    limits = {SLOW: Limits(waiting=0)}
    answer = make(slow=think, patience_s=0.05, who=lambda: Client("a page"), limits=limits)
    try:
        assert run_async(answer({"token": token, "number": 1}))["error"].startswith(
            "0 requests are already waiting"
        )
        answer = make(slow=think, patience_s=0.05, who=lambda: Client("a page"))
        assert run_async(answer({"token": token, "number": 1})) == {"ok": True, "ready": False}
        assert begun.wait(LONG_S)
    finally:
        may_end.set()


def test_of_80_glances_at_once_few_wait_and_the_others_are_told(make, token):
    may_end, begun, lock, calls = threading.Event(), threading.Event(), threading.Lock(), []

    def draw(analysis, request):
        with lock:
            calls.append(request["number"])
            if len(calls) == MAX_QUICK:
                begun.set()
        may_end.wait(LONG_S)
        return {}

    names = iter(range(1000))
    answer = make(
        draw, who=lambda: Client(str(next(names))), limits={GLANCE: Limits(waiting=10, per_client=4)}
    )
    answers = []
    threads = [
        threading.Thread(
            target=lambda number=number: answers.append(answer({"token": token, "number": number}))
        )
        for number in range(80)
    ]
    for thread in threads[:MAX_QUICK]:
        thread.start()
    assert begun.wait(LONG_S)
    for thread in threads[MAX_QUICK:]:
        thread.start()
    while len(answers) < 80 - MAX_QUICK - 10:
        may_end.wait(0.01)
    may_end.set()
    for thread in threads:
        thread.join()
    refused = [each["error"] for each in answers if not each["ok"]]
    assert len(refused) == 80 - MAX_QUICK - 10
    assert all("the limit is 10. Try again in about" in each for each in refused)
    assert len(calls) == MAX_QUICK + 10


def test_slow_answers_survive_strange_requests_and_bugs(make, token, run_async, caplog):
    def broken(analysis, request):
        raise ZeroDivisionError("the slow reason")

    answer = make(slow=broken)
    assert run_async(answer(None)) == {"ok": False, "error": NOT_UNDERSTOOD}
    assert run_async(answer({"token": "guess"})) == {"ok": False, "error": GONE}
    assert run_async(answer({"token": token})) == {"ready": True, "ok": False, "error": APOLOGY}
    assert "the slow reason" in caplog.text


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
def test_strange_requests_get_a_sentence(of_attention, request_, error):
    heads, head_map = of_attention
    expected = {"ok": False, "error": error}
    assert heads(request_) == expected
    assert head_map(request_) == expected


@pytest.mark.parametrize("layer", [-1, 99, True, 1.0, "1", None, [1], {"layer": 1}])
def test_strange_layers_and_heads_get_a_sentence(of_attention, token, layer):
    heads, head_map = of_attention
    for answer in (
        heads({"token": token, "layer": layer}),
        head_map({"token": token, "layer": layer, "head": 0}),
        head_map({"token": token, "layer": 0, "head": layer}),
    ):
        assert not answer["ok"]
        assert "choose 0 to" in answer["error"]


def test_a_bug_gets_an_apology_and_a_traceback_in_the_log(make, token, caplog):
    def broken(analysis, request):
        raise ZeroDivisionError("the reason")

    answer = make(broken)
    assert answer.__name__ == "broken"
    assert answer({"token": token}) == {"ok": False, "error": APOLOGY}
    assert "the reason" in caplog.text
    assert "Traceback" in caplog.text
