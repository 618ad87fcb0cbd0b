"""The tour says what the analysis says."""

import re
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.checkpoints import PRETRAINED_CHECKPOINT as PRETRAINED
from hubert_demo.ui import tour
from hubert_demo.ui.views import VIEWS


@pytest.fixture(scope="module")
def analysis(harbour):
    return analyze(harbour)


@pytest.fixture(scope="module")
def steps(analysis):
    return tour.steps(analysis, {})["steps"]


def percentages(text):
    return [int(number) / 100 for number in re.findall(r"(\d+)%", text)]


def test_five_steps_visit_every_view(steps):
    assert len(steps) == 5
    assert {step["view"] for step in steps} == {view.name for view in VIEWS}


def test_the_figures_are_those_of_the_recording(analysis, steps):
    scores, words = analysis.unit_scores(), analysis.transcript.words
    assert f"{analysis.encoding.num_frames} frames" in steps[0]["text"]
    assert percentages(steps[0]["text"]) == [pytest.approx(min(w.confidence for w in words), abs=0.005)]
    at_input = [scores.pnmi[0], scores.pnmi_by_chance[0]]
    assert percentages(steps[1]["text"]) == pytest.approx(at_input, abs=0.005)
    best = steps[2]["choices"]["layer"]
    expected = [scores.pnmi[best], scores.pnmi_by_chance[best], *at_input]
    assert percentages(steps[2]["text"]) == pytest.approx(expected, abs=0.005)


def layer_step(analysis, monkeypatch, pnmi, by_chance):
    """The third step where the layers' scores are these."""
    scores = replace(analysis.unit_scores(), pnmi=np.array(pnmi), pnmi_by_chance=np.array(by_chance))
    monkeypatch.setattr(analysis, "unit_scores", lambda: scores)
    return tour.steps(analysis, {})["steps"][2]


def test_the_layer_it_shows_is_the_one_furthest_above_chance(analysis, monkeypatch):
    step = layer_step(analysis, monkeypatch, [0.5, 0.6, 0.9, 0.71], [0.4, 0.3, 0.8, 0.4])
    assert step["choices"]["layer"] == 3
    assert "removes 71% of the uncertainty about its letter (40% by chance)" in step["text"]
    assert "watch dots of the same letter come together" in step["text"]


def test_where_no_layer_beats_the_input_it_says_so(analysis, monkeypatch):
    step = layer_step(analysis, monkeypatch, [0.5, 0.6, 0.7], [0.2, 0.5, 0.5])
    assert step["choices"]["layer"] == 2
    assert "no layer is further above chance than the input" in step["text"]
    assert "come together" not in step["text"]


def test_the_layer_that_wrote_the_letters_is_told_to_be_it(analysis, monkeypatch):
    wrote = "The letters come from this very layer."
    assert wrote in layer_step(analysis, monkeypatch, [0.1, 0.2, *[0.3] * 6, 0.9], [0.1] * 9)["text"]
    assert wrote not in layer_step(analysis, monkeypatch, [0.1, 0.9, *[0.3] * 7], [0.1] * 9)["text"]


def test_a_word_alone_has_too_few_letters_to_say_which_layer_tells_them(root):
    stop = analyze(root / "assets" / "examples" / "stop.wav")
    steps = tour.steps(stop, {})["steps"]
    assert "Too few letters were recognised here" in steps[2]["text"]
    assert not percentages(steps[1]["text"] + steps[2]["text"])


def test_the_head_it_shows_is_the_most_diagonal_of_the_diagonal_ones(analysis, steps):
    metrics, choices = analysis.head_metrics(), steps[3]["choices"]
    layer, head = choices["attention_layer"], choices["head"]
    assert metrics.kinds[layer, head] == "diagonal"
    assert metrics.diagonality[layer, head] == metrics.diagonality[metrics.kinds == "diagonal"].max()
    assert f"Head {head + 1} of layer {layer + 1} is the most diagonal:" in steps[3]["text"]
    assert f"{(metrics.kinds == 'diagonal').sum()} of {metrics.kinds.size} heads" in steps[3]["text"]


def test_the_share_of_its_attention_stands_beside_that_by_chance(analysis, steps):
    choices = steps[3]["choices"]
    attention = analysis.attention(choices["attention_layer"], choices["head"])
    count = len(attention)
    near = [sum(row[max(0, i - 5) : i + 6]) for i, row in enumerate(attention)]
    even = [len(range(max(0, i - 5), min(count, i + 6))) / count for i in range(count)]
    expected = [np.mean(near), np.mean(even)]
    assert percentages(steps[3]["text"]) == pytest.approx(expected, abs=0.0051)


def test_where_no_head_is_diagonal_it_does_not_call_one_so(analysis, monkeypatch):
    metrics = analysis.head_metrics()
    monkeypatch.setattr(type(metrics), "kinds", np.full(metrics.diagonality.shape, "global"))
    step = tour.steps(analysis, {})["steps"][3]
    assert f"0 of {metrics.diagonality.size} heads attend to nearby frames (diagonal)" in step["text"]
    assert "comes closest to being diagonal" in step["text"]
    layer, head = step["choices"]["attention_layer"], step["choices"]["head"]
    assert metrics.diagonality[layer, head] == metrics.diagonality.max()


def test_what_another_model_did_is_told_of_that_model(harbour, steps):
    texts = [step["text"] for step in tour.steps(analyze(harbour, checkpoint=PRETRAINED), {})["steps"]]
    assert "“HuBERT Explorer (small English)” chose a letter, or none," in texts[0]
    assert "“HuBERT Explorer (small English)” chose among 12 classes and heard no command." in texts[4]
    assert not any("small English" in step["text"] for step in steps)


def test_the_last_step_names_the_commands_that_were_heard(root):
    analysis = analyze(root / "assets" / "examples" / "commands.wav")
    step = tour.steps(analysis, {})["steps"][4]
    assert re.findall(r"“(\w+)” \(\d+%\)", step["text"]) == ["yes", "stop", "right"]


def test_a_recording_without_words_can_be_toured_too(write_wav):
    silent = analyze(write_wav("hum.wav", duration_s=1.0, seed=77))
    texts = [step["text"] for step in tour.steps(silent, {})["steps"]]
    assert len(texts) == 5
    assert all(texts)
