"""What a classifier says that is no keyword spotter, from logits whose answers are known."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.keywords.classification import MOST_LABELS, classify
from hubert_demo.analysis.keywords.detection import detect
from hubert_demo.encoding import Problem

# Three seconds: one label in the first half, another in the second.
HALVES = np.repeat(np.array([[2.0, 0, -1, 0], [0, 3, 0, -4]]), 75, axis=0).astype(np.float32)


@pytest.fixture
def classified(make_encoding):
    """Gives what a classifier says whose logits these are."""

    def classified(problem, logits=HALVES, **changes):
        encoding = make_encoding(keyword_logits=logits)
        return classify(replace(encoding, classes=replace(encoding.classes, problem=problem, **changes)))

    return classified


def test_of_one_label_the_whole_recording_is_the_softmax_of_the_mean_logits(classified):
    found = classified(Problem.ONE_LABEL)
    mean = HALVES.mean(axis=0).astype(np.float64)
    np.testing.assert_allclose(found.scores, np.exp(mean) / np.exp(mean).sum())
    assert found.label == "no"
    assert found.by_chance == 0.25
    assert found.order.tolist() == [1, 0, 2, 3]
    np.testing.assert_allclose(found.window_scores.sum(axis=1), 1)
    assert found.window_scores[0].argmax() == 0
    assert found.window_scores[-1].argmax() == 1
    assert len(found.window_times_s) == len(found.window_scores) == 21
    assert found.window_times_s[[0, -1]] == pytest.approx([0.5, 2.5], abs=0.02)


def test_each_of_several_labels_is_judged_by_itself(classified):
    found = classified(Problem.ANY_LABELS)
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-HALVES.mean(axis=0).astype(np.float64))))
    assert found.label is found.by_chance is None
    assert found.order[0] == 1


def test_a_far_logit_is_a_probability_without_overflow(classified):
    with np.errstate(over="raise", invalid="raise"):
        found = classified(Problem.ANY_LABELS, np.tile(np.float32([-2000, 2000, 0, 0]), (60, 1)))
    assert found.scores.tolist() == [0, 1, 0.5, 0.5]


def test_a_number_is_the_mean_itself(classified):
    found = classified(Problem.NUMBERS)
    np.testing.assert_allclose(found.scores, HALVES.mean(axis=0))
    assert not found.are_probabilities
    assert found.label is found.by_chance is None
    assert found.order.tolist() == [0, 1, 2, 3]


def test_a_short_recording_is_one_window(classified):
    found = classified(Problem.ONE_LABEL, HALVES[50:100])
    np.testing.assert_allclose(found.window_scores, found.scores[None])


def test_of_many_labels_the_most_probable_are_shown(classified):
    many = np.random.default_rng(0).normal(size=(60, 40)).astype(np.float32)
    found = classified(Problem.ONE_LABEL, many, labels=tuple(f"speaker {i}" for i in range(40)))
    assert len(found.shown) == MOST_LABELS
    assert found.scores[found.shown].min() >= np.delete(found.scores, found.shown).max()
    assert len(found.as_json()["scores"]) == 40


def test_a_classifier_is_no_keyword_spotter_nor_the_reverse(make_encoding):
    encoding = make_encoding(keyword_logits=HALVES)
    assert classify(encoding) is None
    assert classify(make_encoding()) is None
    judged = replace(encoding, classes=replace(encoding.classes, problem=Problem.ONE_LABEL))
    assert detect(judged) is None
