"""Generated noise: the `_silence_` class, and backgrounds to mix under words."""

from __future__ import annotations

import numpy as np
from scipy import fft

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.training.augmentation.sounds import coloured_noise

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
    x = coloured_noise(num_samples, rng)
    if rng.random() < 0.4:
        x = x + rng.uniform(0.2, 2.0) * _hum(rng, num_samples)
    if rng.random() < 0.3:
        clicks = rng.integers(0, num_samples, rng.integers(1, 4))
        x[clicks] += rng.uniform(3, 10, len(clicks)) * rng.choice([-1, 1], len(clicks))
    quiet = x / np.abs(x).max() * _PEAK * rng.uniform(0.01, 1.0)
    scaled: np.ndarray = np.round(quiet * 32767).astype(np.int16)
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


def tilt(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 samples as another microphone might hear them: a random smooth response of up to ±12 dB.

    Half of the time frequencies above 3 to 7 kHz are lost as well, and half of the time a band of up to an
    octave (the frequency masks of SpecAugment, Park et al. 2019, for waveforms).
    """
    size = fft.next_fast_len(len(samples), real=True)
    frequency = fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    knots_hz = np.array([0.0, 100.0, 300.0, 900.0, 2700.0, 8000.0])
    response = 10 ** (np.interp(frequency, knots_hz, rng.uniform(-12, 12, len(knots_hz))) / 20)
    if rng.random() < 0.5:
        response /= 1 + (frequency / rng.uniform(3000, 7000)) ** 8
    if rng.random() < 0.5:
        lowest_hz = 200 * 2 ** rng.uniform(0, 4.5)
        response[(frequency > lowest_hz) & (frequency < lowest_hz * 2 ** rng.uniform(0.2, 1))] = 0.0
    heard = fft.irfft(fft.rfft(samples, size) * response, size)[: len(samples)]
    return _as_loud_as(samples, heard)


def reverberate(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 samples in a generated room: a tail of noise that falls by 60 dB in 0.1 to 0.5 s."""
    decay_s = rng.uniform(0.1, 0.5)
    time_s = np.arange(int(decay_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    room = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / decay_s)
    room *= rng.uniform(0.2, 0.8) / np.sqrt(np.square(room).sum())
    room[0] = 1.0
    size = fft.next_fast_len(len(samples) + len(room), real=True)
    heard = fft.irfft(fft.rfft(samples, size) * fft.rfft(room, size), size)[: len(samples)]
    return _as_loud_as(samples, heard)


def roughened(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 samples through another microphone mostly, half of the time in a room or noise (3 to 30 dB)."""
    if rng.random() < 0.8:
        samples = tilt(samples, rng)
    if rng.random() < 0.5:
        samples = reverberate(samples, rng)
    if rng.random() < 0.5:
        samples = mix(samples, background(len(samples), rng), rng.uniform(3, 30))
    return samples


def background(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of a seed far from the evaluation's."""
    return noise(int(rng.integers(1 << 40, 1 << 41)), num_samples)


def _as_loud_as(samples: np.ndarray, changed: np.ndarray) -> np.ndarray:
    """`changed` as int16 with the peak of `samples`."""
    gain = np.abs(samples).max() / max(float(np.abs(changed).max()), 1e-6)
    scaled: np.ndarray = np.clip(changed * gain, -32768, 32767).astype(np.int16)
    return scaled
