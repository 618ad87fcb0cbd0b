"""What a lesson says of the recording on show: its texts filled in, its questions answered."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Any

from hubert_demo.analysis.layers.units import NothingToPredict
from hubert_demo.ui.lessons.lesson import Choice, Lesson, Question, Step, measured
from hubert_demo.ui.lessons.measures import LAYER, MEASURES, CannotAnswerError, Measure, Subject
from hubert_demo.ui.lessons.state import as_link
from hubert_demo.ui.views.base import Json

# Layers and heads count from 0 in a link, heads and layers of attention from 1 where people read them.
_COUNTED_FROM_ONE = frozenset({"attention_layer", "head"})


def overview(lesson: Lesson) -> Json:
    """What is shown of a lesson before it begins."""
    return {
        "name": lesson.name,
        "title": lesson.title,
        "about": lesson.about,
        "minutes": lesson.minutes,
        "recordings": list(lesson.recordings),
        "num_steps": len(lesson.steps),
        "num_questions": sum(step.question is not None for step in lesson.steps),
    }


def told(step: Step, subject: Subject) -> Json:
    """One step, as the browser shows it: `LessonStep` in `static/core/types.d.ts`.

    Where the recording cannot answer, `cannot` says why, and what depends on the answer is left out.
    """
    told: Json = {
        "title": step.title,
        "pictures": list(step.pictures),
        "link": "",
        "text": "",
        "question": None,
    }
    told |= {"reveal": "", "cannot": None}
    try:
        told["link"] = as_link({name: _state(name, text, subject) for name, text in step.state.items()})
        told["text"] = filled(step.text, subject)
        if step.question is not None:
            told["question"] = _asked(step.question, subject)
            told["reveal"] = filled(step.reveal, subject)
    except CannotAnswerError as error:
        told["question"], told["cannot"] = None, str(error)
    return told


def filled(text: str, subject: Subject) -> str:
    """A text with answers in place of the names of measures.

    Raises:
        CannotAnswerError: If the recording does not say one of them.
    """
    return "".join(_pieces(text, subject))


def _pieces(text: str, subject: Subject) -> Iterator[str]:
    for words, name, _, _ in string.Formatter().parse(text):
        yield words
        if name is not None:
            measure = MEASURES[name]
            yield measure.kind.show(_answer(measure, subject))


def _state(name: str, text: str, subject: Subject) -> str:
    measure = measured(text)
    if measure is None:
        return text
    answer = _answer(MEASURES[measure], subject)
    if isinstance(answer, float):
        return f"{answer:.3f}"
    return str(answer - 1 if name in _COUNTED_FROM_ONE else answer)


def _asked(question: Question, subject: Subject) -> Json:
    """A question with its answer: `LessonQuestion` in `static/core/types.d.ts`."""
    measure, kind = question.measure, question.measure.kind
    answer = _answer(measure, subject)
    asked: Json = {"text": filled(question.text, subject), "choices": None, "shown": kind.show(answer)}
    if measure.options is not None:
        asked["choices"] = measure.options(subject)
        asked["right"] = asked["choices"].index(answer)
    elif question.choices:
        asked["choices"] = [choice.says for choice in question.choices]
        value = answer if kind.unit is None else answer * kind.scale
        asked["right"] = _number_of(question.choices, value)
    else:
        asked["right"] = round(answer * kind.scale, kind.places)
    if asked["choices"] is not None:
        asked["shown"] = asked["choices"][asked["right"]]
    # Layers are counted; all other numbers may be anything.
    number = {"unit": kind.unit, "low": kind.low, "high": kind.high, "is_whole": kind is LAYER}
    return {**asked, **number, "within": question.within}


def _number_of(choices: tuple[Choice, ...], value: Any) -> int:
    for number, choice in enumerate(choices):
        if choice.outcome is not None:
            if choice.outcome == value:
                return number
        elif choice.below is None or value < choice.below:
            return number
    raise AssertionError(f"no choice stands for {value!r}")


def _answer(measure: Measure, subject: Subject) -> Any:
    """The answer, or why there is none."""
    try:
        return measure.compute(subject)
    except NothingToPredict as error:
        raise CannotAnswerError(str(error)) from error
