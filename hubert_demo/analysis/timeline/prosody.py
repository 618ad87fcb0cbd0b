"""How loud and how high the voice is, on the model's frames."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, Waveform
from hubert_demo.encoding import FrameGrid

MIN_PITCH_HZ = 60.0
MAX_PITCH_HZ = 500.0
FLOOR_DB = -100.0

# Samples that are compared with those one period later: at least two periods of the lowest voice.
_COMPARED_SAMPLES = 512
_FFT_SAMPLES = 1024
# The first dip this deep is the period; without one the deepest is taken, if it is deep enough for a voice.
_CLEAR_DIP = 0.15
_VOICED_DIP = 0.45
# Quieter than this below the loudest frame, a hum in the background would count as a voice.
_VOICED_RANGE_DB = 40.0

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Prosody:
    """Energy and pitch of every frame.

    Attributes:
        energy_db: float32 `(frames,)`, mean square of the frame's window in decibels relative to full scale,
            never below `FLOOR_DB`.
        pitch_hz: float32 `(frames,)`, `MIN_PITCH_HZ` to `MAX_PITCH_HZ`; NaN where no voice was found.
    """

    energy_db: FloatArray
    pitch_hz: FloatArray


def measure_prosody(waveform: Waveform, grid: FrameGrid) -> Prosody:
    """Energy and pitch on the frames of a model.

    Pitch is YIN's: the period at which the sound differs least from itself. librosa has it too, but takes
    seconds to compile on first use, and does not say how deep the dip was, which separates voice from noise.

    Source: de Cheveigné and Kawahara 2002, "YIN, a fundamental frequency estimator for speech and music",
    steps 1 to 5.

    Args:
        waveform: The recording, 16 kHz.
        grid: Where the model's frames lie in time.

    Returns:
        One value of each for every frame that the model makes of the recording.
    """
    samples = waveform.samples.astype(np.float64)
    energy_db = _energy_db(samples, grid)
    pitch_hz, dips = _yin(samples, waveform.sample_rate_hz, grid, len(energy_db))
    loud = energy_db > max(FLOOR_DB, energy_db.max() - _VOICED_RANGE_DB)
    in_range = (pitch_hz >= MIN_PITCH_HZ) & (pitch_hz <= MAX_PITCH_HZ)
    voiced = loud & in_range & (dips < _VOICED_DIP)
    return Prosody(energy_db.astype(np.float32), np.where(voiced, pitch_hz, np.nan).astype(np.float32))


def _energy_db(samples: _Floats, grid: FrameGrid) -> _Floats:
    windows = np.lib.stride_tricks.sliding_window_view(samples, grid.window_samples)[:: grid.hop_samples]
    power = np.einsum("ij,ij->i", windows, windows) / grid.window_samples
    energy: _Floats = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return energy


def _yin(samples: _Floats, rate_hz: int, grid: FrameGrid, num_frames: int) -> tuple[_Floats, _Floats]:
    """Pitch in Hz and the depth of its dip, 0 for a perfect repetition: `(frames,)` each."""
    shortest, longest = int(rate_hz / MAX_PITCH_HZ), int(np.ceil(rate_hz / MIN_PITCH_HZ)) + 1
    stretches = _stretches(samples, _COMPARED_SAMPLES + longest, grid, num_frames)
    differences = _normalised_differences(stretches, longest)
    searched = differences[:, shortest : longest + 1]
    inner = searched[:, 1:-1]
    is_dip = (inner <= searched[:, :-2]) & (inner < searched[:, 2:])
    is_clear = is_dip & (inner < _CLEAR_DIP)
    deepest = np.where(is_dip, inner, np.inf).argmin(axis=1)
    chosen = 1 + np.where(is_clear.any(axis=1), is_clear.argmax(axis=1), deepest)
    before, dips, after = (searched[np.arange(num_frames), chosen + step] for step in (-1, 0, 1))
    curvature = before - 2 * dips + after
    # The vertex of the parabola through the dip and its neighbours.
    shift = np.where(curvature > 0, (before - after) / (2 * np.where(curvature > 0, curvature, 1)), 0)
    return rate_hz / (shortest + chosen + np.clip(shift, -1, 1)), dips


def _stretches(samples: _Floats, length: int, grid: FrameGrid, num_frames: int) -> _Floats:
    """Samples around every frame's centre, silence beyond both ends: `(frames, length)`."""
    before = length // 2 - grid.window_samples // 2
    padded = np.pad(samples, (before, length))
    windows = np.lib.stride_tricks.sliding_window_view(padded, length)
    stretches: _Floats = windows[:: grid.hop_samples][:num_frames]
    return stretches


def _normalised_differences(stretches: _Floats, longest: int) -> _Floats:
    """YIN's d'(lag) for lags 0 to `longest`: `(frames, longest + 1)`, 1 for what never repeats."""
    first = stretches[:, :_COMPARED_SAMPLES]
    spectra = np.fft.rfft(stretches, _FFT_SAMPLES) * np.conj(np.fft.rfft(first, _FFT_SAMPLES))
    products = np.fft.irfft(spectra, _FFT_SAMPLES)[:, : longest + 1]
    sums = np.cumsum(np.pad(stretches**2, ((0, 0), (1, 0))), axis=1)
    powers = sums[:, _COMPARED_SAMPLES : _COMPARED_SAMPLES + longest + 1] - sums[:, : longest + 1]
    differences = np.maximum(powers[:, :1] + powers - 2 * products, 0)
    totals = np.cumsum(differences, axis=1)
    lags = np.arange(longest + 1)
    varies = totals > 0
    normalised: _Floats = np.where(varies, differences * lags / np.where(varies, totals, 1), 1.0)
    return normalised
