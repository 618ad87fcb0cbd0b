"""The best reading: what the search finds, at the times at which it was most probably said."""

from dataclasses import replace

import pytest

from hubert_demo.analysis.transcript.beam import Hypothesis
from hubert_demo.analysis.transcript.best import read_best
from hubert_demo.analysis.transcript.ctc import transcribe

BLANK = "<pad>"


@pytest.fixture
def encoding(make_encoding):
    return make_encoding(["A", "A", "B", "|", BLANK, "C", BLANK], 0.8)


def finding(*texts):
    return lambda: [Hypothesis(text, 0.0, 0.0) for text in texts]


def refuse():
    raise AssertionError("nothing is to be searched here")


def test_without_a_search_it_is_the_greedy_one(encoding):
    greedy = transcribe(encoding)
    assert read_best(encoding, greedy, None) is greedy


def test_it_is_the_best_text_of_the_search_with_times_and_confidence(encoding):
    greedy = transcribe(encoding)
    best = read_best(encoding, greedy, finding("AB B", "AB C"))
    assert best.text == "AB B"
    assert best.words[0] == greedy.words[0]
    assert best.words[1].start_s >= greedy.words[0].end_s
    assert 0 < best.words[1].confidence < greedy.words[1].confidence
    assert len(best.frame_token_ids) == encoding.num_frames


def test_the_same_text_has_the_same_times_and_confidence(encoding):
    greedy = transcribe(encoding)
    assert read_best(encoding, greedy, finding("AB C")).words == greedy.words


def test_where_no_letter_was_recognised_nothing_is_searched(make_encoding):
    silent = make_encoding([BLANK] * 5)
    greedy = transcribe(silent)
    assert read_best(silent, greedy, refuse) is greedy


def test_a_search_may_find_that_nothing_was_said(encoding):
    best = read_best(encoding, transcribe(encoding), finding(""))
    assert (best.text, best.words) == ("", ())


def test_letters_of_several_characters_leave_the_greedy_one(encoding):
    vocabulary = tuple("SH" if token == "C" else token for token in encoding.ctc.vocabulary)
    encoding = replace(encoding, ctc=replace(encoding.ctc, vocabulary=vocabulary))
    greedy = transcribe(encoding)
    assert read_best(encoding, greedy, finding("AB SH")) is greedy
