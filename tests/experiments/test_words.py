"""Each word silenced: marked where it matters more than other stretches, and a curve that shows it."""

from itertools import islice

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.api import analyze
from hubert_demo.api.opening import sweep_steps
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects
from hubert_demo.experiments.words import NUM_DRAWS, sweep_words

WORDS = tuple(
    Word(text, start, start + 0.3, 0.9) for text, start in zip("abcdef", range(1, 12, 2), strict=True)
)
DURATION_S = 14.0


def silencer(weights):
    """The loss rises by a word's weight for every second of it that is silent."""

    def silence(stretches):
        rise = 0.0
        for word, weight in zip(WORDS, weights, strict=True):
            for each in stretches:
                rise += weight * max(0.0, min(word.end_s, each.end_s) - max(word.start_s, each.start_s))
        return Effects(*(np.array([rise]) for _ in range(3)))

    return silence


def test_the_word_that_matters_is_marked_and_removed_first():
    steps = list(sweep_words(silencer([1, 1, 50, 1, 1, 1]), WORDS, DURATION_S))
    sweep = steps[-1]
    assert sweep.is_marked[2]
    highest = [sweep.null_of(number).max() for number in range(6)]
    assert sweep.is_marked.tolist() == (sweep.effects.loss_rise > highest).tolist()
    assert sweep.effects.loss_rise[2] == pytest.approx(15)
    assert sweep.removed[0] == sweep.effects.loss_rise[2]
    assert (sweep.removed >= sweep.removed_at_random - 1e-9).all()
    assert sweep.removed[-1] == pytest.approx(sweep.removed_at_random[0, -1])
    assert [step.num_done for step in steps if step.num_done][-1] == sweep.num_passes
    assert np.isnan(steps[0].effects.loss_rise[1:]).all()


def test_a_word_is_compared_with_stretches_of_its_length_that_do_not_touch_it():
    sweep = list(sweep_words(silencer([1] * 6), WORDS, DURATION_S))[-1]
    (null,) = sweep.nulls
    assert null.length_s == pytest.approx(0.3)
    for number, word in enumerate(WORDS):
        starts = null.starts_s[null.elsewhere(word)]
        assert len(sweep.null_of(number)) == len(starts) == NUM_DRAWS
        assert ((starts >= word.end_s) | (starts + null.length_s <= word.start_s)).all()
    assert len(null.starts_s) < NUM_DRAWS + 15
    assert sweep.is_compared.all()
    assert sweep.by_chance == 1 / 21


def test_where_there_is_no_room_elsewhere_nothing_is_marked():
    word = Word("all", 0.05, 0.95, 1.0)

    def silence(stretches):
        return Effects(*(np.array([5.0]) for _ in range(3)))

    sweep = list(sweep_words(silence, [word], 1.0))[-1]
    assert len(sweep.null_of(0)) == 0
    assert (sweep.is_compared.tolist(), sweep.by_chance) == ([False], None)
    assert not sweep.is_marked.any()
    assert sweep.removed.tolist() == [5.0]


def test_no_words_are_refused():
    with pytest.raises(InputError, match="No speech was recognised"):
        next(sweep_words(silencer([1] * 6), [], 1.0))


def test_the_sound_that_made_the_keyword_is_found(root, write_checkpoint, tmp_path):
    samples = Waveform.from_file(root / "assets" / "examples" / "commands.wav").samples
    analysis = analyze(samples[: 2 * 16_000], device="cpu")
    (*_, sweep) = _first(analysis, len(analysis.transcript_greedy.words))
    clearest = int(np.argmin(sweep.effects.keyword_change))
    assert sweep.words[clearest].text.lower() == sweep.keyword == analysis.keywords.label
    assert (sweep.effects.characters_changed > 0).all()

    borrower = analyze(samples[: 2 * 16_000], checkpoint=write_checkpoint(tmp_path, "encoder"), device="cpu")
    (*_, borrowed) = _first(borrower, len(sweep.words))
    np.testing.assert_allclose(borrowed.effects.loss_rise, sweep.effects.loss_rise, rtol=1e-4, atol=1e-4)


def _first(analysis, count):
    return islice(sweep_steps(analysis, "words"), count)
