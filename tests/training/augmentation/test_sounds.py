"""Sounds without speech."""

import numpy as np
import pytest

from hubert_demo.training.augmentation.sounds import SOUNDS, STEADY, at_level, faded


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("num_samples", [1, 150, 8000])
def test_a_sound_is_as_long_as_asked_and_has_a_level_of_one(name, num_samples):
    sound = SOUNDS[name](num_samples, np.random.default_rng(0))
    assert sound.shape == (num_samples,)
    assert np.isfinite(sound).all()
    if num_samples == 8000:
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("name", SOUNDS)
def test_no_two_are_alike_and_a_seed_decides(name):
    one, same, other = (SOUNDS[name](8000, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(("name", "base_hz"), [("50 Hz hum", 50), ("60 Hz hum", 60)])
def test_hum_holds_harmonics_of_the_mains_and_nothing_else(name, base_hz):
    spectrum = np.abs(np.fft.rfft(SOUNDS[name](160_000, np.random.default_rng(3)) * np.hanning(160_000))) ** 2
    frequency_hz = np.fft.rfftfreq(160_000, 1 / 16_000)
    off = np.abs(frequency_hz / base_hz - np.round(frequency_hz / base_hz)) * base_hz
    assert spectrum[off < 4].sum() > 0.99 * spectrum.sum()


def test_beeps_fall_silent_in_between():
    beeps = SOUNDS["beeps"](160_000, np.random.default_rng(0))
    levels = np.abs(beeps).reshape(-1, 400).max(axis=1)
    assert (levels < 1e-6).mean() > 0.1
    assert (levels > 0.5).mean() > 0.03


def test_a_level_is_that_of_the_root_mean_square_below_full_scale():
    loud = at_level(SOUNDS["white noise"](16_000, np.random.default_rng(0)), -20.0)
    assert 20 * np.log10(loud.std() / 32768) == pytest.approx(-20.0, abs=0.01)


def test_a_faded_sound_begins_and_ends_in_silence():
    sound = faded(np.ones(8000))
    assert (sound[0], sound[-1]) == (0, 0)
    assert np.all(sound[200:-200] == 1)
    assert faded(np.ones(1)).shape == (1,)


def test_what_may_last_behind_speech_is_among_the_sounds():
    assert set(STEADY) < set(SOUNDS)
