"""The plainest decoder from states to sound: a ridge regression, to hold the taught ones against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_REACH = 3
_SPAN = 2 * _REACH + 1
_PENALTY = 1e-3
_CLIPS_AT_ONCE = 100

Floats = npt.NDArray[np.floating]


class SoundRidge:
    """A linear map from seven frames of one layer's states, three before and three after, to its columns.

    The equations are summed clip by clip. Of two frames of a window only their distance counts, but for the
    windows that reach over a clip's ends, which are taken off again.

    Args:
        mean: Of the states, (hidden,).
        scale: Their deviation, likewise.
        target_mean: Of what is to be said of a frame, (outputs,).
    """

    def __init__(self, mean: Floats, scale: Floats, target_mean: Floats) -> None:
        self._mean, self._scale, self._target_mean = mean, scale, target_mean
        hidden, outputs = len(mean), len(target_mean)
        self._lags = np.zeros((_SPAN, hidden, hidden))
        self._edges = np.zeros((_SPAN * hidden, _SPAN * hidden))
        self._cross = np.zeros((_SPAN, hidden, outputs))
        self._waiting: list[Floats] = []
        self._weights: Floats | None = None
        self._count = 0

    def add(self, states: Floats, wanted: Floats) -> None:
        """Learn from a clip: states `(frames, hidden)`, and what to say of them `(frames, outputs)`."""
        x = self._standard(states)
        y = (wanted - self._target_mean).astype(np.float32)
        num_frames = len(x)
        self._count += num_frames
        for lag in range(min(_SPAN, num_frames)):
            self._lags[lag] += x[: num_frames - lag].T @ x[lag:]
        padded = np.pad(x, ((2 * _REACH, 2 * _REACH), (0, 0)))
        for place in range(_SPAN):
            self._cross[place] += padded[_REACH + place : _REACH + place + num_frames].T @ y
        beyond = [*range(_REACH), *range(_REACH + num_frames, 2 * _REACH + num_frames)]
        self._waiting += [padded[first : first + _SPAN].reshape(-1) for first in beyond]
        if len(self._waiting) >= 2 * _REACH * _CLIPS_AT_ONCE:
            self._add_edges()

    def predict(self, states: Floats) -> Floats:
        """What it says of a clip's frames, `(frames, outputs)`."""
        if self._weights is None:
            self._weights = self._solve()
        padded = np.pad(self._standard(states), ((_REACH, _REACH), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, _SPAN, axis=0)
        rows = windows.transpose(0, 2, 1).reshape(len(states), -1)
        said: Floats = rows @ self._weights + self._target_mean
        return said

    def _standard(self, states: Floats) -> Floats:
        standard: Floats = ((states - self._mean) / self._scale).astype(np.float32)
        return standard

    def _add_edges(self) -> None:
        if self._waiting:
            rows = np.stack(self._waiting)
            self._edges += rows.T @ rows
            self._waiting = []

    def _solve(self) -> Floats:
        self._add_edges()
        hidden = len(self._mean)
        gram = np.zeros_like(self._edges)
        for row, column in ((i, j) for i in range(_SPAN) for j in range(_SPAN)):
            block = self._lags[column - row] if column >= row else self._lags[row - column].T
            gram[row * hidden : (row + 1) * hidden, column * hidden : (column + 1) * hidden] = block
        gram -= self._edges
        penalty = _PENALTY * self._count * np.eye(len(gram))
        weights: Floats = np.linalg.solve(gram + penalty, self._cross.reshape(len(gram), -1))
        return weights.astype(np.float32)


def share_of_variance(squared_errors: float, wanted: Sequence[Floats], num_bands: int) -> float:
    """1 - squared errors over squared deviations from each band's mean, of all clips and bands together.

    Args:
        squared_errors: Of all clips together.
        wanted: What was to be said of each clip, `(frames, columns * num_bands)`.
        num_bands: Of a column.
    """
    columns = np.concatenate([each.reshape(-1, num_bands) for each in wanted]).astype(np.float64)
    return 1 - squared_errors / float(np.square(columns - columns.mean(axis=0)).sum())
