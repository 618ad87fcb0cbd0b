"""In a browser: parts of the model switched off, stretches changed, sweeps, and the way back."""

import numpy as np
import pytest

STOP = "#example=stop.wav&tab=attention"
DONE = "() => [...document.querySelectorAll('[data-testid=sweep-progress]')].every(({ hidden }) => hidden)"


def press(visitor, test_id):
    """Press something that changes the model, and wait for what comes of it."""
    before = visitor.token
    visitor.id(test_id).click()
    visitor.wait_for_other_result(before)


def changes(visitor):
    return visitor.tab.evaluate("inside.store.result.changes")


def wait_for_changes(visitor, texts):
    visitor.tab.wait_for_function("text => inside.store.result.changes === text", arg=",".join(texts))


def words(visitor, test_id="word"):
    return [word.split()[0] for word in visitor.id(test_id).all_inner_texts()]


@pytest.fixture
def kept(page):
    """The analysis behind what is on show."""
    return lambda visitor: page.results.get(visitor.token).analysis


def test_a_layer_is_switched_off_and_the_original_comes_back_without_a_pass(visit, kept, encoder_passes):
    visitor = visit(link="#example=harbour.wav")
    visitor.id("which-reading").get_by_text("With the language model (").wait_for()
    original, before = visitor.token, words(visitor)
    visitor.open("Attention")
    visitor.tab.wait_for_selector("[data-shown]")
    assert not visitor.id("changes").is_visible()
    press(visitor, "switch-layer_skipped:7")
    analysis = kept(visitor)
    assert visitor.id("switch-layer_skipped:7").get_attribute("aria-checked") == "false"
    assert visitor.id("changes").inner_text().split("\n")[1] == "layer 8 skipped"
    press(visitor, "switch-head_off:3.0")
    assert changes(visitor) == "layer_skipped:7,head_off:3.0"
    assert visitor.id("head-switch").get_attribute("aria-checked") == "false"
    assert "off" in visitor.id("head-0").inner_text()
    press(visitor, "head-switch")
    assert kept(visitor) is analysis
    visitor.open("Transcript")
    visitor.tab.wait_for_selector("[data-testid=before]:visible")
    visitor.id("which-reading").get_by_text("With the language model (").wait_for()
    now = analysis.transcript.text.lower()
    assert words(visitor) == now.split()
    assert visitor.id("before").inner_text() == f"Before: {' '.join(before)}"
    lost = visitor.id("before").locator("b").all_inner_texts()
    assert lost
    assert [word for word in lost if word in now.split()] == []
    marked = visitor.tab.locator(".hx-word.is-changed").count()
    assert 0 < marked <= len(now.split())
    with encoder_passes() as passes:
        press(visitor, "changes-back")
    assert passes == []
    assert (visitor.token, words(visitor)) == (original, before)
    assert not visitor.id("before").is_visible()
    assert not visitor.id("changes").is_visible()


def test_of_switches_pressed_quickly_each_counts_and_the_last_wish_is_shown(visit):
    visitor = visit(link="#example=numbers.wav&tab=attention")
    visitor.tab.wait_for_selector("[data-shown]")
    heads = [f"head_off:{layer}.{head}" for layer in range(2) for head in range(6)]
    for head in heads:
        visitor.id(f"switch-{head}").click()
        visitor.tab.wait_for_timeout(60)
    wait_for_changes(visitor, heads)
    # One switch again and again: it ends as something that was there before.
    presses = """async (id) => {
      for (let i = 0; i < 7; i += 1) {
        document.querySelector(`[data-testid="${id}"]`).click();
        await new Promise((done) => setTimeout(done, 40));
      }
    }"""
    visitor.tab.evaluate(presses, f"switch-{heads[-1]}")
    wait_for_changes(visitor, heads[:-1])
    visitor.tab.wait_for_function("document.body.dataset.hxReady")
    assert visitor.id(f"switch-{heads[-1]}").get_attribute("aria-checked") == "true"
    assert not visitor.id("status").is_visible()


def test_a_sweep_says_that_it_is_without_changes_and_can_be_taken_with_the_original(visit):
    visitor = visit(link=f"{STOP}&changes=head_off:1.5")
    visitor.tab.wait_for_function("inside.store.result.changes")
    visitor.id("heads-unchanged").get_by_text("without your changes").wait_for()
    visitor.id("sweep-words").click()
    visitor.tab.wait_for_function(DONE)
    assert not visitor.tab.evaluate("inside.store.choices.word_sweep")
    press(visitor, "changes-back")
    visitor.tab.wait_for_function("inside.store.choices.word_sweep === 'clearest'")
    assert not visitor.id("heads-unchanged").is_visible()


def test_of_examples_pressed_quickly_the_last_is_shown(visit, page):
    visitor = visit()
    for index in (1, 2, 3, 4):
        visitor.id(f"example-{index}").evaluate("(row) => row.click()")
        visitor.tab.wait_for_timeout(40)
    name = page.examples[4].path.name
    visitor.tab.wait_for_function("name => inside.store.result.title === name", arg=name)
    visitor.tab.wait_for_timeout(1000)
    assert visitor.id("notes").inner_text().startswith(name)


def test_keywords_letters_and_layers_show_what_was_before(visit, kept):
    visitor = visit(link="#example=stop.wav&tab=keywords&changes=frames_masked:0.2-0.7")
    visitor.tab.wait_for_function("inside.store.result.changes")
    visitor.tab.wait_for_selector("[data-testid=heard-before]")
    assert visitor.id("heard-before").inner_text() == "Before: stop"
    assert visitor.tab.locator(".hx-track em").count() == 12
    before = kept(visitor).before.keywords.probabilities
    assert f"was {100 * before.max():.0f}%" in visitor.id("view-keywords").inner_text()
    visitor.open("Layers")
    visitor.id("chart-like").wait_for()
    visitor.tab.wait_for_selector(".hx-legend >> text=before the change")
    assert visitor.id("chart-size").get_by_text("before", exact=True).is_visible()
    visitor.open("Transcript")
    box = visitor.id("emission-map").bounding_box()
    press(visitor, "changes-back")
    visitor.tab.wait_for_function(
        "high => document.querySelector('[data-testid=emission-map]').clientHeight < high", arg=box["height"]
    )


def test_a_selection_is_silenced_where_one_is_and_taken_back_by_its_chip(visit, kept):
    visitor = visit(link="#example=stop.wav")
    box = visitor.id("timeline-canvas").bounding_box()
    assert not visitor.id("selecting").is_visible()
    visitor.tab.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 20)
    visitor.tab.mouse.down()
    visitor.tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 20, steps=3)
    visitor.tab.mouse.up()
    visitor.tab.evaluate("inside.zoomTo({ from: 0.1, to: 0.85 })")
    place = visitor.tab.evaluate("[inside.clock.time, inside.clock.selection, inside.store.zoom]")
    press(visitor, "selection-silence")
    assert visitor.tab.evaluate("[inside.clock.time, inside.clock.selection, inside.store.zoom]") == place
    assert visitor.id("selection-silence").get_attribute("aria-pressed") == "true"
    (change,) = kept(visitor).changes
    middle = round((change.start_s + change.end_s) / 2 * 16_000)
    assert visitor.tab.evaluate(f"inside.clock.samples[{middle}]") == 0
    press(visitor, "selection-cut-off")
    press(visitor, "selection-mask")
    assert len(kept(visitor).changes) == 3
    for _ in range(2):
        before = visitor.token
        visitor.id("change").first.click()
        visitor.wait_for_other_result(before)
    assert changes(visitor).startswith("attention_cut:others:")
    assert visitor.tab.evaluate(f"inside.clock.samples[{middle}]") != 0


def test_what_is_refused_gets_a_sentence_each_time_and_nothing_is_changed(visit):
    visitor = visit(link=STOP)
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.tab.evaluate("inside.clock.select(0, inside.clock.duration)")
    for _ in range(2):
        visitor.id("selection-silence").click()
        visitor.id("alert").get_by_text("Nothing would be left").wait_for()
        assert visitor.id("selection-silence").get_attribute("aria-pressed") == "false"
        assert changes(visitor) == ""
        visitor.tab.get_by_role("button", name="Dismiss").click()
    press(visitor, "switch-head_off:0.0")
    assert changes(visitor) == "head_off:0.0"


def test_a_link_and_a_reload_show_the_same_changes(visit):
    visitor = visit(link="#example=stop.wav&changes=head_off:7.1:mean,frames_masked:0.1-0.2&t=0.3")
    visitor.tab.wait_for_function("inside.store.result.changes")
    # In an order of their own.
    wanted = "frames_masked:0.1-0.2,head_off:7.1:mean"
    assert changes(visitor) == wanted
    visitor.tab.wait_for_function("wanted => location.hash.includes(`changes=${wanted}`)", arg=wanted)
    assert visitor.time == 0.3
    visitor.tab.reload()
    visitor.tab.wait_for_function(
        "wanted => document.querySelectorAll('[data-testid=change]').length === 2", arg=wanted
    )


def test_changes_of_ones_own_recording_are_in_no_link_and_survive_a_reload(visit, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("own.wav", duration_s=0.8, seed=31))
    visitor.wait_for_other_result(before)
    visitor.open("Attention")
    press(visitor, "switch-feed_forward_off:4")
    assert "changed" in visitor.id("recent").first.inner_text()
    assert "changes" not in visitor.tab.evaluate("location.hash")
    visitor.tab.reload()
    visitor.tab.wait_for_selector("[data-testid=change]")
    assert visitor.id("change").inner_text() == "layer 5, feed-forward off"


def test_heads_that_are_off_give_zero_or_their_mean(visit, kept):
    visitor = visit(link=STOP)
    visitor.tab.wait_for_selector("[data-shown]")
    press(visitor, "switch-head_off:7.1")
    before = visitor.token
    visitor.id("head-gives").get_by_text("its mean").click()
    visitor.wait_for_other_result(before)
    assert changes(visitor) == "head_off:7.1:mean"
    assert visitor.id("change").inner_text() == "layer 8, head 2 at its mean"
    press(visitor, "switch-head_off:6.0")
    assert [change.by for change in kept(visitor).changes] == ["mean", "mean"]
    press(visitor, "changes-back")
    press(visitor, "switch-head_off:6.0")
    assert changes(visitor) == "head_off:6.0:mean"


def select(visitor, start_s, end_s):
    visitor.tab.evaluate(f"inside.clock.select({start_s}, {end_s})")
    visitor.id("selection-patch").click()


def test_states_are_patched_in_from_an_example_and_from_ones_own_recording(visit, kept, write_wav):
    visitor = visit()
    before = visitor.token
    visitor.upload(write_wav("own.wav", duration_s=0.8, seed=32))
    visitor.wait_for_other_result(before)
    own = kept(visitor)
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    visitor.open("Transcript")
    select(visitor, 0.3, 0.5)
    visitor.id("patch-layer").select_option("4")
    visitor.id("patch-source").select_option(label="charming.wav")
    assert not visitor.id("patch-own").is_visible()
    visitor.id("patch-start").fill("soon")
    visitor.id("patch").click()
    assert visitor.id("patch-alert").inner_text() == "Enter from when on, in seconds."
    visitor.id("patch-start").fill("1.25")
    press(visitor, "patch")
    (patch,) = kept(visitor).changes
    assert patch.source.example == "charming.wav"
    assert patch.rows.states.shape == (10, 288)
    visitor.tab.wait_for_function("location.hash.includes('states_patched:4:0.3-0.5:1.25:')")
    assert not visitor.id("patching").is_visible()
    visitor.id("selection-patch").click()
    visitor.id("patch-source").select_option(label="own.wav")
    assert visitor.id("patch-own").is_visible()
    visitor.id("patch-start").fill("0.2")
    press(visitor, "patch")
    last = kept(visitor).changes[-1]
    assert last.rows == own.patch(4, 0.2, 0.4).rows
    assert visitor.id("change").count() == 2
    # What a link can hold it does.
    wanted = "states_patched:4:0.3-0.5:1.25:hubert-explorer:charming.wav"
    visitor.tab.wait_for_function(
        "wanted => new URLSearchParams(location.hash.slice(1)).get('changes') === wanted", arg=wanted
    )
    visitor.id("share").click()
    visitor.id("share-status").get_by_text("from your own recording are not in the link").wait_for()
    visitor.tab.keyboard.press("Escape")
    select(visitor, 0.3, 0.5)
    assert visitor.id("patching").is_visible()
    visitor.tab.evaluate("inside.clock.select(null)")
    assert not visitor.id("patching").is_visible()


def test_keywords_over_time_show_what_was_before_beneath(visit):
    visitor = visit(link="#example=harbour.wav&tab=keywords")
    strip = visitor.id("keyword-strip")
    strip.wait_for()
    high = strip.bounding_box()["height"]
    assert not visitor.id("strip-before").count()
    before = visitor.token
    skip = "inside.load('page/changing.js').then(({ changing }) => changing.put(['layer_skipped:6']))"
    visitor.tab.evaluate(skip)
    visitor.wait_for_other_result(before)
    visitor.id("strip-before").wait_for()
    assert strip.bounding_box()["height"] == pytest.approx(high + 12 * 8, abs=1)


@pytest.fixture(scope="module")
def tiny(write_checkpoint, tmp_path_factory, build_page, serve_page):
    """A page whose own model has three layers of two heads, which write letters without sense."""
    folder = write_checkpoint(tmp_path_factory.mktemp("tiny") / "reader")
    page = build_page(checkpoint=folder)
    serve_page(page)
    yield page
    page.close()


def test_a_model_that_greets_says_what_it_cannot_do(visit, tiny):
    visitor = visit(page=tiny, link="#tab=transcript")
    visitor.id("sound-unable").wait_for()
    assert visitor.id("hear-layer").is_disabled()
    assert visitor.id("lens-read").is_enabled()
    # No term of the glossary is a button in what is typed into a shell.
    assert visitor.id("sound-unable").locator("code button").count() == 0


def test_a_sweep_goes_on_beside_a_switch_and_marks_what_the_library_does(visit, tiny):
    visitor = visit(page=tiny, link="#tab=attention")
    visitor.tab.wait_for_selector("[data-shown]")
    analysis = tiny.results.get(visitor.token).analysis
    visitor.id("sweep-heads").click()
    press(visitor, "switch-head_off:2.0")
    visitor.tab.wait_for_function(DONE)
    known = analysis.sweep("heads")
    rises = known.effects.loss_rise
    for layer, head in np.ndindex(rises.shape):
        switch = visitor.id(f"switch-head_off:{layer}.{head}")
        size = f"{abs(rises[layer, head]):.2f}"
        moves = f"{'falls' if rises[layer, head] < 0 else 'rises'} by {size} nats"
        told = moves if float(size) else "does not change"
        assert f"the CTC loss {told}" in switch.get_attribute("aria-label")
        assert ("is-marked" in switch.get_attribute("class")) == known.is_marked[layer, head]
    assert "by chance 1 in 51" in visitor.id("sweep-note").inner_text()
    assert visitor.id("switch-layer_skipped:0").inner_text()
    visitor.tab.get_by_role("button", name="characters changed").click()
    for layer, head in np.ndindex(rises.shape):
        shown = visitor.id(f"switch-head_off:{layer}.{head}").inner_text()
        assert int(shown) == known.effects.characters_changed[layer, head]
    # The same is there at once for whoever asks next; and where nothing is changed it can be downloaded.
    assert visitor.id("take-head_sweep-png").is_disabled()
    press(visitor, "changes-back")
    visitor.id("sweep-heads").click()
    visitor.tab.wait_for_function(DONE)
    with visitor.tab.expect_download() as download:
        visitor.id("take-head_sweep-png").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    # Of another recording nothing is known.
    visitor.id("example-1").click()
    visitor.tab.wait_for_function("inside.store.result.example === 1")
    visitor.tab.wait_for_selector("[data-shown]")
    assert visitor.tab.locator(".hx-switch:not(:empty)").count() == 0


def test_a_sweep_is_ended_at_a_press_and_follows_the_keyword_that_was_chosen(visit, page):
    visitor = visit(link="#example=harbour.wav&tab=attention")
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.id("sweep-keyword").locator("option[value=go]").wait_for(state="attached")
    visitor.id("sweep-keyword").select_option("go")
    visitor.id("sweep-words").click()
    visitor.id("silenced-word").first.wait_for()
    assert "“go”" in visitor.id("silenced-note").inner_text()
    visitor.id("sweep-stop").last.click()
    visitor.tab.wait_for_function(DONE)
    assert page.waiting.idle(20)
    # What there is stays.
    assert visitor.id("silenced-word").count() > 5
    visitor.id("example-1").click()
    visitor.tab.wait_for_function("inside.store.result.example === 1")
    assert visitor.id("silenced-word").count() == 0
    visitor.id("sweep-words").click()
    visitor.tab.wait_for_function(DONE)
    known = page.results.get(visitor.token).analysis.sweep("words", keyword="go")
    (row,) = visitor.id("silenced-word").all()
    word, rise, *_ = row.inner_text().split()
    assert word == "stop"
    assert float(rise) == pytest.approx(known.effects.loss_rise[0], abs=0.51)
    assert ("is-marked" in row.get_attribute("class")) == known.is_marked[0]
    # One word leaves no room for others as long.
    assert "No word is compared with chance" in visitor.id("silenced-note").inner_text()


def test_whoever_leaves_ends_a_sweep(visit, page):
    visitor = visit(link="#example=harbour.wav&tab=attention")
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.id("sweep-heads").click()
    visitor.tab.wait_for_function("document.querySelector('.hx-switch:not(:empty)')")
    visitor.tab.goto(f"{page.demo.local_url}healthz")
    assert page.waiting.idle(40)


def test_switches_are_one_stop_and_large_enough_for_a_finger(visit):
    visitor = visit(link=STOP, width=390, height=844)
    visitor.tab.wait_for_selector("[data-shown]")
    switches = visitor.id("switches").get_by_role("switch")
    assert switches.count() == 8 * (6 + 2)
    assert visitor.id("switches").locator("[tabindex='0']").count() == 1
    boxes = visitor.tab.evaluate(
        """[...document.querySelectorAll(".hx-switch, .hx-toggle")].map((each) => {
          const { width, height } = each.getBoundingClientRect();
          return Math.min(width, height);
        })"""
    )
    assert min(boxes) >= 44
    # Some are beyond the edge, which says so until they are scrolled to.
    box = visitor.tab.locator(".hx-switches-box")
    assert "has-more" in box.get_attribute("class")
    box.evaluate("each => { each.scrollLeft = each.scrollWidth; }")
    visitor.tab.locator(".hx-switches-box:not(.has-more)").wait_for()
    first = visitor.id("switch-head_off:0.0")
    first.focus()
    for key in ("ArrowDown", "ArrowRight"):
        visitor.tab.keyboard.press(key)
    before = visitor.token
    visitor.tab.keyboard.press("Space")
    visitor.wait_for_other_result(before)
    assert changes(visitor) == "head_off:1.1"
    assert visitor.tab.evaluate("document.activeElement.dataset.testid") == "switch-head_off:1.1"
    assert visitor.tab.evaluate("document.documentElement.scrollWidth") == 390
