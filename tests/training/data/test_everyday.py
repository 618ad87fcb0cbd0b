"""Everyday sentences: every command in every place, and nothing but letters in the transcripts."""

import re
from collections import Counter

import numpy as np
import pytest

from hubert_demo.training.data import corpora
from hubert_demo.training.data.everyday import as_transcript, everyday_sentence, words_in_a_row


@pytest.fixture(scope="module")
def sentences():
    return [everyday_sentence(np.random.default_rng([0, number])) for number in range(4000)]


def test_no_slot_is_left_open_and_every_sentence_is_written_like_one(sentences):
    for sentence in sentences:
        assert re.fullmatch(r"[A-Z][A-Za-z' ,]*[.?!]", sentence), sentence
        assert "  " not in sentence


def test_every_command_is_said_first_amid_and_last(sentences):
    places = Counter()
    for sentence in sentences:
        words = as_transcript(sentence).lower().split()
        for position, word in enumerate(words):
            place = "first" if position == 0 else "last" if position == len(words) - 1 else "amid"
            places[word, place] += 1
    for command in corpora.COMMANDS:
        for place in ("first", "amid", "last"):
            assert places[command, place] >= 10, (command, place)


def test_they_are_ordered_asked_and_told_and_words_like_commands_are_said(sentences):
    texts = {as_transcript(sentence) for sentence in sentences}
    words = {word for text in texts for word in text.split()}
    assert {"KNOW", "KNOWS", "UPON", "WRITE", "LEFTOVER", "OFTEN", "STOPPED", "GOES"} <= words
    assert 0.1 < np.mean([sentence.endswith("?") for sentence in sentences]) < 0.4
    assert len(texts) > 2000


def test_words_in_a_row_are_words_that_may_train():
    rows = [words_in_a_row(np.random.default_rng([0, number])) for number in range(500)]
    words = [as_transcript(row).lower().split() for row in rows]
    assert {len(row) for row in words} == {2, 3, 4, 5, 6}
    said = Counter(word for row in words for word in row)
    assert said.keys().isdisjoint(corpora.HELD_OUT_WORDS)
    assert min(said[command] for command in corpora.COMMANDS) > 50
    assert 0.6 < sum(said[command] for command in corpora.COMMANDS) / said.total() < 0.9


@pytest.mark.parametrize(
    ("spoken", "text"),
    [
        ("Yes. No, upon it!", "YES NO UPON IT"),
        ("Don’t - stop; it’s “on”", "DON'T STOP IT'S ON"),
        ("up", "UP"),
    ],
)
def test_a_transcript_is_letters_apostrophes_and_single_spaces(spoken, text):
    assert as_transcript(spoken) == text
