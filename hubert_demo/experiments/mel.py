"""Sound as a log-mel spectrogram, and back without its phase."""

from __future__ import annotations

import math

import librosa
import numpy as np
import numpy.typing as npt

from hubert_demo.audio import SAMPLE_RATE_HZ, FloatArray
from hubert_demo.encoding import FrameGrid
from hubert_demo.errors import InputError

NUM_BANDS = 80
HOP_SAMPLES = 160
FLOOR = 1e-5
"""Least power of a band: below it everything counts as silence."""

LEVEL = 0.05
"""Root mean square of the sound whose spectrogram is meant: models hear every recording at one level."""

_FFT_SAMPLES = 512
_ROUNDS = 60
_MOMENTUM = 0.99


def log_mel(samples: npt.NDArray[np.floating]) -> FloatArray:
    """Natural logarithm of the power in mel bands: float32 `(columns, NUM_BANDS)`, a column every 10 ms.

    Column `i` is centred on sample `i * HOP_SAMPLES`, with silence beyond both ends.

    Args:
        samples: `(samples,)` at 16 kHz.
    """
    power = librosa.feature.melspectrogram(
        y=samples.astype(np.float32),
        sr=SAMPLE_RATE_HZ,
        n_fft=_FFT_SAMPLES,
        hop_length=HOP_SAMPLES,
        n_mels=NUM_BANDS,
    )
    logarithm: FloatArray = np.log(np.maximum(power, FLOOR)).T.astype(np.float32)
    return logarithm


def at_level(samples: npt.NDArray[np.floating], level: float = LEVEL) -> FloatArray:
    """The same sound with a root mean square of `level`, and without what does not swing."""
    centred = samples.astype(np.float64) - np.mean(samples, dtype=np.float64)
    scaled: FloatArray = (centred * level / math.sqrt(np.mean(centred**2) + 1e-12)).astype(np.float32)
    return scaled


def columns_per_frame(grid: FrameGrid) -> int:
    """Columns that stand for one frame of an encoder.

    Raises:
        InputError: If its frames are not a whole number of columns apart.
    """
    columns, rest = divmod(grid.hop_samples, HOP_SAMPLES)
    if rest or not columns:
        raise InputError(
            f"The frames of this checkpoint are {1000 * grid.hop_s:g} ms apart; sound can be made of frames "
            "that are 10 ms apart, or a multiple of it."
        )
    return columns


def first_column(grid: FrameGrid) -> int:
    """The first of the columns that stand for frame 0: its centre lies in that frame's hop."""
    return math.ceil((grid.window_samples - grid.hop_samples) / 2 / HOP_SAMPLES)


def frame_columns(logarithm: FloatArray, grid: FrameGrid, num_frames: int) -> FloatArray:
    """The columns of a spectrogram that stand for each frame: `(num_frames, columns * NUM_BANDS)`."""
    columns, first = columns_per_frame(grid), first_column(grid)
    rows = logarithm[first : first + columns * num_frames]
    missing = columns * num_frames - len(rows)
    return np.pad(rows, ((0, missing), (0, 0)), mode="edge").reshape(num_frames, -1)


def whole_spectrogram(frames: FloatArray, grid: FrameGrid, num_samples: int) -> FloatArray:
    """The spectrogram of a recording of so many samples from what was said of its frames.

    The columns before the first frame and behind the last one are silent.
    """
    rows = frames.reshape(-1, NUM_BANDS)[: num_samples // HOP_SAMPLES + 1 - first_column(grid)]
    whole = np.full((num_samples // HOP_SAMPLES + 1, NUM_BANDS), math.log(FLOOR), np.float32)
    whole[first_column(grid) : first_column(grid) + len(rows)] = rows
    return whole


def sound_of(logarithm: FloatArray, num_samples: int, seed: int = 0) -> FloatArray:
    """Sound with such a spectrogram; its phase is found anew, from random numbers.

    Source: Griffin and Lim 1984, "Signal estimation from modified short-time Fourier transform"; Perraudin,
    Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm".

    Args:
        logarithm: `(columns, NUM_BANDS)`, as of `log_mel`.
        num_samples: Of the sound.
        seed: Of the phase to begin with.

    Returns:
        float32 `(num_samples,)`.
    """
    magnitude = np.sqrt(np.maximum(_spectrum_from_bands() @ np.exp(logarithm.T), 0))
    samples: FloatArray = librosa.griffinlim(
        magnitude.astype(np.float32),
        n_iter=_ROUNDS,
        hop_length=HOP_SAMPLES,
        n_fft=_FFT_SAMPLES,
        length=num_samples,
        momentum=_MOMENTUM,
        random_state=seed,
    )
    return samples


def _spectrum_from_bands() -> npt.NDArray[np.floating]:
    """From the power of bands to that of the spectrum's lines, `(lines, bands)`; some come out negative."""
    filters = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=_FFT_SAMPLES, n_mels=NUM_BANDS)
    inverse: npt.NDArray[np.floating] = np.linalg.pinv(filters)
    return inverse
