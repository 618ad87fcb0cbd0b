"""Answers that grow: told as far as they are, shared, behind all else, and given up when nobody waits."""

import threading

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.lanes import Client
from hubert_demo.ui.long_answers import MOST_KEPT, LongAnswers
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views import attention
from hubert_demo.ui.views.base import NOT_UNDERSTOOD
from hubert_demo.ui.waiting import Waiting

LONG_S = 30


class Counting:
    """Counts to three, each time it may; knows how often it was begun and ended."""

    __name__ = "count"

    def __init__(self):
        self.may_go_on, self.begun, self.closed = threading.Semaphore(0), 0, threading.Event()

    def __call__(self, analysis, request):
        if request.get("wrong"):
            raise InputError("This cannot be counted.")
        return self.steps()

    def steps(self):
        self.begun += 1
        try:
            for number in (1, 2, 3):
                assert self.may_go_on.acquire(timeout=LONG_S)
                yield {"number": number}
        except GeneratorExit:
            self.closed.set()
            raise


@pytest.fixture(scope="module")
def analysis():
    samples = np.random.default_rng(7).normal(0, 0.1, 8000).astype(np.float32)
    return analyze(Waveform(samples))


@pytest.fixture
def waiting():
    waiting = Waiting()
    yield waiting
    waiting.close()


@pytest.fixture
def results(analysis):
    return Results()


@pytest.fixture
def token(results, analysis):
    return results.keep(analysis, 0.1).token


@pytest.fixture
def counting(waiting):
    counting = Counting()
    yield counting
    for _ in range(20):
        counting.may_go_on.release()


@pytest.fixture
def asking(results, waiting, counting, run_async):
    """Asks, and stops asking."""
    ask, stop = LongAnswers(results, waiting).of(counting)
    assert (ask.__name__, stop.__name__) == ("count", "stop_count")
    return lambda **request: run_async(ask(request)), stop


def until(condition):
    for _ in range(300):
        if condition():
            return True
        threading.Event().wait(0.1)
    return False


def test_what_there_is_is_told_until_the_answer_is_whole(asking, counting, token):
    ask, _ = asking
    assert ask(token=token) == {"ok": True, "ready": False}
    counting.may_go_on.release()
    assert until(lambda: ask(token=token) == {"ok": True, "ready": False, "number": 1})
    for _ in range(2):
        counting.may_go_on.release()
    assert until(lambda: ask(token=token) == {"ok": True, "ready": True, "number": 3})
    # It is kept.
    assert ask(token=token)["ready"]
    assert counting.begun == 1


def test_clients_share_an_answer_and_it_goes_on_until_the_last_has_left(
    asking, counting, waiting, results, token
):
    ask, stop = asking
    whose = {}
    results.who = waiting.who = lambda: Client(whose["name"])
    tokens = {}
    for whose["name"] in ("one", "other"):
        tokens[whose["name"]] = results.token_for(results.kept(token))
        assert ask(token=tokens[whose["name"]], x=1)["ok"]
    assert tokens["one"] != tokens["other"]
    assert stop({"token": tokens["other"], "x": 1}) == {"ok": True}
    counting.may_go_on.release()
    whose["name"] = "one"
    assert until(lambda: ask(token=tokens["one"], x=1).get("number") == 1)
    assert stop({"token": tokens["one"], "x": 1}) == {"ok": True}
    counting.may_go_on.release()
    assert counting.closed.wait(LONG_S)
    assert counting.begun == 1
    # Whoever asks again has it begun anew.
    assert ask(token=tokens["one"], x=1)["ok"]
    assert until(lambda: counting.begun == 2)


def test_an_answer_is_given_up_when_the_page_that_asked_was_closed(asking, counting, waiting, results, token):
    ask, _ = asking
    is_here = [True]
    results.who = waiting.who = lambda: Client("a page", lambda: bool(is_here))
    assert ask(token=results.token_for(results.kept(token)))["ok"]
    is_here.clear()
    counting.may_go_on.release()
    assert counting.closed.wait(LONG_S)


def test_what_a_page_has_on_show_comes_between_its_steps(asking, counting, waiting, token):
    ask, _ = asking
    ask(token=token)
    told = waiting.ask("a map", lambda: {"ok": True, "map": 1})
    assert not told.done()
    counting.may_go_on.release()
    assert told.result(LONG_S) == {"ok": True, "map": 1}
    assert ask(token=token) == {"ok": True, "ready": False, "number": 1}


def test_mistakes_get_sentences_and_are_tried_again(asking, counting, token):
    ask, stop = asking
    for _ in range(2):
        assert ask(token=token, wrong=True) == {"ok": False, "error": "This cannot be counted."}
    assert ask(token="nonsense") == {"ok": False, "error": GONE}
    assert ask() == {"ok": False, "error": NOT_UNDERSTOOD}
    assert stop({"token": "nonsense"}) == {"ok": False, "error": GONE}
    assert stop(["x"]) == {"ok": False, "error": NOT_UNDERSTOOD}


def test_few_answers_about_a_result_are_kept(asking, counting, token):
    ask, _ = asking
    for _ in range(3 * (MOST_KEPT + 1)):
        counting.may_go_on.release()
    for number in range(MOST_KEPT + 1):
        assert until(lambda number=number: ask(token=token, number=number)["ready"])
    assert counting.begun == MOST_KEPT + 1
    assert until(lambda: ask(token=token, number=MOST_KEPT)["ready"])
    assert counting.begun == MOST_KEPT + 1


# --- the sweeps of the attention view ---


@pytest.fixture(scope="module")
def tiny(write_checkpoint, tmp_path_factory):
    """A short recording by a model of three layers with two heads each."""
    folder = write_checkpoint(tmp_path_factory.mktemp("tiny") / "reader")
    samples = np.random.default_rng(3).normal(0, 0.1, 8000).astype(np.float32)
    return analyze(Waveform(samples), checkpoint=folder)


def test_a_sweep_over_heads_is_that_of_the_library_with_layers_and_feed_forwards(tiny):
    *steps, whole = attention.sweep(tiny, {"what": "heads", "keyword": None})
    known, layers = tiny.sweep("heads"), tiny.sweep("layers")
    assert np.array(whole["effects"]["loss_rise"]) == pytest.approx(known.effects.loss_rise, abs=1e-4)
    assert whole["is_marked"] == known.is_marked.tolist()
    assert whole["layer_skipped"]["loss_rise"] == pytest.approx(layers.skipped.loss_rise, abs=1e-4)
    assert (
        whole["feed_forward_off"]["characters_changed"] == layers.feed_forward_off.characters_changed.tolist()
    )
    assert whole["by_chance"] == 1 / 51
    assert whole["num_done"] == whole["num_passes"] == 3 * (2 + 50) + 6
    # Heads come first, from the top.
    assert steps[0]["effects"]["loss_rise"][:2] == [[None, None]] * 2
    assert None not in steps[0]["effects"]["loss_rise"][2]
    done = [step["num_done"] for step in steps]
    assert done == sorted(done)
    assert whole["effects"]["keyword_change"] == [[None, None]] * 3


def test_a_sweep_over_words_is_that_of_the_library(tiny):
    known = tiny.sweep("words")
    *_, whole = attention.sweep(tiny, {"what": "words", "keyword": None})
    assert [word["text"] for word in whole["words"]] == [word.text for word in known.words]
    assert whole["effects"]["loss_rise"] == pytest.approx(known.effects.loss_rise, abs=1e-4)
    assert whole["is_marked"] == known.is_marked.tolist()
    assert whole["removed"] == pytest.approx(known.removed, abs=1e-4)
    assert np.array(whole["removed_at_random"]) == pytest.approx(known.removed_at_random, abs=1e-4)
    assert (whole["by_chance"], whole["keyword"]) == (known.by_chance, known.keyword.strip("_"))
    assert whole["is_compared"] == known.is_compared.tolist()


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({}, "does not understand"),
        ({"what": "nonsense"}, "does not understand"),
        ({"what": ["heads"]}, "does not understand"),
        ({"what": "heads", "keyword": 3}, "does not understand"),
        ({"what": "heads", "keyword": "x" * 201}, "does not understand"),
        ({"what": "heads", "keyword": "banana"}, "does not know the keyword 'banana'"),
        ({"what": "words"}, "no words to silence"),
    ],
)
def test_strange_sweeps_get_a_sentence(analysis, request_, sentence):
    with pytest.raises(InputError, match=sentence):
        next(attention.sweep(analysis, request_))


def test_a_model_without_an_answer_says_so(write_checkpoint, tmp_path, analysis):
    bare = analyze(analysis.encoding.waveform, checkpoint=write_checkpoint(tmp_path / "bare", "encoder"))
    with pytest.raises(InputError, match="neither a CTC head nor one that gives probabilities"):
        next(attention.sweep(bare, {"what": "heads"}))
