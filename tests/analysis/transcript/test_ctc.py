"""Greedy CTC: known answers for text, times and confidence."""

from itertools import groupby, product

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import carry_over, forced_alignment, token_probabilities, transcribe
from hubert_demo.encoding import HUBERT_GRID, FrameGrid
from hubert_demo.errors import InputError

BLANK = "<pad>"


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["A", "A", "B"], "AB"),
        (["A", BLANK, "A"], "AA"),
        (["A", "A", BLANK, BLANK, "A", "A"], "AA"),
        ([BLANK, "A", "|", "|", "B", BLANK], "A B"),
        (["A", "|", BLANK, "|", "B"], "A B"),
        (["|", "A", "|"], "A"),
        (["<s>", "A", "<unk>", "B", "<s>"], "AB"),
        ([BLANK] * 4, ""),
        (["|"] * 4, ""),
    ],
)
def test_repeats_merge_before_blanks_drop(make_encoding, tokens, text):
    assert transcribe(make_encoding(tokens)).text == text


def test_no_speech_is_an_empty_transcript(make_encoding):
    transcript = transcribe(make_encoding([BLANK] * 5))
    assert transcript.text == ""
    assert transcript.words == ()
    assert transcript.characters == ()


def test_words_and_characters_lie_where_their_frames_are(make_encoding):
    # Frame t stands for samples 320 t + 40 up to 320 t + 360, of 16,000 a second.
    transcript = transcribe(make_encoding([BLANK, "A", "A", BLANK, "B", "|", "C", BLANK]))

    first, second = transcript.words
    assert (first.text, second.text) == ("AB", "C")
    assert first.start_s == pytest.approx((320 + 40) / 16_000)
    assert first.end_s == pytest.approx((320 * 5 + 40) / 16_000)
    assert (second.start_s, second.end_s) == pytest.approx((0.1225, 0.1425))
    assert [character.text for character in transcript.characters] == ["A", "B", "C"]
    assert transcript.characters[0].end_s - transcript.characters[0].start_s == pytest.approx(0.04)


def test_a_pause_ends_a_word_with_its_times_and_its_confidence(make_encoding):
    encoding = make_encoding(["A", *[BLANK] * 16, "B", "C"], [0.9, *[0.9] * 16, 0.8, 0.9])
    transcript = transcribe(encoding)
    assert transcript.text == "A BC"
    assert [word.end_s - word.start_s for word in transcript.words] == pytest.approx([0.02, 0.04])
    assert transcript.words[0].confidence == pytest.approx(0.9)


def test_a_character_is_centred_on_its_frames(make_encoding):
    encoding = make_encoding([BLANK, "A", BLANK])
    character = transcribe(encoding).characters[0]
    assert (character.start_s + character.end_s) / 2 == pytest.approx(encoding.frame_times_s[1])


def test_a_letter_is_as_sure_as_the_mean_of_its_frames_and_a_word_as_the_product_of_its_letters(
    make_encoding,
):
    encoding = make_encoding([BLANK, "A", "A", BLANK, "B", "|"], [0.3, 0.9, 0.8, 0.2, 0.6, 0.25])
    transcript = transcribe(encoding)
    assert transcript.words[0].confidence == pytest.approx(0.51)
    assert [c.confidence for c in transcript.characters] == pytest.approx([0.85, 0.6])


def test_every_frame_has_its_token(make_encoding):
    assert transcribe(make_encoding([BLANK, "A", "|", "C"])).frame_token_ids.tolist() == [0, 4, 3, 6]


def test_times_rise_and_words_are_made_of_the_characters(make_encoding):
    tokens = np.random.default_rng(0).choice([BLANK, "A", "B", "C", "|"], 200).tolist()
    transcript = transcribe(make_encoding(tokens))
    edges = [edge for word in transcript.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert "".join(word.text for word in transcript.words) == "".join(c.text for c in transcript.characters)
    assert all(0 <= word.confidence <= 1 for word in transcript.words)


def test_token_probabilities_sum_to_one_and_survive_huge_logits(make_encoding):
    encoding = make_encoding(["A", BLANK])
    encoding.ctc.logits[:] = [[1e30, -1e30, 0, 0, 0, 0, 0], [-1e30] * 7]
    probabilities = token_probabilities(encoding.ctc)
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_allclose(probabilities[1], 1 / 7)


@pytest.mark.parametrize("tokens", [[1], [1, 2], [1, 1, 2], [2, 1, 2]])
@pytest.mark.parametrize("seed", range(4))
def test_the_alignment_is_the_best_of_all_paths_that_spell_the_text(tokens, seed):
    num_frames = 6
    log_probabilities = np.log(np.random.default_rng(seed).dirichlet(np.ones(3), num_frames))
    paths = [
        path
        for path in product(range(3), repeat=num_frames)
        if [token for token, _ in groupby(path) if token] == tokens
    ]
    best = max(paths, key=lambda path: sum(log_probabilities[range(num_frames), path]))
    aligned = [0] * num_frames
    for token, (first, end) in zip(tokens, forced_alignment(log_probabilities, tokens, 0), strict=True):
        aligned[first:end] = [token] * (end - first)
    assert tuple(aligned) == best


def test_a_text_too_long_for_the_recording_is_refused():
    with pytest.raises(InputError, match="needs 5 frames, but there are only 3"):
        forced_alignment(np.zeros((3, 2)), [1, 1, 1], 0)


@pytest.mark.parametrize("hop_samples", [160, 320, 640])
def test_tokens_are_carried_over_by_time_and_none_is_lost(hop_samples):
    target = FrameGrid(hop_samples, 400)
    tokens = np.array([0, 0, 5, 0, 0, 0, 6, 6, 0, 0, 7, 0])
    num_frames = target.num_frames(HUBERT_GRID.hop_samples * 11 + 400)
    carried = carry_over(tokens, 0, HUBERT_GRID, target, num_frames)
    assert len(carried) == num_frames
    for token in (5, 6, 7):
        expected = HUBERT_GRID.times_s(12)[tokens == token].mean()
        assert target.times_s(num_frames)[carried == token].mean() == pytest.approx(expected, abs=0.011)


def test_tokens_on_the_same_grid_stay_as_they_are():
    tokens = np.array([0, 5, 0])
    assert carry_over(tokens, 0, HUBERT_GRID, FrameGrid(320, 400), 3) is tokens


def test_a_transcript_is_read_in_small_letters_where_its_vocabulary_has_only_capitals(make_encoding):
    encoding = make_encoding(["A", BLANK, "B", "|", "A"])
    transcript = transcribe(encoding)
    readable = transcript.in_reading_case(encoding.ctc.vocabulary)
    assert (transcript.text, readable.text) == ("AB A", "ab a")
    assert [word.text for word in readable.words] == ["ab", "a"]
    assert [character.text for character in readable.characters] == ["a", "b", "a"]
    assert [word.start_s for word in readable.words] == [word.start_s for word in transcript.words]
    assert transcript.in_reading_case(["A", "B", "b"]).text == "AB A"


def test_the_old_name_for_small_letters_still_works_and_says_so(make_encoding):
    transcript = transcribe(make_encoding(["A", "B"]))
    with pytest.warns(DeprecationWarning, match=r"is now called Transcript\.in_reading_case"):
        assert transcript.in_small_letters().text == "ab"
