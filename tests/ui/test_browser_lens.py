"""In a browser: every layer read, a layer heard beside the recording, and both brought back by a link."""

import numpy as np
import pytest

from hubert_demo.changes import LayerSkipped

HARBOUR = "#example=harbour.wav"
SAID = "The old harbour was quiet, and the boats lay still upon the water."

# Keeps the sounds that the page makes, in their order.
KEEP_SOUNDS = """(() => {
  window.sounds = [];
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    if (blob.type === "audio/wav") blob.arrayBuffer().then((bytes) => window.sounds.push(bytes));
    return make.call(URL, blob);
  };
})();"""


@pytest.fixture
def kept(page):
    """The analysis behind what is on show."""
    return lambda visitor: page.results.get(visitor.token).analysis


def last_sound(visitor):
    """The samples of the sound that was made last, of -1 to 1."""
    listed = visitor.tab.evaluate("[...new Int16Array(window.sounds.at(-1).slice(44))]")
    return np.array(listed) / 32767


def rows(visitor):
    return [row.split("\n") for row in visitor.id("lens-text").all_inner_texts()]


def hear(visitor):
    visitor.id("hear-layer").click()
    visitor.tab.wait_for_function("inside.clock.playsLayer && inside.clock.playing")


def test_every_layer_is_read_when_asked_for_and_a_link_brings_it_back(visit, kept):
    visitor = visit(link=HARBOUR)
    visitor.id("lens-read").wait_for()
    assert not visitor.id("lens").is_visible()
    visitor.id("lens-read").click()
    visitor.id("lens-texts").wait_for()
    analysis = kept(visitor)
    lens = analysis.lens()
    linear = lens.read_outs["linear"]
    assert [text for _, text, _ in rows(visitor)] == [text.lower() for text in linear.texts]
    assert visitor.id("lens-note").inner_text() == lens.note
    assert not visitor.id("lens-warning").is_visible()
    assert [*map(str.strip, visitor.id("lens-cer").locator("b").all_inner_texts())] == [
        f"{values[3]:.2f}"
        for values in (*(read.cer for read in lens.read_outs.values()), linear.cer_by_chance)
    ]
    decided = [letter.decided_layer for letter in linear.letters.letters]
    assert visitor.id("lens-letters").locator("small").all_inner_texts() == [*map(str, decided)]
    assert "Align your own text" in visitor.id("lens-lost").inner_text()
    visitor.tab.get_by_role("button", name="CTC head as it is").click()
    visitor.id("lens-text").nth(5).click()
    visitor.tab.wait_for_selector("""[data-read='["head",5]']""")
    assert visitor.id("lens-layer-name").inner_text() == "5 of 8"
    box = visitor.id("lens-map").bounding_box()
    assert box["width"] == visitor.id("emission-map").bounding_box()["width"]
    visitor.tab.wait_for_function(
        "location.hash.includes('lens=head') && location.hash.includes('lens_layer=5')"
    )
    again = visit(link=visitor.tab.evaluate("location.hash"))
    again.tab.wait_for_selector("""[data-read='["head",5]']""")
    assert rows(again) == rows(visitor)
    # Of another recording nobody has asked.
    token = again.token
    again.tab.get_by_text("Stop!").first.click()
    again.wait_for_other_result(token)
    again.id("lens-read").wait_for()
    assert not again.id("lens").is_visible()


def test_with_a_text_aligned_layers_are_compared_with_that_and_lost_letters_are_told(visit, kept):
    visitor = visit(link=f"{HARBOUR}&lens=linear")
    visitor.id("lens-texts").wait_for()
    visitor.id("reference").fill(SAID)
    visitor.id("align").click()
    visitor.tab.wait_for_function(
        "document.querySelector('[data-testid=lens-note]').textContent.includes('the text that was given')"
    )
    said = kept(visitor).lens(SAID).best.said
    assert f"{said.num_lost} letters are right on the way" in visitor.id("lens-lost").inner_text()
    assert visitor.tab.locator(".hx-lens-letter.is-lost").count() == said.num_lost > 0
    marks = visitor.id("lens-letters").locator("small").all_inner_texts()
    assert marks.count("×") == said.num_lost
    assert len(marks) == len(said.letters)


def test_a_layer_is_heard_where_the_clock_stands_as_long_and_as_loud_as_the_recording(visit, kept):
    visitor = visit(link=f"{HARBOUR}&sound_layer=7", script=KEEP_SOUNDS)
    visitor.id("layer-sound").wait_for()
    analysis = kept(visitor)
    assert not visitor.tab.evaluate("inside.clock.playing")
    visitor.id("sound-layer").fill("2")
    assert visitor.id("hear-layer").inner_text() == "Hear layer 2"
    visitor.tab.evaluate("inside.clock.seek(1)")
    hear(visitor)
    assert visitor.time >= 1
    recording, layer = analysis.encoding.waveform.samples, last_sound(visitor)
    np.testing.assert_allclose(layer, analysis.resynthesise(2).samples, atol=1 / 32767)
    assert len(layer) == len(recording)
    assert np.std(layer) == pytest.approx(np.std(recording), rel=0.01)
    assert visitor.id("sound-switch").get_attribute("aria-pressed") == "true"
    shares = analysis.sound_scores.share
    chart = visitor.id("chart-kept")
    assert chart.locator(".hx-chart-key b").first.inner_text() == f"{shares[2]:.2f}"
    visitor.id("sound-layer").fill("8")
    assert chart.locator(".hx-chart-key b").first.inner_text() == f"{shares[8]:.2f}"
    assert "204 others" in visitor.id("kept-note").inner_text()
    visitor.id("sound-layer").fill("2")
    before = visitor.time
    visitor.tab.keyboard.press("l")
    assert visitor.id("hear-layer").inner_text() == "Hear layer 2"
    assert visitor.id("sound-switch").get_attribute("aria-pressed") == "false"
    visitor.tab.wait_for_function("before => inside.clock.time > before + 0.1", arg=before)
    assert visitor.tab.evaluate("inside.clock.playing && !inside.clock.playsLayer")
    # In a text, the key is a letter.
    visitor.id("reference").press("l")
    assert not visitor.tab.evaluate("inside.clock.playsLayer")
    visitor.tab.evaluate("inside.clock.toggle()")
    visitor.open("Layers")
    visitor.id("sound-switch").click()
    visitor.tab.wait_for_function("inside.clock.playing && inside.clock.playsLayer")


def test_with_something_changed_the_changed_layer_is_heard_and_read(visit, kept):
    visitor = visit(link=f"{HARBOUR}&changes=layer_skipped:2&sound_layer=3&lens=linear", script=KEEP_SOUNDS)
    visitor.tab.wait_for_function("inside.store.result.changes")
    visitor.tab.wait_for_function("inside.clock.layer === 3")
    visitor.id("lens-texts").wait_for()
    analysis = kept(visitor)
    assert analysis.changes == (LayerSkipped(2),)
    np.testing.assert_allclose(last_sound(visitor), analysis.resynthesise(3).samples, atol=1 / 32767)
    assert np.abs(last_sound(visitor) - analysis.before.resynthesise(3).samples).max() > 0.01
    assert [text for _, text, _ in rows(visitor)] == [text.lower() for text in analysis.lens().best.texts]
    before = visitor.token
    visitor.id("changes-back").click()
    visitor.wait_for_other_result(before)
    visitor.tab.wait_for_function("inside.clock.layer === 3")
    visitor.tab.wait_for_function("count => window.sounds.length > count", arg=1)


def test_a_problem_is_said_where_it_was_asked(visit):
    visitor = visit(link=HARBOUR)
    visitor.change_answer("layer_sound", lambda answer: {"ok": False, "error": "No decoders here."})
    visitor.id("hear-layer").click()
    visitor.tab.wait_for_selector("[data-testid=sound-problem]:visible")
    assert visitor.id("sound-problem").inner_text() == "No decoders here."
    assert not visitor.id("layer-sound").is_visible()
    assert not visitor.id("sound-switch").is_visible()
    visitor.leave_answers()
    hear(visitor)
    assert not visitor.id("sound-problem").is_visible()
