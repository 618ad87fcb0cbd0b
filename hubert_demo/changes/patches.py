"""Patched states: some frames of a layer taken from another result."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.changes.values import MAX_INDEX, Change, keep_index, number, span, stretch, time
from hubert_demo.errors import InputError


class PatchedRows:
    """The states that a patch puts in; equal to others of the same values.

    Args:
        states: float32 `(frames, hidden)`; it is copied.

    Raises:
        InputError: If the states have another shape or are not finite.
    """

    def __init__(self, states: npt.ArrayLike) -> None:
        array = np.array(states, np.float32)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            raise InputError(
                f"The states of a patch have shape {array.shape}; give finite ones of (frames, hidden)."
            )
        array.setflags(write=False)
        self.states: npt.NDArray[np.float32] = array

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of shape and values, in hexadecimal digits."""
        return hashlib.sha256(f"{self.states.shape}".encode() + self.states.tobytes()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PatchedRows) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __repr__(self) -> str:
        return f"<PatchedRows {self.states.shape}>"


@dataclass(frozen=True)
class PatchSource:
    """The result that a patch's states were taken from.

    Attributes:
        checkpoint: Name of the checkpoint that made it.
        start_s: Where the stretch begins there.
        example: File name of the page's example that it is of; None for a recording of somebody's own, which
            no link can name.
        changes: What was changed in it.

    Raises:
        InputError: If the start is no time.
    """

    checkpoint: str
    start_s: float
    example: str | None = None
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        """Check and round the time."""
        object.__setattr__(self, "start_s", time(self.start_s))
        object.__setattr__(self, "changes", tuple(self.changes))


@dataclass(frozen=True)
class StatesPatched(Change):
    """Some frames of a layer's states are replaced by those of another result.

    Attributes:
        layer: Index into the hidden states, 0 to the number of layers: 0 is what the first layer is given.
        start_s: Where the first of them goes: to the first frame whose centre is not before it.
        end_s: So long is the stretch that is taken from the source; all the frames that it has there are put
            in.
        source: Where they are from.
        rows: The states; None as long as nobody has fetched them from the source.

    Raises:
        InputError: If `layer` is not a whole number from 0, or these are no times, or not in this order.
    """

    name = "states_patched"
    layer: int
    start_s: float
    end_s: float
    source: PatchSource
    rows: PatchedRows | None = None

    def __post_init__(self) -> None:
        """Check what no model or recording could have."""
        keep_index(self, "layer")
        start_s, end_s = stretch(self.start_s, self.end_s)
        object.__setattr__(self, "start_s", start_s)
        object.__setattr__(self, "end_s", end_s)

    @property
    def first_layer(self) -> int:
        """The states that are patched."""
        return self.layer

    @property
    def source_end_s(self) -> float:
        """Where the stretch ends in the source."""
        return time(self.source.start_s + self.end_s - self.start_s)

    @property
    def fits_link(self) -> bool:
        """Whether a link can hold it: its source is an example, and so are those of its source's patches."""
        inner = (each for each in self.source.changes if isinstance(each, StatesPatched))
        return self.source.example is not None and all(each.fits_link for each in inner)

    def with_rows(self, states: npt.ArrayLike) -> StatesPatched:
        """The same with its states.

        Args:
            states: float32 `(frames, hidden)`.

        Raises:
            InputError: As for `PatchedRows`.
        """
        return replace(self, rows=PatchedRows(states))

    def require_rows(self) -> npt.NDArray[np.float32]:
        """Its states, float32 `(frames, hidden)`.

        Raises:
            InputError: If they have not been fetched.
        """
        if self.rows is None:
            whose = "somebody's own recording, which a link does not hold"
            if self.source.example is not None:
                whose = f"the example {self.source.example}"
            raise InputError(
                f"The states to patch in are missing: they are from {whose}. They can be taken from an "
                "analysis of it, in Python with `Analysis.patch`, or from the zip that holds them."
            )
        return self.rows.states

    def as_words(self) -> str:
        """Such as "states of layer 4 at 1.2–1.6 s taken from stop at 0.5 s"."""
        whose = self.source.example or "another recording"
        made = (
            f" ({', '.join(each.as_words() for each in self.source.changes)})" if self.source.changes else ""
        )
        return (
            f"states of layer {self.layer} at {span(self.start_s, self.end_s)} taken from {whose}{made} at "
            f"{number(self.source.start_s)} s, by {self.source.checkpoint}"
        )


def text_or_none(value: Any, what: str) -> str | None:
    """A name from a dictionary that may come from anywhere.

    Raises:
        InputError: If it is no text.
    """
    if value is None or (isinstance(value, str) and 0 < len(value) <= MAX_INDEX):
        return value
    raise InputError(f"The {what} of a patch is {str(value)[:20]!r}; give its name.")
