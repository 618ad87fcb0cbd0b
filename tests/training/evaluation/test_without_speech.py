"""Sounds without speech: that they are what they are called, and what counts as quiet."""

from collections import Counter

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.training.augmentation import sounds as trained
from hubert_demo.training.evaluation.listening import Answer
from hubert_demo.training.evaluation.scores import Count
from hubert_demo.training.evaluation.without_speech import (
    ALL_SOUNDS,
    LEVELS_DBFS,
    UNTRAINED_SOUNDS,
    sound_scores,
    sounds_without_speech,
)

from .test_detections import keywords_of


@pytest.fixture(scope="module")
def sounds():
    return sounds_without_speech(ALL_SOUNDS)


def answer(text, *windows):
    return Answer(Transcript(text, (), (), np.zeros(0, np.int64)), keywords_of(*windows), (), None)


def test_there_is_one_of_every_kind_and_level_and_twenty_of_every_length(sounds):
    assert len(sounds) == 60
    assert len({(sound.kind, sound.level_dbfs) for sound in sounds}) == 60
    assert Counter(sound.clip.duration_s for sound in sounds) == {1.0: 20, 5.0: 20, 20.0: 20}
    for kind in ALL_SOUNDS:
        assert len({sound.clip.duration_s for sound in sounds if sound.kind == kind}) == 3
    assert (min(LEVELS_DBFS), max(LEVELS_DBFS)) == (-50.0, -6.0)


def test_four_kinds_are_not_at_hand_for_training(sounds):
    assert len(UNTRAINED_SOUNDS) == 4
    assert not set(UNTRAINED_SOUNDS) & set(trained.SOUNDS)
    assert len(ALL_SOUNDS) == 12


def test_sounds_have_their_level_unless_their_peaks_are_cut_off(sounds):
    for sound in sounds:
        samples = sound.clip.samples.astype(float)
        level = 20 * np.log10(np.sqrt(np.mean(samples**2)) / 32768)
        if np.abs(samples).max() < 32767:
            assert level == pytest.approx(sound.level_dbfs, abs=0.2), sound.kind
        else:
            assert level < sound.level_dbfs + 0.1, sound.kind


def test_the_same_sounds_are_made_every_time_and_others_from_another_seed():
    makers = {"siren": UNTRAINED_SOUNDS["siren"]}
    first, again, other = (sounds_without_speech(makers, seed)[0].clip.samples for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("kind", UNTRAINED_SOUNDS)
@pytest.mark.parametrize("num_samples", [16_000, 80_000])
def test_untrained_sounds_are_of_unit_level_without_offset(kind, num_samples):
    for seed in range(5):
        samples = UNTRAINED_SOUNDS[kind](num_samples, np.random.default_rng(seed))
        assert samples.shape == (num_samples,)
        assert np.mean(samples) == pytest.approx(0, abs=1e-9)
        assert np.std(samples) == pytest.approx(1)


def test_a_siren_sweeps_and_telephone_keys_are_two_tones():
    rng = np.random.default_rng(0)
    siren = UNTRAINED_SOUNDS["siren"](80_000, rng)
    loudest = [
        np.abs(np.fft.rfft(siren[start : start + 1600])).argmax() * 10 for start in range(0, 80_000, 1600)
    ]
    assert max(loudest) - min(loudest) > 200
    keys = np.abs(np.fft.rfft(UNTRAINED_SOUNDS["telephone keys"](80_000, rng)))
    frequencies_hz = np.fft.rfftfreq(80_000, 1 / 16_000)
    tones = (np.abs(frequencies_hz - 819) < 150) | (np.abs(frequencies_hz - 1421) < 240)
    assert (keys[tones] ** 2).sum() > 0.95 * (keys**2).sum()


def test_a_sound_is_quiet_with_no_letter_and_no_command_in_any_window(sounds):
    quiet = ("_silence_", 0.9)
    answers = [
        answer("", quiet, quiet),
        answer("A", quiet),
        answer("", quiet, ("go", 0.8), quiet),
        answer("", ("go", 0.6)),
        answer("", ("_unknown_", 0.99)),
    ]
    scores = sound_scores(sounds[:5], answers, 0.7)
    assert [sound.is_quiet for sound in scores.sounds] == [True, False, False, True, True]
    assert scores.quiet == Count(3, 5)
    report = "\n".join(scores.lines)
    assert "3/5 [0.23, 0.88] with no command and no letters; letters in 1/5 [" in report
    assert "white noise    3/5" in report
    assert "never hears" not in report


def test_kinds_that_training_never_hears_are_told_apart(sounds):
    scores = sound_scores(sounds, [answer("", ("_silence_", 0.9))] * 60, 0.5)
    assert scores.lines[-1].endswith(": 20/20 [0.84, 1.00]")
    assert "siren" in scores.lines[-1]
