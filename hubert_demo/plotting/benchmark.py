"""The benchmark's chart: how long the same work takes in both libraries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
    _draw_legend(figure, axes)
    return figure


def cuda_chart(record: Mapping[str, Any]) -> Figure:
    """Bars of the median time, and of the peak memory where it was measured, a column a precision and batch.

    Args:
        record: What `benchmark --cuda` writes: `machine`, `versions`, `notes` and `measurements`, which have
            `size`, `batch`, `dtype`, `audio_s`, `library`, `implementation`, `seconds` and `peak_mb`.
    """
    columns: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for measurement in record["measurements"]:
        key = tuple(measurement[name] for name in ("size", "dtype", "batch"))
        columns.setdefault(key, []).append(measurement)
    has_memory = all(measurement["peak_mb"] is not None for measurement in record["measurements"])
    num_rows = 2 if has_memory else 1
    figure = new_figure(1.0 + 3.6 * len(columns), 0.6 + 2.8 * num_rows)
    grid = figure.subplots(num_rows, len(columns), squeeze=False)
    for column, ((size, dtype, batch), measurements) in enumerate(columns.items()):
        title = f"{size}, {dtype}, batch of {batch}"
        _draw_bars(grid[0, column], measurements, lambda m: median(m["seconds"]) * 1000, title)
        if has_memory:
            _draw_bars(grid[1, column], measurements, lambda m: m["peak_mb"] / 1000, "")
    grid[0, 0].set_ylabel("median time (ms)", color=INK)
    if has_memory:
        grid[1, 0].set_ylabel("peak memory above the models (GB)", color=INK)
    _draw_legend(figure, grid[0])
    figure.suptitle(
        f"{record['machine']['device']}, torch {record['versions']['torch']}. {record['notes'][0]}",
        fontsize=9,
        color=SECOND_INK,
    )
    return figure


def _draw_legend(figure: Figure, panels: Iterable[Axes]) -> None:
    handles: dict[str, Artist] = {}
    for panel in panels:
        handles |= {label: bar for bar, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
    )


def _draw_panel(axes: Axes, key: tuple[Any, ...], records: Sequence[Mapping[str, Any]]) -> None:
    task, size, batch, dtype = key
    detail = f"{size}, {dtype}" + (f", batch of {batch}" if batch > 1 else "")
    _draw_bars(axes, records, lambda record: median(record["seconds"]), f"{detail}: {_TITLES[task]}")


def _draw_bars(
    axes: Axes,
    records: Sequence[Mapping[str, Any]],
    height: Callable[[Mapping[str, Any]], float],
    title: str,
) -> None:
    """A group of bars for every length of audio, one for each contender."""
    lengths = sorted({record["audio_s"] for record in records})
    who = list(dict.fromkeys((record["library"], record["implementation"]) for record in records))
    width = 0.8 / len(who)
    for record in records:
        contender = (record["library"], record["implementation"])
        x = lengths.index(record["audio_s"]) + (who.index(contender) - (len(who) - 1) / 2) * width
        label = " ".join(contender) if record["audio_s"] == lengths[0] else None
        axes.bar(x, height(record), width * 0.92, color=_COLOURS[contender], label=label)
    axes.set_xticks(range(len(lengths)), [f"{length:g} s" for length in lengths])
    axes.set_title(title, fontsize=10, color=INK, loc="left")
    tidy(axes)
