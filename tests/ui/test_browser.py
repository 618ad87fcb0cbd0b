"""The page in a real browser: what a visitor does, and what is to be seen then."""

import errno
import os
import re

import pytest

from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.app import MAX_UPLOAD_MB
from hubert_demo.ui.front_door import MAX_FILES, TOO_LARGE_UPLOAD
from hubert_demo.ui.views.base import NO_ROOM

TABS = ["Transcript", "Keywords", "Layers", "Attention"]


def test_a_visitor_meets_a_finished_analysis(visit, page):
    visitor = visit()
    assert page.examples[0].path.name in visitor.id("notes").inner_text()
    assert visitor.id("example-0").get_attribute("aria-pressed") == "true"
    assert "parameters" in visitor.id("model-card").inner_text()
    visitor.tab.get_by_text("(beam search)").wait_for()
    shown = page.results.get(visitor.token).analysis.transcript.text
    words = [word.split("\n")[0] for word in visitor.id("word").all_inner_texts()]
    assert " ".join(words).upper() == shown


def test_an_upload_fills_every_view_from_one_encoder_pass(visit, write_wav, encoder_passes):
    visitor = visit()
    before = visitor.token
    with encoder_passes() as passes:
        visitor.upload(write_wav("two seconds.wav", duration_s=2, seed=21))
        visitor.wait_for_other_result(before)
        assert visitor.id("notes").inner_text().startswith("two seconds.wav")
        visitor.open("Keywords")
        assert visitor.id("keyword").count() == 12
        assert visitor.id("keyword-strip").is_visible()
        assert re.fullmatch(r"\d\.\d\d–\d\.\d\d s", visitor.id("keyword-window").inner_text())
        visitor.open("Layers")
        visitor.tab.wait_for_selector("[data-method=umap]")
        assert visitor.id("num-frames").inner_text() == "99"
        visitor.open("Attention")
        visitor.id("head-3").wait_for()
    assert len(passes) == 1


def test_a_recording_from_the_microphone_is_analysed(visit):
    visitor = visit()
    before = visitor.token
    visitor.tab.locator("#hx-recorder .record-button").click()
    visitor.tab.locator("#hx-recorder .stop-button:visible").wait_for()
    visitor.tab.wait_for_timeout(1500)
    visitor.tab.locator("#hx-recorder .stop-button:visible").click()
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("Your recording")
    assert visitor.tab.evaluate("Math.max(...inside.clock.samples)") > 1000
    visitor.tab.locator("#hx-recorder .record-button").wait_for()


def test_an_example_is_analysed_at_a_press(visit):
    visitor = visit()
    before = visitor.token
    visitor.id("example-2").click()
    visitor.wait_for_other_result(before)
    assert visitor.id("example-2").get_attribute("aria-pressed") == "true"
    assert visitor.id("example-0").get_attribute("aria-pressed") == "false"


def test_layers_start_with_pca_and_move_with_the_slider(visit):
    visitor = visit()
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method=umap]")
    slider = visitor.id("layer-slider")
    slider.focus()
    last = int(slider.get_attribute("max"))
    assert visitor.id("layer-name").inner_text() == f"{last} of {last}"
    trust = visitor.id("trustworthiness").inner_text()
    assert re.fullmatch(r"0\.\d\d|1\.00", trust)
    slider.press("Home")
    assert visitor.id("layer-name").inner_text() == "input"
    visitor.id("colouring").select_option("letter")
    assert "vowel" in visitor.id("view-layers").inner_text()


def test_the_layer_map_has_a_dot_wherever_it_says(visit):
    visitor = visit()
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method=umap]")
    visitor.tab.wait_for_timeout(600)
    box = visitor.id("layer-map").bounding_box()
    for part in range(2, 20):
        visitor.tab.mouse.move(box["x"] + box["width"] * part / 21, box["y"] + box["height"] / 2)
        if visitor.id("layer-tip").is_visible():
            break
    said = float(visitor.id("layer-tip").inner_text().split(" s")[0])
    visitor.tab.mouse.down()
    visitor.tab.mouse.up()
    visitor.tab.wait_for_function(
        "said => Math.abs(inside.clock.time - said) < 0.02 && !inside.clock.playing", arg=said
    )


def test_a_press_on_the_timeline_moves_the_one_clock(visit):
    visitor = visit()
    box = visitor.id("timeline-canvas").bounding_box()
    left, right = 70, 16
    x = box["x"] + left + (box["width"] - left - right) / 2
    visitor.tab.mouse.click(x, box["y"] + 20)
    half = visitor.tab.evaluate("inside.clock.duration") / 2
    assert visitor.time == pytest.approx(half, abs=0.02)
    visitor.tab.keyboard.press("ArrowRight")
    assert visitor.time == pytest.approx(half + 0.02, abs=0.02)


def test_space_plays_and_pauses(visit):
    visitor = visit()
    visitor.tab.keyboard.press("Space")
    visitor.tab.wait_for_function("inside.clock.playing && inside.clock.time > 0.2")
    visitor.tab.keyboard.press("Space")
    assert not visitor.tab.evaluate("inside.clock.playing")
    # The button follows the audio's own event, a moment later.
    visitor.tab.locator("[data-testid=play][aria-label=Play]").wait_for()


def test_a_press_on_a_word_plays_it_and_comes_back(visit):
    visitor = visit()
    visitor.tab.get_by_text("(beam search)").wait_for()
    word = visitor.id("word").nth(1)
    word.click()
    start = visitor.tab.evaluate("inside.clock.words[1].start_s")
    visitor.tab.wait_for_function(
        "start => !inside.clock.playing && Math.abs(inside.clock.time - start) < 0.02", arg=start
    )
    assert "is-now" in word.get_attribute("class")
    assert visitor.id("now-word").inner_text() == word.inner_text().split("\n")[0]


def test_a_bad_file_leaves_the_previous_result(visit, page, bad_file):
    visitor = visit()
    before = visitor.token
    visitor.upload(bad_file)
    visitor.id("alert").wait_for()
    with pytest.raises(InputError) as expected:
        Waveform.from_file(bad_file)
    assert visitor.id("alert").inner_text() == str(expected.value)
    visitor.tab.wait_for_selector("body[data-hx-ready]")
    assert visitor.token == before
    assert page.examples[0].path.name in visitor.id("notes").inner_text()
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    assert not visitor.id("alert").is_visible()


def test_a_huge_file_is_refused_with_a_reason_before_it_is_sent(visit, write_wav, tmp_path):
    visitor = visit()
    before = visitor.token
    path = tmp_path / "huge.wav"
    with path.open("wb") as file:
        file.truncate((MAX_UPLOAD_MB + 1) << 20)
    visitor.upload(path)
    visitor.id("alert").wait_for()
    reason = f"huge.wav is {MAX_UPLOAD_MB + 1} MB; the limit is {MAX_UPLOAD_MB} MB. Make it shorter."
    assert visitor.id("alert").inner_text() == reason
    assert visitor.token == before
    visitor.upload(write_wav("small.wav", seed=33))
    visitor.wait_for_other_result(before)
    assert not visitor.id("alert").is_visible()


def test_an_upload_for_which_there_is_no_room_is_told_and_the_next_one_works(
    visit, write_wav, monkeypatch, caplog
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    visitor = visit()
    before = visitor.token
    with monkeypatch.context() as broken:
        broken.setattr("gradio.route_utils.NamedTemporaryFile", full)
        visitor.upload(write_wav("no room.wav", seed=34))
        visitor.id("alert").filter(has_text=NO_ROOM).wait_for()
    assert visitor.token == before
    # It was asked once: the server has said what is wrong.
    assert caplog.text.count("an upload failed") == 1
    # Chromium reports the answer, Gradio that its upload failed, before it is ready again.
    visitor.id("file-upload").wait_for(state="attached")
    visitor.problems.clear()
    visitor.upload(write_wav("room.wav", seed=35))
    visitor.wait_for_other_result(before)
    assert not visitor.id("alert").is_visible()
    assert visitor.problems == []


FORM = "multipart/form-data; boundary=mark"


def test_an_upload_that_is_refused_is_told_and_the_next_one_works(visit, write_wav):
    visitor = visit()
    before = visitor.token
    parts = [
        f'--mark\r\nContent-Disposition: form-data; name="files"; filename="{each}.wav"\r\n\r\nsound\r\n'
        for each in range(MAX_FILES + 1)
    ]
    too_many = "".join((*parts, "--mark--\r\n"))

    def send_many(route):
        route.continue_(headers={**route.request.headers, "content-type": FORM}, post_data=too_many)

    visitor.tab.route("**/gradio_api/upload?*", send_many)
    visitor.upload(write_wav("many.wav", seed=36))
    visitor.id("alert").filter(has_text=TOO_LARGE_UPLOAD).wait_for()
    assert visitor.token == before
    visitor.tab.unroute("**/gradio_api/upload?*")
    # Chromium reports the answer, Gradio that its upload failed, before it is ready again.
    visitor.id("file-upload").wait_for(state="attached")
    visitor.problems.clear()
    visitor.upload(write_wav("one.wav", seed=37))
    visitor.wait_for_other_result(before)
    assert not visitor.id("alert").is_visible()
    assert visitor.problems == []


def test_the_page_for_programs_opens_within_its_policy(visit):
    visitor = visit()
    visitor.tab.get_by_role("button", name="Use via API").click()
    visitor.tab.get_by_text("Streamable HTTP Transport").wait_for()
    # It asks for the statistics of all visitors' events, which are closed, and does without.
    assert [problem for problem in visitor.problems if "404 (Not Found)" not in problem] == []
    visitor.problems.clear()


def test_a_file_name_is_text_and_nothing_else(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("<img src=x onerror=document.title=1>.wav", seed=31))
    visitor.wait_for_other_result(before)
    assert visitor.tab.locator("img[src=x]").count() == 0
    assert visitor.tab.title() == "HuBERT Explorer"


def test_a_recording_too_short_for_a_map_says_so(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("blip.wav", duration_s=0.12, seed=32))
    visitor.wait_for_other_result(before)
    visitor.open("Layers")
    visitor.tab.get_by_text("a map needs at least 10").wait_for()
    visitor.open("Attention")
    visitor.tab.wait_for_selector("[data-shown]")


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_nothing_has_to_be_scrolled_sideways(visit, width):
    visitor = visit(width=width)
    for title in TABS:
        visitor.open(title)
        visitor.tab.wait_for_timeout(300)
        assert visitor.tab.evaluate("document.documentElement.scrollWidth") <= width, title


def test_dark_and_light_are_a_press_apart(visit):
    visitor = visit(theme="dark")

    def background():
        return visitor.tab.evaluate("getComputedStyle(document.body).backgroundColor")

    assert background() == "rgb(14, 19, 24)"
    visitor.id("theme").click()
    assert background() == "rgb(245, 246, 244)"


def test_pictures_can_be_reached_and_read_without_a_mouse(visit):
    visitor = visit()
    for title in TABS:
        visitor.open(title)
    for name in ("timeline-canvas", "keyword-strip", "layer-map", "attention-map"):
        canvas = visitor.id(name)
        assert canvas.get_attribute("tabindex") == "0"
        assert canvas.get_attribute("role") == "slider"
        assert canvas.get_attribute("aria-label")


def test_every_view_shows_the_same_moment(visit):
    visitor = visit()
    for title in TABS:
        visitor.open(title)
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.tab.evaluate("inside.clock.seek(1.5)")
    for name in ("timeline-canvas", "keyword-strip", "layer-map", "attention-map"):
        assert visitor.id(name).get_attribute("aria-valuenow") == "1.50"
