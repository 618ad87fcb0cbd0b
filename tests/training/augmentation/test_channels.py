"""Telephone lines, codecs and levels."""

import numpy as np
import pytest

from hubert_demo.training.augmentation.channels import at_another_level, narrow_codec, telephone, to_int16

NOISE = np.random.default_rng(0).standard_normal(32_000) * 3000


def power(samples, low_hz, high_hz):
    frequency_hz = np.fft.rfftfreq(len(samples), 1 / 16_000)
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    return spectrum[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].mean()


@pytest.mark.parametrize("seed", range(4))
def test_a_telephone_lets_only_its_band_through(seed):
    heard = telephone(NOISE, np.random.default_rng(seed))
    assert power(heard, 500, 3000) == pytest.approx(power(NOISE, 500, 3000), rel=0.2)
    assert power(heard, 0, 100) < 0.01 * power(NOISE, 0, 100)
    assert power(heard, 5000, 8000) < 0.01 * power(NOISE, 5000, 8000)


@pytest.mark.parametrize("seed", range(4))
def test_a_codec_saves_on_the_top_and_keeps_the_middle(seed):
    heard = narrow_codec(NOISE, np.random.default_rng(seed))
    assert power(heard, 500, 3000) == pytest.approx(power(NOISE, 500, 3000), rel=0.2)
    assert power(heard, 7800, 8000) < 0.5 * power(NOISE, 7800, 8000)


def test_a_channel_keeps_time():
    impulse = np.zeros(4000)
    impulse[2000] = 20_000
    assert abs(int(np.abs(telephone(impulse, np.random.default_rng(0))).argmax()) - 2000) <= 1


def test_levels_reach_from_a_few_steps_to_clipping():
    peaks = [np.abs(at_another_level(NOISE, np.random.default_rng(seed))).max() for seed in range(60)]
    in_dbfs = 20 * np.log10(np.array(peaks) / 32768)
    assert in_dbfs.min() < -40
    assert in_dbfs.max() > 6
    assert np.all((in_dbfs >= -50) & (in_dbfs <= 12))
    assert not at_another_level(np.zeros(10), np.random.default_rng(0)).any()


def test_what_is_too_loud_clips():
    assert to_int16(np.array([-1e6, -0.6, 0.4, 1e6])).tolist() == [-32768, -1, 0, 32767]
