"""The recordings that a visitor may pick, and the one that greets."""

import csv
import html
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import soundfile

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import ASSETS_DIR
from hubert_demo.ui.views.base import Json, index

FOLDER = ASSETS_DIR / "examples"
MANIFEST = "manifest.tsv"
"""In the order of the page; the first one greets. `python -m hubert_demo.training examples` checks it."""

HARD = "transcribed with mistakes"
MAX_TITLE = 255


@dataclass(frozen=True)
class Example:
    """A recording that comes with the page.

    Attributes:
        title: Shown to the visitor.
        path: WAV file.
        duration_s: Its length in seconds.
        text: What is said in it.
        is_hard: Whether the embedded checkpoint reads it with mistakes.
    """

    title: str
    path: Path
    duration_s: float
    text: str
    is_hard: bool


def examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    """All examples, in the order of the page."""
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    return tuple(_example(folder / row["file"], row) for row in rows)


def _example(path: Path, row: dict[str, str]) -> Example:
    return Example(row["title"], path, soundfile.info(path).duration, row["text"], row["hard"] == "yes")


def picked(rows: tuple[Example, ...], number: object) -> tuple[Path, Json]:
    """The file of an example, and what the browser is told of it.

    Args:
        rows: All examples.
        number: Of the one that was picked, which may come from the browser and be anything.

    Raises:
        InputError: If there is no such example.
    """
    checked = index({"example": number}, "example", len(rows))
    path = rows[checked].path
    return path, {"title": path.name, "example": checked}


def to_read(rows: tuple[Example, ...], number: object) -> tuple[Callable[[], Waveform], Json]:
    """How to read the example that `picked` finds, and what the browser is told of it."""
    path, about = picked(rows, number)
    return partial(Waveform.from_file, path), about


def called(rows: tuple[Example, ...], request: Json) -> Json:
    """What the browser calls the recording that it asks about: a title, and its number if it is an example.

    Args:
        rows: All examples.
        request: What the browser sent, which may be anything.

    Raises:
        InputError: If there is no such example.
    """
    about: Json = {"title": str(request.get("title"))[:MAX_TITLE]}
    if request.get("example") is not None:
        about["example"] = index(request, "example", len(rows))
    return about


def template(rows: tuple[Example, ...]) -> str:
    """The examples as buttons, for `gr.HTML`."""
    buttons = "".join(
        f'<li><button type="button" class="hx-example" data-testid="example-{number}">'
        f"<span>{html.escape(row.title)}{_label(row)}</span><span>{row.duration_s:.1f} s</span></button></li>"
        for number, row in enumerate(rows)
    )
    return f'<div class="hx-root hx-card hx-examples"><h2>Or try one of these</h2><ul>{buttons}</ul></div>'


def _label(row: Example) -> str:
    return f' <em title="{HARD}">hard</em>' if row.is_hard else ""
