"""Calibration of words: known answers, and an interval that holds the truth."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Character, Transcript, Word
from hubert_demo.training.evaluation.calibration import Calibration, by_least_sure_letter, by_product


def transcript(*words):
    read = tuple(Word(text, 0.0, 1.0, confidence) for text, confidence in words)
    return Transcript(" ".join(word.text for word in read), read, (), np.zeros(0, np.int64))


def test_the_error_by_hand():
    read = [transcript(("THE", 0.95), ("CAT", 0.95)), transcript(("A", 0.55), ("DOG", 0.55), ("YES", 1.0))]
    found = Calibration.of(["THE BAT", "A DOG YES"], read)
    # 0.9 to 1: three words, two right, sure by 0.967; 0.5 to 0.6: two words, both right.
    expected = (abs(2 - (0.95 + 0.95 + 1.0)) + abs(2 - 1.1)) / 5
    assert found.error == pytest.approx(expected)
    assert "4/5 [0.38, 0.96] words are correct; their mean confidence is 0.800" in str(found)


def test_a_word_that_was_never_said_is_wrong_and_a_missing_one_does_not_count():
    read = transcript(("THE", 0.9), ("SAT", 0.9), ("HERE", 0.9), ("DOWN", 0.9))
    found = Calibration.of(["THE CAT SAT HERE"], [read])
    assert found.num_words.sum() == 4
    assert found.num_right.sum() == 3


def test_nothing_read_is_no_error():
    found = Calibration.of(["YES", "NO"], [transcript(), transcript()])
    assert found.error == 0.0
    assert found.interval == (0.0, 0.0)
    assert "0/0" in str(found)


def test_a_difference_is_of_the_same_draws_of_clips():
    texts = ["A B", "C D", "E F"]
    better = Calibration.of(texts, [transcript((a, 0.95), (b, 0.95)) for a, b in map(str.split, texts)])
    worse = Calibration.of(texts, [transcript((a, 0.75), (b, 0.75)) for a, b in map(str.split, texts)])
    assert better.minus(worse) == pytest.approx((-0.2, -0.2))
    assert better.minus(better) == (0.0, 0.0)


def test_one_bin_cannot_hide_anothers_error():
    read = [transcript(("A", 0.15), ("B", 0.95))]
    assert Calibration.of(["A C"], read).error == pytest.approx((0.85 + 0.95) / 2)


def test_plainer_confidences_come_from_the_letters_of_each_word():
    letters = zip("ACATA", (0.9, 0.8, 0.5, 1.0, 0.25), strict=True)
    characters = tuple(Character(text, 0.0, 1.0, confidence) for text, confidence in letters)
    read = replace(transcript(("A", 0.1), ("CAT", 0.2), ("A", 0.3)), characters=characters)
    assert [word.confidence for word in by_least_sure_letter(read).words] == [0.9, 0.5, 0.25]
    assert [word.confidence for word in by_product(read).words] == pytest.approx([0.9, 0.4, 0.25])
    assert by_product(read).text == "A CAT A"


def test_words_that_are_right_as_often_as_they_are_sure_have_a_small_error():
    rng = np.random.default_rng(0)

    def clip(sure_by):
        confidence = rng.uniform(0, 1, 20)
        is_right = rng.random(20) < np.minimum(confidence * sure_by, 1)
        return "X " * 20, transcript(*zip(np.where(is_right, "X", "Y"), confidence, strict=True))

    def error(sure_by):
        references, read = zip(*(clip(sure_by) for _ in range(100)), strict=True)
        return Calibration.of([text.strip() for text in references], list(read))

    assert error(1.0).error < 0.04
    low, high = error(0.5).interval
    assert low < 0.25 < high
    assert high - low < 0.06
