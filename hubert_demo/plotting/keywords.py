"""Which command was heard, and when."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hubert_demo.analysis.keywords import Keywords
from hubert_demo.plotting.style import ACTION, INK_RAMP, NOW, WAVEFORM, new_figure, tidy


def keywords_figure(keywords: Keywords) -> Figure:
    """Draw the probability of every class as a bar and, for longer recordings, along time.

    Args:
        keywords: What was detected.

    Returns:
        A figure whose first axes hold the bars; with several windows, second axes hold the strip.
    """
    if len(keywords.window_times_s) == 1:
        figure = new_figure(6, 4)
        _bars(figure.subplots(), keywords)
        return figure
    figure = new_figure(10, 4)
    bar_axes, strip_axes = figure.subplots(1, 2, width_ratios=[2, 3], sharey=True)
    _bars(bar_axes, keywords)
    picture = strip_axes.pcolormesh(
        keywords.window_times_s,
        range(len(keywords.labels)),
        keywords.window_probabilities.T,
        cmap=INK_RAMP,
        vmin=0,
        vmax=1,
        shading="nearest",
    )
    strip_axes.axvline((keywords.start_s + keywords.end_s) / 2, color=NOW, linewidth=1.5)
    strip_axes.set_xlabel("centre of the one-second window (s)")
    strip_axes.tick_params(labelleft=False)
    tidy(strip_axes)
    figure.colorbar(picture, ax=strip_axes, label="probability", fraction=0.05, pad=0.02)
    return figure


def _bars(axes: Axes, keywords: Keywords) -> None:
    colors = [ACTION if label == keywords.label else WAVEFORM + "66" for label in keywords.labels]
    bars = axes.barh(range(len(keywords.labels)), keywords.probabilities, color=colors)
    axes.bar_label(
        bars, [f"{probability:.0%}" for probability in keywords.probabilities], padding=3, fontsize=8
    )
    axes.set_yticks(range(len(keywords.labels)), keywords.labels)
    axes.set_ylim(len(keywords.labels) - 0.5, -0.5)
    axes.set_xlim(0, 1.12)
    axes.set_xticks([0, 0.5, 1])
    axes.set_xlabel(f"probability, {keywords.start_s:.2f} – {keywords.end_s:.2f} s")
    tidy(axes)
