"""The changes themselves, one class each, but for patched states.

Layers and heads count from 0, as everywhere in Python, in links and in files. Times are seconds, kept to a
tenth of a millisecond, so that a change that was written down and read again is the same.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from typing import Any, ClassVar

from hubert_demo.errors import InputError

MAX_INDEX = 9999
MAX_TIME_S = 99_999.0
TIME_DIGITS = 4

BY = ("zero", "mean")

Stretch = tuple[float, float]


@dataclass(frozen=True)
class Change:
    """Something done differently in one pass of a model. Values: equal where they are the same change."""

    name: ClassVar[str]
    """What it is called in dictionaries and texts."""

    is_of_sound: ClassVar[bool] = False
    """Whether it changes the recording, so that every model hears it."""

    @property
    def first_layer(self) -> int | None:
        """The lowest hidden state that is needed to go on from, 0 to the number of layers.

        None where the pass has to begin with the sound.
        """
        return None

    def as_words(self) -> str:
        """For people, who count layers and heads from 1, as the page and its figures do."""
        raise NotImplementedError


@dataclass(frozen=True)
class _OfLayer(Change):
    """A change in one layer.

    Attributes:
        layer: 0 to the number of layers - 1.

    Raises:
        InputError: If it is not a whole number from 0.
    """

    layer: int

    def __post_init__(self) -> None:
        """Check what no model could have."""
        keep_index(self, "layer")

    @property
    def first_layer(self) -> int:
        """The layer whose input the pass goes on from."""
        return self.layer


@dataclass(frozen=True)
class HeadOff(_OfLayer):
    """One attention head's output is replaced, before the layer joins its heads.

    Attributes:
        layer: 0 to the number of layers - 1.
        head: 0 to the number of heads - 1.
        by: `"zero"`, or `"mean"`: the mean of this head's output over the recording, which is nearer to what
            later layers are used to.

    Raises:
        InputError: If a number or `by` is none of these.
    """

    name = "head_off"
    head: int
    by: str = "zero"

    def __post_init__(self) -> None:
        """Check what no model could have."""
        super().__post_init__()
        keep_index(self, "head")
        if self.by not in BY:
            raise InputError(f"A head is off by {str(self.by)[:20]!r}; choose {' or '.join(BY)}.")

    def as_words(self) -> str:
        """Such as "layer 4, head 2 off"."""
        return f"layer {self.layer + 1}, head {self.head + 1} {'off' if self.by == 'zero' else 'at its mean'}"


@dataclass(frozen=True)
class LayerSkipped(_OfLayer):
    """A layer hands on what it was given. What else is changed inside it has no effect."""

    name = "layer_skipped"

    def as_words(self) -> str:
        """Such as "layer 4 skipped"."""
        return f"layer {self.layer + 1} skipped"


@dataclass(frozen=True)
class FeedForwardOff(_OfLayer):
    """The feed-forward of a layer adds nothing; attention and norms stay."""

    name = "feed_forward_off"

    def as_words(self) -> str:
        """Such as "layer 4, feed-forward off"."""
        return f"layer {self.layer + 1}, feed-forward off"


@dataclass(frozen=True)
class _OfStretch(Change):
    """A change to a stretch of time.

    Attributes:
        start_s: Where it begins.
        end_s: Where it ends.

    Raises:
        InputError: If these are no times, or not in this order.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        """Check what no recording could have."""
        start_s, end_s = stretch(self.start_s, self.end_s)
        object.__setattr__(self, "start_s", start_s)
        object.__setattr__(self, "end_s", end_s)


@dataclass(frozen=True)
class FramesMasked(_OfStretch):
    """Frames are replaced by the learned mask embedding before the first layer, as in pre-training.

    The frames are those whose centres lie in the stretch, here and in the other changes.
    """

    name = "frames_masked"

    def as_words(self) -> str:
        """Such as "1.2–1.6 s masked"."""
        return f"{span(self.start_s, self.end_s)} masked"


@dataclass(frozen=True)
class StretchSilenced(_OfStretch):
    """The samples of a stretch are zero: the same as analysing such a recording."""

    name = "stretch_silenced"
    is_of_sound = True

    def as_words(self) -> str:
        """Such as "1.2–1.6 s silenced"."""
        return f"{span(self.start_s, self.end_s)} silenced"


@dataclass(frozen=True)
class AttentionCut(Change):
    """The frames of one stretch cannot attend to those of another; what is left sums to one.

    Attributes:
        queries: Start and end, in seconds, of the frames that attend; None for all that are not in `keys`.
        keys: Likewise, of the frames attended to; None for all that are not in `queries`.
        layer: 0 to the number of layers - 1; None for all layers.

    Raises:
        InputError: If a stretch is none, both are None, or `layer` is not a whole number from 0.
    """

    name = "attention_cut"
    queries: Stretch | None
    keys: Stretch | None
    layer: int | None = None

    def __post_init__(self) -> None:
        """Check what no recording or model could have."""
        if self.queries is None and self.keys is None:
            raise InputError("Attention is cut from everything to everything; give a stretch of seconds.")
        for name in ("queries", "keys"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, as_stretch(value))
        if self.layer is not None:
            keep_index(self, "layer")

    @property
    def first_layer(self) -> int:
        """The layer, or the first one."""
        return 0 if self.layer is None else self.layer

    def as_words(self) -> str:
        """Such as "layer 4, attention from 1.2–1.6 s to everything else cut"."""
        where = "" if self.layer is None else f"layer {self.layer + 1}, "
        queries, keys = (
            "everything else" if each is None else span(*each) for each in (self.queries, self.keys)
        )
        return f"{where}attention from {queries} to {keys} cut"


def keep_index(change: Change, name: str) -> None:
    """Make a field of a change a plain number.

    Raises:
        InputError: If it is not a whole number of 0 to `MAX_INDEX`.
    """
    value: Any = getattr(change, name)
    try:
        index = operator.index(value)
    except TypeError:
        index = -1
    if isinstance(value, bool) or not 0 <= index <= MAX_INDEX:
        raise InputError(
            f"{name.capitalize()} {str(value)[:20]!r} does not exist; give a whole number from 0."
        )
    object.__setattr__(change, name, index)


def time(value: Any) -> float:
    """Seconds as changes keep them.

    Raises:
        InputError: If these are none, or below 0.
    """
    try:
        seconds = math.nan if isinstance(value, bool | str) else float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not 0 <= seconds <= MAX_TIME_S:
        raise InputError(f"{str(value)[:20]!r} is no time; give seconds, from 0 to the recording's end.")
    return round(seconds, TIME_DIGITS)


def stretch(start_s: Any, end_s: Any) -> Stretch:
    """A stretch as changes keep it.

    Raises:
        InputError: If these are no times, or the first is not before the second.
    """
    start, end = time(start_s), time(end_s)
    if start >= end:
        raise InputError(f"A stretch from {start:g} s to {end:g} s is empty; it ends after its start.")
    return start, end


def as_stretch(value: Any) -> Stretch:
    """The same of a pair.

    Raises:
        InputError: If it is none; as for `stretch`.
    """
    try:
        start_s, end_s = value
    except (TypeError, ValueError) as error:
        raise InputError(f"{str(value)[:30]!r} is no stretch; give its start and end in seconds.") from error
    return stretch(start_s, end_s)


def number(seconds: float) -> str:
    """Seconds in as few digits as say all that changes keep."""
    return f"{seconds:.{TIME_DIGITS}f}".rstrip("0").rstrip(".")


def span(start_s: float, end_s: float) -> str:
    """A stretch for people, such as "1.2–1.6 s"."""
    return f"{number(start_s)}–{number(end_s)} s"
