"""How loud and how high the voice is, on the model's frames."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, Waveform
from hubert_demo.encoding import FrameGrid

MIN_PITCH_HZ = 60.0
MAX_PITCH_HZ = 500.0
FLOOR_DB = -100.0

# Samples that are compared with those one period later: about two periods of the lowest voice.
_COMPARED_SAMPLES = 512
# Off the true pitch by this much, a voice at either end of the range still counts as inside.
_END_TOLERANCE = 0.005
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
    The two stretches that are compared lie as far before as after the centre of the frame, whatever the
    period, so that a value belongs to the time of its frame.

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
    tolerance = 1 + _END_TOLERANCE
    in_range = (pitch_hz * tolerance >= MIN_PITCH_HZ) & (pitch_hz <= MAX_PITCH_HZ * tolerance)
    voiced = loud & in_range & (dips < _VOICED_DIP)
    pitch_hz = np.where(voiced, np.clip(pitch_hz, MIN_PITCH_HZ, MAX_PITCH_HZ), np.nan)
    return Prosody(energy_db.astype(np.float32), pitch_hz.astype(np.float32))


def _energy_db(samples: _Floats, grid: FrameGrid) -> _Floats:
    windows = np.lib.stride_tricks.sliding_window_view(samples, grid.window_samples)[:: grid.hop_samples]
    power = np.einsum("ij,ij->i", windows, windows) / grid.window_samples
    energy: _Floats = 10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return energy


def _yin(samples: _Floats, rate_hz: int, grid: FrameGrid, num_frames: int) -> tuple[_Floats, _Floats]:
    """Pitch in Hz and the depth of its dip, 0 for a perfect repetition: `(frames,)` each."""
    # One lag more than the range at either end: a dip is told by its neighbours.
    shortest, longest = int(rate_hz / MAX_PITCH_HZ) - 1, math.ceil(rate_hz / MIN_PITCH_HZ) + 1
    searched = _normalised_differences(samples, longest, grid, num_frames)[:, shortest:]
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


def _normalised_differences(samples: _Floats, longest: int, grid: FrameGrid, num_frames: int) -> _Floats:
    """YIN's d'(lag) for lags 0 to `longest`: `(frames, longest + 1)`, 1 for what never repeats."""
    differences = _differences(samples, longest, grid, num_frames)
    totals = np.cumsum(differences, axis=1)
    lags = np.arange(longest + 1)
    varies = totals > 0
    normalised: _Floats = np.where(varies, differences * lags / np.where(varies, totals, 1), 1.0)
    return normalised


def _differences(samples: _Floats, longest: int, grid: FrameGrid, num_frames: int) -> _Floats:
    """YIN's d(lag) around every frame's centre, silence beyond both ends: `(frames, longest + 1)`.

    Neighbouring frames share most of what they compare: squares are summed in blocks that fit both the hop
    and the compared stretch, and the blocks of each frame are then added up.
    """
    block = math.gcd(grid.hop_samples, _COMPARED_SAMPLES)
    span = (num_frames - 1) * grid.hop_samples + _COMPARED_SAMPLES
    beyond = _COMPARED_SAMPLES + longest
    padded = np.pad(samples, beyond)
    differences = np.empty((longest + 1, num_frames))
    for lag in range(longest + 1):
        first = beyond + grid.window_samples // 2 - (_COMPARED_SAMPLES + lag) // 2
        blocks = (padded[first : first + span] - padded[first + lag : first + lag + span]).reshape(-1, block)
        sums = np.einsum("ij,ij->i", blocks, blocks)
        windows = np.lib.stride_tricks.sliding_window_view(sums, _COMPARED_SAMPLES // block)
        differences[lag] = windows[:: grid.hop_samples // block].sum(axis=1)
    return differences.T
