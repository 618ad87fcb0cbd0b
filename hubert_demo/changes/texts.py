"""Changes as dictionaries for JSON, as short texts for links and the shell, in words; and several together.

A text is a change's name and its values, with colons between them:

    head_off:3.1                  head 1 of layer 3 gives zero
    head_off:3.1:mean             or its mean
    layer_skipped:4
    feed_forward_off:4
    frames_masked:1.2-1.6         seconds
    stretch_silenced:1.2-1.6
    attention_cut:1.2-1.6:2-2.4   frames of the first stretch cannot attend to those of the second
    attention_cut:others:1-2:3    nor all others to this one, in layer 3
    states_patched:5:1.2-1.6:0.5:hubert-explorer:stop.wav   layer, where to; where from: start, checkpoint,
                                                            example, which is empty for one's own recording

Changes are separated by commas. What a patch's source was changed by is its last value, percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import quote, unquote

from hubert_demo.changes.patches import PatchSource, StatesPatched, text_or_none
from hubert_demo.changes.values import (
    AttentionCut,
    Change,
    FeedForwardOff,
    FramesMasked,
    HeadOff,
    LayerSkipped,
    Stretch,
    StretchSilenced,
    number,
)
from hubert_demo.errors import InputError

MAX_CHANGES = 500
MAX_TEXT = 20_000
MAX_SOURCES = 3
"""A patch may come from a result that was patched itself, which may come from another; no deeper."""

# In the order in which they stand together.
_CLASSES: tuple[type[Change], ...] = (
    StretchSilenced,
    FramesMasked,
    LayerSkipped,
    HeadOff,
    FeedForwardOff,
    AttentionCut,
    StatesPatched,
)
_BY_NAME = {each.name: each for each in _CLASSES}

_OTHERS = "others"
_INDEX = re.compile(r"\d{1,4}")
_SECONDS = re.compile(r"\d{1,5}(\.\d{1,9})?")


def composed(changes: Iterable[Change | str]) -> tuple[Change, ...]:
    """Changes put together: each once, in an order of their own.

    The order in which they are given matters only where two contradict each other: a head that is off in two
    ways is off in the later one, and of patches to the same frames of a layer the later one stays.

    Args:
        changes: Changes, or texts of some.

    Raises:
        InputError: If a text is none of changes, something is no change, or there are more than
            `MAX_CHANGES`.
    """
    given: list[Change] = []
    for each in changes:
        if isinstance(each, str):
            given += from_text(each)
        elif isinstance(each, Change) and type(each) in _CLASSES:
            given.append(each)
        else:
            raise InputError(f"{str(each)[:40]!r} is no change; choose one of {', '.join(_BY_NAME)}.")
    latest = {_place(change): change for change in given}
    if len(latest) > MAX_CHANGES:
        raise InputError(f"{len(latest)} changes at once are too many; at most {MAX_CHANGES} are possible.")
    patches = [change for change in given if isinstance(change, StatesPatched)]
    return tuple(sorted(latest.values(), key=lambda change: _rank(change, patches)))


def _place(change: Change) -> object:
    """What two changes cannot both have."""
    return (change.layer, change.head) if isinstance(change, HeadOff) else change


def _rank(change: Change, patches: list[StatesPatched]) -> tuple[int, int, int, str]:
    """Where a change stands: of patches that meet, behind the one that was given last before it."""
    layer = getattr(change, "layer", None)
    meets = isinstance(change, StatesPatched) and any(_meet(change, other) for other in patches)
    # The last of those that are equal, for a change that is given again is the later one.
    position = len(patches) - patches[::-1].index(change) if meets else 0  # type: ignore[arg-type]
    return _CLASSES.index(type(change)), -1 if layer is None else layer, position, text_of([change])


def _meet(one: StatesPatched, other: StatesPatched) -> bool:
    is_same_place = one.layer == other.layer and one.start_s < other.end_s and other.start_s < one.end_s
    return is_same_place and one != other


def describe(changes: Iterable[Change]) -> str:
    """Changes for people, who count layers and heads from 1; "" where there are none."""
    return " · ".join(change.as_words() for change in changes)


# --- dictionaries ---


def to_dict(change: Change) -> dict[str, Any]:
    """A change for JSON: `change`, which is its name, and its values. Of a patch, all but its states."""
    values = {field.name: getattr(change, field.name) for field in fields(change) if field.name != "rows"}
    if isinstance(change, StatesPatched):
        source = change.source
        values["source"] = {
            **{name: getattr(source, name) for name in ("checkpoint", "start_s", "example")},
            "changes": [to_dict(each) for each in source.changes],
        }
    stretches = {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
    return {"change": change.name, **values, **stretches}


def from_dict(values: Any) -> Change:
    """The change of a dictionary, which may come from anywhere; of a patch without its states.

    Raises:
        InputError: If it is none.
    """
    return _from_dict(values, MAX_SOURCES)


def _from_dict(values: Any, depth: int) -> Change:
    given = dict(values) if isinstance(values, Mapping) else {}
    name = given.pop("change", None)
    kind = _class(name)
    known = {field.name for field in fields(kind)} - {"rows"}
    if not given.keys() <= known:
        unknown = ", ".join(sorted(str(key)[:20] for key in given.keys() - known)[:5])
        raise InputError(f"{name} has no {unknown}; it has {', '.join(sorted(known))}.")
    if kind is StatesPatched:
        given["source"] = _source(given.get("source"), depth)
    try:
        return kind(**given)
    except TypeError as error:
        raise InputError(f"{name} lacks a value; it has {', '.join(sorted(known))}.") from error


def _source(values: Any, depth: int) -> PatchSource:
    given = values if isinstance(values, Mapping) else {}
    checkpoint = text_or_none(given.get("checkpoint"), "source's checkpoint")
    changes = given.get("changes") or []
    if checkpoint is None or not isinstance(changes, list):
        raise InputError("The source of a patch has a checkpoint, start_s, example and a list of changes.")
    return PatchSource(
        checkpoint,
        given.get("start_s"),  # type: ignore[arg-type]  # It is checked there.
        text_or_none(given.get("example"), "source's example"),
        composed(_from_dict(each, _deeper(depth)) for each in changes),
    )


def _deeper(depth: int) -> int:
    if depth == 0:
        raise InputError(
            f"A patch comes from a patched result that comes from another; {MAX_SOURCES} at most."
        )
    return depth - 1


def _class(name: object) -> type[Change]:
    if not isinstance(name, str) or name not in _BY_NAME:
        raise InputError(f"There is no change {str(name)[:30]!r}; choose one of {', '.join(_BY_NAME)}.")
    return _BY_NAME[name]


# --- texts ---


def text_of(changes: Iterable[Change]) -> str:
    """Changes as a text; "" where there are none. In a link it is percent-encoded as every value is."""
    return ",".join(":".join((change.name, *_pieces(change))) for change in changes)


def _pieces(change: Change) -> list[str]:
    match change:
        case HeadOff(layer, head, by):
            return [f"{layer}.{head}", *([] if by == "zero" else [by])]
        case LayerSkipped(layer) | FeedForwardOff(layer):
            return [str(layer)]
        case FramesMasked(start_s, end_s) | StretchSilenced(start_s, end_s):
            return [_stretch_text((start_s, end_s))]
        case AttentionCut(queries, keys, layer):
            return [_stretch_text(queries), _stretch_text(keys), *([] if layer is None else [str(layer)])]
        case StatesPatched(layer, start_s, end_s, source):
            names = [quote(name, safe="/@") for name in (source.checkpoint, source.example or "")]
            inner = [quote(text_of(source.changes), safe="")] if source.changes else []
            return [str(layer), _stretch_text((start_s, end_s)), number(source.start_s), *names, *inner]
    raise TypeError(f"{change!r} is no change.")


def _stretch_text(value: Stretch | None) -> str:
    return _OTHERS if value is None else "-".join(map(number, value))


def from_text(text: str) -> tuple[Change, ...]:
    """The changes of a text, in its order; none where it is empty.

    Raises:
        InputError: If it is no text of changes.
    """
    if len(text) > MAX_TEXT:
        raise InputError(f"A text of changes has {len(text)} characters; at most {MAX_TEXT} are read.")
    return _from_text(text, MAX_SOURCES)


def _from_text(text: str, depth: int) -> tuple[Change, ...]:
    pieces = [each.strip() for each in text.split(",")] if text.strip() else []
    if not all(pieces):
        raise InputError("There is a comma too many among the changes; write one between two of them.")
    return tuple(_change(each, depth) for each in pieces)


def _change(text: str, depth: int) -> Change:
    name, *pieces = text.split(":")
    kind = _class(name)
    try:
        return _read(kind, pieces, depth)
    except _Unreadable:
        raise InputError(f"{text[:60]!r} is not understood; write it like {_LIKE[name]}.") from None


class _Unreadable(Exception):
    """A piece of a text that has another form."""


def _read(kind: type[Change], pieces: list[str], depth: int) -> Change:
    match pieces:
        case [place, *by] if kind is HeadOff and len(by) <= 1:
            layer, _, head = place.partition(".")
            return HeadOff(_index(layer), _index(head), *by)
        case [layer] if kind in (LayerSkipped, FeedForwardOff):
            return kind(_index(layer))
        case [span] if kind in (FramesMasked, StretchSilenced):
            return kind(*_stretch(span))
        case [queries, keys, *layer] if kind is AttentionCut and len(layer) <= 1:
            return AttentionCut(_stretch_or_others(queries), _stretch_or_others(keys), *map(_index, layer))
        case [layer, span, start_s, checkpoint, example, *inner] if kind is StatesPatched and len(inner) <= 1:
            changes = [_from_text(unquote(each), _deeper(depth)) for each in inner]
            names = unquote(checkpoint), unquote(example) or None
            source = PatchSource(names[0], _seconds(start_s), names[1], composed(sum(changes, ())))
            return StatesPatched(_index(layer), *_stretch(span), source)
    raise _Unreadable


def _index(text: str) -> int:
    if not _INDEX.fullmatch(text):
        raise _Unreadable
    return int(text)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text):
        raise _Unreadable
    return float(text)


def _stretch_or_others(text: str) -> Stretch | None:
    return None if text == _OTHERS else _stretch(text)


def _stretch(text: str) -> Stretch:
    start_s, _, end_s = text.partition("-")
    return _seconds(start_s), _seconds(end_s)


_LIKE = {
    "head_off": "head_off:3.1 or head_off:3.1:mean",
    "layer_skipped": "layer_skipped:4",
    "feed_forward_off": "feed_forward_off:4",
    "frames_masked": "frames_masked:1.2-1.6",
    "stretch_silenced": "stretch_silenced:1.2-1.6",
    "attention_cut": "attention_cut:1.2-1.6:2-2.4, or attention_cut:others:2-2.4:3 for layer 3",
    "states_patched": "states_patched:5:1.2-1.6:0.5:CHECKPOINT:EXAMPLE",
}
