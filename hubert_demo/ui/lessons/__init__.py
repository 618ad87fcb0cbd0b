"""Lessons: what a class looks at, predicts and finds out, step by step, about the recording on show."""

from collections.abc import Iterable
from pathlib import Path

from hubert_demo.checkpoints import ASSETS_DIR
from hubert_demo.ui.lessons.answers import overview
from hubert_demo.ui.lessons.lesson import Lesson, LessonError, read_lesson
from hubert_demo.ui.lessons.others import Others
from hubert_demo.ui.lessons.telling import Telling

FOLDER = ASSETS_DIR / "lessons"
ORDER = (
    "first-look",
    "frames-to-text",
    "what-layers-keep",
    "where-heads-look",
    "which-heads-matter",
    "what-a-layer-knows",
    "learning-to-read",
)
"""Of the lessons that come with the page."""

TEMPLATE = '<div class="hx-root hx-lessons" data-testid="lessons"></div>'


def lessons(examples: Iterable[str], own: Iterable[Path] = ()) -> tuple[Lesson, ...]:
    """All lessons, in the order in which they are offered.

    Args:
        examples: The files of the page's examples.
        own: Files of a teacher's own lessons; one named like a lesson of the page takes its place.

    Raises:
        LessonError: If one cannot be used.
    """
    files = tuple(examples)
    paths = [FOLDER / f"{name}.yaml" for name in ORDER]
    read = [read_lesson(path, files) for path in (*paths, *own)]
    return tuple({lesson.name: lesson for lesson in read}.values())


__all__ = [
    "FOLDER",
    "ORDER",
    "TEMPLATE",
    "Lesson",
    "LessonError",
    "Others",
    "Telling",
    "lessons",
    "overview",
    "read_lesson",
]
