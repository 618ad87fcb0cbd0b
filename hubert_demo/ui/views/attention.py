"""Where each moment of the recording looks for context."""

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.attention import PooledMaps, entropy_nats, pool
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json, View, index, pack, pack_fraction

MAX_BINS = 500
THUMBNAIL_BINS = 48


def payload(analysis: Analysis) -> Json:
    """How many layers and heads there are to choose from; maps come when somebody looks."""
    return {"num_layers": analysis.encoding.num_layers, "num_heads": analysis.encoding.num_heads}


def heads(analysis: Analysis, request: Json) -> Json:
    """All heads of one layer, small: uint8 `(heads, bins, bins)`, 255 is each head's largest value."""
    layer = index(request, "layer", analysis.encoding.num_layers)
    # One head at a time: all maps of a long recording together are large.
    small = [
        pool(analysis.attention_maps(layer, [head]), THUMBNAIL_BINS)
        for head in range(analysis.encoding.num_heads)
    ]
    levels = np.stack([_levels(maps, analysis.encoding.num_frames) for maps in small])
    return {"layer": layer, "maps": pack(levels), "frames_per_bin": small[0].frames_per_bin}


def _levels(small: PooledMaps, num_frames: int) -> npt.NDArray[np.uint8]:
    """One pooled map in 8 bits of its largest value, attention per frame looked at."""
    attention = small.maps[0].copy()
    in_last_bin = num_frames - small.frames_per_bin * (len(attention) - 1)
    attention[:, -1] *= small.frames_per_bin / in_last_bin
    levels: npt.NDArray[np.uint8] = np.rint(attention * (255 / attention.max())).astype(np.uint8)
    return levels


def head_map(analysis: Analysis, request: Json) -> Json:
    """One head's map, at most 500 by 500, in 16 bits of `max`; and two numbers of the map in full."""
    layer = index(request, "layer", analysis.encoding.num_layers)
    head = index(request, "head", analysis.encoding.num_heads)
    full = analysis.attention_maps(layer, [head])
    pooled = pool(full, MAX_BINS)
    largest = float(pooled.maps.max())
    return {
        "layer": layer,
        "head": head,
        "map": pack_fraction(pooled.maps[0], largest),
        "max": largest,
        "frames_per_bin": pooled.frames_per_bin,
        "entropy_nats": entropy_nats(full[0]),
    }


VIEW = View(
    name="attention",
    title="Attention",
    what="Where each moment looks for context.",
    hint="Pick a head, then point at a row to see its gaze under the spectrogram.",
    payload=payload,
    answers=(heads, head_map),
)
