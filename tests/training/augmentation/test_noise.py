"""Generated silence, and mixing."""

import numpy as np
import pytest

from hubert_demo.training.augmentation.noise import TEST_SEEDS, mix, noise, reverberate, roughened, tilt


def test_a_seed_decides_the_noise():
    assert np.array_equal(noise(7), noise(7))
    assert not np.array_equal(noise(7), noise(8))


def test_noise_is_never_constant_and_never_loud():
    for seed in TEST_SEEDS:
        x = noise(seed)
        assert (x.shape, x.dtype) == ((16_000,), np.int16)
        assert x.std() > 0
        assert np.abs(x).max() <= 0.1 * 32767 + 1


@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_mixing_keeps_the_asked_ratio(snr_db):
    rng = np.random.default_rng(0)
    signal = (rng.standard_normal(16_000) * 3000).astype(np.int16)
    background = (rng.standard_normal(16_000) * 100).astype(np.int16)
    added = mix(signal, background, snr_db).astype(float) - signal
    ratio_db = 10 * np.log10(np.square(signal.astype(float)).mean() / np.square(added).mean())
    assert ratio_db == pytest.approx(snr_db, abs=0.2)


@pytest.mark.parametrize("change", [tilt, reverberate])
def test_a_changed_word_keeps_its_length_and_peak(change):
    rng = np.random.default_rng(0)
    word = (np.sin(np.arange(8000) / 5) * 9000).astype(np.int16)
    word[4000:] = 0
    changed = change(word, rng)
    assert (changed.shape, changed.dtype) == (word.shape, np.int16)
    assert np.abs(changed).max() == pytest.approx(9000, rel=0.01)
    assert not np.array_equal(changed, word)


def test_a_room_goes_on_after_the_word():
    word = np.zeros(8000, np.int16)
    word[:4000] = 9000
    assert np.abs(reverberate(word, np.random.default_rng(0))[4000:4400].astype(float)).mean() > 100


def test_roughened_speech_keeps_its_length_and_differs_most_of_the_time():
    rng = np.random.default_rng(0)
    signal = (rng.standard_normal(8000) * 3000).astype(np.int16)
    changed = [roughened(signal, rng) for _ in range(40)]
    assert {(len(x), x.dtype) for x in changed} == {(8000, np.dtype(np.int16))}
    # One in twenty is left as it is.
    assert 30 <= sum(not np.array_equal(x, signal) for x in changed) <= 40
