"""The tour says what the analysis says."""

import re

import pytest

from hubert_demo.api import analyze
from hubert_demo.ui import tour
from hubert_demo.ui.views import VIEWS


@pytest.fixture(scope="module")
def analysis(harbour):
    return analyze(harbour)


@pytest.fixture(scope="module")
def steps(analysis):
    return tour.steps(analysis, {})["steps"]


def percentages(text):
    return [int(number) / 100 for number in re.findall(r"(\d+) %", text)]


def test_five_steps_visit_every_view(steps):
    assert len(steps) == 5
    assert {step["view"] for step in steps} == {view.name for view in VIEWS}


def test_the_figures_are_those_of_the_recording(analysis, steps):
    scores, words = analysis.unit_scores(), analysis.transcript.words
    assert f"{analysis.encoding.num_frames} moments" in steps[0]["text"]
    assert percentages(steps[0]["text"]) == [pytest.approx(min(w.confidence for w in words), abs=0.005)]
    assert percentages(steps[1]["text"]) == [pytest.approx(scores.pnmi[0], abs=0.005)]
    assert percentages(steps[2]["text"]) == pytest.approx([scores.pnmi.max(), scores.pnmi[0]], abs=0.005)
    best = steps[2]["choices"]["layer"]
    assert scores.pnmi[best] == scores.pnmi.max()


def test_the_head_it_shows_is_the_most_diagonal_one(analysis, steps):
    choices = steps[3]["choices"]
    diagonality = analysis.head_metrics().diagonality
    assert diagonality[choices["attention_layer"], choices["head"]] == diagonality.max()


def test_a_recording_without_words_can_be_toured_too(write_wav):
    silent = analyze(write_wav("hum.wav", duration_s=1.0, seed=77))
    texts = [step["text"] for step in tour.steps(silent, {})["steps"]]
    assert len(texts) == 5
    assert all(texts)
