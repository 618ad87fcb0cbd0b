"""A lesson: steps through one recording, questions with computed answers, and how its file is read."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from hubert_demo.errors import HubertDemoError
from hubert_demo.ui.lessons.measures import MEASURES, NAME, WORD, Measure
from hubert_demo.ui.lessons.state import PICTURES, check_state, read_state

MAX_FILE_BYTES = 256 << 10
MIN_CHOICES = 2

_Place = tuple[str | int, ...]


class LessonError(HubertDemoError):
    """A lesson's file that cannot be used; the sentence names file, line and what is allowed."""


@dataclass(frozen=True)
class Choice:
    """One of several answers.

    Attributes:
        says: Shown.
        outcome: The answer it stands for, where the measure has outcomes.
        below: It stands for numbers below this, and from where the choice before it ends; None for the last.
    """

    says: str
    outcome: str | None = None
    below: float | None = None


@dataclass(frozen=True)
class Question:
    """Something to predict.

    Attributes:
        text: What is asked; `{measure}` stands for an answer as it is shown.
        measure: Gives the answer.
        choices: To choose from. Empty where a number is predicted, and where the recording gives them.
        within: How far off a predicted number is still right, in the unit it is given in.
    """

    text: str
    measure: Measure
    choices: tuple[Choice, ...] = ()
    within: float | None = None


@dataclass(frozen=True)
class Step:
    """One screen.

    Attributes:
        title: A few words.
        state: What the page shows, as texts by the names of a link's fields; `{measure}` stands for an
            answer.
        text: What there is to see; `{measure}` stands for an answer as it is shown.
        pictures: What it is about, of `PICTURES`: the page scrolls to the first one, a worksheet shows all.
            Empty for what its tab shows first of all.
        question: What is predicted; None for a step that only shows something.
        reveal: Shown after it; likewise.
    """

    title: str
    state: Mapping[str, str]
    text: str
    pictures: tuple[str, ...]
    question: Question | None
    reveal: str


@dataclass(frozen=True)
class Lesson:
    """Steps in order.

    Attributes:
        name: In links: its file's name without the ending.
        title: Shown.
        about: One sentence: what it is about.
        minutes: How long it takes in a class.
        recordings: Files of the examples that it was made for; the first one is shown unless a step or the
            visitor says otherwise.
        steps: At least one.
    """

    name: str
    title: str
    about: str
    minutes: int
    recordings: tuple[str, ...]
    steps: tuple[Step, ...]


def read_lesson(path: Path, examples: tuple[str, ...]) -> Lesson:
    """Read a lesson's file and check all of it.

    Args:
        path: A YAML file; README says what stands in it.
        examples: The files of the page's examples, which it may name.

    Raises:
        LessonError: If it cannot be read or something in it is not as it should be.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LessonError(
                f"{path.name} has more than {MAX_FILE_BYTES >> 10} KB; a lesson is a small YAML file."
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} cannot be read; give a lesson, a YAML file in UTF-8.") from error
    return _Reader(path.name, text, examples).lesson(path.stem)


class _Reader:
    """Reads one file, and knows at which line each value stands."""

    def __init__(self, file: str, text: str, examples: tuple[str, ...]) -> None:
        self._file, self._examples = file, examples
        self._lines: dict[_Place, int] = {}
        try:
            root = yaml.compose(text, yaml.SafeLoader)
            self._note(root, ())
            self._values = yaml.safe_load(text)
        except yaml.MarkedYAMLError as error:
            line = 1 if error.problem_mark is None else error.problem_mark.line + 1
            raise LessonError(f"{file}, line {line}: this is not YAML ({error.problem}).") from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise LessonError(f"{file} is not YAML: {str(error).splitlines()[0]}") from error

    def _note(self, node: yaml.Node | None, place: _Place) -> None:
        if node is None:
            return
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*place, str(key.value))
                if below in self._lines:
                    raise self._error(below, f"{key.value!r} stands here twice.", key.start_mark.line + 1)
                self._lines[below] = key.start_mark.line + 1
                self._note(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._note(value, (*place, number))

    def _error(self, place: _Place, sentence: str, line: int | None = None) -> LessonError:
        while place and place not in self._lines:
            place = place[:-1]
        at = self._lines.get(place, 1) if line is None else line
        return LessonError(f"{self._file}, line {at}: {sentence}")

    def lesson(self, name: str) -> Lesson:
        fields = self._fields((), self._values, ("title", "about", "minutes", "recordings", "steps"))
        recordings = self._list(("recordings",), fields["recordings"])
        for number, recording in enumerate(recordings):
            if recording not in self._examples:
                raise self._error(
                    ("recordings", number),
                    f"{str(recording)[:40]!r} is not one of the page's examples; choose from "
                    f"{', '.join(self._examples)}.",
                )
        minutes = fields["minutes"]
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= 240:
            raise self._error(("minutes",), "give minutes as a whole number from 1 to 240.")
        steps = self._list(("steps",), fields["steps"])
        return Lesson(
            name,
            self._text(("title",), fields["title"]),
            self._text(("about",), fields["about"]),
            minutes,
            tuple(recordings),
            tuple(self._step(("steps", number), step) for number, step in enumerate(steps)),
        )

    def _step(self, place: _Place, values: Any) -> Step:
        fields = self._fields(place, values, ("title", "state", "text"), ("pictures", "ask", "reveal"))
        question = None if "ask" not in fields else self._question((*place, "ask"), fields["ask"])
        if question is not None and "reveal" not in fields:
            raise self._error(place, "a step that asks something needs 'reveal', which says what is right.")
        state = self._state((*place, "state"), fields["state"])
        return Step(
            self._text((*place, "title"), fields["title"]),
            state,
            self._filled((*place, "text"), fields["text"]),
            self._pictures((*place, "pictures"), fields["pictures"], state) if "pictures" in fields else (),
            question,
            self._filled((*place, "reveal"), fields["reveal"]) if "reveal" in fields else "",
        )

    def _state(self, place: _Place, values: Any) -> Mapping[str, str]:
        state = read_state(values)
        if state is None:
            raise self._error(place, "'state' is a list of fields, such as 'tab: layers', or a link.")
        for name, text in state.items():
            measure = measured(text)
            if measure is not None and measure not in MEASURES:
                sentence: str | None = self._unknown_measure(measure)
            else:
                sentence = check_state(name, None if measure else text, self._examples)
            if sentence is not None:
                raise self._error((*place, name), sentence)
        return state

    def _pictures(self, place: _Place, values: Any, state: Mapping[str, str]) -> tuple[str, ...]:
        tab = state.get("tab")
        offered = [picture for picture, its_tab in PICTURES.items() if tab in (None, its_tab)]
        for number, name in enumerate(self._list(place, values)):
            if name not in offered:
                here = "here" if tab is None else f"on the tab {tab}"
                raise self._error(
                    (*place, number),
                    f"there is no picture {str(name)[:40]!r} {here}; choose from {', '.join(offered)}.",
                )
        return tuple(values)

    def _question(self, place: _Place, values: Any) -> Question:
        fields = self._fields(place, values, ("question", "measure"), ("choices", "within"))
        name = fields["measure"]
        if name not in MEASURES:
            raise self._error((*place, "measure"), self._unknown_measure(name))
        measure = MEASURES[name]
        choices: tuple[Choice, ...] = ()
        if "choices" in fields and measure.kind is WORD:
            raise self._error(
                (*place, "choices"),
                f"{measure.name!r} offers what is in the recording; leave 'choices' out.",
            )
        if "choices" in fields:
            choices = self._choices((*place, "choices"), fields["choices"], measure)
        within = fields.get("within")
        self._check_how(place, measure, choices, within)
        return Question(self._filled((*place, "question"), fields["question"]), measure, choices, within)

    def _check_how(
        self, place: _Place, measure: Measure, choices: tuple[Choice, ...], within: object
    ) -> None:
        """Whether a measure can be asked about in this way."""
        if measure.kind.is_number and not choices:
            is_number = isinstance(within, int | float) and not isinstance(within, bool)
            if not is_number or not 0 <= float(str(within)) < float("inf"):
                raise self._error(
                    (*place, "within"),
                    f"{measure.name!r} is a number: say how far off is still right ('within: 5', in the unit "
                    "shown), or give 'choices'.",
                )
        elif within is not None:
            raise self._error((*place, "within"), "'within' is for predicted numbers, which have no choices.")
        if measure.kind is NAME and not choices:
            outcomes = ", ".join(measure.outcomes)
            raise self._error(place, f"{measure.name!r} needs 'choices', one for each of {outcomes}.")

    def _choices(self, place: _Place, values: Any, measure: Measure) -> tuple[Choice, ...]:
        if measure.kind is NAME:
            fields = self._fields(place, values, measure.outcomes)
            return tuple(
                Choice(self._text((*place, outcome), fields[outcome]), outcome) for outcome in fields
            )
        items = self._list(place, values)
        read = [self._range((*place, number), item) for number, item in enumerate(items)]
        ends = [choice.below for choice in read[:-1]]
        ascending = all(
            one is not None and other is not None and one < other for one, other in pairwise(ends)
        )
        if len(read) < MIN_CHOICES or None in ends or read[-1].below is not None or not ascending:
            raise self._error(
                place,
                "give two choices or more, each with 'below' larger than the one before, but the last, which "
                "has none.",
            )
        return tuple(read)

    def _range(self, place: _Place, values: Any) -> Choice:
        fields = self._fields(place, values, ("says",), ("below",))
        below = fields.get("below")
        if below is not None and (isinstance(below, bool) or not isinstance(below, int | float)):
            raise self._error((*place, "below"), "'below' is a number.")
        return Choice(self._text((*place, "says"), fields["says"]), below=below)

    def _filled(self, place: _Place, value: Any) -> str:
        """A text in which `{measure}` stands for answers."""
        text = self._text(place, value)
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError:
            names = [""]
        for name in names:
            if name not in MEASURES:
                raise self._error(place, self._unknown_measure(name))
        return text

    def _text(self, place: _Place, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self._error(place, f"{place[-1]!r} is a text.")
        return " ".join(value.split())

    def _list(self, place: _Place, values: Any) -> list[Any]:
        if not isinstance(values, list) or not values:
            raise self._error(place, f"{place[-1]!r} is a list of at least one.")
        return values

    def _fields(
        self, place: _Place, values: Any, needed: tuple[str, ...], others: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        allowed = ", ".join((*needed, *others))
        if not isinstance(values, dict):
            raise self._error(place, f"here stand the fields {allowed}.")
        for name in values:
            if name not in (*needed, *others):
                raise self._error(
                    (*place, str(name)), f"there is no field {str(name)[:40]!r} here; choose from {allowed}."
                )
        for name in needed:
            if name not in values:
                raise self._error(place, f"{name!r} is missing.")
        return values

    @staticmethod
    def _unknown_measure(name: object) -> str:
        return f"nothing is measured under the name {str(name)[:40]!r}; README lists what can be asked."


def measured(text: str) -> str | None:
    """The measure that a state's value stands for; None where it stands for itself."""
    return text[1:-1] if text.startswith("{") and text.endswith("}") else None
