"""What the browser asks about lessons."""

from collections.abc import Callable
from functools import partial

from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.lessons.answers import told
from hubert_demo.ui.lessons.lesson import Lesson
from hubert_demo.ui.lessons.measures import Subject
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, index


class Telling:
    """Answers for the browser, step by step.

    Args:
        lessons: All that are offered.
        analyse: Gives a recording's analysis by the checkpoint of a name.
    """

    def __init__(self, lessons: tuple[Lesson, ...], analyse: Callable[[Waveform, str], Analysis]) -> None:
        self._lessons = {lesson.name: lesson for lesson in lessons}
        self._analyse = analyse

    def lesson_step(self, analysis: Analysis, request: Json) -> Json:
        """One step of a lesson about the recording on show; what the browser sends may be anything.

        Raises:
            InputError: If there is no such lesson or step.
        """
        lesson = self._lessons.get(str(request.get("lesson")))
        if lesson is None:
            raise InputError(NOT_UNDERSTOOD)
        step = lesson.steps[index(request, "step", len(lesson.steps))]
        # A step may change something; what is right stays what it was.
        original = analysis.before or analysis
        return {"step": request["step"], **told(step, Subject(original, partial(self._by, original)))}

    def _by(self, analysis: Analysis, checkpoint: str) -> Analysis:
        if analysis.checkpoint.name == checkpoint:
            return analysis
        return self._analyse(analysis.encoding.waveform, checkpoint)
