"""A word's confidence: the product of its letters, on a curve where there is one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.confidence import meaning, word_confidence
from hubert_demo.analysis.transcript.ctc import transcribe


def test_without_a_curve_it_is_the_plain_product():
    assert word_confidence(np.log([0.9, 0.5, 0.8])) == pytest.approx(0.36)
    assert word_confidence([0.0]) == 1.0


def test_a_curve_is_logistic_over_the_logarithm_of_the_product():
    logarithms = np.log([0.9, 0.5, 0.8])
    odds = math.exp(0.7 * logarithms.sum() + 1.5)
    assert word_confidence(logarithms, (0.7, 1.5)) == pytest.approx(odds / (1 + odds))


@pytest.mark.parametrize("curve", [None, (0.5, 2.0), (100.0, -100.0)])
def test_it_rises_with_the_product_and_stays_a_share_however_small_that_is(curve):
    found = [word_confidence([logarithm], curve) for logarithm in (-1e5, -100, -5, -1, -0.1, 0)]
    assert found == sorted(found)
    assert all(0 <= share <= 1 for share in found)


def test_words_are_read_with_the_curve_of_their_head(make_encoding):
    encoding = make_encoding(["A", "A", "B", "|", "C"], [0.9, 0.8, 0.5, 0.9, 0.7])
    plain = transcribe(encoding)
    assert [word.confidence for word in plain.words] == pytest.approx([0.425, 0.7])
    fitted = transcribe(replace(encoding, ctc=replace(encoding.ctc, confidence_curve=(2.0, 1.0))))
    expected = [word_confidence([math.log(word.confidence)], (2.0, 1.0)) for word in plain.words]
    assert [word.confidence for word in fitted.words] == pytest.approx(expected)
    # Those of letters are what the head says.
    assert fitted.characters == plain.characters


def test_what_it_means_depends_on_whether_a_curve_was_fitted():
    assert "has not been measured" in meaning(None)
    assert "fitted on clear English" in meaning((0.5, 1.0))
