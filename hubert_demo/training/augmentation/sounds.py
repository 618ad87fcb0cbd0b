"""Sounds without speech: what is heard before, after and between words, and behind them.

Each is a function of a length and a source of randomness, so that no two are alike.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from hubert_demo.audio import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float64]
Sound = Callable[[int, np.random.Generator], Samples]
"""From a length in samples at 16 kHz to float64 (samples,) with a root mean square of one."""

_FADE_SAMPLES = 160
_SCALE_SEMITONES = np.array([0, 2, 4, 5, 7, 9, 11, 12])


def white_noise(num_samples: int, rng: np.random.Generator) -> Samples:
    """All frequencies alike."""
    return _even(rng.standard_normal(num_samples))


def coloured_noise(num_samples: int, rng: np.random.Generator) -> Samples:
    """Power falling with frequency to the power of 0 to 2, as that of rooms and streets."""
    size = fft.next_fast_len(num_samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.arange(len(spectrum)), 1.0)
    return _even(fft.irfft(spectrum * frequency ** (-rng.uniform(0, 2) / 2), size)[:num_samples])


def hum(base_hz: float) -> Sound:
    """Mains hum of that frequency with up to nine harmonics, each as loud as it happens."""

    def sound(num_samples: int, rng: np.random.Generator) -> Samples:
        harmonics = np.arange(1, 2 + rng.integers(10))
        loudness = rng.random(len(harmonics)) / harmonics ** rng.uniform(0, 1.5)
        phases = 2 * np.pi * rng.random(len(harmonics))
        angles = 2 * np.pi * base_hz * rng.uniform(0.997, 1.003) * _seconds(num_samples)
        return _even(
            sum(a * np.sin(n * angles + p) for n, a, p in zip(harmonics, loudness, phases, strict=True))
        )

    return sound


def sine(num_samples: int, rng: np.random.Generator) -> Samples:
    """A steady tone of 80 to 4,000 Hz."""
    frequency_hz = np.exp(rng.uniform(np.log(80), np.log(4000)))
    return _even(np.sin(2 * np.pi * frequency_hz * _seconds(num_samples) + 2 * np.pi * rng.random()))


def beeps(num_samples: int, rng: np.random.Generator) -> Samples:
    """One tone of 300 to 3,000 Hz, on and off again, evenly, as of an appliance."""
    frequency_hz, on_s, off_s = (
        np.exp(rng.uniform(np.log(300), np.log(3000))),
        rng.uniform(0.05, 0.6),
        rng.uniform(0.05, 1),
    )
    tone = np.sin(2 * np.pi * frequency_hz * _seconds(num_samples))
    is_on = (_seconds(num_samples) + rng.uniform(0, on_s)) % (on_s + off_s) < on_s
    return _even(tone * _smooth(is_on.astype(float)))


def music(num_samples: int, rng: np.random.Generator) -> Samples:
    """Notes of a scale, each with harmonics that die away; now and then two at a time."""
    heard = np.zeros(num_samples)
    base_hz, beat_s = rng.uniform(100, 400), rng.uniform(0.12, 0.6)
    decay_per_s, brightness = rng.uniform(2, 12), rng.uniform(0.2, 0.8)
    for start in range(0, num_samples, round(beat_s * SAMPLE_RATE_HZ)):
        time_s = _seconds(min(num_samples - start, 2 * SAMPLE_RATE_HZ))
        for degree in rng.choice(_SCALE_SEMITONES, 1 + (rng.random() < 0.3)):
            angles = 2 * np.pi * base_hz * 2 ** (degree / 12) * time_s
            note = sum(brightness**n * np.sin((n + 1) * angles) for n in range(5))
            heard[start : start + len(time_s)] += (
                note * np.exp(-decay_per_s * time_s) * np.minimum(1, time_s * 200)
            )
    return _even(heard)


def clicks(num_samples: int, rng: np.random.Generator) -> Samples:
    """Short knocks, one to eight a second, as of keys, a mouse or a switch."""
    heard = np.zeros(num_samples)
    for start in rng.integers(
        0, num_samples, max(1, round(num_samples / SAMPLE_RATE_HZ * rng.uniform(1, 8)))
    ):
        time_s = _seconds(min(num_samples - start, 800))
        knock = rng.standard_normal(len(time_s)) + 3 * np.sin(2 * np.pi * rng.uniform(400, 4000) * time_s)
        heard[start : start + len(time_s)] += (
            rng.uniform(0.3, 1) * knock * np.exp(-rng.uniform(100, 800) * time_s)
        )
    return _even(heard)


SOUNDS: dict[str, Sound] = {
    "white noise": white_noise,
    "coloured noise": coloured_noise,
    "50 Hz hum": hum(50.0),
    "60 Hz hum": hum(60.0),
    "sine": sine,
    "beeps": beeps,
    "music": music,
    "clicks": clicks,
}
"""The kinds that training makes, by name."""

STEADY = ("white noise", "coloured noise", "50 Hz hum", "60 Hz hum")
"""Kinds that may last behind speech."""


def at_level(samples: Samples, level_dbfs: float) -> Samples:
    """A sound of unit root mean square at that level, in units of int16's full scale; 0 dBFS is 32,768."""
    return samples * (32768 * 10 ** (level_dbfs / 20))


def faded(samples: Samples) -> Samples:
    """The sound with 10 ms of rise and fall, where it is as long as that."""
    num_fade = min(_FADE_SAMPLES, len(samples) // 2)
    ramp = np.ones(len(samples))
    ramp[:num_fade] = np.linspace(0, 1, num_fade)
    ramp[len(samples) - num_fade :] = np.linspace(1, 0, num_fade)
    return samples * ramp


def _seconds(num_samples: int) -> Samples:
    return np.arange(num_samples) / SAMPLE_RATE_HZ


def _smooth(switched: Samples) -> Samples:
    """A switch without a click."""
    window = np.hanning(_FADE_SAMPLES)
    smoothed: Samples = ndimage.convolve1d(switched, window / window.sum())
    return smoothed


def _even(samples: Samples | int) -> Samples:
    """Root mean square of one, once its mean is taken away, which is next to nothing; silence stays."""
    array: Samples = np.asarray(samples, np.float64)
    level = array.std() if len(array) else 0.0
    return array / level if level > 0 else array
