"""Probabilities of keywords or other labels, over time and as bars, and the layers behind them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from hubert_demo.analysis.keywords.classification import Classification
from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.percent import percent
from hubert_demo.plotting.palette import ACTION, NOW, SECOND_INK, WAVEFORM
from hubert_demo.plotting.style import INK_RAMP, new_figure, tidy

_WINDOW_AXIS = "centre of the one-second window (s)"


def keywords_figure(keywords: Keywords) -> Figure:
    """Draw the probability of every class, along time for longer recordings, and the layers' weights.

    Args:
        keywords: What was detected.

    Returns:
        A figure whose first axes hold the bars of the classes, with a line at the threshold; with several
        windows, the next hold the strip, and where the classifier's weights are known, the last but the
        colour bar's hold those.
    """
    is_long, has_weights = len(keywords.window_times_s) > 1, keywords.layer_weights is not None
    width_ratios = [2, *[3] * is_long, *[2] * has_weights]
    figure = new_figure(2 * sum(width_ratios) + (0 if is_long else 2), 4)
    bar_axes, *others = figure.subplots(1, len(width_ratios), width_ratios=width_ratios, squeeze=False)[0]
    _bars(bar_axes, keywords)
    if is_long:
        _strip(figure, others[0], keywords.window_times_s, keywords.window_probabilities)
        others[0].axvline((keywords.start_s + keywords.end_s) / 2, color=NOW, linewidth=1.5)
    if keywords.layer_weights is not None:
        _weights(others[-1], keywords.layer_weights)
    return figure


def classification_figure(classification: Classification) -> Figure:
    """Draw what a classifier says of the whole recording, over time for longer ones, and its layers' weights.

    Args:
        classification: What it says; of many labels the most probable are drawn.

    Returns:
        A figure whose first axes hold a bar for each label, the most probable first; with several windows,
        the next hold them over time (a strip, or a line for each number); where there are weights for the
        layers, the last but the colour bar's hold those.
    """
    is_long = len(classification.window_times_s) > 1
    width_ratios = [3, *[3] * is_long, *[2] * (classification.layer_weights is not None)]
    figure = new_figure(2 * sum(width_ratios) + (0 if is_long else 2), 4)
    bar_axes, *others = figure.subplots(1, len(width_ratios), width_ratios=width_ratios, squeeze=False)[0]
    shown = classification.shown
    labels = [classification.labels[index] for index in shown]
    _label_bars(bar_axes, classification, labels, classification.scores[shown])
    if is_long:
        times_s, scores = classification.window_times_s, classification.window_scores[:, shown]
        if classification.are_probabilities:
            _strip(figure, others[0], times_s, scores)
        else:
            others[0].plot(times_s, scores, label=labels)
            others[0].legend(fontsize=8, frameon=False)
            others[0].set(xlabel=_WINDOW_AXIS, ylabel="value")
            tidy(others[0])
    if classification.layer_weights is not None:
        _weights(others[-1], classification.layer_weights)
    return figure


def _label_bars(
    axes: Axes, classification: Classification, labels: list[str], scores: npt.NDArray[np.float64]
) -> None:
    colors = [ACTION if label == classification.label else WAVEFORM + "66" for label in labels]
    bars = axes.barh(range(len(labels)), scores, color=colors)
    if classification.are_probabilities:
        told = [percent(float(score)) for score in scores]
        axes.set(xlim=(0, 1.12), xticks=[0, 0.5, 1], xlabel="probability, whole recording")
    else:
        told = [f"{score:.3g}" for score in scores]
        axes.set(xlabel="value, whole recording")
        axes.margins(x=0.15)
    axes.bar_label(bars, told, padding=3, fontsize=8)
    if classification.by_chance is not None:
        axes.axvline(
            classification.by_chance, color=SECOND_INK, linewidth=1, linestyle=":", label="by chance"
        )
        axes.legend(fontsize=8, frameon=False, loc="lower right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    tidy(axes)


def _strip(
    figure: Figure, axes: Axes, times_s: npt.NDArray[np.float64], probabilities: npt.NDArray[np.float64]
) -> None:
    """Probabilities `(windows, labels)` over time, with their scale and without names."""
    picture = draw_strip(axes, times_s, probabilities)
    axes.set_yticks(range(probabilities.shape[1]), [])
    figure.colorbar(picture, ax=axes, label="probability", fraction=0.05, pad=0.02)


def draw_strip(
    axes: Axes, times_s: npt.NDArray[np.float64], probabilities: npt.NDArray[np.float64]
) -> QuadMesh:
    """Draw probabilities over time, a row a label.

    Args:
        axes: Where.
        times_s: `(windows,)`.
        probabilities: `(windows, labels)`.

    Returns:
        The picture, for a colour bar.
    """
    num_labels = probabilities.shape[1]
    picture = axes.pcolormesh(
        times_s,
        range(num_labels),
        probabilities.T,
        cmap=INK_RAMP,
        vmin=0,
        vmax=1,
        shading="nearest",
    )
    axes.set_ylim(num_labels - 0.5, -0.5)
    axes.set_xlabel(_WINDOW_AXIS)
    tidy(axes)
    return picture


def name_rows(axes: Axes, labels: Sequence[str]) -> None:
    """Name rows after keyword classes, the first on top, `_unknown_` and `_silence_` as on the page."""
    axes.set_yticks(range(len(labels)), [label.strip("_") for label in labels])
    axes.set_ylim(len(labels) - 0.5, -0.5)


def _weights(axes: Axes, weights: npt.NDArray[np.float64]) -> None:
    """The classifier's share of every layer, the largest in blue with its value."""
    largest = int(weights.argmax())
    colors = [ACTION if layer == largest else WAVEFORM + "66" for layer in range(len(weights))]
    axes.bar(range(len(weights)), weights, color=colors)
    axes.annotate(
        f"{weights[largest]:.2f}",
        (largest, weights[largest]),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=8,
    )
    axes.set(xticks=range(len(weights)), ylim=(0, 1.12 * float(weights[largest])))
    axes.set(xlabel="layer (0: input of the first)", ylabel="learned weight; all add up to 1")
    tidy(axes)


def _bars(axes: Axes, keywords: Keywords) -> None:
    colors = [ACTION if label == keywords.label else WAVEFORM + "66" for label in keywords.labels]
    bars = axes.barh(range(len(keywords.labels)), keywords.probabilities, color=colors)
    shares = [percent(float(probability)) for probability in keywords.probabilities]
    axes.bar_label(bars, shares, padding=3, fontsize=8)
    name_rows(axes, keywords.labels)
    axes.axvline(keywords.threshold, color=SECOND_INK, linewidth=1, linestyle=":")
    stretch = f"{keywords.start_s:.2f}–{keywords.end_s:.2f} s"
    axes.set(xlim=(0, 1.12), xticks=[0, 0.5, 1], xlabel=f"probability, {stretch}")
    tidy(axes)
