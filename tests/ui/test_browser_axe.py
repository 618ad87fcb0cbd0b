"""What axe-core finds on the page after a finished analysis: on every tab and dialog, and in lessons."""

import pytest

TABS = ["Transcript", "Keywords", "Layers", "Attention"]
WIDTHS = [1280, 390]
DRESSES = [(width, theme) for width in WIDTHS for theme in ("light", "dark")]

# All rules that are on by default, and the one for names that lack what can be read.
RUN = """async () => {
  const rules = { "label-content-name-mismatch": { enabled: true } };
  const { violations } = await axe.run(document, { rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
    `${id}: ${target.join(" ")}: ${failureSummary}`));
}"""


DRESS = """async (dark) => {
  document.body.classList.toggle("dark", dark);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


@pytest.fixture(scope="module")
def axe(root, missing):
    """The script of axe-core."""
    path = root / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
    return path.read_text() if path.exists() else missing("no axe-core here; in .ci: npm ci")


def test_nothing_is_found_by_axe(axe, visit):
    visitor = visit(width=WIDTHS[0], height=900)
    visitor.tab.evaluate(axe)
    found = {}

    def look(where, dresses=DRESSES):
        for width, theme in dresses:
            visitor.tab.set_viewport_size({"width": width, "height": 900})
            visitor.tab.evaluate(DRESS, theme == "dark")
            if problems := visitor.tab.evaluate(RUN):
                found[f"{where}, {width} pixels, {theme}"] = problems

    visitor.id("lens-read").click()
    visitor.tab.wait_for_selector("[data-testid=lens-map]:visible")
    visitor.id("hear-layer").click()
    visitor.tab.wait_for_selector("[data-testid=layer-sound]:visible")
    for title in TABS:
        visitor.open(title)
        visitor.tab.wait_for_selector("body[data-hx-complete]")
        for closed in visitor.tab.locator("details:not([open]) > summary:visible").all():
            closed.click()
        look(title)
        if title in ("Transcript", "Attention"):
            # On a phone there is nothing to present on.
            visitor.tab.set_viewport_size({"width": max(WIDTHS), "height": 900})
            visitor.id("present").click()
            look(f"{title}, presented", DRESSES[:2])
            visitor.id("present").click()
    # With something changed inside the model, and a stretch selected.
    before = visitor.token
    visitor.tab.evaluate("inside.clock.select(0.5, 1.2)")
    visitor.id("switch-head_off:3.1").click()
    visitor.wait_for_other_result(before)
    visitor.id("sweep-words").click()
    visitor.id("silenced-word").first.wait_for()
    visitor.id("sweep-stop").last.click()
    visitor.id("sweep-heads").click()
    visitor.tab.wait_for_function("document.querySelector('.hx-switch.is-whole:not(:empty)')")
    visitor.id("sweep-stop").first.click()
    for title in reversed(TABS):
        visitor.open(title)
        visitor.tab.wait_for_selector("body[data-hx-complete]")
        look(f"{title}, changed", [DRESSES[0], DRESSES[-1]])
    visitor.open("Attention")
    before = visitor.token
    visitor.id("changes-back").click()
    visitor.wait_for_other_result(before)
    visitor.id("take-script").click()
    visitor.id("script").wait_for()
    visitor.id("lessons-open").click()
    look("lessons")
    visitor.id("open-glossary").click()
    look("glossary")
    visitor.id("glossary-close").click()
    visitor.id("lessons-open").click()
    visitor.id("lesson-first-look").click()
    visitor.id("prediction-number").wait_for()
    visitor.id("lesson-check").click()
    look("a number to predict")
    visitor.id("prediction-number").fill("7")
    visitor.id("lesson-check").click()
    look("a wrong answer")
    visitor.tab.locator(".hx-lesson-body .hx-term").first.click()
    look("what a term means")
    visitor.id("meaning-close").click()
    visitor.id("lesson-next").click()
    visitor.tab.locator("[data-testid=prediction] label").first.click()
    look("a choice")
    assert found == {}
