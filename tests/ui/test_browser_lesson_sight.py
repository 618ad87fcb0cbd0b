"""In a real browser: a lesson's card leaves room for what it talks about, and the page scrolls there."""

import pytest

from .lesson_steps import FIRST, LESSONS, begin, wait_for_step

PICTURES = {
    "transcript": "transcript",
    "layers": "layer-map",
    "attention": "attention-map",
    "keywords": "keyword-strip",
}
WINDOWS = {"large": (1440, 1000), "low": (1280, 720), "phone": (390, 844)}
STILL_MS = 500


def wait_until_still(visitor, picture):
    """Until the picture has been where it is for half a second."""
    visitor.id(picture).wait_for()
    visitor.tab.wait_for_function(
        """([name, still]) => {
          const { top, height } = document.querySelector(`[data-testid=${name}]`).getBoundingClientRect();
          const place = `${name} ${top} ${height}`;
          const now = performance.now();
          if (place !== window.placeBefore) [window.placeBefore, window.stillSince] = [place, now];
          return now - window.stillSince > still;
        }""",
        arg=[picture, STILL_MS],
    )


def overlap(one, other):
    """Whether two boxes share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("window", WINDOWS)
def test_the_card_leaves_room_for_what_it_talks_about(visit, window):
    width, height = WINDOWS[window]
    visitor = visit(width=width, height=height)
    begin(visitor, FIRST)
    for number, step in enumerate(FIRST.steps, 1):
        wait_for_step(visitor, FIRST, number)
        picture = PICTURES[step.state["tab"]]
        wait_until_still(visitor, picture)
        card, seen = visitor.box(".hx-lesson-card"), visitor.box(f"[data-testid={picture}]")
        timeline = visitor.box("#hx-timeline")
        assert card[1] >= 0
        assert card[3] <= height
        foot = height
        if window == "phone":
            assert card[3] - card[1] <= 0.35 * height
            foot = card[1]
        else:
            assert not overlap(card, visitor.box("#hx-main"))
        visible = min(seen[3], foot) - max(seen[1], timeline[3])
        assert visible >= min(200, seen[3] - seen[1])
        if picture != "transcript":
            # Of maps and strips all but their rims; words may go on below.
            assert visible >= 0.9 * (seen[3] - seen[1])
        visitor.id("lesson-next").click()


@pytest.mark.parametrize(("step", "shown"), [(1, "lens-read-out"), (7, "sound-recording")])
def test_the_page_scrolls_to_what_a_step_is_about_at_the_foot_of_a_tab(visit, step, shown):
    lesson = LESSONS["what-a-layer-knows"]
    visitor = visit(link=f"#lesson={lesson.name}&step={step}")
    wait_for_step(visitor, lesson, step)
    wait_until_still(visitor, shown)
    foot = visitor.tab.evaluate("innerHeight")
    assert visitor.box("#hx-timeline")[3] <= visitor.box(f"[data-testid={shown}]")[1] < foot


def test_a_visitor_who_scrolls_is_not_pulled_back(visit):
    visitor = visit(width=390, height=844)
    begin(visitor, FIRST)
    wait_for_step(visitor, FIRST, 1)
    visitor.id("lesson-next").click()
    wait_for_step(visitor, FIRST, 2)
    wait_until_still(visitor, "transcript")
    visitor.id("lesson-next").click()
    wait_for_step(visitor, FIRST, 3)
    visitor.tab.mouse.move(195, 300)
    visitor.tab.mouse.wheel(0, 400)
    wait_until_still(visitor, "layer-map")
    assert visitor.box("[data-testid=layer-map]")[1] < 100
