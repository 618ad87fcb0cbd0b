"""Results under their tokens: bounded, and deaf to whatever else is sent."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, PRETRAINED_CHECKPOINT, resolve
from hubert_demo.errors import InputError
from hubert_demo.ui.lanes import Client
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD


def noise(seed=0, duration_s=0.5):
    samples = np.random.default_rng(seed).normal(0, 0.1, round(16_000 * duration_s))
    return Waveform(samples.astype(np.float32))


@pytest.fixture(scope="module")
def analyses():
    """Analyses of three recordings."""
    return [analyze(noise(seed)) for seed in (1, 2, 3)]


def test_tokens_are_long_and_differ(analyses):
    results = Results()
    tokens = {results.keep(analysis, 0.1).token for analysis in analyses}
    assert len(tokens) == 3
    assert all(len(token) >= 32 for token in tokens)


def test_a_result_is_found_by_its_token(analyses):
    results = Results()
    result = results.keep(analyses[0], 0.25)
    assert results.get(result.token) is result
    assert (result.analysis, result.seconds) == (analyses[0], 0.25)


def test_a_result_is_found_by_checkpoint_and_samples(analyses):
    results, spec = Results(), resolve(DEFAULT_CHECKPOINT)
    result = results.keep(analyses[0], 0.1)
    assert results.find(spec, noise(1)) is result
    assert results.find(spec, noise(2)) is None
    assert results.find(resolve(PRETRAINED_CHECKPOINT), noise(1)) is None


def test_a_result_with_other_notes_is_not_found(analyses):
    results, spec = Results(), resolve(DEFAULT_CHECKPOINT)
    results.keep(analyses[0], 0.1)
    assert results.find(spec, replace(noise(1), notes=("a part of it",))) is None


def test_the_oldest_result_leaves_first(analyses):
    results = Results(max_results=2)
    first, second = (results.keep(analysis, 0.1) for analysis in analyses[:2])
    results.get(first.token)
    results.keep(analyses[2], 0.1)
    assert results.get(first.token) is first
    assert results.holds(first)
    assert not results.holds(second)
    with pytest.raises(InputError, match="no longer kept"):
        results.get(second.token)
    assert results.find(second.analysis.checkpoint, noise(2)) is None


def test_a_result_that_was_found_stays_as_one_that_was_asked_for(analyses):
    results = Results(max_results=2)
    first, second = (results.keep(analysis, 0.1) for analysis in analyses[:2])
    results.find(first.analysis.checkpoint, noise(1))
    results.keep(analyses[2], 0.1)
    assert results.get(first.token) is first
    with pytest.raises(InputError, match="no longer kept"):
        results.get(second.token)


def test_memory_is_bounded_but_one_result_always_stays(analyses):
    results = Results(max_bytes=1)
    first, second = (results.keep(analysis, 0.1) for analysis in analyses[:2])
    assert results.get(second.token) is second
    with pytest.raises(InputError):
        results.get(first.token)


def test_a_pass_that_serves_two_heads_is_counted_once(analyses):
    result = Results().keep(analyses[0], 0.1)
    encoding = analyses[0].encoding
    assert result.num_bytes == 2 * encoding.hidden_states.nbytes + 4 * encoding.waveform.samples.nbytes


@pytest.mark.parametrize("token", [None, 7, ["a"], {}])
def test_what_is_no_token_is_not_understood(token):
    with pytest.raises(InputError) as error:
        Results().get(token)
    assert str(error.value) == NOT_UNDERSTOOD


def test_a_guessed_token_finds_nothing():
    with pytest.raises(InputError) as error:
        Results().get("guess")
    assert str(error.value) == GONE


# --- tokens for one visitor ---


class Visited:
    """Results, and the name of whoever asks."""

    def __init__(self, analysis, **options):
        self.asking = "mine"
        self.results = Results(**options, who=lambda: Client(self.asking))
        self.result = self.results.keep(analysis, 0.1)
        self.token = self.results.token_for(self.result)


def test_a_token_is_of_use_to_whom_it_was_given(analyses):
    visited = Visited(analyses[0])
    assert visited.results.get(visited.token) is visited.result
    assert visited.results.of({"token": visited.token}) is visited.result
    assert visited.results.token_for(visited.result) == visited.token


def test_a_stolen_token_is_of_no_use(analyses):
    visited = Visited(analyses[0])
    visited.asking = "theirs"
    with pytest.raises(InputError, match="no longer kept"):
        visited.results.get(visited.token)
    # Who has made the same recording gets a token of their own.
    assert visited.results.get(visited.results.token_for(visited.result)) is visited.result


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token.partition(".")[0],
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: token + ".",
        lambda token: token.partition(".")[0] + ".",
        lambda token: "." + token,
        lambda token: "",
        lambda token: "\ud800",
        lambda token: token.upper(),
    ],
)
def test_a_guessed_token_is_of_no_use(analyses, change):
    visited = Visited(analyses[0])
    with pytest.raises(InputError, match="no longer kept"):
        visited.results.get(change(visited.token))


def test_an_expired_token_is_of_no_use(analyses):
    visited = Visited(analyses[0], max_results=1)
    visited.results.keep(analyses[1], 0.1)
    with pytest.raises(InputError, match="no longer kept"):
        visited.results.get(visited.token)


def test_what_is_kept_for_good_makes_room_for_nobody(analyses):
    results = Results(max_results=1)
    greeting = results.keep(analyses[0], 0.1, for_good=True)
    first, second = (results.keep(analysis, 0.1) for analysis in analyses[1:])
    assert results.holds(greeting)
    assert not results.holds(first)
    assert results.holds(second)
