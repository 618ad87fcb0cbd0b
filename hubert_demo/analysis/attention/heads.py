"""Attention maps made small enough to draw and to send, and what each head does in four numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import InputError

MAX_QUERIES = 1000
SMALL_BINS = 24
# Attention within this time of the frame that looks counts as near.
NEAR_S = 0.1
KINDS = ("global", "vertical", "diagonal")

MapsOf = Callable[[int, Sequence[int], slice], FloatArray]
"""Gives the maps `(heads, queries, frames)` of a layer, some of its heads and a range of queries."""

# Sums over a minute's frames in single precision differ by less than this between two equal heads.
_EQUAL = 1e-5


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


@dataclass(frozen=True, eq=False)
class HeadMetrics:
    """What every head of a model does with one recording.

    Attributes:
        globalness: float64 `(layers, heads)`, mean entropy of a row in nats: 0 where every frame looks at one
            frame alone, log(frames) where it looks at all alike.
        verticality: float64 `(layers, heads)`, minus the entropy of the mean row in nats: 0 where all frames
            look at the same one, −log(frames) where all frames are looked at alike.
        diagonality: float64 `(layers, heads)`, minus the mean distance looked across, as a part of the
            recording: 0 where every frame looks at itself, −1 at most.
        small_maps: float32 `(layers, heads, bins, bins)`, every head's map as `pool` makes it.
        frames_per_bin: Frames in every bin of `small_maps` but perhaps the last.
        query_step: The numbers and maps use every n-th query frame; 1 up to 1000 frames.

    Source: Yang et al. 2020, "Understanding self-attention of self-supervised audio transformers",
        arXiv 2006.03265, section 3.
    """

    globalness: npt.NDArray[np.float64]
    verticality: npt.NDArray[np.float64]
    diagonality: npt.NDArray[np.float64]
    small_maps: FloatArray
    frames_per_bin: int
    query_step: int

    entropy = Renamed("globalness")

    @property
    def kinds(self) -> npt.NDArray[np.str_]:
        """`(layers, heads)`: one of `KINDS`, the measure in which a head ranks best among all heads.

        Equal heads share a rank. If two measures rank a head equally, the one counts in which it is further
        above the mean, in standard deviations.
        """
        measures = np.stack([self.globalness, self.verticality, self.diagonality])
        flat = measures.reshape(len(KINDS), -1)
        ranks = (flat[:, np.newaxis, :] > flat[:, :, np.newaxis] + _EQUAL).sum(axis=2)
        deviation = flat.std(axis=1, keepdims=True)
        standing = (flat - flat.mean(axis=1, keepdims=True)) / np.maximum(deviation, _EQUAL)
        best = np.lexsort((-standing, ranks), axis=0)[0]
        kinds: npt.NDArray[np.str_] = np.array(KINDS)[best].reshape(self.globalness.shape)
        return kinds


def query_step(num_frames: int) -> int:
    """Every n-th query frame is enough, so that at most 1000 are used."""
    return max(1, -(-num_frames // MAX_QUERIES))


def head_metrics(maps_of: MapsOf, num_layers: int, num_heads: int, num_frames: int) -> HeadMetrics:
    """Measure all heads of a model, holding one head's map at a time.

    Beyond 1000 frames every n-th frame that looks is taken, so that at most 1000 rows are; each row still
    reaches over all frames.

    Args:
        maps_of: Where the maps come from, such as `Analysis.attention_maps`.
        num_layers: Layers to ask for.
        num_heads: Heads of every layer.
        num_frames: Frames of the recording.

    Raises:
        InputError: If there is no layer, head or frame.
    """
    if min(num_layers, num_heads, num_frames) < 1:
        raise InputError(
            f"{num_layers} layers of {num_heads} heads over {num_frames} frames cannot be measured; "
            "give at least one of each."
        )
    step = query_step(num_frames)
    frames_per_bin = -(-num_frames // SMALL_BINS)
    num_bins = -(-num_frames // frames_per_bin)
    numbers = np.empty((3, num_layers, num_heads))
    # Written in place: small results kept between large maps would leave the memory full of holes.
    small = np.empty((num_layers, num_heads, num_bins, num_bins), np.float32)
    for layer, head in np.ndindex(num_layers, num_heads):
        rows = maps_of(layer, [head], slice(None, None, step))
        numbers[:, layer, head] = _measure(rows[0], step)
        small[layer, head] = pool(rows, SMALL_BINS, step).maps[0]
    return HeadMetrics(numbers[0], numbers[1], numbers[2], small, frames_per_bin, step)


def _measure(rows: FloatArray, step: int) -> tuple[float, float, float]:
    """Globalness, verticality and diagonality of the rows of every `step`-th query."""
    num_queries, num_frames = rows.shape
    mean_row = rows.mean(axis=0, dtype=np.float64)[np.newaxis]
    frames = np.arange(num_frames, dtype=np.float32)
    distances = [abs(frames - query * step) @ row for query, row in enumerate(rows)]
    return entropy_nats(rows), -entropy_nats(mean_row), -float(np.sum(distances) / num_queries / num_frames)


def entropy_nats(attention: npt.NDArray[np.floating]) -> float:
    """Mean entropy of a map's rows.

    Args:
        attention: `(queries, frames)`, rows sum to one.

    Returns:
        0 where every row looks at one frame alone, log(frames) where every row looks at all alike.
    """
    logarithms = np.log(np.maximum(attention, np.finfo(np.float32).tiny))
    return float(-(attention * logarithms).sum(axis=1).mean())


def near_shares(
    attention: npt.NDArray[np.floating], reach_frames: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How much of its attention each frame gives to frames near it.

    Args:
        attention: `(frames, frames)`, rows sum to one.
        reach_frames: Frames on either side that are near.

    Returns:
        float64 `(frames,)` twice: the share, 0..1, of each row that falls within reach; and what that would
        be by chance, if the frame looked at all frames alike.
    """
    not_far_after = np.tri(len(attention), k=reach_frames, dtype=bool)
    near = not_far_after & not_far_after.T
    return attention.sum(axis=1, where=near, dtype=np.float64), near.mean(axis=1)


def attention_within(attention: npt.NDArray[np.floating], reach_frames: int) -> tuple[float, float]:
    """How much of a head's attention stays near the frame that looks.

    Args:
        attention: `(frames, frames)`, rows sum to one.
        reach_frames: Frames on either side that are near.

    Returns:
        The mean of `near_shares` over all frames; and what that would be by chance.
    """
    shares, by_chance = near_shares(attention, reach_frames)
    return float(shares.mean()), float(by_chance.mean())


def pool(maps: FloatArray, max_bins: int, step: int = 1) -> PooledMaps:
    """Join neighbouring frames, equally many to a bin, until at most `max_bins` are left.

    Args:
        maps: `(heads, queries, frames)`, rows sum to one.
        max_bins: At least 1.
        step: The queries are every n-th frame; at 1 the maps are square.

    Returns:
        The pooled maps; unchanged where they are small enough.

    Raises:
        InputError: If `max_bins` or `step` is below 1, or the queries are not those of `step`, or too far
            apart for every bin to have one.
    """
    if max_bins < 1:
        raise InputError(f"max_bins is {max_bins}; give at least 1.")
    if maps.ndim != 3 or step < 1 or maps.shape[1] != -(-maps.shape[2] // step):
        raise InputError(
            f"Maps have shape {maps.shape} at a step of {step}; give (heads, frames / step, frames)."
        )
    num_queries, num_frames = maps.shape[1:]
    frames_per_bin = -(-num_frames // max_bins)
    starts = np.arange(0, num_frames, frames_per_bin)
    first_queries = -(-starts // step)
    counts = np.diff(first_queries, append=num_queries).astype(np.float32)
    if counts.min() < 1:
        raise InputError(f"A step of {step} leaves bins of {frames_per_bin} frames empty; give fewer bins.")
    received = np.add.reduceat(maps, starts, axis=2)
    averaged = np.add.reduceat(received, first_queries, axis=1) / counts[:, np.newaxis]
    return PooledMaps(averaged.astype(np.float32), frames_per_bin)
