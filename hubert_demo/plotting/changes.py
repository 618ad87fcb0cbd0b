"""What was before something was changed inside the model, and after."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hubert_demo.analysis.keywords.classification import Classification
from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.layers.similarity import LayerCurves
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.percent import percent
from hubert_demo.plotting.keywords import draw_strip, name_rows
from hubert_demo.plotting.palette import ACTION, HAIRLINE, INK, NONE, NOW, SECOND_INK
from hubert_demo.plotting.style import new_figure, tidy

Said = tuple[Word, bool]
"""A word, and whether another one, or none, is in its place in what it is compared with."""

_LINE_S = 10.0
_WHEN = ("before", "after")


def words_change_figure(before: Sequence[Said], after: Sequence[Said], duration_s: float) -> Figure:
    """Draw the words before and after, ten seconds a line; those that differ in another colour.

    Args:
        before: In order.
        after: In order.
        duration_s: Of the recording.
    """
    num_lines = max(1, math.ceil(duration_s / _LINE_S - 1e-6))
    figure = new_figure(10, 0.5 + 1.1 * num_lines)
    all_axes: list[Axes] = list(figure.subplots(num_lines, 1, squeeze=False)[:, 0])
    line_s = _LINE_S if num_lines > 1 else duration_s
    for number, axes in enumerate(all_axes):
        start_s = number * line_s
        for row, words in enumerate((before, after)):
            _write(axes, row, [each for each in words if start_s <= each[0].start_s < start_s + line_s])
        axes.set_xlim(start_s, start_s + line_s)
        axes.set_ylim(1.5, -0.5)
        axes.set_yticks([0, 1], _WHEN)
        tidy(axes)
    all_axes[-1].set_xlabel("time (s)", color=INK)
    return figure


def _write(axes: Axes, row: int, words: Sequence[Said]) -> None:
    for word, differs in words:
        colour = NOW if differs else INK
        axes.plot(
            [word.start_s, word.end_s], [row + 0.32] * 2, color=colour if differs else HAIRLINE, linewidth=2
        )
        weight = "bold" if differs else "normal"
        axes.text(
            word.start_s, row, word.text, color=colour, weight=weight, fontsize=8, va="center", clip_on=True
        )
    if not words:
        axes.text(0.01, 0.75 - 0.5 * row, "no words", color=SECOND_INK, fontsize=8, transform=axes.transAxes)


def keywords_change_figure(before: Keywords, after: Keywords) -> Figure:
    """Draw the probability of every class before and after, each in its clearest second, and over time.

    Args:
        before: With the same classes.
        after: With the same windows.

    Returns:
        A figure whose first axes hold two bars a class, with a line at the threshold; with several windows,
        the next two hold a strip each, on one scale.
    """
    is_long = len(after.window_times_s) > 1
    figure = new_figure(11 if is_long else 5, 4)
    axes, *strips = figure.subplots(1, 3 if is_long else 1, squeeze=False)[0]
    places = np.arange(len(after.labels))
    for offset, found, colour, when in ((-0.2, before, NONE, "before"), (0.2, after, ACTION, "after")):
        bars = axes.barh(places + offset, found.probabilities, 0.38, color=colour, label=when)
        axes.bar_label(bars, [percent(float(each)) for each in found.probabilities], padding=3, fontsize=7)
    axes.axvline(after.threshold, color=SECOND_INK, linewidth=1, linestyle=":", label="threshold")
    name_rows(axes, after.labels)
    tidy(axes)
    axes.set(xlim=(0, 1.15), xticks=[0, 0.5, 1], xlabel="probability, clearest second")
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    picture = None
    for strip, found, when in zip(strips, (before, after), _WHEN, strict=False):
        picture = draw_strip(strip, found.window_times_s, found.window_probabilities)
        name_rows(strip, after.labels)
        strip.set_title(when, fontsize=10, color=INK, loc="left")
    if picture is not None:
        figure.colorbar(picture, ax=strips, label="probability", fraction=0.05, pad=0.02)
    return figure


def classification_change_figure(before: Classification, after: Classification) -> Figure:
    """Draw what a classifier says of the whole recording before and after, two bars a label.

    Args:
        before: With the same labels.
        after: Of many labels, those are drawn that are the most probable now.
    """
    figure = new_figure(6, 4)
    axes = figure.subplots()
    shown, is_probable = after.shown, after.are_probabilities
    for offset, found, colour, when in ((-0.2, before, NONE, "before"), (0.2, after, ACTION, "after")):
        scores = found.scores[shown].tolist()
        bars = axes.barh(np.arange(len(shown)) + offset, scores, 0.38, color=colour, label=when)
        told = [percent(score) if is_probable else f"{score:.3g}" for score in scores]
        axes.bar_label(bars, told, padding=3, fontsize=7)
    if after.by_chance is not None:
        axes.axvline(after.by_chance, color=SECOND_INK, linewidth=1, linestyle=":", label="by chance")
    if is_probable:
        axes.set(xlim=(0, 1.15), xticks=[0, 0.5, 1])
    axes.set_xlabel(f"{'probability' if is_probable else 'value'}, whole recording", color=INK)
    axes.margins(x=0.15)
    axes.set_yticks(range(len(shown)), [after.labels[index] for index in shown])
    axes.invert_yaxis()
    tidy(axes)
    axes.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def layers_change_figure(
    like_before: npt.NDArray[np.float64], before: LayerCurves, after: LayerCurves
) -> Figure:
    """Draw how like each layer is to what it was, and what changes from layer to layer, before and after.

    Args:
        like_before: `(layers + 1,)`, 1 where nothing has changed.
        before: Curves of before.
        after: The same after.
    """
    figure = new_figure(6.4, 7.4)
    alike, similar, size = figure.subplots(3, 1, sharex=True)
    layers = np.arange(len(like_before))
    alike.plot(layers, like_before, marker="o", color=ACTION)
    alike.set_ylim(min(0.0, float(like_before.min())) - 0.05, 1.05)
    alike.set_title("Similarity to itself before (mean cosine)", fontsize=10, color=INK, loc="left")
    for curves, style in ((before, {"color": SECOND_INK, "linestyle": "--"}), (after, {"color": ACTION})):
        label = "before" if curves is before else "after"
        similar.plot(layers[1:], curves.cka, marker="s", label=label, **style)
        size.plot(layers, curves.norms, marker="o", label=label, **style)
    similar.set_title("Similarity to the previous layer (debiased CKA)", fontsize=10, color=INK, loc="left")
    size.set_title("Vector length (mean norm)", fontsize=10, color=INK, loc="left")
    size.set_ylim(bottom=0)
    size.set_xticks(layers)
    size.set_xlabel("layer (0: input of the first)", color=INK)
    for axes in (similar, size):
        axes.legend(frameon=False, fontsize=8)
    for axes in (alike, similar, size):
        tidy(axes)
    return figure
