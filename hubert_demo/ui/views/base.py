"""What every view is, how values reach the browser and come back, and where errors become sentences."""

import base64
import errno
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import numpy.typing as npt

from hubert_demo.api import Analysis
from hubert_demo.encoding import Encoding
from hubert_demo.errors import HubertDemoError, InputError, no_such

Json = dict[str, Any]

STATIC_DIR = Path(__file__).parents[1] / "static"
EMPTY = '<div class="hx-root"></div>'

Answer = Callable[[Analysis, Json], Json]
"""Answers what the browser asks about an analysis."""

LongAnswer = Callable[[Analysis, Json], Iterator[Json]]
"""Answers bit by bit: each time all that there is by then, the last time the whole."""

APOLOGY = "Something went wrong on our side, and it has been logged. Please try again."
NO_MEMORY = (
    "This needs more memory than the server has at the moment. Try a shorter recording, or try again in a "
    "minute."
)
NO_ROOM = "The server cannot save files at the moment: its disk is full. Try again in a few minutes."
NO_ROOM_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
NOT_UNDERSTOOD = "The page sent something the server does not understand. Reload the page and try again."

FIRST = "first"
"""The lane of what a view shows first."""
QUICK = "quick"
"""Of what would keep the transcript waiting in a long recording."""
SLOW = "slow"
"""Of what takes seconds: UMAP, k-means, long searches and downloads."""

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Part:
    """Something that the browser draws of a result, fetched when it is first on show.

    Attributes:
        name: By which the browser fetches it; `static/core/types.d.ts` says what its fields are.
        compute: Gives its fields: JSON, with arrays packed by `pack`. Called once, in the background.
        lane: `FIRST`, `QUICK` or `SLOW`.
    """

    name: str
    compute: Callable[[Analysis], Json]
    lane: str = FIRST


@dataclass(frozen=True)
class View:
    """One tab of the page.

    Attributes:
        name: Of its folder in `static/` and the script in there, which fills the tab.
        title: Of the tab.
        what: One sentence: what this is.
        hint: One thing to try.
        parts: What the browser draws, what comes first before the rest.
        quick_answers: Functions that the browser may call by their `__name__` with the result's token. They
            are given the analysis and what the browser sent, which may be anything, and give JSON.
        slow_answers: The same, for what takes seconds: in turns with the slow parts. Whoever asks waits
            without holding a thread, and is told now and then that it is not `"ready"`: asking again waits
            for the same answer.
        long_answers: The same, for what takes many seconds and comes bit by bit, behind all else: whoever
            waits is told what there is. `stop_…`, with the name of the function, is for who no longer waits.
        static_dir: Where its folder is.
    """

    name: str
    title: str
    what: str
    hint: str
    parts: tuple[Part, ...]
    quick_answers: tuple[Answer, ...] = ()
    slow_answers: tuple[Answer, ...] = ()
    long_answers: tuple[LongAnswer, ...] = ()
    static_dir: Path = STATIC_DIR

    @property
    def folder(self) -> Path:
        """Its scripts and styles."""
        return self.static_dir / self.name


def pack(array: npt.NDArray[Any]) -> Json:
    """An array as JSON: element type, shape and little-endian bytes in base64.

    Args:
        array: Of any type the browser has a typed array for.

    Returns:
        `{"dtype", "shape", "data"}`, read by `unpack` in `static/core/arrays.js`.
    """
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": array.dtype.str[1:], "shape": list(array.shape), "data": data}


def pack_fraction(array: npt.NDArray[Any], limit: float) -> Json:
    """Values of 0 to `limit` in 16 bits, half the size of float32: 65535 stands for `limit`."""
    scaled = np.rint(np.clip(array, 0, limit) * (65535 / limit))
    return pack(scaled.astype(np.uint16))


def plain(result: Any, *names: str) -> Json:
    """What a dataclass holds as JSON, arrays as lists.

    Args:
        result: The dataclass.
        names: Of fields and properties; all fields when there are none.
    """
    values = {name: getattr(result, name) for name in names or (field.name for field in fields(result))}
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()
    }


def before_of(analysis: Analysis, part: str) -> Analysis | None:
    """What an analysis was before, where a part of it was made with changes; None where it was not.

    Args:
        analysis: With changes or without.
        part: As `Sources` names it. What a companion says is changed by changes of sound alone.
    """
    return analysis.before if analysis.source_changes.get(part) else None


def grid_as_json(encoding: Encoding) -> Json:
    """Where the frames of an encoding lie in time, read by `static/core/grid.js`."""
    return {
        "hop_s": encoding.grid.hop_s,
        "first_frame_s": float(encoding.frame_times_s[0]),
        "num_frames": encoding.num_frames,
    }


def fields_of(request: Any) -> Json:
    """What the browser sent, as fields by name.

    Raises:
        InputError: If it is anything else.
    """
    if not isinstance(request, dict):
        raise InputError(NOT_UNDERSTOOD)
    return request


def index(request: Json, name: str, count: int) -> int:
    """A whole number of 0 to `count - 1` from what the browser sent.

    Raises:
        InputError: If it is anything else.
    """
    value = request.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise no_such(name.capitalize(), value, count)
    return value


def text_of(request: Json, name: str, longest: int) -> str:
    """A text from what the browser sent; "" if it sent none.

    Raises:
        InputError: If it is anything else, or too long.
    """
    value = request.get(name, "")
    if not isinstance(value, str):
        raise InputError(NOT_UNDERSTOOD)
    if len(value) > longest:
        raise InputError(f"The text has {len(value)} characters; give at most {longest}.")
    return value


def sentence(error: Exception) -> str:
    """What to tell a visitor: the error's own words; for a bug an apology, and a traceback in the log."""
    if isinstance(error, HubertDemoError):
        return str(error)
    if isinstance(error, MemoryError):
        _LOGGER.warning("no memory: %s", error)
        return NO_MEMORY
    if isinstance(error, OSError) and error.errno in NO_ROOM_ERRNOS:
        _LOGGER.warning("no room: %s", error)
        return NO_ROOM
    _LOGGER.error("unexpected error on the page", exc_info=error)
    return APOLOGY


def attempt(compute: Callable[[], Json]) -> Json:
    """`{"ok": True, …}` with what `compute` gives, or `{"ok": False, "error": sentence}`.

    Whatever escaped from a server function would reach the browser as a silent `undefined`.
    """
    try:
        return {"ok": True, **compute()}
    except Exception as error:
        return {"ok": False, "error": sentence(error)}


def frame(view: View) -> str:
    """The static template of a view's tab; the browser fills the second element."""
    return (
        f'<p class="hx-lead"><strong>{view.what}</strong> {view.hint}</p>'
        f'<p class="hx-source" data-view="{view.name}" data-testid="source-{view.name}" hidden></p>'
        f'<div class="hx-root hx-view hx-view-{view.name}" data-testid="view-{view.name}"></div>'
    )


def component(
    name: str,
    template: str = EMPTY,
    functions: list[Callable[..., Any]] | None = None,
    events: tuple[str, ...] = (),
    folder: str = "page",
) -> gr.HTML:
    """A component of the page that a script fills.

    Args:
        name: Of its script.
        template: Static HTML; an element of class `hx-root` is what the script fills.
        functions: What the browser may call.
        events: What the browser may trigger. Gradio finds them because they stand quoted in `js_on_load`.
        folder: Of the script, in `static/`.
    """
    about = f"name: '{name}', module: '{folder}/{name}.js', events: {list(events)}"
    return gr.HTML(
        html_template=template,
        js_on_load=f"hx.push({{{about}, element, props, watch, trigger, server}})",
        apply_default_css=False,
        elem_id=f"hx-{name}",
        elem_classes="hx-component",
        server_functions=functions,
    )
