"""Where each moment of the recording looks for context."""

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.attention.heads import NEAR_S, entropy_nats, near_shares, pool, query_step
from hubert_demo.api import Analysis
from hubert_demo.audio import FloatArray
from hubert_demo.ui.views.base import SLOW, Json, Part, View, index, pack, pack_fraction, plain
from hubert_demo.ui.views.sweeps import sweep

MAX_BINS = 500
THUMBNAIL_BINS = 48


def payload(analysis: Analysis) -> Json:
    """How many layers and heads there are to choose from, and what is shown first; maps come on demand."""
    return plain(analysis.encoding, "num_layers", "num_heads", "middle_layer")


def all_heads(analysis: Analysis) -> Json:
    """What each head of each layer does, and all maps in 8 bits, 255 being each head's largest value."""
    metrics = analysis.head_metrics()
    num_frames = analysis.encoding.num_frames
    small = [_levels(maps, num_frames, metrics.frames_per_bin) for maps in metrics.small_maps]
    return {
        **plain(metrics, "kinds", "globalness", "verticality", "diagonality", "frames_per_bin", "query_step"),
        "maps": pack(np.stack(small)),
    }


def heads(analysis: Analysis, request: Json) -> Json:
    """All heads of one layer, small: uint8 `(heads, bins, bins)`, 255 is each head's largest value."""
    layer = index(request, "layer", analysis.encoding.num_layers)
    num_frames = analysis.encoding.num_frames
    # Small maps of a long recording need not every frame's attention.
    step = query_step(num_frames)
    # One head at a time: all maps of a long recording together are large.
    small = [
        pool(analysis.attention_maps(layer, [head], slice(None, None, step)), THUMBNAIL_BINS, step)
        for head in range(analysis.encoding.num_heads)
    ]
    frames_per_bin = small[0].frames_per_bin
    levels = _levels(np.concatenate([pooled.maps for pooled in small]), num_frames, frames_per_bin)
    return {"layer": layer, "maps": pack(levels), "frames_per_bin": frames_per_bin}


def _levels(maps: FloatArray, num_frames: int, frames_per_bin: int) -> npt.NDArray[np.uint8]:
    """Pooled maps, each in 8 bits of its largest value, attention per frame looked at."""
    attention = maps.copy()
    in_last_bin = num_frames - frames_per_bin * (maps.shape[-1] - 1)
    attention[..., -1] *= frames_per_bin / in_last_bin
    largest = attention.max(axis=(-2, -1), keepdims=True)
    levels: npt.NDArray[np.uint8] = np.rint(attention * (255 / largest)).astype(np.uint8)
    return levels


def head_map(analysis: Analysis, request: Json) -> Json:
    """One head's map, at most 500 by 500, in 16 bits of `max`; and numbers of the map in full.

    `near_share` says how much of its attention each row gives to frames within 0.1 s, `near_share_by_chance`
    how much that would be by chance: float32 `(bins,)`, means over the frames of a bin.
    """
    layer = index(request, "layer", analysis.encoding.num_layers)
    head = index(request, "head", analysis.encoding.num_heads)
    full = analysis.attention_maps(layer, [head])
    pooled = pool(full, MAX_BINS)
    largest = float(pooled.maps.max())
    shares = near_shares(full[0], analysis.encoding.grid.frames_within(NEAR_S))
    near_share, by_chance = (_means(share, pooled.frames_per_bin) for share in shares)
    return {
        "layer": layer,
        "head": head,
        "map": pack_fraction(pooled.maps[0], largest),
        "max": largest,
        "frames_per_bin": pooled.frames_per_bin,
        "entropy_nats": entropy_nats(full[0]),
        "near_share": pack(near_share),
        "near_share_by_chance": pack(by_chance),
    }


def _means(values: npt.NDArray[np.float64], frames_per_bin: int) -> FloatArray:
    """Means over the frames of each bin; the last one may have fewer."""
    starts = np.arange(0, len(values), frames_per_bin)
    counts = np.diff(starts, append=len(values))
    means: FloatArray = (np.add.reduceat(values, starts) / counts).astype(np.float32)
    return means


VIEW = View(
    name="attention",
    title="Attention",
    what="Where each frame looks for context.",
    hint="Pick a head, then point at a row to see its attention under the spectrogram.",
    parts=(Part("attention", payload), Part("heads", all_heads, SLOW)),
    quick_answers=(heads, head_map),
    long_answers=(sweep,),
)
