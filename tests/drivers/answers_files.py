"""Answers as files, and what differs between two folders of them: the half of `answers.py` that compares."""

import base64
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile


def save(path: Path, answer: Any) -> None:
    """Write an answer down: its arrays as npz, all else as JSON, by where in the answer they stand."""
    found = dict(leaves(answer))
    arrays = {place: leaf for place, leaf in found.items() if isinstance(leaf, np.ndarray)}
    others = {place: leaf for place, leaf in found.items() if place not in arrays}
    path.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}.json").write_text(json.dumps(others, indent=1, ensure_ascii=False) + "\n")
    if arrays:
        np.savez_compressed(f"{path}.npz", **arrays)


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Numbers, texts and arrays with their places. Lists of numbers, and what is packed, are arrays."""
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping) and set(value) == {"dtype", "shape", "data"}:
        packed = np.frombuffer(base64.b64decode(value["data"]), value["dtype"])
        value = packed.reshape(value["shape"])
    if isinstance(value, list | tuple):
        value = _as_array(value)
    if isinstance(value, list | tuple | Mapping) and value:
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, inner in pairs:
            yield from leaves(inner, f"{place}/{key}" if place else str(key))
    elif isinstance(value, np.generic):
        yield place, value.item()
    else:
        yield place, value


def _as_array(values: Any) -> Any:
    """Numbers in equally long rows as an array, anything else as it is."""
    try:
        array = np.array(values)
    except ValueError:
        return values
    return array if array.size and array.dtype.kind in "biuf" else values


def compare(old: Path, new: Path, renames: list[list[str]]) -> int:
    """Print what differs between two records; 1 if anything does, else 0."""

    def renamed(place: str) -> str:
        for before, after in renames:
            place = place.replace(before, after)
        return place

    recorded = dict(_contents(old))
    before = {renamed(place): leaf for place, leaf in recorded.items()}
    if len(before) < len(recorded):
        raise SystemExit("These renames give two things the same name; give longer ones.")
    after = dict(_contents(new))
    files = [{place.split(":")[0] for place in side} for side in (before, after)]
    lines = [f"only in {old}: {file}" for file in files[0] - files[1]]
    lines += [f"only in {new}: {file}" for file in files[1] - files[0]]
    both = files[0] & files[1]
    for place in before.keys() | after.keys():
        if place.split(":")[0] not in both:
            continue
        if place not in after or place not in before:
            lines.append(f"only in {old if place in before else new}: {place}")
        elif problem := difference(place, before[place], after[place]):
            lines.append(f"{place}: {problem}")
    for line in sorted(lines):
        print(line)
    shared = len(before.keys() & after.keys())
    print(f"{shared} things compared in {len(both)} files: {len(lines)} differences")
    return 1 if lines else 0


def _contents(folder: Path) -> Iterator[tuple[str, Any]]:
    """All that a record holds, by file and place in it."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        for place, leaf in _parts(path):
            yield f"{path.relative_to(folder)}:{place}", leaf


def _parts(path: Path) -> Iterator[tuple[str, Any]]:
    """What a file holds; of unknown kinds its text."""
    if path.suffix == ".npz":
        with np.load(path) as arrays:
            yield from arrays.items()
    elif path.suffix == ".json":
        yield from leaves(json.loads(path.read_text()))
    elif path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(path.read_text())))
        yield "headings", "\n".join(rows[0])
        for heading, *cells in zip(*rows, strict=True):
            yield heading, _as_numbers(cells)
    elif path.suffix == ".wav":
        # Its header tells when it was written.
        yield "samples", soundfile.read(path)[0]
        yield "rate_hz", soundfile.info(path).samplerate
    elif path.suffix == ".png":
        yield "", path.read_bytes()
    else:
        yield "", path.read_bytes().decode()


def _as_numbers(cells: list[str]) -> Any:
    try:
        return np.array(cells, float)
    except ValueError:
        return np.array(cells)


def difference(place: str, old: Any, new: Any) -> str | None:
    """What differs between two leaves, the first place named; None where nothing does."""
    if isinstance(old, bytes) and isinstance(new, bytes):
        return None if old == new else _pixels_differ(old, new)
    if isinstance(old, str) and isinstance(new, str):
        return None if old == new else _first_line(old, new)
    one, other = np.asarray(old), np.asarray(new)
    is_text = one.dtype.kind == other.dtype.kind == "U"
    if one.shape != other.shape or not (is_text or one.dtype == other.dtype):
        kinds = [
            str(value)[:60] if array.ndim == 0 else f"{array.dtype} {array.shape}"
            for value, array in ((old, one), (new, other))
        ]
        return " became ".join(kinds)
    if one.dtype.kind == "f":
        absolute = 1e-5 if "hidden_states" in place else 1e-6
        same = np.isclose(other, one, rtol=1e-6, atol=absolute, equal_nan=True)
    else:
        same = np.asarray(one == other)
    if same.all():
        return None
    where = tuple(np.argwhere(~same)[0].tolist())
    return f"{one[where]} became {other[where]} at {where}, {np.sum(~same)} of {same.size} differ"


def _pixels_differ(old: bytes, new: bytes) -> str | None:
    from PIL import Image

    one, other = (np.asarray(Image.open(io.BytesIO(each)).convert("RGBA")) for each in (old, new))
    if one.shape != other.shape:
        return f"picture of {one.shape} became one of {other.shape}"
    differing = (one != other).any(axis=2)
    if not differing.any():
        return None
    return f"{differing.sum()} of {differing.size} pixels, first {np.argwhere(differing)[0].tolist()}"


def _first_line(old: str, new: str) -> str:
    """Where two different texts part."""
    pairs = list(zip(old.splitlines(keepends=True), new.splitlines(keepends=True), strict=False))
    for number, (one, other) in enumerate(pairs, start=1):
        if one != other:
            return f"line {number}: {one[:200]!r} became {other[:200]!r}"
    return f"{old.count(chr(10))} lines became {new.count(chr(10))}"
