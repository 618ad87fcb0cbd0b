"""Curves of training runs."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from hubert_demo.plotting.palette import ACTION, INK, NOW, SECOND_INK, WAVEFORM
from hubert_demo.plotting.style import new_figure, tidy

_COLOURS = (ACTION, NOW, SECOND_INK, WAVEFORM)
_PLACE = ("step", "minute")


def curves_figure(runs: Mapping[str, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw losses and valid scores over steps, a panel each.

    Args:
        runs: By name: points in order, each with `step`, `minute` and some of the values by name.

    Returns:
        A figure with a panel for every value that a run has, valid scores last, and a line a run.
    """
    names = dict.fromkeys(name for points in runs.values() for point in points for name in point)
    values = sorted((name for name in names if name not in _PLACE), key=lambda name: name.startswith("valid"))
    figure = new_figure(max(1, len(values)) * 3.4, 3.0)
    panels = figure.subplots(1, max(1, len(values)), squeeze=False)[0]
    for axes, value in zip(panels, values, strict=False):
        for number, (run, points) in enumerate(runs.items()):
            kept = [point for point in points if value in point]
            if kept:
                axes.plot(
                    [point["step"] for point in kept],
                    [point[value] for point in kept],
                    color=_COLOURS[number % len(_COLOURS)],
                    marker="o" if value.startswith("valid") else None,
                    markersize=3,
                    label=run,
                )
        axes.set_title(value if value.startswith("valid") else f"{value} loss", fontsize=10, color=INK)
        axes.set_xlabel("step", color=INK)
        axes.legend(frameon=False, fontsize=8)
        tidy(axes)
    return figure
