"""Choosing a model in a real browser: progress, whose view is whose, the way back when it cannot be had."""

import base64

import numpy as np
import pytest

from hubert_demo.checkpoints import CheckpointStore

BASE = "facebook/hubert-base-ls960"


@pytest.fixture(scope="module")
def page(build_page, serve_page, tmp_path_factory, write_checkpoint):
    """A page with a store of its own, which also offers an encoder without heads, one with twice as many
    frames, and a folder with nothing in it.
    """
    folder = tmp_path_factory.mktemp("offered")
    (folder / "empty").mkdir()
    directories = [
        write_checkpoint(folder / "bare", "encoder"),
        write_checkpoint(folder / "fine", "encoder", conv_stride=(5, 2, 2, 2, 2, 2, 1)),
        folder / "empty",
    ]
    page = build_page(directories=directories, store=CheckpointStore())
    serve_page(page)
    yield page
    page.close()


def test_the_picker_has_a_name_and_every_model(visit, page):
    visitor = visit()
    picker = visitor.tab.get_by_label("Model", exact=True)
    assert picker.input_value() == "hubert-explorer"
    assert picker.locator("option").all_inner_texts() == [spec.title for spec in page.models.offered]


def test_another_model_hears_the_same_recording_and_each_view_says_whose_it_is(visit, page):
    visitor = visit()
    before = visitor.token
    visitor.tab.get_by_text("(beam search)").wait_for()
    words = visitor.id("word").all_inner_texts()
    assert not visitor.id("source-transcript").is_visible()
    visitor.id("model").select_option("bare")
    visitor.wait_for_other_result(before)
    assert visitor.id("model").input_value() == "bare"
    assert "bare" in visitor.id("model-card").inner_text()
    visitor.tab.get_by_text("(beam search)").wait_for()
    assert visitor.id("word").all_inner_texts() == words
    assert page.examples[0].path.name in visitor.id("notes").inner_text()
    assert visitor.id("example-0").get_attribute("aria-pressed") == "true"
    lender = "“HuBERT Explorer (small English)”"
    line = f"This model was not trained to transcribe; the transcript comes from {lender}."
    assert visitor.id("source-transcript").inner_text() == line
    visitor.open("Keywords")
    assert "not trained to recognise keywords" in visitor.id("source-keywords").inner_text()
    for view in ("Layers", "Attention"):
        visitor.open(view)
        lent = f"Letters and words come from {lender}."
        assert visitor.id(f"source-{view.lower()}").inner_text() == lent
    visitor.tab.wait_for_selector("[data-shown]")
    analysis = page.results.get(visitor.token).analysis
    assert analysis.encoding.checkpoint == "bare"
    # The next recording is heard by the same model, until another one is chosen.
    token = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(token)
    assert visitor.tab.evaluate("inside.store.result.checkpoint") == "bare"
    token = visitor.token
    visitor.id("model").select_option("hubert-explorer")
    visitor.wait_for_other_result(token)
    for view in ("Transcript", "Layers"):
        visitor.open(view)
        assert not visitor.id(f"source-{view.lower()}").is_visible()


HEAR_A_LETTER = """async () => {
  const path = inside.pathOf(await inside.part("transcript"));
  path.hear(path.runs.filter((run) => run.writes)[3]);
  const { time } = inside.clock;
  inside.clock.toggle();
  inside.clock.seek(time);
  return [time, path.at(path.frame).text];
}"""


def stretch_of_steps(visitor):
    """The seconds that the steps show; which ones they are depends on what they showed before."""
    first, last = visitor.id("steps-where").inner_text().removesuffix(" s").split("–")
    return float(first), float(last)


def test_a_model_with_other_frames_borrows_letters_at_their_own_times(visit):
    visitor = visit()
    before = visitor.token
    time_s, letter = visitor.tab.evaluate(HEAR_A_LETTER)
    steps = visitor.id("step-frames-name").inner_text()
    first, last = stretch_of_steps(visitor)
    visitor.id("model").select_option("fine")
    visitor.wait_for_other_result(before)
    assert visitor.tab.evaluate(HEAR_A_LETTER) == [pytest.approx(time_s), letter]
    assert visitor.id("step-frames-name").inner_text() == steps
    assert "One frame every 20 ms" in steps
    first_borrowed, last_borrowed = stretch_of_steps(visitor)
    assert first_borrowed <= time_s <= last_borrowed
    assert last_borrowed - first_borrowed == pytest.approx(last - first)
    # The states have frames of their own.
    assert visitor.tab.evaluate("inside.clock.timeOf(1) - inside.clock.timeOf(0)") == pytest.approx(0.01)
    visitor.open("Layers")
    visitor.tab.wait_for_selector("[data-method]")
    num_frames = int(visitor.id("num-frames").inner_text())
    assert num_frames == visitor.tab.evaluate("inside.clock.grid.count")
    assert num_frames > 1.9 * visitor.tab.evaluate("inside.part('transcript')")["num_frames"]


def test_a_hub_that_cannot_be_reached_is_said_and_the_page_goes_on(visit, unreachable_hub):
    visitor = visit()
    before = visitor.token
    visitor.id("model").select_option(BASE)
    visitor.id("alert").wait_for()
    assert "the hub cannot be reached" in visitor.id("alert").inner_text()
    assert "Still using HuBERT Explorer" in visitor.id("alert").inner_text()
    # Beside the picker too, which on a phone is far from the page's messages.
    assert visitor.id("picker-line").inner_text() == visitor.id("alert").inner_text()
    assert visitor.id("model").input_value() == "hubert-explorer"
    assert not visitor.id("status").is_visible()
    assert visitor.token == before
    visitor.id("example-2").click()
    visitor.wait_for_other_result(before)
    assert not visitor.id("alert").is_visible()


def test_a_damaged_checkpoint_is_said_and_the_picker_goes_back(visit):
    visitor = visit()
    visitor.id("model").select_option("empty")
    visitor.id("alert").wait_for()
    assert "has no config.json" in visitor.id("alert").inner_text()
    assert visitor.id("model").input_value() == "hubert-explorer"


def test_the_progress_of_a_download_is_shown_while_the_page_stays_usable(
    visit, hub, write_checkpoint, tmp_path
):
    hub.add(BASE, write_checkpoint(tmp_path / "base", "encoder", hidden_size=512))
    hub.may_go_on.clear()
    visitor = visit()
    before = visitor.token
    visitor.id("model").select_option(BASE)
    visitor.id("status").wait_for()
    assert "Asking the hub for facebook/hubert-base-ls960" in visitor.id("status").inner_text()
    visitor.id("example-5").click()
    visitor.wait_for_other_result(before)
    assert visitor.id("model").input_value() == BASE
    token = visitor.token
    hub.may_go_on.set()
    visitor.wait_for_other_result(token)
    assert visitor.tab.evaluate("inside.store.result.checkpoint") == BASE
    assert visitor.id("example-5").get_attribute("aria-pressed") == "true"
    assert np.isfinite(visitor.tab.evaluate("inside.store.result.seconds"))


@pytest.mark.parametrize("name", ["voice.m4a", "voice.webm"])
def test_what_phones_and_browsers_record_can_be_uploaded(visit, write_compressed, name):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_compressed(name))
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith(name)
    assert "decoded from" in visitor.id("notes").inner_text()


@pytest.mark.parametrize("name", ["voice.caf", "voice.bwf", "voice.wave", "voice", "voice.txt"])
def test_what_recorders_write_can_be_uploaded_whatever_browsers_call_it(visit, write_wav, name):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav(name, seed=len(name)))
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith(name)


def test_what_is_no_sound_by_its_name_either_gets_a_sentence(visit, tmp_path):
    path = tmp_path / "thesis.pdf"
    path.write_bytes(b"%PDF-1.7 of speech")
    visitor = visit()
    before = visitor.token
    visitor.upload(path)
    visitor.id("alert").filter(has_text="thesis.pdf cannot be read as sound").wait_for()
    assert visitor.token == before


def test_a_webm_can_be_dropped(visit, write_compressed):
    visitor = visit()
    before = visitor.token
    visitor.tab.get_by_role("button", name="Upload file").click()
    sound = base64.b64encode(write_compressed("dropped.webm").read_bytes()).decode()
    visitor.id("file-upload").evaluate(
        """(input, sound) => {
            const bytes = Uint8Array.from(atob(sound), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "dropped.webm", { type: "video/webm" }));
            const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer });
            input.closest("button").dispatchEvent(drop);
        }""",
        sound,
    )
    visitor.wait_for_other_result(before)
    assert visitor.id("notes").inner_text().startswith("dropped.webm")


def test_the_file_dialogue_offers_what_browsers_call_a_video(visit):
    visitor = visit()
    visitor.tab.get_by_role("button", name="Upload file").click()
    with visitor.tab.expect_file_chooser():
        visitor.tab.get_by_text("Drop Audio Here").locator("xpath=ancestor::button").click(force=True)
    accepted = visitor.id("file-upload").get_attribute("accept")
    assert accepted.startswith("audio/aac")
    assert accepted.count("video/webm") == accepted.count("video/mp4") == 1
    assert {".m4a", ".caf", ".bwf", ".wave"} <= {ending.strip() for ending in accepted.split(",")}
