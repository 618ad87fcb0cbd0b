"""What a measure is, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.percent import percent

MAX_OPTIONS = 4
"""Most that there is to choose from, where the recording gives the options."""


class CannotAnswerError(InputError):
    """A recording that does not say what is asked; the sentence says why."""


@dataclass(frozen=True)
class Subject:
    """What a lesson asks about.

    Attributes:
        analysis: The recording on show, by the model on show.
        by: The same recording by another model, given its name.
    """

    analysis: Analysis
    by: Callable[[str], Analysis]


@dataclass(frozen=True)
class Kind:
    """What sort of answer a measure gives.

    Attributes:
        name: For whoever writes lessons.
        show: The answer as it stands in a text.
        unit: What a predicted number is given in, "" where it is a plain number; None where the answer is
            not a number.
        scale: By which the answer is multiplied to be in that unit.
        places: After the point, as it is shown.
        low: Least that makes sense, in the unit; None where anything does.
        high: Most that makes sense, likewise.
    """

    name: str
    show: Callable[[Any], str]
    unit: str | None = None
    scale: float = 1.0
    places: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def is_number(self) -> bool:
        """Whether a number may be predicted."""
        return self.unit is not None


SHARE = Kind("share", percent, "%", 100.0, low=0, high=100)
COUNT = Kind("count", lambda value: f"{value:d}", "", low=0)
LAYER = Kind("layer", lambda value: f"{value:d}", "", low=0)
SECONDS = Kind("time", lambda value: f"{value:.2f} s", "s", places=2, low=0)
DECIMAL = Kind("decimal", lambda value: f"{value:.2f}", "", places=2)
NAME = Kind("name", str)
TEXT = Kind("text", str)
WORD = Kind("word", lambda value: f"“{value}”")


@dataclass(frozen=True)
class Measure:
    """One thing that can be asked.

    Attributes:
        name: By which lessons name it.
        what: One line, for whoever writes lessons.
        kind: Of the answer.
        compute: Gives the answer.
        outcomes: All answers there are, where `kind` is `NAME`.
        options: What there is to choose from, where `kind` is `WORD`.
    """

    name: str
    what: str
    kind: Kind
    compute: Callable[[Subject], Any]
    outcomes: tuple[str, ...] = ()
    options: Callable[[Subject], list[str]] | None = None


REGISTERED: list[Measure] = []


def measure(
    kind: Kind, outcomes: tuple[str, ...] = (), options: Callable[[Subject], list[str]] | None = None
) -> Callable[[Callable[[Subject], Any]], Callable[[Subject], Any]]:
    """Make a measure of a function, named and described as it is."""

    def register(compute: Callable[[Subject], Any]) -> Callable[[Subject], Any]:
        what = str(compute.__doc__)
        REGISTERED.append(Measure(compute.__name__, what, kind, compute, outcomes, options))
        return compute

    return register


def yes_or_no(answer: bool) -> str:
    """An outcome of a measure that says whether something is so."""
    return "yes" if answer else "no"
