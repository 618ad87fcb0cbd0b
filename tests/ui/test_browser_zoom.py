"""Zooming into time in a browser: by wheel, keys, buttons, fingers; all pictures with time show the same."""

import pytest

LEFT, RIGHT = 70, 16


@pytest.fixture
def visitor(visit):
    return visit(width=1280, height=900)


def shown(visitor):
    """From when to when the pictures show, in seconds."""
    zoom = visitor.tab.evaluate("inside.store.zoom ?? { from: 0, to: inside.clock.duration }")
    return [zoom["from"], zoom["to"]]


def duration_of(visitor):
    return visitor.tab.evaluate("inside.clock.duration")


def zoom_to(visitor, start, end):
    visitor.tab.evaluate("([from, to]) => inside.zoomTo({ from, to })", [start, end])


def place(visitor, part, name="timeline-canvas"):
    """A place in a picture, at a part of what it shows."""
    box = visitor.id(name).bounding_box()
    return box["x"] + LEFT + (box["width"] - LEFT - RIGHT) * part, box["y"] + 30


def test_the_wheel_zooms_where_it_points_and_moves_along(visitor):
    visitor.tab.mouse.move(*place(visitor, 0.25))
    visitor.tab.keyboard.down("Control")
    for _ in range(3):
        visitor.tab.mouse.wheel(0, -100)
    visitor.tab.keyboard.up("Control")
    start, end = shown(visitor)
    assert end - start < 0.4 * duration_of(visitor)
    assert start + 0.25 * (end - start) == pytest.approx(0.25 * duration_of(visitor), abs=0.02)
    visitor.tab.mouse.wheel(100, 0)
    assert shown(visitor)[0] > start
    assert shown(visitor)[1] - shown(visitor)[0] == pytest.approx(end - start)
    # A wheel that turns as usual scrolls the page and nothing else.
    before = shown(visitor)
    visitor.tab.mouse.wheel(0, 200)
    visitor.tab.wait_for_function("scrollY > 50")
    assert shown(visitor) == before


def test_keys_and_buttons_zoom_and_go_back_to_the_whole(visitor):
    whole = [0, pytest.approx(duration_of(visitor))]
    along = visitor.id("along")
    assert not along.is_visible()
    visitor.id("timeline-canvas").press("+")
    start, end = shown(visitor)
    assert end - start == pytest.approx(duration_of(visitor) / 2)
    spoken = visitor.id("timeline-canvas").get_attribute("aria-valuetext")
    assert f"showing {start:.2f} to {end:.2f}" in spoken
    visitor.id("timeline-canvas").press("-")
    assert shown(visitor) == whole
    assert visitor.id("zoom-less").get_attribute("aria-disabled") == "true"
    for _ in range(2):
        visitor.id("zoom-more").click()
    assert shown(visitor)[1] == pytest.approx(duration_of(visitor) / 4)
    assert along.is_visible()
    along.press("End")
    assert shown(visitor)[1] == whole[1]
    along.press("ArrowLeft")
    assert shown(visitor)[1] == pytest.approx(duration_of(visitor) * (1 - 0.1 / 4))
    box = along.bounding_box()
    middle = box["x"] + box["width"] * 0.85, box["y"] + box["height"] / 2
    visitor.tab.mouse.move(*middle)
    visitor.tab.mouse.down()
    visitor.tab.mouse.move(middle[0] - box["width"] / 2, middle[1])
    visitor.tab.mouse.up()
    assert shown(visitor)[0] == pytest.approx(duration_of(visitor) * (0.725 - 0.5), abs=0.02)
    visitor.id("zoom-whole").click()
    assert shown(visitor) == whole


def test_one_moment_is_one_line_down_the_page_wherever_one_has_zoomed(visitor):
    zoom_to(visitor, 1, 2)
    for title, name in (
        ("Transcript", "emission-map"),
        ("Keywords", "keyword-strip"),
        ("Layers", "strip"),
        ("Attention", "strip"),
    ):
        visitor.open(title)
        visitor.id(name).wait_for()
        visitor.tab.evaluate("inside.clock.seek(1.25)")
        lines = visitor.tab.locator("#hx-timeline .hx-cursor, .hx-sound > .hx-cursor")
        visible = [each.bounding_box()["x"] for each in lines.all() if each.is_visible()]
        assert len(visible) >= 3
        assert visible == [pytest.approx(place(visitor, 0.25)[0] - 1, abs=1)] * len(visible)
    # Out of sight there is none, and whoever goes there is followed.
    visitor.tab.evaluate("inside.zoomTo({ from: 2, to: 3 })")
    assert not visitor.tab.locator(".hx-wave .hx-cursor").is_visible()
    visitor.tab.evaluate("inside.clock.seek(3.5)")
    assert shown(visitor)[0] > 3
    assert visitor.tab.locator(".hx-wave .hx-cursor").is_visible()


def test_pictures_of_a_tab_are_drawn_anew_and_a_press_means_what_it_shows(visitor):
    paint = "name => document.querySelector(`[data-testid=${name}]`).toDataURL()"
    pictures = {"Transcript": "emission-map", "Keywords": "keyword-strip", "Attention": "attention-map"}
    for title, name in pictures.items():
        visitor.open(title)
        visitor.id(name).wait_for()
        if title == "Attention":
            visitor.tab.wait_for_selector("[data-shown]")
        whole = visitor.tab.evaluate(paint, name)
        zoom_to(visitor, 1, 2)
        assert visitor.tab.evaluate(paint, name) != whole
        visitor.tab.evaluate("inside.zoomTo(null)")
        assert visitor.tab.evaluate(paint, name) == whole
    zoom_to(visitor, 1, 2)
    visitor.tab.mouse.click(*place(visitor, 0.5))
    assert visitor.time == pytest.approx(1.5, abs=0.01)


def test_what_plays_is_followed_while_one_is_zoomed_in(visitor):
    zoom_to(visitor, 0, 0.5)
    visitor.id("play").click()
    visitor.tab.wait_for_function("inside.store.zoom.from > 0.9")
    start, end = shown(visitor)
    assert end - start == pytest.approx(0.5)
    assert visitor.tab.evaluate("inside.clock.time - inside.store.zoom.from") < 0.6


def test_the_words_that_are_in_sight_have_room_and_keys_lead_beyond_them(visitor):
    visitor.tab.set_viewport_size({"width": 390, "height": 844})
    words = visitor.tab.evaluate("inside.clock.words.map(({ text }) => text)")
    zoom_to(visitor, 0, 1)
    cells = visitor.id("cell")
    assert 0 < cells.count() < len(words)
    assert [cell.inner_text() for cell in cells.all()] == words[: cells.count()]
    seen = cells.count()
    cells.first.focus()
    for _ in range(seen):
        visitor.tab.keyboard.press("ArrowRight")
    assert visitor.tab.evaluate("document.activeElement.ariaLabel") == words[seen]
    assert shown(visitor)[0] > 0
    assert visitor.tab.locator(".hx-cell[tabindex='0']").count() == 1
    visitor.tab.keyboard.press("Home")
    assert visitor.tab.evaluate("document.activeElement.ariaLabel") == words[0]


def test_two_fingers_zoom_and_move(visitor):
    devices = visitor.tab.context.new_cdp_session(visitor.tab)
    devices.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})

    def touch(kind, *parts):
        points = [
            dict(zip("xy", place(visitor, part), strict=True), id=number) for number, part in enumerate(parts)
        ]
        devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    duration = duration_of(visitor)
    touch("touchStart", 0.4)
    touch("touchStart", 0.4, 0.6)
    touch("touchMove", 0.2, 0.6)
    touch("touchMove", 0.2, 0.8)
    touch("touchEnd")
    # What lay beneath the fingers at first lies there still.
    start, end = shown(visitor)
    assert start + 0.2 * (end - start) == pytest.approx(0.4 * duration, abs=0.02)
    assert start + 0.8 * (end - start) == pytest.approx(0.6 * duration, abs=0.02)
    assert visitor.tab.evaluate("inside.clock.selection") is None
    devices.detach()


def test_another_recording_is_shown_whole(visitor):
    zoom_to(visitor, 1, 2)
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    assert shown(visitor) == [0, pytest.approx(duration_of(visitor))]
    assert not visitor.id("along").is_visible()
