"""The timeline in a browser: selecting a stretch, speeds, words that can be read, staying in sight."""

from dataclasses import replace
from itertools import pairwise

import pytest

from hubert_demo.ui.views import VIEWS

LEFT, RIGHT = 70, 16


def x_of(visitor, part):
    box = visitor.id("timeline-canvas").bounding_box()
    return box["x"] + LEFT + (box["width"] - LEFT - RIGHT) * part


def drag(visitor, start, end):
    y = visitor.id("timeline-canvas").bounding_box()["y"] + 30
    visitor.tab.mouse.move(x_of(visitor, start), y)
    visitor.tab.mouse.down()
    visitor.tab.mouse.move(x_of(visitor, (start + end) / 2), y)
    visitor.tab.mouse.move(x_of(visitor, end), y)
    visitor.tab.mouse.up()


def selection(visitor):
    chosen = visitor.tab.evaluate("inside.clock.selection")
    return chosen and [chosen["from"], chosen["to"]]


@pytest.mark.parametrize("ends", [(0.25, 0.4), (0.4, 0.25)])
def test_a_drag_selects_a_stretch_and_play_plays_just_that(visit, ends):
    visitor = visit()
    duration = visitor.tab.evaluate("inside.clock.duration")
    drag(visitor, *ends)
    assert selection(visitor) == pytest.approx([0.25 * duration, 0.4 * duration], abs=0.02)
    assert visitor.time == pytest.approx(0.25 * duration, abs=0.02)
    assert visitor.tab.locator(".hx-sound .hx-selection").first.is_visible()
    visitor.tab.evaluate(
        "window.latest = 0; inside.on('tick', () => { latest = Math.max(latest, inside.clock.time) }); 0"
    )
    visitor.id("play").click()
    visitor.tab.wait_for_function("latest > inside.clock.selection.to - 0.2 && !inside.clock.playing")
    assert visitor.tab.evaluate("latest") < 0.4 * duration + 0.3
    assert visitor.time == pytest.approx(0.25 * duration, abs=0.02)
    assert selection(visitor) is not None


def test_a_click_and_escape_clear_the_selection(visit):
    visitor = visit()
    drag(visitor, 0.2, 0.6)
    visitor.tab.mouse.click(x_of(visitor, 0.8), visitor.id("timeline-canvas").bounding_box()["y"] + 30)
    assert selection(visitor) is None
    assert not visitor.tab.locator(".hx-sound .hx-selection").first.is_visible()
    assert visitor.time == pytest.approx(0.8 * visitor.tab.evaluate("inside.clock.duration"), abs=0.02)
    drag(visitor, 0.2, 0.6)
    assert selection(visitor) is not None
    visitor.tab.keyboard.press("Escape")
    assert selection(visitor) is None


def test_shift_and_arrow_keys_select(visit):
    visitor = visit()
    visitor.tab.evaluate("inside.clock.seek(1)")
    canvas = visitor.id("timeline-canvas")
    for _ in range(3):
        canvas.press("Shift+ArrowRight")
    assert selection(visitor) == pytest.approx([1, 1.3])
    canvas.press("Shift+ArrowLeft")
    assert selection(visitor) == pytest.approx([1, 1.2])
    assert "selected 1.00 to 1.20" in canvas.get_attribute("aria-valuetext")
    for _ in range(3):
        canvas.press("Shift+ArrowLeft")
    assert selection(visitor) == pytest.approx([0.9, 1])


def test_a_new_result_has_no_selection(visit):
    visitor = visit()
    drag(visitor, 0.2, 0.6)
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    assert selection(visitor) is None
    assert visitor.tab.locator(".hx-selection:visible").count() == 0


def test_sound_can_be_slowed_down(visit):
    visitor = visit()
    visitor.id("speed").get_by_role("button", name="Half speed").click()
    assert visitor.tab.evaluate("inside.clock.rate") == 0.5
    assert visitor.id("speed").get_by_role("button", pressed=True).inner_text() == "½×"
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    assert visitor.tab.evaluate("inside.clock.rate") == 0.5
    visitor.id("play").click()
    visitor.tab.wait_for_function("inside.clock.playing && inside.clock.time > 0.1")
    taken = visitor.tab.evaluate("""async () => {
      const pause = (ms) => new Promise((done) => setTimeout(done, ms));
      const [from, began] = [inside.clock.time, performance.now()];
      await pause(400);
      return (inside.clock.time - from) / ((performance.now() - began) / 1000);
    }""")
    assert 0.2 < taken < 0.75


@pytest.fixture
def quick_page(build_page, serve_page):
    """A page without maps of layers and all heads, which take many seconds for a minute of sound."""
    page = build_page(views=tuple(replace(view, parts=view.parts[:1]) for view in VIEWS))
    serve_page(page)
    yield page
    page.close()


def test_the_clock_ticks_often_over_a_long_recording(visit, quick_page, write_wav):
    visitor = visit(page=quick_page)
    before = visitor.token
    visitor.upload(write_wav("a minute.wav", duration_s=60, seed=60))
    visitor.wait_for_other_result(before)
    for title in ("Keywords", "Attention"):
        visitor.open(title)
    visitor.tab.wait_for_selector("[data-shown]")
    # What one tick costs in all open views; a frame at 30 a second lasts 33 ms.
    cost_ms = visitor.tab.evaluate("""() => {
      const times = [];
      for (let i = 0; i < 120; i++) {
        const began = performance.now();
        inside.clock.seek(20 + i / 60);
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[60];
    }""")
    assert cost_ms < 15


# Whether the text of each cell lies inside of it; what each is called; whether it is cut, and how.
CELLS = """() => [...document.querySelectorAll(".hx-cell")].map((cell) => {
  const [text, outer] = [cell.querySelector("span"), cell.getBoundingClientRect()];
  const inner = text?.getBoundingClientRect();
  return {
    name: cell.ariaLabel, title: cell.title, shown: text?.textContent ?? null,
    inside: !inner || (inner.left > outer.left && inner.right <= outer.right && inner.bottom <= outer.bottom),
    cut: text ? text.scrollWidth > text.clientWidth : false,
    ellipsis: !text || getComputedStyle(text).textOverflow === "ellipsis",
    left: outer.left, right: outer.right,
  };
})"""


def test_a_word_is_written_inside_its_cell_or_not_at_all(visit):
    visitor = visit()
    # The better reading, which comes after the greedy one, may have other words.
    visitor.tab.wait_for_selector("body[data-hx-complete]")
    words = [word["text"] for word in visitor.tab.evaluate("inside.clock.words")]
    for width, least in ((1440, 1.0), (390, 0.5)):
        visitor.tab.set_viewport_size({"width": width, "height": 844})
        visitor.tab.wait_for_timeout(200)
        cells = visitor.tab.evaluate(CELLS)
        assert [cell["name"] for cell in cells] == [cell["title"] for cell in cells] == words
        assert all(cell["inside"] and cell["ellipsis"] for cell in cells)
        assert all(one["right"] <= other["left"] + 0.01 for one, other in pairwise(cells))
        assert sum(cell["shown"] is not None for cell in cells) >= least * len(cells)
        assert any(cell["cut"] for cell in cells) == (width == 390)


ON_TOP = """(selector) => {
  const piece = document.querySelector(selector);
  const { left, top, width, height } = piece.getBoundingClientRect();
  return piece.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


@pytest.mark.parametrize(("width", "height", "most"), [(1920, 1080, 330), (1280, 720, 260), (390, 844, 260)])
def test_beneath_the_timeline_tabs_and_slider_stay_in_sight_and_room_for_the_map(visit, width, height, most):
    visitor = visit(width=width, height=height)
    for title, slider in (("Layers", "layer-slider"), ("Attention", "attention-layer")):
        visitor.open(title)
        visitor.tab.wait_for_selector("[data-method=umap]" if title == "Layers" else "[data-shown]")
        view = f".hx-view-{title.lower()}"
        visitor.tab.evaluate(
            "view => scrollTo(0, scrollY + document.querySelector(view).getBoundingClientRect().top + 60)",
            view,
        )
        visitor.tab.wait_for_timeout(100)
        timeline, tabs, controls = (
            visitor.box(each) for each in ("#hx-timeline", "#hx-tabs .tab-wrapper", f"{view} .hx-steer")
        )
        assert tabs[1] == pytest.approx(timeline[3], abs=1)
        assert controls[1] == pytest.approx(tabs[3], abs=1)
        assert controls[3] < most
        for each in ("[data-testid=play]", "[data-testid=timeline-canvas]", ".hx-words"):
            assert 0 <= visitor.box(each)[1] < visitor.box(each)[3] <= timeline[3] + 1
            assert visitor.tab.evaluate(ON_TOP, each)
        assert visitor.tab.evaluate(ON_TOP, f"[data-testid={slider}]")
        assert not visitor.tab.evaluate(ON_TOP, ".hx-spectrum canvas")
        visitor.tab.evaluate("window.scrollTo(0, 1e5)")
        visitor.tab.wait_for_timeout(100)
        assert 0 < visitor.box("#hx-timeline")[3] < most


def test_a_phone_on_its_side_keeps_its_screen_and_the_play_button(visit):
    visitor = visit(width=844)
    visitor.tab.set_viewport_size({"width": 844, "height": 390})
    visitor.tab.evaluate("window.scrollTo(0, 1e5)")
    visitor.tab.wait_for_timeout(300)
    box = visitor.id("timeline").bounding_box()
    assert 0 < box["y"] + box["height"] < 80
    assert visitor.id("play").bounding_box()["y"] >= 0


def playing(visitor):
    return visitor.tab.evaluate("inside.clock.playing")


def test_space_plays_after_a_pointer_has_pressed_something_else(visit):
    visitor = visit()
    for press in (
        lambda: visitor.tab.get_by_role("tab", name="Layers").click(),
        lambda: visitor.tab.locator("[data-testid=view-layers] input[type=range]").first.click(),
        lambda: visitor.id("theme").click(),
    ):
        press()
        is_dark = visitor.tab.evaluate("document.body.classList.contains('dark')")
        visitor.tab.keyboard.press("Space")
        visitor.tab.wait_for_function("inside.clock.playing")
        visitor.tab.keyboard.press("Space")
        visitor.tab.wait_for_function("!inside.clock.playing")
        assert visitor.tab.evaluate("document.body.classList.contains('dark')") == is_dark


def test_space_presses_what_a_key_has_led_to(visit):
    visitor = visit()
    visitor.id("theme").click()
    visitor.tab.keyboard.press("Tab")
    visitor.tab.keyboard.press("Shift+Tab")
    is_dark = visitor.tab.evaluate("document.body.classList.contains('dark')")
    visitor.tab.keyboard.press("Space")
    assert visitor.tab.evaluate("document.body.classList.contains('dark')") != is_dark
    assert not playing(visitor)


def test_space_in_a_text_is_a_space(visit):
    visitor = visit()
    visitor.id("hotwords").click()
    visitor.tab.keyboard.type("a b")
    assert visitor.id("hotwords").input_value() == "a b"
    assert not playing(visitor)


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_what_was_done_to_a_recording_can_be_read(visit, write_wav, width):
    visitor = visit(width=width)
    before = visitor.token
    name = "a recording with a name that goes on and on and on and on and on.wav"
    visitor.upload(write_wav(name, rate_hz=44_100, channels=2, seed=width))
    visitor.wait_for_other_result(before)
    notes = visitor.id("notes")
    for change in ("2 channels averaged", "resampled from 44.1 kHz to 16 kHz", "analysed in"):
        assert change in notes.inner_text()
    assert name in notes.get_attribute("title")
    card, shown = visitor.id("timeline").bounding_box(), notes.bounding_box()
    assert card["x"] <= shown["x"]
    assert shown["x"] + shown["width"] <= card["x"] + card["width"]
    assert notes.evaluate(
        "one => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight + 1"
    )
