"""One layer's frames on a plane, all layers side by side, and what changes from layer to layer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hubert_demo.analysis.layers.colouring import Colouring
from hubert_demo.analysis.layers.projection import Projection
from hubert_demo.analysis.layers.similarity import LayerCurves
from hubert_demo.analysis.layers.units import REFERENCE, TRANSCRIPT, UnitScores
from hubert_demo.percent import percent
from hubert_demo.plotting.palette import ACTION, CLASSES, HAIRLINE, INK, NONE, NOW, SECOND_INK
from hubert_demo.plotting.style import TIME_RAMP, new_figure, tidy

_PNMI = "#1d8a68"
# Each as it is, then lighter, then darker.
_TINTS = ((0.0, 0.0), (1.0, 0.55), (0.0, 0.4))
_MOST_NAMED = 12
_GRID_COLUMNS = 5

# What a quantity is called where `Colouring.name` is not the word for it.
_QUANTITIES = {"energy": "loudness"}

_LETTERS = {
    TRANSCRIPT: "the transcript's letters, which come from the last layer",
    REFERENCE: "the aligned text's letters",
}

_DOT_LINE = INK + "73"


def layer_figure(
    projection: Projection,
    layer: int,
    colouring: Colouring,
    characters: Sequence[str] | None = None,
) -> Figure:
    """Draw the frames of one layer, with a faint thread from each to the next.

    Args:
        projection: All layers of the recording; every layer is drawn on the same scale.
        layer: Index into `projection.points`.
        colouring: What the dots are coloured by.
        characters: What was recognised in each frame, "" for nothing, to write at its dot; or None.

    Returns:
        A figure with one scatter, and a scale or a legend of its colours.
    """
    points = projection.points[layer]
    figure = new_figure(7, 6)
    axes = figure.subplots()
    _draw_map(axes, projection, layer, colouring, 22)
    for (x, y), character in zip(points, characters or (), strict=False):
        axes.annotate(character, (x, y), (3, 3), textcoords="offset points", fontsize=8, color=INK)
    title = f"layer {layer} · {projection.method.upper()} · {_faithfulness(projection, layer)}"
    axes.set_title(title, fontsize=11, color=INK)
    _explain(figure, [axes], colouring)
    return figure


def layer_grid_figure(projection: Projection, colouring: Colouring) -> Figure:
    """Draw the maps of all layers side by side, on one scale and in the same colours.

    Args:
        projection: All layers of the recording.
        colouring: What the dots are coloured by.

    Returns:
        A figure with one scatter a layer, and a scale or a legend of the colours.
    """
    num_maps = len(projection.points)
    num_rows = -(-num_maps // _GRID_COLUMNS)
    figure = new_figure(2 * _GRID_COLUMNS + 1, 2.2 * num_rows + 0.6)
    grid = figure.subplots(num_rows, _GRID_COLUMNS, squeeze=False)
    all_axes: list[Axes] = list(grid.flat)
    for layer, axes in enumerate(all_axes[:num_maps]):
        _draw_map(axes, projection, layer, colouring, 4)
        trust, kept = projection.trustworthiness[layer], projection.neighbours_kept[layer]
        title = f"layer {layer} · {trust:.2f} · {percent(float(kept))}"
        axes.set_title(title, fontsize=9, color=INK, loc="left")
    for axes in all_axes[num_maps:]:
        axes.remove()
    figure.suptitle(
        f"{projection.method.upper()} · for each layer: trustworthiness · {_kept(projection)}",
        fontsize=11,
        color=INK,
    )
    _explain(figure, all_axes[:num_maps], colouring)
    return figure


def _faithfulness(projection: Projection, layer: int) -> str:
    """How far one layer's map can be trusted, both numbers by their names."""
    trust, kept = projection.trustworthiness[layer], projection.neighbours_kept[layer]
    return f"trustworthiness {trust:.2f} · {percent(float(kept))} of {_kept(projection)}"


def _kept(projection: Projection) -> str:
    by_chance = percent(projection.neighbours_kept_by_chance)
    return f"{projection.num_nearest} nearest neighbours kept ({by_chance} by chance)"


def _draw_map(axes: Axes, projection: Projection, layer: int, colouring: Colouring, size: float) -> None:
    points = projection.points[layer]
    axes.plot(points[:, 0], points[:, 1], color=HAIRLINE, linewidth=0.6, zorder=1)
    axes.scatter(
        points[:, 0],
        points[:, 1],
        c=dot_colours(colouring),
        s=size,
        edgecolors=_DOT_LINE,
        linewidths=0.4 if size > 10 else 0.1,
        zorder=2,
    )
    reach = 1.05 * float(np.abs(projection.points).max())
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    tidy(axes)


def dot_colours(colouring: Colouring) -> npt.NDArray[np.float64]:
    """Red, green, blue and opacity of every frame: `(frames, 4)`, 0 to 1."""
    missing = np.isnan(colouring.values)
    known = np.where(missing, colouring.low, colouring.values)
    if colouring.classes:
        palette = class_colours(len(colouring.classes))
        colours = np.column_stack([palette[known.astype(int)], np.ones(len(known))])
    else:
        colours = TIME_RAMP(_normalise(colouring)(known))
    colours[missing] = (*to_rgb(NONE), 1)
    return colours


def class_colours(count: int) -> npt.NDArray[np.float64]:
    """Colours `(count, 3)`: six that most eyes tell apart, then lighter and darker; after 18 they repeat."""
    base = np.array([to_rgb(colour) for colour in CLASSES])
    every = np.concatenate([base + (towards - base) * share for towards, share in _TINTS])
    colours: npt.NDArray[np.float64] = every[np.arange(count) % len(every)]
    return colours


def _normalise(colouring: Colouring) -> Normalize:
    return Normalize(colouring.low, colouring.high, clip=True)


def _explain(figure: Figure, axes: Sequence[Axes], colouring: Colouring) -> None:
    """A scale for a quantity; a legend for few classes; for many a sentence."""
    if not colouring.classes:
        scale = ScalarMappable(_normalise(colouring), TIME_RAMP)
        label = f"{_QUANTITIES.get(colouring.name, colouring.name)} ({colouring.unit})"
        figure.colorbar(scale, ax=list(axes), label=label, fraction=0.04, pad=0.02)
    elif len(colouring.classes) <= _MOST_NAMED:
        palette = class_colours(len(colouring.classes))
        dots = [
            Line2D([], [], marker="o", linestyle="", color=tuple(colour), label=name)
            for colour, name in zip(palette, colouring.classes, strict=True)
        ]
        figure.legend(handles=dots, loc="outside lower center", ncols=6, frameon=False, fontsize=9)
    else:
        repeats = 3 * len(CLASSES)
        again = f"; colours repeat after {repeats}" if len(colouring.classes) > repeats else ""
        figure.supxlabel(f"{len(colouring.classes)} k-means clusters{again}", fontsize=9, color=SECOND_INK)


def layer_curves_figure(curves: LayerCurves, scores: UnitScores | None = None) -> Figure:
    """Draw what changes from layer to layer.

    Args:
        curves: Size of the states, and likeness of neighbouring layers.
        scores: Units against letters; None where there are too few to tell.

    Returns:
        A figure with two axes, or with three where there are scores.
    """
    num_axes = 2 if scores is None else 3
    figure = new_figure(6.4, 2.6 * num_axes)
    all_axes: list[Axes] = list(figure.subplots(num_axes, 1, sharex=True))
    layers = np.arange(len(curves.norms))
    alike, size = all_axes[:2]
    alike.plot(layers[1:], curves.cosines, marker="o", color=ACTION, label="cosine")
    alike.plot(layers[1:], curves.cka, marker="s", color=SECOND_INK, linestyle="--", label="debiased CKA")
    alike.plot(layers[1:], curves.cka_by_chance, color=SECOND_INK, linestyle=":", label="CKA by chance")
    alike.set_title("Similarity to the previous layer", fontsize=10, color=INK, loc="left")
    alike.legend(frameon=False, fontsize=8)
    size.plot(layers, curves.norms, marker="o", color=ACTION)
    size.set_ylim(bottom=0)
    size.set_title("Vector length (mean norm)", fontsize=10, color=INK, loc="left")
    if scores is not None:
        _draw_scores(all_axes[2], layers, scores)
    all_axes[-1].set_xticks(layers)
    all_axes[-1].set_xlabel("layer (0: input of the first)", color=INK)
    for axes in all_axes:
        tidy(axes)
    return figure


def _draw_scores(axes: Axes, layers: npt.NDArray[np.int64], scores: UnitScores) -> None:
    axes.plot(layers, scores.purity, marker="o", color=ACTION, label="purity")
    axes.plot(layers, scores.purity_by_chance, color=ACTION, linestyle=":", label="purity by chance")
    axes.plot(layers, scores.pnmi, marker="s", color=_PNMI, label="PNMI")
    axes.plot(layers, scores.pnmi_by_chance, color=_PNMI, linestyle=":", label="PNMI by chance")
    axes.axhline(scores.most_common_share, color=SECOND_INK, linewidth=1, label="most common letter")
    axes.set_ylim(0, 1)
    title = f"{scores.num_units} k-means clusters against {_LETTERS[scores.letters_from]}"
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    axes.legend(frameon=False, fontsize=8, ncols=3)


def structure_figure(purity: npt.NDArray[np.float64], pnmi: npt.NDArray[np.float64], chance: float) -> Figure:
    """Draw how well every layer's units predict the characters.

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
    axes.set_xlabel("layer (0: input of the first)", color=INK)
    axes.set_ylim(0, 1)
    axes.legend(frameon=False, loc="upper left")
    tidy(axes)
    return figure
