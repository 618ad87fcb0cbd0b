"""The benchmark's chart: how long the same work takes in both libraries."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hubert_demo.plotting.palette import ACTION, INK, SECOND_INK
from hubert_demo.plotting.style import new_figure, tidy

_COLOURS = {
    ("transformers", "eager"): "#c9ced1",
    ("transformers", "sdpa"): "#8d979e",
    ("transformers", "flash_attention_2"): SECOND_INK,
    ("hubert_demo", "eager"): "#a9c6d8",
    ("hubert_demo", "sdpa"): ACTION,
    ("hubert_demo", "flash_attention_2"): "#071b2e",
}
_TITLES = {
    "states": "hidden states",
    "map": "and one head's map, the others as thumbnails",
    "maps": "and all maps of a layer",
}


def latency_chart(measurements: Sequence[Mapping[str, Any]]) -> Figure:
    """Bars of the median time over the length of the audio, one panel a task, size, batch and precision.

    Args:
        measurements: The benchmark's `latency` records: `task`, `size`, `batch`, `dtype`, `audio_s`,
            `library`, `implementation` and `seconds`, a list of times.
    """
    panels: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for record in measurements:
        key = tuple(record[name] for name in ("task", "size", "batch", "dtype"))
        panels.setdefault(key, []).append(record)
    figure = new_figure(1.0 + 3.6 * len(panels), 3.6)
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for panel, (key, records) in zip(axes, panels.items(), strict=True):
        _draw_panel(panel, key, records)
    axes[0].set_ylabel("median time (s)", color=INK)
    handles: dict[str, Artist] = {}
    for panel in axes:
        handles |= {label: bar for bar, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
    )
    return figure


def _draw_panel(axes: Axes, key: tuple[Any, ...], records: Sequence[Mapping[str, Any]]) -> None:
    task, size, batch, dtype = key
    lengths = sorted({record["audio_s"] for record in records})
    who = list(dict.fromkeys((record["library"], record["implementation"]) for record in records))
    width = 0.8 / len(who)
    for record in records:
        contender = (record["library"], record["implementation"])
        x = lengths.index(record["audio_s"]) + (who.index(contender) - (len(who) - 1) / 2) * width
        label = " ".join(contender) if record["audio_s"] == lengths[0] else None
        axes.bar(x, median(record["seconds"]), width * 0.92, color=_COLOURS[contender], label=label)
    axes.set_xticks(range(len(lengths)), [f"{length:g} s" for length in lengths])
    detail = f"{size}, {dtype}" + (f", batch of {batch}" if batch > 1 else "")
    axes.set_title(f"{detail}: {_TITLES[task]}", fontsize=10, color=INK, loc="left")
    tidy(axes)
