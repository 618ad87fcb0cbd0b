"""One layer's frames on a plane, and what all layers know."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hubert_demo.analysis.projection import Projection
from hubert_demo.plotting.style import (
    ACTION,
    HAIRLINE,
    INK,
    NOW,
    SECOND_INK,
    TIME_RAMP,
    frame_span_s,
    new_figure,
    tidy,
)


def layer_figure(
    projection: Projection,
    layer: int,
    frame_times_s: npt.NDArray[np.float64],
    characters: Sequence[str] | None = None,
) -> Figure:
    """Draw the frames of one layer, coloured by time, with a faint thread from each to the next.

    Args:
        projection: All layers of the recording; every layer is drawn on the same scale.
        layer: Index into `projection.points`.
        frame_times_s: `(frames,)`, centres of the frames.
        characters: What was recognised in each frame, "" for nothing, to write at its dot; or None.

    Returns:
        A figure with one scatter.
    """
    points = projection.points[layer]
    figure = new_figure(7, 6)
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, 1], color=HAIRLINE, linewidth=0.6, zorder=1)
    start_s, end_s = frame_span_s(frame_times_s)
    dots = axes.scatter(
        points[:, 0],
        points[:, 1],
        c=frame_times_s,
        cmap=TIME_RAMP,
        vmin=start_s,
        vmax=end_s,
        s=22,
        edgecolors=INK + "73",
        linewidths=0.4,
        zorder=2,
    )
    for (x, y), character in zip(points, characters or (), strict=False):
        axes.annotate(character, (x, y), (3, 3), textcoords="offset points", fontsize=8, color=INK)
    reach = 1.05 * float(np.abs(projection.points).max())
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    method, trust = projection.method.upper(), projection.trustworthiness[layer]
    axes.set_title(f"layer {layer} · {method} · trustworthiness {trust:.2f}", fontsize=11, color=INK)
    figure.colorbar(dots, ax=axes, label="time (s)", fraction=0.04, pad=0.02)
    tidy(axes)
    return figure


def structure_figure(purity: npt.NDArray[np.float64], pnmi: npt.NDArray[np.float64], chance: float) -> Figure:
    """Draw how well every layer's units tell the characters.

    Args:
        purity: `(layers + 1,)`, 0 to 1.
        pnmi: `(layers + 1,)`, 0 to 1.
        chance: Purity of units that say nothing.

    Returns:
        A figure with two curves and a line for chance.
    """
    figure = new_figure(6.4, 3.6)
    axes = figure.subplots()
    layers = np.arange(len(purity))
    axes.plot(layers, purity, marker="o", color=ACTION, label="purity")
    axes.plot(layers, pnmi, marker="s", color=NOW, label="PNMI")
    axes.axhline(chance, color=SECOND_INK, linewidth=1, linestyle=":", label="purity by chance")
    axes.set_xticks(layers)
    axes.set_xlabel("layer (0 is the input of the first)", color=INK)
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, loc="upper left")
    tidy(axes)
    return figure
