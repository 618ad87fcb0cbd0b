"""The recordings that a visitor may pick, and the one that greets."""

import html
from dataclasses import dataclass
from pathlib import Path

import soundfile

from hubert_demo.checkpoints import ASSETS_DIR

# File names under assets/examples, in the order of the page, with their titles. The first one greets.
_TITLES = {
    "harbour.wav": "The old harbour was quiet",
    "stop.wav": "Stop!",
    "commands.wav": "Yes, stop, right",
    "rainbow.wav": "When the sunlight strikes",
    "question.wav": "Would you be so good",
    "layers.wav": "Every layer of the network",
    "numbers.wav": "Seven, three, nine",
}


@dataclass(frozen=True)
class Example:
    """A recording that comes with the page.

    Attributes:
        title: Shown to the visitor.
        path: WAV file.
        duration_s: Its length in seconds.
    """

    title: str
    path: Path
    duration_s: float


def examples() -> tuple[Example, ...]:
    """All examples, in the order of the page."""
    folder = ASSETS_DIR / "examples"
    paths = {folder / name: title for name, title in _TITLES.items()}
    return tuple(Example(title, path, soundfile.info(path).duration) for path, title in paths.items())


def template(rows: tuple[Example, ...]) -> str:
    """The examples as buttons, for `gr.HTML`."""
    buttons = "".join(
        f'<li><button type="button" class="hx-example" data-testid="example-{number}">'
        f"<span>{html.escape(row.title)}</span><span>{row.duration_s:.1f} s</span></button></li>"
        for number, row in enumerate(rows)
    )
    return f'<div class="hx-root hx-card hx-examples"><h2>Or try one of these</h2><ul>{buttons}</ul></div>'
