"""The Transcript view in a real browser: map, steps, other readings, a text of one's own, downloads."""

import re
from pathlib import Path

import pytest

from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.export.texts import TEXTS
from hubert_demo.percent import percent

ROW = 13


def path_of(visitor):
    """The letters of the best path: row of the map, first frame, and the frame after the last."""
    return visitor.tab.evaluate(
        """async () => inside.pathOf(await inside.part("transcript")).runs
             .filter((run) => run.writes && !run.space)
             .map((run) => [run.symbol, run.first, run.end, run.text])"""
    )


def place_of(visitor, row, frame):
    """Where on the page the map has a cell."""
    box = visitor.id("emission-map").bounding_box()
    x = visitor.tab.evaluate(f"inside.timeAxis({box['width']}).x(inside.clock.timeOf({frame}))")
    return box["x"] + x, box["y"] + (row + 0.5) * ROW


def test_a_press_on_a_letter_moves_the_clock_there_and_plays_it(visit):
    visitor = visit()
    visitor.id("emission-map").scroll_into_view_if_needed()
    row, first, _, letter = path_of(visitor)[6]
    visitor.tab.evaluate("inside.clock.hear = (from, to) => Object.assign(window, { heard: [from, to] })")
    visitor.tab.mouse.move(*place_of(visitor, row, first))
    assert re.match(rf"\d\.\d\d s · {letter} [\d.]+%", visitor.id("emission-tip").inner_text())
    visitor.tab.mouse.click(*place_of(visitor, row, first))
    start, end = visitor.tab.evaluate("window.heard")
    assert start == pytest.approx(visitor.tab.evaluate(f"inside.clock.timeOf({first})") - 0.01)
    assert 0.1 - 1e-6 <= end - start <= 0.3 + 1e-6


def test_a_press_elsewhere_on_the_map_jumps(visit):
    visitor = visit()
    visitor.id("emission-map").scroll_into_view_if_needed()
    symbols = visitor.tab.evaluate("inside.part('transcript')")["symbols"]
    rows = [symbol["text"] for symbol in symbols].index("z")
    visitor.tab.mouse.click(*place_of(visitor, rows, 60))
    assert visitor.time == pytest.approx(visitor.tab.evaluate("inside.clock.timeOf(60)"), abs=0.02)
    assert not visitor.tab.evaluate("inside.clock.playing")


def test_the_map_is_a_slider_and_can_show_the_blank(visit):
    visitor = visit()
    chart = visitor.id("emission-map")
    height = chart.bounding_box()["height"]
    visitor.tab.get_by_role("button", name="with blank").click()
    assert chart.bounding_box()["height"] == height + ROW
    assert chart.get_attribute("role") == "slider"
    chart.focus()
    chart.press("ArrowRight")
    assert "most likely" in chart.get_attribute("aria-valuetext")
    assert visitor.time > 0


def test_steps_merge_repeats_and_drop_blanks_around_the_clock(visit):
    visitor = visit()
    word = visitor.tab.evaluate("inside.store.result.timeline.words[2]")
    visitor.tab.evaluate(f"inside.clock.seek({word['start_s']} + 0.005)")
    frames, merged, kept = (
        visitor.id(f"step-{name}").locator("span") for name in ("frames", "merged", "kept")
    )
    said = frames.all_inner_texts()
    runs = [text for i, text in enumerate(said) if not i or text != said[i - 1]]
    assert merged.all_inner_texts() == runs
    assert kept.all_inner_texts() == [text for text in runs if text != "·"]
    assert word["text"] in visitor.id("step-kept-name").inner_text()
    assert len(said) > len(runs)
    assert f"{len(said)} frames become {len(runs)} cells" in visitor.id("step-merged-name").inner_text()
    now = frames.locator("xpath=self::*[contains(@class, 'is-now')]")
    assert now.all_inner_texts() == [word["text"][0]]


def test_a_letter_of_the_steps_stands_under_its_frames(visit):
    visitor = visit()
    visitor.tab.evaluate("inside.clock.seek(inside.store.result.timeline.words[2].start_s + 0.005)")
    letter = visitor.id("step-kept").locator(".is-letter").first.bounding_box()
    frame = visitor.id("step-frames").locator(".is-letter").first.bounding_box()
    assert letter["x"] == pytest.approx(frame["x"], abs=1)


def test_other_readings_are_those_of_the_beam_search(visit, page):
    visitor = visit()
    visitor.id("score").first.wait_for()
    expected = page.results.get(visitor.token).analysis.beam_search(5)
    rows = visitor.id("reading").all_inner_texts()
    assert rows[0].startswith("greedy")
    for row, hypothesis in zip(rows[1:], expected, strict=True):
        assert hypothesis.text.lower() in " ".join(row.split())
        assert f"score {hypothesis.score:.1f}".replace("-", "−") in row.splitlines()
    assert "language-model log-probability" in visitor.id("readings-status").inner_text()


def shown_words(visitor):
    """The words of the headline, each with whether it is marked."""
    return [
        (word.inner_text().split("\n")[0], "is-other" in word.get_attribute("class"))
        for word in visitor.id("word").all()
    ]


def test_the_greedy_words_come_first_then_the_best_reading_with_what_differs(visit, page, root):
    visitor = visit()
    held = []
    visitor.tab.route("**/component_server**", lambda route: hold_the_reading(route, held))
    before = visitor.token
    visitor.upload(root / "tests" / "audio" / "cases" / "pause20.flac")
    visitor.wait_for_other_result(before)
    analysis = page.results.get(visitor.token).analysis
    best, greedy = (
        [word.text.lower() for word in reading.words]
        for reading in (analysis.transcript, analysis.transcript_greedy)
    )
    assert best != greedy
    assert [text for text, _ in shown_words(visitor)] == greedy
    assert visitor.id("which-reading").inner_text().startswith("Greedy: ")
    assert not visitor.id("greedy").is_visible()
    assert [word["text"] for word in page_words(visitor)] == greedy

    for route in held:
        route.continue_()
    visitor.tab.get_by_text("(beam search)").wait_for()
    shown = shown_words(visitor)
    assert [text for text, _ in shown] == best
    expected = differing_words(analysis.transcript.text, analysis.transcript_greedy.text)
    assert [is_marked for _, is_marked in shown] == [differs for _, differs in expected]
    assert visitor.id("greedy").inner_text() == f"Greedy: {' '.join(greedy)}"
    marked = visitor.id("greedy").locator("b").all_inner_texts()
    assert marked
    assert set(marked) <= set(greedy)
    # So do the words beneath the timeline.
    assert [word["text"] for word in page_words(visitor)] == best
    lane = visitor.tab.locator(".hx-words .hx-cell").all()
    assert [cell.get_attribute("title") for cell in lane] == best


def hold_the_reading(route, held):
    """Keep the question for the best reading back, and let all others pass."""
    if '"reading"' in (route.request.post_data or ""):
        held.append(route)
    else:
        route.continue_()


def test_the_words_are_one_stop_of_the_tab_key_and_arrows_go_on(visit):
    visitor = visit()
    # Until then the words may change.
    visitor.id("which-reading").get_by_text("With the language model (").wait_for()
    words = visitor.id("word")
    assert [word.get_attribute("tabindex") for word in words.all()] == ["0", *["-1"] * (words.count() - 1)]
    words.first.focus()
    visitor.tab.keyboard.press("ArrowRight")
    assert visitor.tab.evaluate("document.activeElement.innerText") == words.nth(1).inner_text()
    assert words.nth(1).get_attribute("tabindex") == "0"
    visitor.tab.keyboard.press("Enter")
    begin = page_words(visitor)[1]["start_s"]
    visitor.tab.wait_for_function("from => inside.clock.time >= from", arg=begin)


def page_words(visitor):
    return visitor.tab.evaluate("inside.clock.words")


def test_words_to_listen_for_change_the_search(visit, page):
    visitor = visit()
    visitor.id("score").first.wait_for()
    visitor.id("hotwords").fill("boats, still")
    visitor.id("search").click()
    visitor.tab.get_by_text("a word to listen for").wait_for()
    expected = page.results.get(visitor.token).analysis.beam_search(5, ["boats", "still"])
    assert expected[0].text.lower() in " ".join(visitor.id("reading").nth(1).inner_text().split())
    assert visitor.tab.evaluate("inside.store.choices.hotwords") == "boats, still"
    visitor.id("hotwords").fill("x" * 31)
    visitor.id("search").click()
    visitor.id("readings-problem").wait_for()
    assert "at most 30 letters" in visitor.id("readings-problem").inner_text()


def test_a_typed_text_is_aligned_and_compared(visit, page):
    visitor = visit()
    reference = "The old harbour was <b>quiet</b>, 3"
    visitor.id("reference").fill(reference)
    visitor.id("align").click()
    visitor.id("aligned-word").first.wait_for()
    expected = page.results.get(visitor.token).analysis.align(reference)
    kinds = [word.get_attribute("data-kind") for word in visitor.id("aligned-word").all()]
    assert kinds == [word.outcome for word in expected.words]
    assert visitor.id("wer").inner_text() == percent(expected.wer)
    assert visitor.id("cer").inner_text() == percent(expected.cer)
    said = visitor.id("compared").inner_text()
    assert "harbour was bquiet b”" in said
    assert said.endswith("< > , 3 (write numbers as words)")
    assert visitor.tab.evaluate("inside.store.choices.reference") == reference
    visitor.id("aligned-word").nth(3).click()
    start = expected.words[3].start_s
    visitor.tab.wait_for_function("start => Math.abs(inside.clock.time - start) < 0.3", arg=start)


def test_a_text_that_cannot_be_aligned_says_why(visit):
    visitor = visit()
    visitor.id("align").click()
    visitor.id("align-problem").wait_for()
    assert "is empty" in visitor.id("align-problem").inner_text()
    assert visitor.id("aligned-word").count() == 0


def test_choices_made_elsewhere_are_followed(visit):
    visitor = visit()
    visitor.tab.evaluate("inside.choose({ reference: 'the old harbour', hotwords: 'harbour' })")
    visitor.id("aligned-word").first.wait_for()
    assert visitor.id("reference").input_value() == "the old harbour"
    assert visitor.id("hotwords").input_value() == "harbour"


def test_every_text_can_be_downloaded(visit, page):
    visitor = visit()
    analysis = page.results.get(visitor.token).analysis
    for name, text in TEXTS.items():
        with visitor.tab.expect_download() as download:
            visitor.id(f"text-{name}").first.click()
        assert download.value.suggested_filename == f"transcript.{name}"
        assert Path(download.value.path()).read_text() == text.make(analysis)


def test_nothing_recognised_is_said_and_breaks_nothing(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("quiet.wav", duration_s=0.5, seed=41))
    visitor.wait_for_other_result(before)
    if visitor.tab.evaluate("inside.clock.words.length"):
        pytest.skip("the model hears words in noise")
    assert visitor.id("transcript").inner_text() == "No speech recognised"
    assert not visitor.id("which-reading").is_visible()
    assert not visitor.id("greedy").is_visible()
    assert visitor.id("reading").all_inner_texts() == [
        "greedy\nno speech recognised\nthe most likely letter in every frame"
    ]
    assert "Nothing is left here" in visitor.id("step-kept-name").inner_text()
    visitor.id("reference").fill("go")
    visitor.id("align").click()
    visitor.id("aligned-word").first.wait_for()
    assert visitor.id("count-missing").inner_text() == "1"
