"""Generated noise: the `_silence_` class, and backgrounds to mix under words."""

from __future__ import annotations

import numpy as np

from hubert_demo.audio import SAMPLE_RATE_HZ

TEST_SEEDS = range(10_000, 10_100)
"""Seeds of the hundred recordings that stand for `_silence_` in the evaluation."""

_PEAK = 0.1


def noise(seed: int, num_samples: int = SAMPLE_RATE_HZ) -> np.ndarray:
    """One second (or so many samples) of noise as a quiet room might have it.

    A random mixture of coloured noise (power falling with frequency to the power of 0 to 2), mains hum of
    50 or 60 Hz with harmonics, and a few clicks.

    Args:
        seed: Decides everything.
        num_samples: Length at 16 kHz.

    Returns:
        int16 (num_samples,).
    """
    rng = np.random.default_rng(seed)
    x = _coloured(rng, num_samples)
    if rng.random() < 0.4:
        x = x + rng.uniform(0.2, 2.0) * _hum(rng, num_samples)
    if rng.random() < 0.3:
        clicks = rng.integers(0, num_samples, rng.integers(1, 4))
        x[clicks] += rng.uniform(3, 10, len(clicks)) * rng.choice([-1, 1], len(clicks))
    quiet = x / np.abs(x).max() * _PEAK * rng.uniform(0.01, 1.0)
    scaled: np.ndarray = np.round(quiet * 32767).astype(np.int16)
    return scaled


def _coloured(rng: np.random.Generator, num_samples: int) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0)
    x = np.fft.irfft(spectrum * frequency ** (-rng.uniform(0, 2) / 2), num_samples)
    scaled: np.ndarray = x / x.std()
    return scaled


def _hum(rng: np.random.Generator, num_samples: int) -> np.ndarray:
    time_s = np.arange(num_samples) / SAMPLE_RATE_HZ
    base_hz = rng.choice([50.0, 60.0])
    harmonics = [
        rng.random() / n * np.sin(2 * np.pi * (n * base_hz * time_s + rng.random())) for n in range(1, 6)
    ]
    total: np.ndarray = np.sum(harmonics, axis=0)
    return total


def mix(samples: np.ndarray, background: np.ndarray, snr_db: float) -> np.ndarray:
    """int16 samples with a background of the same length `snr_db` below their mean power."""
    signal, other = samples.astype(np.float32), background.astype(np.float32)
    gain = np.sqrt((np.square(signal).mean() + 1.0) / (np.square(other).mean() + 1e-3) / 10 ** (snr_db / 10))
    mixed: np.ndarray = np.clip(signal + gain * other, -32768, 32767).astype(np.int16)
    return mixed
