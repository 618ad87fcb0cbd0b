"""A word's confidence: the product of its letters, on a curve where there is one."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.alignment import lay
from hubert_demo.analysis.transcript.confidence import meaning, on_curve, support, word_confidence
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


def test_the_product_of_a_word_that_the_letters_say_too_speaks_for_it_and_for_its_neighbours():
    found = support([0.9, 0.8, 0.4], [True, False, True])
    mean = (0.9 + 0.4) / 3
    assert found.tolist() == pytest.approx([0.9 + mean, mean, 0.4 + mean])
    assert support([], []).tolist() == []


def test_words_read_with_a_language_model_have_a_curve_of_their_own(make_encoding):
    encoding = make_encoding(["A", "A", "B", "|", "C"], [0.9, 0.8, 0.5, 0.9, 0.7])
    fitted = replace(encoding, ctc=replace(encoding.ctc, confidence_curve=(2.0, 1.0), laid_curve=(3.0, -2.0)))
    plain, found = lay(encoding, "AB B"), lay(fitted, "AB B")
    product = plain.words[0].confidence
    # B is not what the letters say, however probable it is.
    expected = [on_curve(evidence, (3.0, -2.0)) for evidence in (1.5 * product, 0.5 * product)]
    assert [word.confidence for word in found.words] == pytest.approx(expected)
    assert found.characters == plain.characters
    assert [word.start_s for word in found.words] == [word.start_s for word in plain.words]
    assert lay(fitted, "").words == ()
    # Those read letter by letter keep theirs.
    greedy = replace(encoding, ctc=replace(encoding.ctc, confidence_curve=(2.0, 1.0)))
    assert transcribe(fitted).words == transcribe(greedy).words


def test_without_that_curve_the_one_of_greedy_words_has_to_do(make_encoding):
    encoding = make_encoding(["A", "A", "B", "|", "C"], [0.9, 0.8, 0.5, 0.9, 0.7])
    fitted = replace(encoding, ctc=replace(encoding.ctc, confidence_curve=(2.0, 1.0)))
    assert lay(fitted, "AB C").words == transcribe(fitted).words


def test_what_it_means_depends_on_which_curves_were_fitted(make_encoding):
    plain = make_encoding(["A"]).ctc
    greedy = replace(plain, confidence_curve=(0.5, 1.0))
    both = replace(greedy, laid_curve=(0.5, 1.0))
    assert "has not been measured" in meaning(plain, True)
    assert "has not been measured" not in meaning(greedy, False)
    assert "with a language model are correct has not been measured" in meaning(greedy, True)
    assert "whether the greedy transcript has the same words" in meaning(both, True)
    assert meaning(both, False) == meaning(greedy, False)
    assert all("fitted on clear English" in meaning(greedy, each) for each in (True, False))
