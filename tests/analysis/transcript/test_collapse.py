"""Merging repeats and dropping blanks, and the map that they read."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.collapse import Run, drop_blanks, merge_repeats
from hubert_demo.analysis.transcript.ctc import token_probabilities, transcribe
from hubert_demo.analysis.transcript.emissions import emissions
from hubert_demo.errors import InputError

BLANK = "<pad>"


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
