"""In a real browser: the guided tour, and that its card leaves room for what it talks about."""

import pytest

VIEWS = ["transcript", "layers", "layers", "attention", "keywords"]
PICTURES = {
    "transcript": "transcript",
    "layers": "layer-map",
    "attention": "attention-map",
    "keywords": "keyword-strip",
}
WINDOWS = {"large": (1440, 1000), "low": (1280, 720), "phone": (390, 844)}
STILL_MS = 500


def begin(visitor):
    visitor.id("tour-start").click()


def steps(visitor):
    """Every step by its number, once it is shown; then the tour is over."""
    for number in range(1, 6):
        visitor.tab.get_by_text(f"{number} of 5").wait_for()
        visitor.wait_until_open(VIEWS[number - 1])
        yield number
        visitor.id("tour-next").click()


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


def box(visitor, selector):
    """Left, top, right and bottom in the window."""
    return visitor.tab.evaluate(
        """(selector) => {
          const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
          return [left, top, right, bottom];
        }""",
        selector,
    )


def overlap(one, other):
    """Whether two boxes share a pixel."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def test_the_tour_leads_through_five_steps_and_sets_the_views(visit):
    visitor = visit()
    begin(visitor)
    seen = []
    for _ in steps(visitor):
        seen.append(visitor.tab.evaluate("[inside.store.open, { ...inside.store.choices }]"))
        assert len(visitor.id("tour-text").inner_text()) > 60
    assert not visitor.id("tour-title").is_visible()
    assert visitor.id("tour-start").is_visible()
    assert [view for view, _ in seen] == VIEWS
    assert (seen[1][1]["layer"], seen[1][1]["colour"]) == (0, "energy")
    assert seen[2][1]["layer"] > 0
    assert visitor.id("layer-name").inner_text().startswith(str(seen[2][1]["layer"]))


def test_the_tour_ends_at_escape(visit):
    visitor = visit()
    begin(visitor)
    visitor.tab.get_by_text("1 of 5").wait_for()
    visitor.tab.keyboard.press("Escape")
    assert not visitor.id("tour-title").is_visible()


@pytest.mark.parametrize("window", WINDOWS)
def test_the_card_leaves_room_for_what_it_talks_about(visit, window):
    width, height = WINDOWS[window]
    visitor = visit(width=width, height=height)
    begin(visitor)
    for number in steps(visitor):
        picture = PICTURES[VIEWS[number - 1]]
        wait_until_still(visitor, picture)
        card, seen = box(visitor, ".hx-tour-card"), box(visitor, f"[data-testid={picture}]")
        timeline = box(visitor, "#hx-timeline")
        assert card[1] >= 0
        assert card[3] <= height
        foot = height
        if window == "phone":
            assert card[3] - card[1] <= 0.35 * height
            foot = card[1]
        else:
            assert not overlap(card, box(visitor, "#hx-main"))
        visible = min(seen[3], foot) - max(seen[1], timeline[3])
        assert visible >= min(200, seen[3] - seen[1])
        if picture != "transcript":
            # Of maps and strips all but their rims; words may go on below.
            assert visible >= 0.9 * (seen[3] - seen[1])


def test_a_visitor_who_scrolls_is_not_pulled_back(visit):
    visitor = visit(width=390, height=844)
    begin(visitor)
    visitor.tab.get_by_text("1 of 5").wait_for()
    wait_until_still(visitor, "transcript")
    visitor.id("tour-next").click()
    visitor.tab.get_by_text("2 of 5").wait_for()
    visitor.tab.mouse.move(195, 300)
    visitor.tab.mouse.wheel(0, 400)
    wait_until_still(visitor, "layer-map")
    assert box(visitor, "[data-testid=layer-map]")[1] < 100
