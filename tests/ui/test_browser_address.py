"""In a real browser: the page's address says what is on show, and what an address says is put on show."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

# Another example, another model, and of everything that an address may say something unusual.
EXAMPLE, EXAMPLE_FILE = 5, "numbers.wav"
MODEL = "hubert-explorer-pretrained"
LINK = (
    f"#example={EXAMPLE_FILE}&checkpoint={MODEL}&tab=attention&layer=2&attention_layer=1&head=3&colour=unit"
    "&num_units=7&num_neighbours=12&metric=cosine&seed=3&reference=seven,+three+%26+nine&hotwords=zero"
    "&sort=most+diagonal&filter=vertical&t=1.2375&select=0.8-1.6&zoom=0.5123-1.9&speed=0.75&theme=dark&lesson=first-look"
    "&step=5"
)
STATE = """() => {
  const { store, clock } = inside;
  return {
    ...store.choices, example: store.result.example, checkpoint: store.result.checkpoint, tab: store.open,
    t: clock.time, select: clock.selection, zoom: store.zoom, speed: clock.rate, lesson: store.lesson,
    step: store.step,
    dark: document.body.classList.contains("dark"),
  };
}"""
EXPECTED = {
    "example": EXAMPLE,
    "checkpoint": MODEL,
    "tab": "attention",
    "layer": 2,
    "attention_layer": 1,
    "head": 3,
    "colour": "unit",
    "num_units": 7,
    "num_neighbours": 12,
    "metric": "cosine",
    "seed": 3,
    "reference": "seven, three & nine",
    "hotwords": "zero",
    "sort": "most diagonal",
    "filter": "vertical",
    "t": 1.2375,
    "select": {"from": 0.8, "to": 1.6},
    "zoom": {"from": 0.5123, "to": 1.9},
    "speed": 0.75,
    "lesson": "first-look",
    "step": 5,
    "dark": True,
}
NO_CLIPBOARD = "Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined });"
REFUSING = (
    """navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"""
)


def hash_of(visitor):
    return visitor.tab.evaluate("location.hash")


def wait_for_hash(visitor, wanted):
    visitor.tab.wait_for_function("wanted => location.hash === wanted", arg=wanted)


def go_to(visitor, link):
    """As if somebody had typed it behind the page's address."""
    visitor.tab.evaluate("link => { location.hash = link; }", link)


def near(state):
    """Seconds to a tenth of a millisecond, as an address writes them."""
    return {name: pytest.approx(value, abs=1e-4) if name == "t" else value for name, value in state.items()}


def test_an_untouched_page_has_a_plain_address_and_every_field_goes_into_it(visit):
    visitor = visit()
    visitor.tab.wait_for_selector("body[data-hx-complete]")
    assert hash_of(visitor) == ""
    greeting = visitor.token
    visitor.id("model").select_option(MODEL)
    visitor.wait_for_other_result(greeting)
    token = visitor.token
    visitor.id(f"example-{EXAMPLE}").click()
    visitor.wait_for_other_result(token)
    visitor.id("lessons-open").click()
    visitor.id("lesson-first-look").click()
    for _ in range(4):
        visitor.id("lesson-next").click()
    visitor.wait_until_open("attention")
    visitor.tab.get_by_role("button", name="¾×").click()
    visitor.id("theme").click()
    visitor.tab.evaluate("""() => {
      inside.choose({
        layer: 2, attention_layer: 1, head: 3, colour: "unit", num_units: 7, method: "umap", seed: 3,
        num_neighbours: 12, metric: "cosine", reference: "seven, three & nine", hotwords: "zero",
        sort: "most diagonal", filter: "vertical",
      });
      inside.clock.select(0.8, 1.6);
      inside.clock.seek(1.2375);
      inside.zoomTo({ from: 0.5123, to: 1.9 });
    }""")
    wait_for_hash(visitor, LINK)
    # Without a press of the button too, nothing piles up behind the visitor.
    assert visitor.tab.evaluate("history.length") == 2


def test_every_field_comes_out_of_an_address_in_a_new_profile(visit):
    visitor = visit(is_new=True, link=LINK)
    visitor.wait_until_open("attention")
    visitor.id("lesson-count").filter(has_text="5 of 6").wait_for()
    state = visitor.tab.evaluate(STATE)
    assert state == near(EXPECTED)
    assert not visitor.id("alert").is_visible()
    wait_for_hash(visitor, LINK)
    # What the parts of the views make of it.
    visitor.tab.wait_for_selector("[data-shown='1-3']")
    assert visitor.id("attention-title").inner_text() == "Layer 2, head 4"
    assert visitor.id("head-sort").input_value() == "most diagonal"
    assert visitor.tab.locator("[data-testid=speed] [aria-pressed=true]").inner_text() == "¾×"
    assert visitor.id("model").input_value() == MODEL
    visitor.open("Layers")
    visitor.id("map-settings").click()
    assert [visitor.id(name).input_value() for name in ("neighbours", "metric", "seed", "num-units")] == [
        "12",
        "cosine",
        "3",
        "7",
    ]
    visitor.open("Transcript")
    visitor.id("aligned-word").first.wait_for()
    assert visitor.id("hotwords").input_value() == "zero"
    # The next recording is heard by the linked model.
    token = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(token)
    assert visitor.tab.evaluate("inside.store.result.checkpoint") == MODEL


PICTURES = {
    "attention": "#example=charming.wav&tab=attention&attention_layer=5&head=2&t=1.24&zoom=0.5-2.5",
    "layers": "#example=charming.wav&tab=layers&layer=3&colour=letter&num_neighbours=10&t=1.24",
}
PIXELS = """async (view) => {
  const name = view === "layers" ? "layer-map" : "attention-map";
  const canvas = document.querySelector(`[data-testid=${name}]`);
  await document.fonts.ready;
  // Until the dots have come to rest.
  let [before, now] = ["", canvas.toDataURL()];
  while (now !== before) {
    await new Promise((done) => setTimeout(done, 200));
    [before, now] = [now, canvas.toDataURL()];
  }
  return now.split(",")[1];
}"""
# Of 255: how much the colours of two visits may differ, on average and where they differ most.
MEAN, MOST = 0.01, 8


def picture(visitor, view):
    visitor.wait_until_open(view)
    if view == "layers":
        visitor.tab.wait_for_selector("[data-testid=map-status]:not(.is-waiting)", state="attached")
        visitor.tab.wait_for_selector("[data-method=umap]")
    else:
        visitor.tab.wait_for_selector("[data-shown='5-2']")
    visitor.tab.wait_for_selector("body[data-hx-complete]")
    png = base64.b64decode(visitor.tab.evaluate(PIXELS, view))
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), dtype=float)


@pytest.mark.parametrize("view", PICTURES)
def test_a_link_shows_the_same_picture_to_whoever_opens_it(visit, view):
    by_hand, stranger = visit(), visit(is_new=True, link=PICTURES[view])
    by_hand.open(view.capitalize())
    by_hand.tab.evaluate("inside.clock.seek(1.24)")
    if view == "layers":
        by_hand.tab.evaluate("inside.choose({ layer: 3, colour: 'letter', num_neighbours: 10 })")
    else:
        by_hand.tab.evaluate(
            "inside.choose({ attention_layer: 5, head: 2 }); inside.zoomTo({ from: 0.5, to: 2.5 })"
        )
    wait_for_hash(by_hand, PICTURES[view])
    mine, theirs = picture(by_hand, view), picture(stranger, view)
    assert mine.shape == theirs.shape
    assert mine.std() > 10
    difference = np.abs(mine - theirs)
    assert difference.mean() <= MEAN
    assert difference.max() <= MOST


def test_an_address_that_is_changed_is_applied_and_so_are_back_and_forth(visit, page, encoder_passes):
    visitor = visit()
    visitor.open("Layers")
    first = "#example=charming.wav&tab=layers"
    wait_for_hash(visitor, first)
    go_to(visitor, "#example=stop.wav&tab=attention&head=4&speed=0.5&select=0.2-0.6")
    visitor.tab.get_by_text("Layer 4, head 5", exact=True).wait_for()
    assert page.examples[1].path.name in visitor.id("notes").inner_text()
    visitor.tab.go_back()
    visitor.tab.wait_for_function("inside.store.result.example === 0")
    visitor.wait_until_open("layers")
    state = visitor.tab.evaluate(STATE)
    assert (state["head"], state["speed"], state["select"]) == (0, 1, None)
    wait_for_hash(visitor, first)
    visitor.tab.go_forward()
    visitor.tab.wait_for_function("inside.store.result.example === 1 && inside.store.choices.head === 4")
    with encoder_passes() as passes:
        # The recording stays where only the look at it changes.
        token = visitor.tab.evaluate("inside.store.result.token")
        go_to(visitor, "#example=stop.wav&tab=transcript&t=0.5")
        visitor.wait_until_open("transcript")
        assert visitor.time == 0.5
        assert visitor.tab.evaluate("inside.store.result.token") == token
        # Without an example, the one that greets.
        go_to(visitor, "")
        visitor.tab.wait_for_function("inside.store.result.example === 0")
    assert not passes


def test_many_changes_are_one_in_the_address_and_what_plays_is_none(visit):
    visitor = visit()
    visitor.open("Keywords")
    wait_for_hash(visitor, "#example=charming.wav&tab=keywords")
    visitor.tab.evaluate("""() => {
      window.written = [];
      const write = history.replaceState;
      history.replaceState = function (...given) {
        window.written.push(location.hash);
        return write.apply(this, given);
      };
      for (let i = 0; i < 500; i++) inside.choose({ head: i % 6 });
    }""")
    wait_for_hash(visitor, "#example=charming.wav&tab=keywords&head=1")
    visitor.tab.evaluate("inside.clock.toggle()")
    visitor.tab.wait_for_function("inside.clock.time > 1.5")
    assert visitor.tab.evaluate("window.written.length") == 1
    visitor.tab.evaluate("inside.clock.toggle()")
    visitor.tab.wait_for_function("location.hash.includes('&t=1.') || location.hash.includes('&t=2.')")
    assert visitor.tab.evaluate("history.length") == 2


def test_the_page_for_programs_takes_nothing_from_the_address(visit):
    visitor = visit()
    visitor.open("Keywords")
    wait_for_hash(visitor, "#example=charming.wav&tab=keywords")
    visitor.tab.get_by_role("button", name="Use via API").click()
    visitor.tab.wait_for_function("location.search.includes('view=api')")
    visitor.tab.locator(".api-docs .backdrop").click(position={"x": 5, "y": 5})
    visitor.tab.wait_for_function("!location.search.includes('view=api')")
    wait_for_hash(visitor, "#example=charming.wav&tab=keywords")
    # What that page asks for and is refused.
    visitor.problems.clear()


def test_a_frame_that_may_not_change_its_address_goes_on_and_shares(visit):
    refuse = "history.replaceState = () => { throw new DOMException('no', 'SecurityError'); };"
    visitor = visit(script=refuse + NO_CLIPBOARD)
    visitor.open("Keywords")
    visitor.id("share").click()
    assert visitor.id("share-link").input_value().endswith("/#example=charming.wav&tab=keywords")


IN_VAIN = {
    "#tab=layers&layer=99&attention_layer=-1&head=x&colour=mauve": ["layer=99", "head=x", "colour=mauve"],
    "#tab=layers&method=tsne&num_neighbours=1&metric=far&seed=-1&num_units=1e9": [
        "method=tsne",
        "num_units=1e9",
    ],
    "#tab=layers&t=99&select=2-1&zoom=0-99&speed=9&theme=pink&step=6": ["t=99", "select=2-1", "step=6"],
    "#example=../secret.wav&checkpoint=/etc/passwd&tab=layers": ["example=../secret.wav", "checkpoint=/etc"],
    "#%E0%A4%A&nonsense&tab=layers&lesson=7": ["nonsense", "lesson=7"],
}


def test_what_an_address_asks_for_in_vain_is_named_in_one_sentence_and_the_rest_is_shown(visit):
    [(first, _), *_] = IN_VAIN.items()
    visitor = visit(link=first)
    for link, named in IN_VAIN.items():
        if link != first:
            visitor.open("Keywords")
            go_to(visitor, link)
        visitor.wait_until_open("layers")
        sentence = visitor.id("alert").inner_text()
        assert [each for each in named if each not in sentence] == []
        assert ". " not in sentence
        wait_for_hash(visitor, "#example=charming.wav&tab=layers")
        visitor.id("layer-map").wait_for()
        state = visitor.tab.evaluate(STATE)
        assert (state["layer"], state["t"], state["zoom"], state["speed"]) == (8, 0, None, 1)


def test_a_model_that_cannot_be_had_is_said_and_the_greeting_is_shown_as_linked(visit, unreachable_hub):
    visitor = visit(link="#example=stop.wav&checkpoint=facebook/hubert-base-ls960&tab=keywords")
    visitor.wait_until_open("keywords")
    assert "the hub cannot be reached" in visitor.id("alert").inner_text()
    assert visitor.tab.evaluate("inside.store.result.example") == 0
    assert visitor.id("model").input_value() == "hubert-explorer"
    wait_for_hash(visitor, "#example=charming.wav&tab=keywords")


def test_a_link_says_nothing_of_a_recording_of_one_s_own_and_a_reload_keeps_it(visit, write_wav):
    visitor = visit(script=NO_CLIPBOARD)
    before = visitor.token
    visitor.upload(write_wav("secret words.wav", duration_s=2, seed=51))
    visitor.wait_for_other_result(before)
    visitor.open("Attention")
    visitor.tab.evaluate("""() => {
      inside.choose({ head: 2, reference: "my secret", hotwords: "secret" });
      inside.clock.select(0.5, 1.5);
      inside.clock.seek(1);
    }""")
    wait_for_hash(visitor, "#tab=attention&head=2")
    visitor.id("share").click()
    assert "Your recording stays here" in visitor.id("share-status").inner_text()
    link = visitor.id("share-link").input_value()
    assert link.endswith("/#tab=attention&head=2")
    visitor.tab.reload()
    visitor.tab.wait_for_selector("body[data-hx-ready]")
    assert visitor.id("notes").inner_text().startswith("secret words.wav")
    visitor.tab.wait_for_selector("[data-shown='3-2']")
    # Whoever else opens it sees the first example in that way.
    other = visit(is_new=True, link=f"#{link.split('#')[1]}")
    other.tab.wait_for_selector("[data-shown='3-2']")
    assert other.tab.evaluate("inside.store.result.example") == 0
    assert not other.id("alert").is_visible()
    # An example that an address names wins over what the tab has shown last.
    visitor.tab.goto("about:blank")
    visitor.tab.goto(link.replace("#", "#example=charming.wav&"))
    visitor.tab.wait_for_selector("body[data-hx-ready]")
    assert visitor.id("notes").inner_text().startswith("charming.wav")
    assert visitor.id("recent").count() == 1


def test_a_link_is_copied_where_the_browser_lets_a_page_copy(visit, browser):
    visitor = visit()
    origin = visitor.tab.evaluate("location.origin")
    browser.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    visitor.open("Keywords")
    visitor.id("share").click()
    visitor.tab.wait_for_function(
        "document.querySelector('[data-testid=share-status]').textContent === 'Link copied.'"
    )
    copied = visitor.tab.evaluate("navigator.clipboard.readText()")
    # The query is not in it: an address may hold the key of a private page there.
    assert copied == f"{origin}/#example=charming.wav&tab=keywords"
    assert not visitor.id("share-link").is_visible()
    assert visitor.id("share-status").get_attribute("role") == "status"
    visitor.tab.keyboard.press("Escape")
    assert visitor.id("share-status").inner_text() == ""
    browser.clear_permissions()


@pytest.mark.parametrize(("script", "width"), [(NO_CLIPBOARD, 390), (REFUSING, 1280)])
def test_elsewhere_a_link_stands_selected_in_a_field(visit, script, width):
    visitor = visit(script=script, width=width)
    button = visitor.tab.get_by_role("button", name="Share", exact=True)
    box = button.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    button.click()
    field = visitor.id("share-link")
    field.wait_for()
    assert visitor.id("share-status").inner_text() == "Copy this link."
    assert (
        visitor.tab.evaluate("getSelection().toString()")
        == field.input_value()
        == visitor.tab.evaluate("location.origin + location.pathname")
    )
    left, right = visitor.tab.evaluate(
        "(({ left, right }) => [left, right])(document.querySelector('.hx-shared').getBoundingClientRect())"
    )
    assert 0 <= left < right <= width
    visitor.id("share-close").click()
    assert not field.is_visible()
    assert visitor.tab.evaluate("document.activeElement.dataset.testid") == "share"
