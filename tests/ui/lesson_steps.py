"""The lessons that come with the page, begun in a browser."""

from hubert_demo.ui.examples import examples
from hubert_demo.ui.lessons import lessons

FILES = [example.path.name for example in examples()]
LESSONS = {lesson.name: lesson for lesson in lessons(FILES)}
FIRST = LESSONS["first-look"]


def begin(visitor, lesson):
    visitor.id("lessons-open").click()
    visitor.id(f"lesson-{lesson.name}").click()


def wait_for_step(visitor, lesson, number):
    """Until the card shows a step, counted from 1."""
    visitor.id("lesson-count").get_by_text(f"{number} of {len(lesson.steps)}").wait_for()
    visitor.tab.wait_for_selector("[data-testid=lesson-card]:not([aria-busy])")
