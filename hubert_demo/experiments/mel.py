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
_WINDOW = np.hanning(_FFT_SAMPLES + 1)[:-1].astype(np.float32)

# More rounds change neither what is heard nor what a model reads.
_ROUNDS = 32
_MOMENTUM = 0.99
_LEAST = 1e-16

# Chosen by how a model reads the sound of readers who trained nothing.
_SMOOTH_BANDS = 9
_CONTRAST = 1.3
_SILENCING, _NEAR_FLOOR = 4.0, 0.7


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


def with_contrast(logarithm: FloatArray) -> FloatArray:
    """A spectrogram that was decoded, less smooth, as decoders taught by squared errors are too smooth.

    Bands stand out more from their neighbours, and what is hardly above the floor becomes silent.

    Args:
        logarithm: `(columns, NUM_BANDS)`, as of `log_mel`.
    """
    reach = _SMOOTH_BANDS // 2
    padded = np.pad(logarithm, ((0, 0), (reach, reach)), mode="symmetric")
    around = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH_BANDS, axis=1).mean(axis=-1)
    above = np.maximum(around + _CONTRAST * (logarithm - around) - math.log(FLOOR), 0)
    found: FloatArray = math.log(FLOOR) + above - _SILENCING * np.exp(-above / _NEAR_FLOOR)
    return found


def sound_of(logarithm: FloatArray, num_samples: int, seed: int = 0) -> FloatArray:
    """Sound with such a spectrogram; its phase is found anew, from random numbers.

    librosa has the same, but takes seconds to compile on first use.

    Source: Griffin and Lim 1984, "Signal estimation from modified short-time Fourier transform"; Perraudin,
    Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm".

    Args:
        logarithm: `(columns, NUM_BANDS)`, as of `log_mel`.
        num_samples: Of the sound.
        seed: Of the phase to begin with.

    Returns:
        float32 `(num_samples,)`.
    """
    power = np.exp(logarithm) @ _spectrum_from_bands().T
    magnitude = np.sqrt(np.maximum(power, 0)).astype(np.float32)
    turns = np.random.default_rng(seed).random(magnitude.shape, np.float32)
    spectrum = magnitude * np.exp(2j * np.pi * turns).astype(np.complex64)
    before = np.zeros_like(spectrum)
    for _ in range(_ROUNDS):
        consistent = _spectrum(_samples(spectrum))
        further = consistent - _MOMENTUM / (1 + _MOMENTUM) * before
        before = consistent
        spectrum = magnitude * further / (np.abs(further) + _LEAST)
    samples = _samples(spectrum)[:num_samples]
    found: FloatArray = np.pad(samples, (0, num_samples - len(samples))).astype(np.float32)
    return found


def _spectrum(samples: FloatArray) -> npt.NDArray[np.complexfloating]:
    """Short-time spectrum `(columns, lines)`, silence beyond both ends."""
    padded = np.pad(samples, _FFT_SAMPLES // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SAMPLES)[::HOP_SAMPLES]
    spectrum: npt.NDArray[np.complexfloating] = np.fft.rfft(windows * _WINDOW, axis=1)
    return spectrum


def _samples(spectrum: npt.NDArray[np.complexfloating]) -> FloatArray:
    """The sound whose short-time spectrum is nearest, `HOP_SAMPLES * (columns - 1)` samples."""
    pieces = (np.fft.irfft(spectrum, _FFT_SAMPLES, axis=1) * _WINDOW).astype(np.float32)
    weights = np.broadcast_to(_WINDOW**2, pieces.shape)
    whole = _added(pieces) / np.maximum(_added(weights), _LEAST)
    start = _FFT_SAMPLES // 2
    samples: FloatArray = whole[start : start + HOP_SAMPLES * (len(spectrum) - 1)].astype(np.float32)
    return samples


def _added(pieces: FloatArray) -> FloatArray:
    """Pieces that begin `HOP_SAMPLES` apart, added up where they overlap."""
    hops = math.ceil(_FFT_SAMPLES / HOP_SAMPLES)
    padded = np.pad(pieces, ((0, 0), (0, hops * HOP_SAMPLES - _FFT_SAMPLES)))
    parts = padded.reshape(len(pieces), hops, HOP_SAMPLES)
    whole = np.zeros((len(pieces) + hops - 1, HOP_SAMPLES), np.float32)
    for hop in range(hops):
        whole[hop : hop + len(pieces)] += parts[:, hop]
    flat: FloatArray = whole.reshape(-1)
    return flat


def _spectrum_from_bands() -> npt.NDArray[np.floating]:
    """From the power of bands to that of the spectrum's lines, `(lines, bands)`; some come out negative."""
    filters = librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=_FFT_SAMPLES, n_mels=NUM_BANDS)
    inverse: npt.NDArray[np.floating] = np.linalg.pinv(filters)
    return inverse
