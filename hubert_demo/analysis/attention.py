"""Attention maps made small enough to draw and to send."""

from dataclasses import dataclass

import numpy as np

from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError


@dataclass(frozen=True, eq=False)
class PooledMaps:
    """Attention maps at a coarser time step.

    Attributes:
        maps: float32 `(heads, bins, bins)`: how much of the attention of one bin's frames, on average, goes
            to all frames of another; rows sum to one.
        frames_per_bin: Frames in every bin but perhaps the last.
    """

    maps: FloatArray
    frames_per_bin: int


def entropy_nats(attention: FloatArray) -> float:
    """Mean entropy of a map's rows.

    Args:
        attention: `(queries, frames)`, rows sum to one.

    Returns:
        0 where every row looks at one frame alone, log(frames) where every row looks at all alike.
    """
    logarithms = np.log(np.maximum(attention, np.finfo(np.float32).tiny))
    return float(-(attention * logarithms).sum(axis=1).mean())


def pool(maps: FloatArray, max_bins: int) -> PooledMaps:
    """Join neighbouring frames, equally many to a bin, until at most `max_bins` are left.

    Args:
        maps: `(heads, frames, frames)`, rows sum to one.
        max_bins: At least 1.

    Returns:
        The pooled maps; unchanged where they are small enough.

    Raises:
        InputError: If `max_bins` is below 1 or the maps are not square.
    """
    if max_bins < 1:
        raise InputError(f"max_bins is {max_bins}; give at least 1.")
    if maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise InputError(f"Maps have shape {maps.shape}; give (heads, frames, frames).")
    num_frames = maps.shape[1]
    frames_per_bin = -(-num_frames // max_bins)
    starts = np.arange(0, num_frames, frames_per_bin)
    lengths = np.diff(starts, append=num_frames).astype(np.float32)
    received = np.add.reduceat(maps, starts, axis=2)
    averaged = np.add.reduceat(received, starts, axis=1) / lengths[:, np.newaxis]
    return PooledMaps(averaged.astype(np.float32), frames_per_bin)
