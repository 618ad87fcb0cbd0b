"""What a lesson's step may say of the page: the fields of a link, `static/page/fields.js`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from hubert_demo.analysis.attention.heads import KINDS
from hubert_demo.analysis.layers.colouring import COLOURINGS
from hubert_demo.analysis.layers.projection import METHODS, METRICS
from hubert_demo.changes import composed
from hubert_demo.errors import InputError
from hubert_demo.export.choices import MAX_TEXT
from hubert_demo.inference import READ_OUTS
from hubert_demo.ui.views import VIEWS

_ORDERS = ("head order", "most global", "most vertical", "most diagonal", "least spread")
_SPEEDS = ("0.5", "0.75", "1")
_SECONDS = r"\d{1,5}(\.\d{1,9})?"

_Check = Callable[[str], bool]


def _one_of(*names: str) -> tuple[_Check, str]:
    return names.__contains__, f"one of {', '.join(names)}"


def _like(pattern: str, example: str) -> tuple[_Check, str]:
    return lambda text: re.fullmatch(pattern, text) is not None, example


def _are_changes(text: str) -> bool:
    try:
        composed([text])
    except InputError:
        return False
    return True


_WHOLE = _like(r"\d{1,10}", "a whole number")
_TEXT = (lambda text: len(text) <= MAX_TEXT, f"a text of at most {MAX_TEXT} characters")
_STRETCH = _like(f"{_SECONDS}-{_SECONDS}", "two times in seconds, such as 0.8-1.6")

STATE: Mapping[str, tuple[_Check, str]] = {
    "example": (bool, "a file of an example"),
    "checkpoint": (bool, "the name of a model"),
    "tab": _one_of(*(view.name for view in VIEWS)),
    "layer": _WHOLE,
    "attention_layer": _WHOLE,
    "head": _WHOLE,
    "colour": _one_of(*COLOURINGS),
    "num_units": _WHOLE,
    "method": _one_of(*METHODS),
    "num_neighbours": _WHOLE,
    "metric": _one_of(*METRICS),
    "seed": _WHOLE,
    "reference": _TEXT,
    "hotwords": _TEXT,
    "lens": _one_of(*READ_OUTS),
    "lens_layer": _WHOLE,
    "sound_layer": _WHOLE,
    "sort": _one_of(*_ORDERS),
    "filter": _one_of("all", *KINDS),
    "t": _like(_SECONDS, "a time in seconds"),
    "select": _STRETCH,
    "zoom": _STRETCH,
    "changes": (_are_changes, "changes as a link has them, such as head_off:3.1, or an empty text for none"),
    "speed": _one_of(*_SPEEDS),
    "theme": _one_of("light", "dark"),
}
"""How each field's text is checked, and what it may be; what depends on the recording, the browser checks."""

PICTURES: Mapping[str, str] = {
    "words": "transcript",
    "lens": "transcript",
    "layer_sound": "transcript",
    "keywords": "keywords",
    "layer_map": "layers",
    "layers": "layers",
    "clusters": "layers",
    "attention": "attention",
    "heads": "attention",
}
"""What a step may be about, as in `static/lessons/sight.js`, and on which tab; mostly the first there."""


def read_state(values: object) -> dict[str, str] | None:
    """A step's state from its file: fields by name, or a link that was copied; None for anything else."""
    if isinstance(values, dict):
        return {str(name): _written(value) for name, value in values.items()}
    if isinstance(values, str):
        return dict(parse_qsl(values.rpartition("#")[2], keep_blank_values=True))
    return None


def check_state(name: str, text: str | None, examples: tuple[str, ...]) -> str | None:
    """What is wrong with a field; None where nothing is.

    Args:
        name: Of the field.
        text: Its value; None where it is only known when the recording is.
        examples: The files of the page's examples.
    """
    if name not in STATE:
        return f"a state has no field {name[:40]!r}; choose from {', '.join(STATE)}."
    check, allowed = STATE[name]
    if name == "example":
        check, allowed = _one_of(*examples)
    if text is None or check(text):
        return None
    return f"{name} is {text[:40]!r}; give {allowed}."


def as_link(state: Mapping[str, str]) -> str:
    """A state as a link's hash has it, without the `#`."""
    return urlencode(state)


def _written(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
