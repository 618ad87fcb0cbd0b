"""Results under their tokens: one pass each, bounded, and deaf to whatever else is sent."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.errors import InputError
from hubert_demo.ui import results as session
from hubert_demo.ui.results import BUSY, GONE, Results
from hubert_demo.ui.views import VIEWS, attention, layers
from hubert_demo.ui.views.base import APOLOGY, NOT_UNDERSTOOD


@pytest.fixture
def results(monkeypatch):
    # The real maps are tested elsewhere, and UMAP takes its time.
    quick = tuple(replace(view, late=view.late and view.soon) for view in VIEWS)
    monkeypatch.setattr(session, "VIEWS", quick)
    results = Results(DEFAULT_CHECKPOINT)
    yield results
    results.close()


def noise(seed=0, duration_s=0.5):
    samples = np.random.default_rng(seed).normal(0, 0.1, round(16_000 * duration_s))
    return Waveform(samples.astype(np.float32))


@pytest.fixture
def wait(run_async):
    return lambda results, request: run_async(results.waiting()(request))


def test_a_recording_runs_through_the_encoder_once(results, wait, encoder_passes):
    with encoder_passes() as passes:
        result = results.analyse(noise(1))
        again = results.analyse(noise(1))
        wait(results, {"token": result.token, "view": "layers", "stage": "late"})
        heads, head_map = results.answers(attention.VIEW)
        heads({"token": result.token, "layer": 1})
        head_map({"token": result.token, "layer": 2, "head": 3})
    assert again is result
    assert len(passes) == 1


def test_tokens_are_long_and_differ(results):
    tokens = {results.analyse(noise(seed)).token for seed in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 32 for token in tokens)


def test_the_oldest_result_leaves_first(monkeypatch):
    monkeypatch.setattr(session, "VIEWS", ())
    results = Results(DEFAULT_CHECKPOINT, max_results=2)
    first, second = (results.analyse(noise(seed)) for seed in (1, 2))
    results.get(first.token)
    results.analyse(noise(3))
    assert results.get(first.token) is first
    with pytest.raises(InputError, match="no longer kept"):
        results.get(second.token)
    results.close()


def test_memory_is_bounded_but_one_result_always_stays(monkeypatch):
    monkeypatch.setattr(session, "VIEWS", ())
    results = Results(DEFAULT_CHECKPOINT, max_bytes=1)
    first, second = (results.analyse(noise(seed)) for seed in (1, 2))
    assert results.get(second.token) is second
    with pytest.raises(InputError):
        results.get(first.token)
    results.close()


@pytest.mark.parametrize("stage", ["soon", "late"])
def test_slower_views_arrive(results, wait, stage):
    result = results.analyse(noise())
    answer = wait(results, {"token": result.token, "view": "layers", "stage": stage})
    assert answer["ok"]
    assert answer["ready"]
    assert answer["pca"]["points"]["shape"] == [result.analysis.encoding.num_layers + 1, 24, 2]


def test_a_view_that_is_not_ready_says_so(results, wait, monkeypatch):
    monkeypatch.setattr(session, "PATIENCE_S", 0.01)
    result = results.analyse(noise())
    pending = session.Future()
    monkeypatch.setitem(result.later, ("layers", "late"), pending)
    request = {"token": result.token, "view": "layers", "stage": "late"}
    assert wait(results, request) == {"ok": True, "ready": False}
    assert not pending.cancelled()


def test_a_recording_too_short_for_a_map_gets_the_sentence_and_the_rest(results, wait):
    result = results.analyse(noise(duration_s=0.12))
    answer = wait(results, {"token": result.token, "view": "layers", "stage": "soon"})
    assert "at least 10" in answer["problem"]
    assert len(answer["curves"]["norms"]) == result.analysis.encoding.num_layers + 1


def slow(results, function):
    """A slow answer that is computed by `function(analysis, request)`."""
    return results.answers(replace(layers.VIEW, answers=(), slow_answers=(function,)))[0]


def test_the_same_slow_question_is_computed_once(results, run_async, monkeypatch):
    monkeypatch.setattr(session, "PATIENCE_S", 0.05)
    begun, may_end, calls = threading.Event(), threading.Event(), []

    def think(analysis, request):
        calls.append(request["number"])
        begun.set()
        may_end.wait(30)
        return {"thought": request["number"]}

    token = results.analyse(noise(7)).token
    answer = slow(results, think)
    assert answer.__name__ == "think"
    try:
        for _ in range(3):
            assert run_async(answer({"token": token, "number": 1})) == {"ok": True, "ready": False}
        assert begun.wait(30)
    finally:
        may_end.set()
    monkeypatch.setattr(session, "PATIENCE_S", 30)
    assert run_async(answer({"token": token, "number": 2})) == {"ok": True, "ready": True, "thought": 2}
    assert calls == [1, 2]


def test_slow_questions_are_bounded(results, run_async, monkeypatch):
    monkeypatch.setattr(session, "PATIENCE_S", 0.05)
    monkeypatch.setattr(session, "MAX_ASKED", 1)
    may_end = threading.Event()
    token = results.analyse(noise(7)).token
    answer = slow(results, lambda analysis, request: {"done": may_end.wait(30)})
    try:
        assert run_async(answer({"token": token, "number": 1})) == {"ok": True, "ready": False}
        assert run_async(answer({"token": token, "number": 2})) == {"ok": False, "error": BUSY}
    finally:
        may_end.set()


def test_slow_answers_survive_strange_requests_and_bugs(results, run_async, caplog):
    def broken(analysis, request):
        raise ZeroDivisionError("the slow reason")

    answer = slow(results, broken)
    assert run_async(answer(None)) == {"ok": False, "error": NOT_UNDERSTOOD}
    assert run_async(answer({"token": "guess"})) == {"ok": False, "error": GONE}
    token = results.analyse(noise(7)).token
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
def test_strange_requests_get_a_sentence(results, wait, request_, error):
    heads, head_map = results.answers(attention.VIEW)
    expected = {"ok": False, "error": error}
    assert heads(request_) == expected
    assert head_map(request_) == expected
    assert wait(results, request_) == expected


@pytest.mark.parametrize("view", [None, 3, "transcript", "__class__", ["layers"]])
def test_strange_views_get_a_sentence(results, wait, view):
    token = results.analyse(noise()).token
    answer = wait(results, {"token": token, "view": view, "stage": "late"})
    assert answer == {"ok": False, "error": NOT_UNDERSTOOD}


@pytest.mark.parametrize("layer", [-1, 99, True, 1.0, "1", None, [1], {"layer": 1}])
def test_strange_layers_and_heads_get_a_sentence(results, layer):
    token = results.analyse(noise()).token
    heads, head_map = results.answers(attention.VIEW)
    for answer in (
        heads({"token": token, "layer": layer}),
        head_map({"token": token, "layer": layer, "head": 0}),
        head_map({"token": token, "layer": 0, "head": layer}),
    ):
        assert not answer["ok"]
        assert "choose 0 to" in answer["error"]


def test_a_bug_gets_an_apology_and_a_traceback_in_the_log(results, caplog):
    def broken(analysis, request):
        raise ZeroDivisionError("the reason")

    (answer,) = results.answers(replace(attention.VIEW, answers=(broken,)))
    assert answer.__name__ == "broken"
    token = results.analyse(noise()).token
    assert answer({"token": token}) == {"ok": False, "error": APOLOGY}
    assert "the reason" in caplog.text
    assert "Traceback" in caplog.text
