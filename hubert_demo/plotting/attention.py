"""Where each frame looks, and what the heads of a model do."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hubert_demo.analysis.attention.heads import HeadMetrics
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.plotting.labels import leave_out_crowded, write_words_above, write_words_beside
from hubert_demo.plotting.palette import HAIRLINE, INK, SECOND_INK
from hubert_demo.plotting.style import INK_RAMP, new_figure, tidy

# Bins between two small maps, room for the name of the upper one's kind.
_GAP = 6


def attention_figure(
    attention: npt.NDArray[np.float32],
    span_s: tuple[float, float],
    layer: int,
    head: int,
    words: Sequence[Word] = (),
) -> Figure:
    """Draw one head's attention map; the colour follows the square root, so that faint attention shows.

    Args:
        attention: `(frames, frames)`, rows sum to one; pooled maps will do.
        span_s: Where the recording's first frame begins and its last one ends, in seconds.
        layer: As in the API, from 0; the title counts from 1, as the page does.
        head: As in the API, from 0; the title counts from 1.
        words: Written above and at the right, at their times, as far as there is room.

    Returns:
        A figure with one picture: rows, from the top, look at columns.
    """
    start_s, end_s = span_s
    figure = new_figure(7, 6.5)
    axes = figure.subplots()
    picture = axes.imshow(
        attention,
        cmap=INK_RAMP,
        norm=PowerNorm(0.5, vmin=0, vmax=float(attention.max())),
        interpolation="nearest",
        extent=(start_s, end_s, end_s, start_s),
    )
    axes.set(xlabel="looks at (s)", ylabel="this frame (s)")
    figure.suptitle(f"Layer {layer + 1}, head {head + 1}", fontsize=11, color=INK)
    figure.colorbar(picture, ax=axes, label="attention", fraction=0.04, pad=0.12 if words else 0.02)
    labels = [write_words_above(axes, words), write_words_beside(axes, words)]
    tidy(axes)
    leave_out_crowded(figure, labels)
    return figure


def heads_figure(metrics: HeadMetrics) -> Figure:
    """Draw every head of a model small, with its kind: a row is a layer, from the top, counted from 1.

    Args:
        metrics: What the heads do.

    Returns:
        A figure with one picture; each map in colours up to its own largest value, their square root shown.
    """
    num_layers, num_heads, num_bins = metrics.small_maps.shape[:3]
    cell = num_bins + _GAP
    scaled = metrics.small_maps / metrics.small_maps.max(axis=(2, 3), keepdims=True)
    # Paper between the maps.
    cells = np.pad(scaled, ((0, 0), (0, 0), (0, _GAP), (0, _GAP)))
    mosaic = cells.swapaxes(1, 2).reshape(num_layers * cell, num_heads * cell)
    figure = new_figure(max(4.0, 0.75 * num_heads + 0.8), max(3.0, 0.9 * num_layers + 0.8))
    axes = figure.subplots()
    axes.imshow(mosaic, cmap=INK_RAMP, norm=PowerNorm(0.5, vmin=0, vmax=1), interpolation="nearest")
    for layer, head in np.ndindex(num_layers, num_heads):
        corner = (head * cell, layer * cell)
        axes.add_patch(_frame(corner, num_bins))
        kind = str(metrics.kinds[layer, head])
        axes.text(corner[0], corner[1] + num_bins, kind, va="top", color=SECOND_INK, fontsize=7)
    axes.set_xticks(np.arange(num_heads) * cell + num_bins / 2, [str(head + 1) for head in range(num_heads)])
    axes.set_yticks(
        np.arange(num_layers) * cell + num_bins / 2, [str(layer + 1) for layer in range(num_layers)]
    )
    axes.set(xlabel="head", ylabel="layer")
    tidy(axes)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    return figure


def _frame(corner: tuple[int, int], side: int) -> Rectangle:
    left, top = corner
    return Rectangle((left - 0.5, top - 0.5), side, side, fill=False, edgecolor=HAIRLINE, linewidth=0.7)
