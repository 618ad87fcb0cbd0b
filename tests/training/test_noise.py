"""Generated silence, and mixing."""

import numpy as np
import pytest

from hubert_demo.training.noise import TEST_SEEDS, mix, noise


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
