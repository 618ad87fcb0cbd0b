"""A known text laid over a recording: known answers for times, kinds and error rates."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.alignment import Outcome, align, differing_words, lay
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.errors import InputError

BLANK = "<pad>"
# A B | C | B A, which reads "AB C BA".
SPOKEN = ["A", "A", "B", "|", BLANK, "C", "|", "B", BLANK, "A", BLANK]


@pytest.fixture
def encoding(make_encoding):
    return make_encoding(SPOKEN, 0.9)


def aligned(encoding, reference):
    return align(encoding, transcribe(encoding), reference)


def described(alignment):
    return [(word.outcome, word.text, word.recognised) for word in alignment.words]


def test_the_transcript_itself_is_all_right_and_lies_where_it_was_recognised(encoding):
    transcript = transcribe(encoding)
    found = aligned(encoding, "AB C BA")
    assert (found.wer, found.cer) == (0, 0)
    assert [word.outcome for word in found.words] == [Outcome.RIGHT] * 3
    assert found.reference.words == transcript.words
    assert found.reference.characters == transcript.characters
    assert found.reference.frame_token_ids.tolist() == transcript.frame_token_ids.tolist()


@pytest.mark.parametrize(
    ("reference", "expected", "wer", "cer"),
    [
        ("AB B BA", [("right", "AB", "AB"), ("replaced", "B", "C"), ("right", "BA", "BA")], 1 / 3, 1 / 7),
        ("AB BA", [("right", "AB", "AB"), ("inserted", "", "C"), ("right", "BA", "BA")], 1 / 2, 2 / 5),
        (
            "AB C A BA",
            [("right", "AB", "AB"), ("right", "C", "C"), ("missing", "A", ""), ("right", "BA", "BA")],
            1 / 4,
            2 / 9,
        ),
    ],
)
def test_words_are_right_replaced_missing_or_inserted(encoding, reference, expected, wer, cer):
    found = aligned(encoding, reference)
    assert described(found) == expected
    assert found.wer == pytest.approx(wer)
    assert found.cer == pytest.approx(cer)
    assert found.count(Outcome.RIGHT) == sum(kind == "right" for kind, *_ in expected)


def test_every_word_of_the_reference_has_a_time_in_order(encoding):
    found = aligned(encoding, "A A A")
    edges = [edge for word in found.reference.words for edge in (word.start_s, word.end_s)]
    assert len(edges) == 6
    assert edges == sorted(edges)


def test_an_inserted_word_lies_where_it_was_recognised(encoding):
    inserted = aligned(encoding, "AB BA").words[1]
    heard = transcribe(encoding).words[1]
    assert (inserted.start_s, inserted.end_s, inserted.confidence) == (
        heard.start_s,
        heard.end_s,
        heard.confidence,
    )


def test_a_replaced_word_is_unsure_where_the_model_heard_something_else(encoding):
    right, replaced, _ = aligned(encoding, "AB B BA").words
    assert right.confidence == pytest.approx(0.81)
    assert replaced.confidence == pytest.approx(0.1 / 6, rel=1e-3)


def test_a_pause_ends_a_recognised_word_but_none_of_a_known_text(make_encoding):
    encoding = make_encoding(["A", *[BLANK] * 20, "B"], 0.9)
    found = aligned(encoding, "ab")
    assert [word.text for word in found.reference.words] == ["AB"]
    assert found.wer == 2  # "A B": one word in another's place, one inserted
    assert [word.text for word in lay(encoding, "AB").words] == ["A", "B"]


def test_nothing_laid_over_a_recording_is_an_empty_transcript(encoding):
    laid = lay(encoding, "")
    assert (laid.text, laid.words) == ("", ())
    assert set(laid.frame_token_ids.tolist()) == {0}


def test_case_accents_and_punctuation_do_not_count(encoding):
    found = aligned(encoding, "“Äb,” c—ba!")
    assert found.reference.text == "AB C BA"
    assert found.wer == 0
    assert found.left_out == ("“", ",", "”", "!")


def test_nothing_recognised_is_all_missing(make_encoding):
    found = aligned(make_encoding([BLANK] * 10), "ab c")
    assert [word.outcome for word in found.words] == [Outcome.MISSING] * 2
    assert (found.wer, found.cer) == (1, 1)


def test_certain_frames_do_not_forbid_another_text(make_encoding):
    encoding = make_encoding(["A"] * 6, 1.0)
    assert [word.text for word in aligned(encoding, "b c").words if word.text] == ["B", "C"]


@pytest.mark.parametrize("reference", ["", "  \n "])
def test_an_empty_reference_is_refused(encoding, reference):
    with pytest.raises(InputError, match="is empty"):
        aligned(encoding, reference)


def test_a_reference_that_cannot_be_written_is_refused(encoding):
    with pytest.raises(InputError, match=r"cannot write any of “42 \?”.* \(ABC\)"):
        aligned(encoding, "42 ?")


def test_a_reference_too_long_for_the_recording_is_refused(encoding):
    with pytest.raises(InputError, match="needs 23 frames, but there are only 11"):
        aligned(encoding, "A" * 12)


@pytest.mark.parametrize(
    ("text", "other", "expected"),
    [
        ("a b c", "a x c", "a B c"),
        ("a b c", "a c", "a B c"),
        ("a c", "a b c", "a c"),
        ("a", "", "A"),
        ("", "a", ""),
    ],
)
def test_words_that_differ_are_told(text, other, expected):
    found = differing_words(text, other)
    assert " ".join(word.upper() if differs else word for word, differs in found) == expected


def test_a_long_reference_fits_a_long_recording(make_encoding):
    tokens = np.random.default_rng(0).choice(["A", "B", "|", BLANK], 600).tolist()
    encoding = make_encoding(tokens, 0.9)
    transcript = transcribe(encoding)
    assert align(encoding, transcript, transcript.text).wer == 0
