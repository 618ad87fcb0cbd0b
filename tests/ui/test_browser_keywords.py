"""The keywords view in a browser: whether a command was heard, and by which layers."""

import pytest

from hubert_demo.percent import percent


def test_it_says_whether_the_command_was_heard(visit, page):
    visitor = visit()
    visitor.open("Keywords")
    for example, file in enumerate(page.examples):
        if file.path.name not in ("stop.wav", "harbour.wav"):
            continue
        # The first example greets the visitor; it need not be chosen.
        if example:
            before = visitor.token
            visitor.id(f"example-{example}").click()
            visitor.wait_for_other_result(before)
        heard = page.results.get(visitor.token).analysis.keywords
        said = visitor.id("keyword-state").inner_text()
        if heard.is_heard:
            assert said.startswith("heard")
        elif heard.label.startswith("_"):
            assert said.startswith("no command heard")
        else:
            assert said.startswith("not sure enough")


def test_the_commands_that_were_heard_lead_in_their_order(visit, page):
    visitor = visit()
    [number] = [i for i, each in enumerate(page.examples) if each.path.name == "commands.wav"]
    before = visitor.token
    visitor.id(f"example-{number}").click()
    visitor.wait_for_other_result(before)
    visitor.open("Keywords")
    heard = page.results.get(visitor.token).analysis.keywords.heard
    said = [button.inner_text().split("\n") for button in visitor.id("heard-keyword").all()]
    assert [label for label, _ in said] == [command.label for command in heard] == ["yes", "stop", "right"]
    assert [about for _, about in said] == [
        f"{command.start_s:.2f}–{command.end_s:.2f} s · {percent(command.probability)}" for command in heard
    ]
    visitor.id("heard-keyword").nth(1).click()
    visitor.tab.wait_for_function("inside.clock.playing")
    visitor.tab.wait_for_function("!inside.clock.playing")
    assert visitor.time == pytest.approx(heard[1].start_s, abs=0.05)


def test_where_no_command_was_heard_that_is_said_small(visit, page):
    visitor = visit()
    [number] = [i for i, each in enumerate(page.examples) if each.path.name == "harbour.wav"]
    before = visitor.token
    visitor.id(f"example-{number}").click()
    visitor.wait_for_other_result(before)
    visitor.open("Keywords")
    assert page.results.get(visitor.token).analysis.keywords.heard == ()
    assert visitor.id("keywords-heard").inner_text().startswith("No command heard")
    assert visitor.id("heard-keyword").count() == 0


def test_a_command_below_the_threshold_is_not_called_heard(visit):
    def unsure(scores):
        probabilities = [0.34 if i == 2 else 0.06 for i in range(len(scores["labels"]))]
        return {**scores, "probabilities": probabilities, "is_heard": False, "threshold": 0.5}

    visitor = visit()
    visitor.change_answer("part", lambda part: {**part, "scores": unsure(part["scores"])}, name="keywords")
    visitor.open("Keywords")
    visitor.id("keyword-state").wait_for()
    assert visitor.id("keyword-state").inner_text().split("\n") == [
        "not sure enough",
        "34%; 50% is needed",
    ]


def test_a_press_on_the_strip_plays_the_second_that_was_judged_there(visit):
    visitor = visit()
    visitor.open("Keywords")
    strip = visitor.id("keyword-strip")
    strip.click(position={"x": 70 + (strip.bounding_box()["width"] - 86) / 2, "y": 20})
    middle = visitor.tab.evaluate("inside.clock.duration") / 2
    visitor.tab.wait_for_function("inside.clock.playing")
    visitor.tab.wait_for_function("!inside.clock.playing")
    assert visitor.time == pytest.approx(middle - 0.5, abs=0.05)


def test_the_layers_weights_are_bars(visit, page):
    visitor = visit()
    visitor.open("Keywords")
    weights = page.results.get(visitor.token).analysis.encoding.classes.layer_weights
    bars = visitor.id("layer-weight")
    assert bars.count() == len(weights)
    heights = [bar.bounding_box()["height"] for bar in bars.locator("i").all()]
    assert [height / max(heights) for height in heights] == pytest.approx(weights / weights.max(), abs=0.02)
    assert f"{weights.max():.2f}" in bars.nth(int(weights.argmax())).inner_text()


def test_a_model_without_keyword_head_says_so(visit):
    visitor = visit()
    visitor.change_answer("part", lambda part: {**part, "scores": None}, name="keywords")
    visitor.open("Keywords")
    visitor.tab.get_by_text("no keyword head").wait_for()
