"""A classifier of something else than commands in a browser, and the field that opens any HuBERT by name."""

import json

import pytest

from hubert_demo.checkpoints import CheckpointStore
from hubert_demo.percent import percent

EMOTIONS = ("angry", "happy", "neutral", "sad")
LENT = "HuBERT Explorer (small English)"


@pytest.fixture(scope="module")
def page(build_page, serve_page, tmp_path_factory, write_checkpoint):
    """A page that offers classifiers, and whose visitors may name any other model."""
    root = tmp_path_factory.mktemp("classifiers")
    moods = write_checkpoint(root / "moods", "classifier", labels=("arousal", "valence"))
    config = json.loads((moods / "config.json").read_text())
    (moods / "config.json").write_text(json.dumps({**config, "problem_type": "regression"}))
    directories = [
        write_checkpoint(root / "emotions", "classifier", labels=EMOTIONS),
        write_checkpoint(root / "mixing", "classifier", labels=EMOTIONS, use_weighted_layer_sum=True),
        write_checkpoint(root / "age", "classifier", labels=("age",)),
        moods,
        write_checkpoint(root / "speakers", "classifier", labels=tuple(f"speaker {i}" for i in range(40))),
    ]
    page = build_page(directories=directories, store=CheckpointStore(), any_model=True)
    serve_page(page)
    yield page
    page.close()


@pytest.fixture
def look(visit, page):
    """Opens the Keywords tab on a recording of some seconds by a model; gives visitor and classification."""

    def look(name, **options):
        visitor = visit(**options)
        before = visitor.token
        visitor.id("model").select_option(name)
        visitor.wait_for_other_result(before)
        visitor.open("Keywords")
        visitor.id("judged").wait_for()
        return visitor, page.results.get(visitor.token).analysis.classification

    return look


def lead(visitor):
    """What stands above the view."""
    [shown] = [each for each in visitor.tab.locator("#hx-tab-keywords .hx-lead").all() if each.is_visible()]
    return shown.inner_text()


def test_labels_of_the_whole_recording_come_first_and_nobody_set_a_threshold(look):
    visitor, found = look("emotions")
    assert [row.inner_text().split("\n") for row in visitor.id("judged-label").all()] == [
        [EMOTIONS[i], percent(float(found.scores[i]))] for i in found.order
    ]
    assert visitor.id("judged-best").inner_text() == found.label
    assert "By chance each would have 25%" in visitor.id("judged-meaning").inner_text()
    whole, strip = visitor.id("judged").bounding_box(), visitor.id("keyword-strip").bounding_box()
    assert whole["y"] + whole["height"] <= strip["y"]
    text = visitor.id("view-keywords").inner_text()
    assert not any(word in text.lower() for word in ("threshold", "heard", "command", "counts"))
    assert visitor.tab.locator(".hx-judged .hx-track s").count() == 0
    assert visitor.id("layer-weight").count() == 0
    assert lead(visitor).startswith("How this model labels it.")


def test_only_what_the_model_has_is_offered_and_what_is_lent_is_named(look):
    visitor, _ = look("emotions")
    assert visitor.id("take-classification-png").is_visible()
    assert visitor.id("take-keywords-png").count() == 0
    assert f"words from “{LENT}”" in visitor.id("notes").inner_text()
    assert not visitor.id("source-keywords").is_visible()
    before = visitor.token
    visitor.id("model").select_option("hubert-explorer")
    visitor.wait_for_other_result(before)
    visitor.id("keyword-state").wait_for()
    assert visitor.id("take-keywords-png").is_visible()
    assert visitor.id("take-classification-png").count() == 0
    assert LENT not in visitor.id("notes").inner_text()
    assert lead(visitor).startswith("Which of ten commands")


def test_what_a_model_cannot_do_with_its_layers_it_says_before_anybody_presses(look, page):
    visitor, _ = look("emotions", link="#lens=linear&sound_layer=2")
    analysis = page.results.get(visitor.token).analysis
    visitor.open("Transcript")
    visitor.id("lens-unable").wait_for()
    shown = [visitor.id(name).inner_text() for name in ("lens-unable", "sound-unable")]
    assert shown == [sentence.replace("`", "") for sentence in (analysis.why_no_lens, analysis.why_no_sound)]
    assert visitor.id("lens-unable").locator("code").inner_text() == "python -m hubert_demo.training ctc"
    assert visitor.id("lens-read").is_disabled()
    assert visitor.id("hear-layer").is_disabled()
    assert not visitor.id("lens-problem").is_visible()
    assert not visitor.id("sound-problem").is_visible()
    before = visitor.token
    visitor.id("model").select_option("hubert-explorer")
    visitor.wait_for_other_result(before)
    visitor.id("lens-unable").wait_for(state="hidden")
    visitor.id("sound-unable").wait_for(state="hidden")
    visitor.id("lens-read").click()
    visitor.id("lens-texts").wait_for()
    assert visitor.id("hear-layer").is_enabled()


def test_a_sweep_follows_one_of_its_labels_and_shows_what_there_is(look, page):
    visitor, found = look("emotions")
    visitor.open("Attention")
    offered = visitor.id("sweep-keyword")
    offered.locator("option[value=sad]").wait_for(state="attached")
    labels = [EMOTIONS[index] for index in found.order]
    assert offered.locator("option").all_inner_texts() == ["the likeliest", *labels]
    offered.select_option("sad")
    visitor.id("sweep-heads").click()
    visitor.tab.wait_for_function("document.querySelector('[data-testid=sweep-note]:not(:empty)')")
    visitor.id("sweep-progress").first.wait_for(state="hidden")
    note = visitor.id("sweep-note").inner_text()
    assert "the probability of “sad” changes" in note
    assert "ramed" not in note
    measures = visitor.tab.get_by_role("group", name="What the colours show").locator("button").all()
    assert [(each.inner_text(), each.is_enabled()) for each in measures] == [
        ("CTC loss", False),
        ("characters changed", False),
        ("probability", True),
    ]
    assert measures[2].get_attribute("aria-pressed") == "true"
    sweep = page.results.get(visitor.token).analysis.sweep("heads", keyword="sad")
    change = sweep.effects.keyword_change[1, 1]
    size = f"{abs(100 * change):.1f}"
    spoken = f"{'falls' if change < 0 else 'rises'} by {size} points" if float(size) else "does not change"
    spoken = f"the probability {spoken}"
    assert visitor.tab.locator(f".hx-switch[aria-label*='{spoken}'], .hx-switch[title*='{spoken}']").count()


def test_each_kind_of_classifier_is_shown_in_its_own_way(look, page):
    visitor, found = look("mixing")
    assert visitor.id("layer-weight").count() == len(found.layer_weights) == 4

    def choose(name):
        before = visitor.token
        visitor.id("model").select_option(name)
        visitor.wait_for_other_result(before)
        visitor.tab.wait_for_function("!document.querySelector('.hx-view-keywords.is-stale')")
        return page.results.get(visitor.token).analysis.classification

    def numbers(texts):
        return [float(text.replace("−", "-")) for text in texts]

    # One number, large.
    found = choose("age")
    assert numbers([visitor.id("judged-best").inner_text()]) == pytest.approx(found.scores, rel=0.01)
    assert "%" not in visitor.id("view-keywords").inner_text()
    assert visitor.id("keyword-strip").is_visible()
    assert visitor.id("layer-weight").count() == 0
    # Several, in the model's order.
    found = choose("moods")
    rows = [row.inner_text().split("\n") for row in visitor.id("judged-label").all()]
    assert [name for name, _ in rows] == ["arousal", "valence"]
    assert numbers(value for _, value in rows) == pytest.approx(found.scores, rel=0.01)
    # Of many labels the most probable.
    found = choose("speakers")
    assert visitor.id("judged-label").count() == len(found.shown) == 12
    assert "And 28 labels that are less probable" in visitor.id("judged").inner_text()


def test_the_field_opens_a_model_of_the_hub_and_refuses_others_in_a_sentence(
    visit, hub, write_checkpoint, tmp_path
):
    folder = write_checkpoint(tmp_path / "saved", "encoder")
    hub.add("some/hubert", folder)
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "wav2vec2"}')
    hub.add("some/other", other)
    visitor = visit()
    before = visitor.token

    def ask_for(name):
        visitor.id("any-model").fill(name)
        visitor.id("open-model").click()

    ask_for("some/other")
    visitor.id("picker-line").filter(has_text="some/other is a 'wav2vec2' model; only HuBERT").wait_for()
    assert visitor.id("model").input_value() == "hubert-explorer"
    assert visitor.token == before
    hub.may_go_on.clear()
    ask_for("https://huggingface.co/some/hubert/tree/main")
    visitor.id("picker-line").filter(has_text="some/hubert").wait_for()
    hub.may_go_on.set()
    visitor.wait_for_other_result(before)
    assert visitor.id("model").input_value() == "some/hubert"
    assert "some/hubert" in visitor.id("model-card").inner_text()
    assert f"words from “{LENT}”" in visitor.id("notes").inner_text()
    # It is in the list from now on, and a recording is heard by it.
    token = visitor.token
    visitor.id("example-1").click()
    visitor.wait_for_other_result(token)
    assert visitor.tab.evaluate("inside.store.result.checkpoint") == "some/hubert"
    assert "checkpoint=some/hubert" in visitor.tab.url
