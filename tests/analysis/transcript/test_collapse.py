"""Merging repeats and dropping blanks, and the map that they read."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.collapse import (
    Run,
    drop_blanks,
    merge_repeats,
    pause_frames,
    split_words,
)
from hubert_demo.analysis.transcript.ctc import token_probabilities, transcribe
from hubert_demo.analysis.transcript.emissions import emissions
from hubert_demo.encoding import HUBERT_GRID, FrameGrid
from hubert_demo.errors import InputError

BLANK = "<pad>"
# Frames of 20 ms in 0.3 s, after which a word may go on.
PAUSE = [BLANK] * 15


def words_of(encoding, grid=HUBERT_GRID, **options):
    """The words that frames spell."""
    runs = merge_repeats(encoding.ctc.logits.argmax(axis=1).tolist())
    return [
        "".join(encoding.ctc.vocabulary[run.token_id] for run in word)
        for word in split_words(runs, encoding.ctc, grid, **options)
    ]


def test_neighbours_that_are_equal_become_one_run():
    assert merge_repeats([0, 4, 4, 0, 4]) == (Run(0, 0, 1), Run(4, 1, 3), Run(0, 3, 4), Run(4, 4, 5))
    assert merge_repeats([]) == ()


def test_what_is_left_after_blanks_is_the_text(make_encoding):
    tokens = np.random.default_rng(0).choice([BLANK, "A", "B", "|", "<s>", "<unk>"], 300).tolist()
    encoding = make_encoding(tokens)
    runs = merge_repeats(transcribe(encoding).frame_token_ids.tolist())
    assert [run.first_frame for run in runs[1:]] == [run.end_frame for run in runs[:-1]]
    assert runs[-1].end_frame == 300
    kept = "".join(encoding.ctc.vocabulary[run.token_id] for run in drop_blanks(runs, encoding.ctc))
    assert " ".join(kept.replace("|", " ").split()) == transcribe(encoding).text


def test_a_word_goes_on_after_0_3_s_without_a_letter_and_ends_after_more(make_encoding):
    assert words_of(make_encoding(["A", *PAUSE, "B"])) == ["AB"]
    assert words_of(make_encoding(["A", *PAUSE, BLANK, "B"])) == ["A", "B"]
    assert words_of(make_encoding(["A", *PAUSE, BLANK, "A", "|", "C"])) == ["A", "A", "C"]


def test_what_writes_nothing_is_no_letter_in_a_pause(make_encoding):
    assert words_of(make_encoding(["A", "<s>", *PAUSE, "B"])) == ["A", "B"]


def test_a_pause_is_as_long_on_every_grid(make_encoding):
    encoding = make_encoding(["A", *PAUSE, BLANK, "B"])
    assert words_of(encoding, FrameGrid(hop_samples=160, window_samples=400)) == ["AB"]
    assert words_of(make_encoding(["A", *PAUSE[:8], "B"]), FrameGrid(640, 800)) == ["A", "B"]


def test_a_space_in_a_pause_makes_one_end_and_known_words_go_on_over_any(make_encoding):
    assert words_of(make_encoding(["|", *PAUSE, "A", *PAUSE, "|", *PAUSE, "B", *PAUSE, "|"])) == ["A", "B"]
    assert words_of(make_encoding(["A", *PAUSE, *PAUSE, "B"]), pause_s=np.inf) == ["AB"]


def test_the_middle_of_a_pause_without_a_space_is_told(make_encoding):
    tokens = ["A", *PAUSE, BLANK, "B", *PAUSE, "|", *PAUSE, "C", *PAUSE, "A"]
    encoding = make_encoding(tokens)
    frames = encoding.ctc.logits.argmax(axis=1).tolist()
    assert pause_frames(frames, encoding.ctc, encoding.grid) == (9,)


def test_the_map_has_space_first_letters_in_order_and_blank_last(make_encoding):
    encoding = make_encoding(["C", BLANK, "|"], 0.9)
    found = emissions(encoding.ctc)
    assert found.labels == ("space", "A", "B", "C", "blank")
    assert found.token_ids.tolist() == [3, 4, 5, 6, 0]
    np.testing.assert_array_equal(found.probabilities, token_probabilities(encoding.ctc)[:, [3, 4, 5, 6, 0]])


def test_of_too_many_letters_the_likeliest_are_shown(make_encoding):
    found = emissions(make_encoding(["C", BLANK, "A"], [0.9, 0.9, 0.8]).ctc, max_letters=2)
    assert found.labels == ("A", "C", "blank")


def test_a_map_of_no_letters_is_refused(make_encoding):
    with pytest.raises(InputError, match="at least 1"):
        emissions(make_encoding([BLANK]).ctc, max_letters=0)
