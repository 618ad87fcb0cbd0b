"""In a browser, by keys, ear, finger, or in forced colours: tabs, groups of pictures, controls, letters."""

import pytest

TABS = ["Transcript", "Keywords", "Layers", "Attention"]
NAME_NOW = "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"


def open_all(visitor):
    for title in TABS:
        visitor.open(title)
    visitor.tab.wait_for_selector("[data-shown]")
    visitor.tab.wait_for_selector("body[data-hx-complete]")


def test_arrow_keys_go_from_tab_to_tab_and_each_names_its_panel(visit):
    visitor = visit()
    strip = visitor.tab.locator("#hx-tabs [role=tab]")
    assert [tab.get_attribute("tabindex") for tab in strip.all()] == ["0", "-1", "-1", "-1"]
    strip.first.focus()
    for key, title in (
        ("ArrowRight", "Keywords"),
        ("End", "Attention"),
        ("ArrowLeft", "Layers"),
        ("Home", "Transcript"),
    ):
        visitor.tab.keyboard.press(key)
        visitor.wait_until_open(title.lower())
        assert visitor.tab.evaluate(NAME_NOW) == title
        assert visitor.tab.locator("#hx-tabs [role=tab][tabindex='0']").inner_text() == title
    for tab in strip.all():
        panel = visitor.tab.locator(f"[id='{tab.get_attribute('aria-controls')}']")
        assert panel.get_attribute("role") == "tabpanel"
        assert panel.get_attribute("aria-labelledby") == tab.get_attribute("id") != ""


def test_a_group_of_pictures_is_one_stop_and_arrows_go_on_in_it(visit):
    visitor = visit()
    open_all(visitor)
    for title, group, pressed in (
        ("Layers", ".hx-layer-grid", True),
        ("Attention", ".hx-thumbs", False),
        ("Attention", ".hx-heads", False),
    ):
        visitor.open(title)
        stops = visitor.tab.locator(f"{group} button[tabindex='0']")
        assert stops.count() == 1
        assert stops.get_attribute("aria-pressed") == "true"
        names = visitor.tab.locator(f"{group} button").evaluate_all("all => all.map((one) => one.ariaLabel)")
        stops.focus()
        visitor.tab.keyboard.press("Home")
        visitor.tab.keyboard.press("ArrowRight")
        assert visitor.tab.evaluate(NAME_NOW) == names[1]
        assert visitor.tab.locator(f"{group} [aria-pressed=true]").get_attribute("aria-label") == (
            names[1] if pressed else names[names.index(visitor.tab.evaluate(PRESSED, group))]
        )
        visitor.tab.keyboard.press("ArrowDown")
        below, above = visitor.tab.evaluate(BENEATH, group)
        assert below["top"] > above["top"]
        assert below["left"] == pytest.approx(above["left"], abs=1)
        visitor.tab.keyboard.press("Tab")
        assert not visitor.tab.evaluate("group => document.activeElement.closest(group)", group)


def test_a_screen_reader_hears_the_transcript_first(visit):
    visitor = visit()
    first = visitor.tab.locator("#hx-main [role=status]:not(:empty)").first

    def hears_the_best_reading():
        visitor.tab.wait_for_selector("body[data-hx-complete]")
        words = visitor.tab.evaluate("inside.clock.words.map(({ text }) => text)")
        assert words
        return first.text_content() == " ".join(["Transcript:", *words])

    assert hears_the_best_reading()
    # Before anything else of the result: the pictures follow.
    order = visitor.tab.evaluate(
        """document.querySelector("#hx-main [role=status]:not(:empty)")
             .compareDocumentPosition(document.querySelector("#hx-timeline canvas"))"""
    )
    assert order & 4
    before = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(before)
    assert hears_the_best_reading()


def test_forced_colours_keep_thumbs_selections_and_the_present(visit):
    visitor = visit()
    open_all(visitor)
    visitor.tab.emulate_media(forced_colors="active")
    visitor.tab.evaluate("inside.clock.seek(inside.clock.words[1].start_s + 0.01); inside.clock.select(1, 2)")
    colours = visitor.tab.evaluate("""() => {
      const of = (selector, name, pseudo) => getComputedStyle(document.querySelector(selector), pseudo)[name];
      const probe = document.body.appendChild(document.createElement("i"));
      probe.style.cssText = "color: Highlight; background: Canvas";
      const { color: highlight, backgroundColor: canvas } = getComputedStyle(probe);
      probe.remove();
      return {
        highlight, canvas,
        cursor: of(".hx-wave .hx-cursor", "backgroundColor"),
        selection: of(".hx-wave .hx-selection", "borderLeftColor"),
        pressed: of(".hx-view-attention [aria-pressed=true]", "outlineColor"),
        word: of(".hx-cell.is-now", "outlineColor"),
        tab: of("#hx-tabs [role=tab].selected", "backgroundColor", "::after"),
        picture: of("[data-testid=timeline-canvas]", "backgroundColor"),
      };
    }""")
    for piece in ("cursor", "selection", "pressed", "word", "tab"):
        assert colours[piece] == colours["highlight"] != colours["canvas"], piece
    assert colours["picture"] == "rgb(255, 255, 255)"
    # Of a thumb no style can be asked: it is where the system's colour is painted.
    slider = visitor.id("attention-layer")
    assert slider.evaluate(THUMB_RULES) == ["highlight"]


def test_on_a_phone_everything_that_is_pressed_is_large_enough_for_a_finger(visit):
    visitor = visit(width=390, height=844)
    visitor.tab.evaluate("inside.zoomTo({ from: 1, to: 2 })")
    for title in TABS:
        visitor.open(title)
        visitor.tab.wait_for_selector("body[data-hx-complete]")
        for closed in visitor.tab.locator("details:not([open]) > summary:visible").all():
            closed.click()
        assert visitor.tab.evaluate(SMALL) == []


# What is pressed and too small, but for words and cells on a scale of time, and terms in sentences.
SMALL = """() => [...document.querySelectorAll("button, a, input, select, textarea, summary, [role]")]
  .filter((one) => one.matches("button, a, input, select, textarea, summary, [role=tab], [role=scrollbar]"))
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => !one.closest(".hx-words, .hx-transcript") && !one.matches(".hx-term"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width && (width < 43.9 || height < 43.9))
  .map(([one, { width, height }]) =>
    `${one.tagName} ${one.ariaLabel ?? one.textContent} ${Math.round(width)} x ${Math.round(height)}`)"""

PRESSED = "group => document.querySelector(`${group} [aria-pressed=true]`).ariaLabel"

# Where the button in focus is, and the one above it, which was in focus before.
BENEATH = """(group) => {
  const buttons = [...document.querySelectorAll(`${group} button`)];
  const place = (one) => (({ left, top }) => ({ left, top }))(one.getBoundingClientRect());
  return [place(document.activeElement), place(buttons[1])];
}"""

# What the styles say of a slider's thumb in forced colours.
THUMB_RULES = """() => [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule.media?.mediaText.includes("forced-colors"))
  .flatMap((rule) => [...rule.cssRules])
  .filter((rule) => rule.selectorText?.includes("-webkit-slider-thumb"))
  .map((rule) => rule.style.background.toLowerCase())"""


# How a letter is painted where letters are small: on dots of a map, and beside the map of letters.
PAINTED = """async ([size, bold]) => {
  const { letterFont } = inside;
  await document.fonts.load(letterFont(size, bold));
  const paint = (letter) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 16;
    const ctx = canvas.getContext("2d");
    ctx.font = letterFont(size, bold);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(letter, 8, 8.5);
    const { data } = ctx.getImageData(0, 0, 16, 16);
    const alpha = (y) => Array.from({ length: 16 }, (_, x) => data[4 * (16 * y + x) + 3]);
    return Array.from({ length: 16 }, (_, y) => alpha(y));
  };
  return ["i", "l"].map(paint);
}"""


@pytest.mark.parametrize(("size", "bold"), [(12, False), (13, True)])
def test_a_small_i_and_l_differ_on_an_ordinary_screen(visit, size, bold):
    visitor = visit()
    assert visitor.tab.evaluate("devicePixelRatio") == 1
    small_i, small_l = visitor.tab.evaluate(PAINTED, [size, bold])
    # Beneath the dot of an i there is a gap; an l has none.
    ink = [[sum(row) > 200 for row in letter] for letter in (small_i, small_l)]
    stretches = ["".join("#" if full else "." for full in each).strip(".").split(".") for each in ink]
    assert len([each for each in stretches[0] if each]) == 2
    assert len([each for each in stretches[1] if each]) == 1
    rows = zip(small_i, small_l, strict=True)
    differing = sum(abs(a - b) for row in rows for a, b in zip(*row, strict=True))
    assert differing > 0.2 * sum(map(sum, small_i + small_l))
