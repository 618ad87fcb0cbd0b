"""Other voices out of those at hand."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from hubert_demo.training.augmentation.voices import another_voice, move_formants

PITCH_HZ, RESONANCE_HZ = 125, 1000


def vowel():
    """Half a second of harmonics, loudest around the resonance."""
    time_s = np.arange(8000) / 16_000
    harmonics_hz = np.arange(PITCH_HZ, 7000, PITCH_HZ)
    loudness = np.exp(-((np.log2(harmonics_hz / RESONANCE_HZ) / 0.5) ** 2)) + 0.003
    x = (loudness[:, None] * np.sin(2 * np.pi * harmonics_hz[:, None] * time_s)).sum(0)
    return (x / np.abs(x).max() * 9000).astype(np.int16)


def harmonics(samples):
    """Frequencies in Hz and amplitudes of the peaks of a spectrum."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    peaks, _ = find_peaks(spectrum, height=spectrum.max() / 50)
    return peaks * 16_000 / len(samples), spectrum[peaks]


@pytest.mark.parametrize("factor", [0.85, 1.2])
def test_resonances_move_and_the_pitch_stays(factor):
    frequencies_hz, loudness = harmonics(move_formants(vowel(), factor))
    assert np.abs(frequencies_hz / PITCH_HZ - np.round(frequencies_hz / PITCH_HZ)).max() < 0.05
    frequencies_before_hz, loudness_before = harmonics(vowel())
    centre_hz = np.exp(np.average(np.log(frequencies_hz), weights=loudness**2))
    centre_before_hz = np.exp(np.average(np.log(frequencies_before_hz), weights=loudness_before**2))
    assert centre_hz / centre_before_hz == pytest.approx(factor, rel=0.06)


def test_a_voice_that_stays_is_the_same_and_a_bend_moves_high_resonances_more():
    x = vowel()
    assert np.abs(move_formants(x, 1.0).astype(int) - x).max() <= 2
    bent, even = move_formants(x, 1.0, 1.3), move_formants(x, 1.04)
    difference = np.square(bent.astype(float) - even).sum() / np.square(x.astype(float)).sum()
    assert 0 < difference < 0.05


def test_another_voice_keeps_length_and_loudness_and_depends_on_the_random_numbers_alone():
    x = vowel()
    one, same, other = (another_voice(x, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert (one.shape, one.dtype) == (x.shape, np.int16)
    assert one.astype(float).std() == pytest.approx(x.astype(float).std(), rel=0.02)


@pytest.mark.parametrize("samples", [np.zeros(4000, np.int16), np.full(300, 77, np.int16)])
def test_silence_and_the_shortest_clips_stay(samples):
    assert np.array_equal(another_voice(samples, np.random.default_rng(0)), samples)
