"""What stands between a voice and its recording: telephone lines, narrow codecs, wrong levels."""

from __future__ import annotations

import numpy as np
from scipy import signal

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.training.augmentation.sounds import Samples

_TELEPHONE_HZ = (300.0, 3400.0)
_MU = 255.0
_QUIETEST_DBFS, _LOUDEST_DRIVE_DB = -50.0, 12.0


def telephone(samples: Samples, rng: np.random.Generator) -> Samples:
    """As over a telephone line: 300 to 3,400 Hz, and half of the time eight bits of μ-law (ITU-T G.711).

    Args:
        samples: (samples,) in units of int16.
        rng: Decides on the coding.
    """
    heard = _band(samples, *_TELEPHONE_HZ)
    if rng.random() < 0.5:
        return heard
    x = np.clip(heard / 32768, -1, 1)
    code = np.round(np.sign(x) * np.log1p(_MU * np.abs(x)) / np.log1p(_MU) * 127) / 127
    decoded: Samples = np.sign(code) * np.expm1(np.abs(code) * np.log1p(_MU)) / _MU * 32768
    return decoded


def narrow_codec(samples: Samples, rng: np.random.Generator) -> Samples:
    """As a codec leaves it that saves on the top (from 3.5 to 7 kHz) and on the bottom (up to 150 Hz)."""
    return _band(samples, rng.uniform(20, 150), rng.uniform(3500, 7000))


def through_a_channel(samples: Samples, rng: np.random.Generator) -> Samples:
    """Through a telephone line or a codec, as it happens."""
    return telephone(samples, rng) if rng.random() < 0.5 else narrow_codec(samples, rng)


def at_another_level(samples: Samples, rng: np.random.Generator) -> Samples:
    """Much too quiet, down to a peak of −50 dBFS with few steps left, or driven up to 12 dB into clipping.

    Args:
        samples: (samples,) in units of int16.
        rng: Decides.

    Returns:
        (samples,), to be rounded and clipped to int16 by whoever goes on.
    """
    peak = float(np.abs(samples).max(initial=0.0))
    if peak == 0.0:
        return samples
    is_quiet = rng.random() < 0.6
    peak_dbfs = rng.uniform(_QUIETEST_DBFS, -20.0) if is_quiet else rng.uniform(1.0, _LOUDEST_DRIVE_DB)
    return samples * (32768 * 10 ** (peak_dbfs / 20) / peak)


def to_int16(samples: Samples) -> np.ndarray:
    """Rounded, and clipped where too loud, int16 (samples,)."""
    clipped: np.ndarray = np.clip(np.round(samples), -32768, 32767).astype(np.int16)
    return clipped


def _band(samples: Samples, low_hz: float, high_hz: float) -> Samples:
    """Only what lies between two frequencies; the filter's delay is taken out again."""
    sections = signal.butter(4, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    filtered: Samples = signal.sosfiltfilt(sections, samples, padlen=min(1000, max(0, len(samples) - 1)))
    return filtered
