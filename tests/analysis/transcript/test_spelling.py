"""What people type, in the characters of a vocabulary."""

import pytest

from hubert_demo.analysis.transcript.spelling import has_only_capitals, reading_case, spell

CAPITALS = ("<pad>", "|", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ'")
BOTH = ("<pad>", "|", *"abcABCé")


@pytest.mark.parametrize(
    ("text", "written", "left_out"),
    [
        ("Hello, world!", "HELLO WORLD", ",!"),
        ("  two\n\tlines ", "TWO LINES", ""),
        ("well-known and/or", "WELL KNOWN AND OR", ""),
        ("don’t", "DON'T", ""),
        ("café naïve Straße", "CAFE NAIVE STRASSE", ""),
        ("cafe\u0301", "CAFE", ""),
        ("3 dogs, 3 cats", "DOGS CATS", "3,"),
        ("ﬁne", "FINE", ""),
        ("a|b", "A B", ""),
        ("<pad>", "PAD", "<>"),
        ("日本", "", "日本"),
        ("", "", ""),
    ],
)
def test_capitals_without_punctuation(text, written, left_out):
    found = spell(text, CAPITALS)
    assert found.text == written
    assert "".join(found.left_out) == left_out


def test_what_the_vocabulary_has_stays_as_it_is():
    assert spell("Abé È", BOTH).text == "Abé"
    assert spell("Cab", BOTH).text == "Cab"


@pytest.mark.parametrize(
    ("vocabulary", "expected"),
    [(CAPITALS, True), (BOTH, False), (("a", "b"), False), (("日",), False), ((), False)],
)
def test_capitals_alone_are_noticed(vocabulary, expected):
    assert has_only_capitals(vocabulary) is expected


@pytest.mark.parametrize(
    ("vocabulary", "expected"), [(CAPITALS, "yes, mr"), (BOTH, "Yes, MR"), (("a", "b"), "Yes, MR")]
)
def test_a_text_is_read_in_small_letters_where_there_are_only_capitals(vocabulary, expected):
    assert reading_case(vocabulary)("Yes, MR") == expected
