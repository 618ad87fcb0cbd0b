"""One exhibit as the content of a file: a figure as PNG or SVG, numbers as CSV or NPZ, sound as WAV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.changes import describe, text_of
from hubert_demo.errors import InputError
from hubert_demo.export.choices import Choices
from hubert_demo.export.exhibits import FIGURE_FORMATS, SOUND_FORMATS, Columns, Exhibit
from hubert_demo.export.registry import EXHIBITS
from hubert_demo.export.sound import as_wav
from hubert_demo.plotting.style import rendered, say_changed, sign

if TYPE_CHECKING:
    from hubert_demo.api import Analysis


def file_content(
    analysis: Analysis,
    name: str,
    file_format: str,
    choices: Choices,
    exhibits: Mapping[str, Exhibit] = EXHIBITS,
) -> bytes:
    """One figure, table or sound as a file.

    Args:
        analysis: The recording.
        name: Of the exhibit.
        file_format: `"png"` or `"svg"` for the figure; `"csv"` or `"npz"` for the numbers, CSV only where
            every column has one value per row; `"wav"` for the sound.
        choices: What to show.
        exhibits: What there is, by name.

    Raises:
        InputError: If there is no such exhibit, if it does not come in this format, or if the recording does
            not have it.
    """
    if name not in exhibits:
        raise InputError(
            f"There is no figure, table or sound {name[:30]!r}; choose one of {', '.join(exhibits)}."
        )
    exhibit = exhibits[name]
    if file_format not in exhibit.formats:
        formats = ", ".join(exhibit.formats)
        raise InputError(f"{name} does not come as {file_format[:20]!r}; choose one of {formats}.")
    chosen = choices.resolved(analysis)
    if exhibit.draw and file_format in FIGURE_FORMATS:
        figure = exhibit.draw(analysis, chosen)
        say_changed(figure, describe(exhibit.changes(analysis)))
        sign(figure, _signature(exhibit, analysis))
        return rendered(figure, file_format)
    if exhibit.sound and file_format in SOUND_FORMATS:
        return as_wav(exhibit.sound(analysis, chosen))
    assert exhibit.tabulate is not None
    columns = {
        **exhibit.tabulate(analysis, chosen),
        **_checkpoints(exhibit, analysis),
        **_changes(exhibit, analysis),
    }
    if exhibit.is_table:
        num_rows = max(values.shape[0] for values in columns.values() if values.ndim)
        columns = {
            name: values if values.ndim else np.full(num_rows, values) for name, values in columns.items()
        }
    return _as_csv(columns) if file_format == "csv" else _as_npz(columns)


def _signature(exhibit: Exhibit, analysis: Analysis) -> str:
    """Which checkpoint made what is in a figure; its name alone where that is one for all."""
    makers = exhibit.makers(analysis)
    if len(set(makers.values())) == 1:
        return str(next(iter(makers.values())))
    return " · ".join(f"{part} by {name}" for part, name in makers.items())


def _checkpoints(exhibit: Exhibit, analysis: Analysis) -> Columns:
    """The name of the checkpoint that made the numbers, and of those that lent it other parts."""
    names = {
        f"{part}_checkpoint" if number else "checkpoint": name
        for number, (part, name) in enumerate(exhibit.makers(analysis).items())
    }
    return {column: np.array(name or "", dtype=str) for column, name in names.items()}


def _changes(exhibit: Exhibit, analysis: Analysis) -> Columns:
    """What was changed, as `hubert_demo.changes.from_text` reads it; no column where nothing was."""
    changes = exhibit.changes(analysis)
    return {"changes": np.array(text_of(changes), dtype=str)} if changes else {}


def _as_csv(columns: Columns) -> bytes:
    """Columns with a heading each, in UTF-8."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows(zip(*(values.tolist() for values in columns.values()), strict=True))
    return stream.getvalue().encode()


def _as_npz(columns: Columns) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **columns)
    return stream.getvalue()
