"""In a real browser: presentation mode, and what a view looks like on paper."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from hubert_demo.ui.examples import examples
from hubert_demo.ui.lessons import lessons

FIGURES = {
    "Transcript": "[data-testid=transcript]",
    "Keywords": "[data-testid=keyword-strip]",
    "Layers": "[data-testid=layer-map]",
    "Attention": "[data-testid=attention-map]",
}
SLIDERS = {"Layers": "layer-slider", "Attention": "attention-layer"}
SIZES = [(1280, 720), (1920, 1080)]
IS_ON = "document.body.classList.contains('is-presenting')"

# Whether all of an element is in the window with nothing over its middle.
IN_SIGHT = """(element) => {
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight && element.contains(over);
}"""
SHARE = """(selector) => {
  const { width, height } = document.querySelector(selector).closest(".hx-card").getBoundingClientRect();
  return width * height / (innerWidth * innerHeight);
}"""


def set_size(visitor, width, height):
    visitor.tab.set_viewport_size({"width": width, "height": height})
    visitor.tab.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 50))")


def test_one_figure_fills_the_window_and_what_steers_it_stays_in_sight(visit):
    visitor = visit(width=1280, height=720)
    visitor.id("present").click()
    for width, height in SIZES:
        set_size(visitor, width, height)
        for title, figure in FIGURES.items():
            visitor.open(title)
            visitor.tab.wait_for_selector("body[data-hx-complete]")
            assert visitor.tab.evaluate(SHARE, figure) > (0.4 if title in SLIDERS else 0.25)
            assert visitor.tab.locator(figure).bounding_box()["height"] > 0.2 * height
            steering = [visitor.id("play"), visitor.id("present"), visitor.id("timeline-canvas")]
            steering += visitor.tab.get_by_role("tab").all()
            steering += [visitor.id(SLIDERS[title])] if title in SLIDERS else []
            assert all(each.evaluate(IN_SIGHT) for each in steering)
            for other in ("model", "take-zip", "share", "strip"):
                assert not visitor.id(other).is_visible()


def test_the_button_escape_and_a_link_begin_and_end_it(visit):
    visitor = visit()
    visitor.id("present").click()
    assert visitor.tab.evaluate(IS_ON)
    assert "Escape" in visitor.id("present-status").text_content()
    visitor.tab.wait_for_function("location.hash.includes('present=on')")
    visitor.id("present").click()
    assert not visitor.tab.evaluate(IS_ON)
    visitor.tab.wait_for_function("!location.hash.includes('present')")
    linked = visit(link="#tab=layers&present=on")
    linked.wait_until_open("layers")
    assert linked.tab.evaluate(IS_ON)
    linked.tab.keyboard.press("Escape")
    assert not linked.tab.evaluate(IS_ON)
    assert linked.tab.evaluate("document.activeElement.dataset.testid") == "present"


def test_arrow_keys_go_through_a_lesson_but_stay_with_a_slider(visit):
    visitor = visit(width=1280, height=720)
    visitor.id("lessons-open").click()
    visitor.id("lesson-first-look").click()
    visitor.tab.get_by_text("1 of 6").wait_for()
    visitor.id("present").click()
    for number in (2, 3):
        visitor.id("lesson-title").press("ArrowRight")
        visitor.tab.get_by_text(f"{number} of 6").wait_for()
    visitor.wait_until_open("layers")
    card, figure = (visitor.tab.locator(each).bounding_box() for each in (".hx-guide", ".hx-layer-large"))
    assert figure["x"] + figure["width"] <= card["x"]
    visitor.id("layer-slider").press("ArrowRight")
    assert visitor.id("lesson-count").inner_text() == "3 of 6"
    visitor.id("lesson-title").press("ArrowLeft")
    visitor.tab.get_by_text("2 of 6").wait_for()
    visitor.id("present").press("Escape")
    assert visitor.id("lesson-title").is_visible()


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="no pdftoppm here: poppler-utils")
def test_a_view_is_printed_on_white_paper_with_its_map(visit, tmp_path):
    visitor = visit(theme="dark")
    visitor.open("Attention")
    visitor.tab.wait_for_selector("[data-testid=view-attention][data-shown]")
    visitor.tab.pdf(path=tmp_path / "view.pdf", format="A4")
    subprocess.run(["pdftoppm", "-r", "40", "-gray", tmp_path / "view.pdf", tmp_path / "page"], check=True)
    pages = [np.asarray(Image.open(path)) for path in sorted(tmp_path.glob("page*.pgm"))]
    # The map is the first figure of the second page.
    second = pages[1][40:220, 70:300]
    assert all((page[:8] == 255).all() for page in pages)
    assert (second < 100).sum() > 100
    facts = visitor.id("paper").text_content()
    assert "charming.wav" in facts
    assert "tab=attention" in facts
    assert visitor.tab.evaluate("document.body.classList.contains('dark')")


def test_no_control_is_printed(visit):
    visitor = visit()
    visitor.open("Layers")
    visitor.tab.emulate_media(media="print")
    for name in ("play", "layer-slider", "share", "present", "theme", "take-zip", "model", "zoom-more"):
        assert not visitor.id(name).is_visible()
    assert visitor.id("layer-map").is_visible()


# The page is about to be printed, and stays so: what the browser's own printing does, and when, differs.
HOLD_PRINTING = "() => { window.print = () => { window.isPrinting = true; }; }"
EXAMPLES = [example.path.name for example in examples()]
FIGURES_ON_SHEET = """() => {
  const sections = [...document.querySelectorAll("[data-testid=worksheet] > section")];
  const isDrawn = (img) => {
    const ctx = new OffscreenCanvas(16, 16).getContext("2d");
    ctx.drawImage(img, 0, 0, 16, 16);
    return new Set(new Uint32Array(ctx.getImageData(0, 0, 16, 16).data.buffer)).size > 2;
  };
  return sections.map((section) => [...section.querySelectorAll("img")].filter(isDrawn).length);
}"""


def test_a_worksheet_has_every_step_its_figure_and_room_but_no_answer(visit, tmp_path):
    # This one goes to another model and back.
    lesson = next(lesson for lesson in lessons(EXAMPLES) if lesson.name == "learning-to-read")
    visitor = visit(theme="dark", link="#lesson=learning-to-read&step=2")
    visitor.id("lesson-count").get_by_text(f"2 of {len(lesson.steps)}").wait_for()
    visitor.tab.evaluate(HOLD_PRINTING)
    visitor.id("worksheet-print").click()
    visitor.id("worksheet-cancel").wait_for()
    visitor.tab.wait_for_function("window.isPrinting")
    visitor.id("lesson-count").get_by_text(f"2 of {len(lesson.steps)}").wait_for()
    assert visitor.tab.evaluate("document.body.className").split().count("dark") == 1
    sheet = visitor.id("worksheet")
    assert not sheet.is_visible()
    sections = sheet.locator("> section")
    assert sections.count() == len(lesson.steps)
    for number, step in enumerate(lesson.steps):
        text = sections.nth(number).text_content()
        assert text.startswith(f"{number + 1}. {step.title}")
        if step.question is not None:
            assert "How can you tell?" in text
            for choice in step.question.choices:
                assert choice.says in text
    figures = visitor.tab.evaluate(FIGURES_ON_SHEET)
    drawn = [step.state.get("tab") in ("layers", "attention") for step in lesson.steps]
    assert all(figures[number] for number, is_drawn in enumerate(drawn) if is_drawn)
    # What is asked about is on the sheet, all of it, without the numbers that are asked for.
    for number, step in enumerate(lesson.steps):
        section = sections.nth(number)
        curves, heads = section.locator(".hx-chart polyline"), section.locator(".hx-heads button")
        assert bool(curves.count()) == bool({"layers", "clusters"} & {*step.pictures})
        is_of_heads = "heads" in step.pictures
        said = re.search(r"(\d+) (heads|diagonal)", section.text_content()) if is_of_heads else None
        assert heads.count() == (int(said[1]) if said else 0)
        assert not is_of_heads or figures[number] == heads.count() > 0
    visitor.tab.emulate_media(media="print")
    assert sheet.is_visible()
    assert not any(value.is_visible() for value in sheet.locator(".hx-chart-key b").all())
    visitor.tab.pdf(path=tmp_path / "sheet.pdf", format="A4")
    assert (tmp_path / "sheet.pdf").stat().st_size > 50_000
    # Once it is printed, views are printed again.
    assert visitor.id("worksheet").count() == 0


def test_a_worksheet_is_given_up_where_its_box_is_closed(visit):
    visitor = visit(link="#lesson=first-look&step=3")
    visitor.id("lesson-count").get_by_text("3 of").wait_for()
    visitor.tab.evaluate(HOLD_PRINTING)
    visitor.id("worksheet-print").click()
    visitor.id("worksheet-cancel").click()
    visitor.id("lesson-count").get_by_text("3 of").wait_for()
    visitor.tab.wait_for_function("!document.body.classList.contains('is-on-paper')")
    assert not visitor.tab.evaluate("window.isPrinting ?? false")
    assert visitor.id("worksheet").count() == 0
