"""Prefix beam search: equal to summing over all paths, and led by what it is told."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from hubert_demo.analysis.transcript.beam import BeamSettings, beam_search, split_hotwords
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.errors import InputError

BLANK = "<pad>"
WIDE = BeamSettings(beam_width=10_000)


@pytest.fixture
def uncertain(make_encoding):
    """Five frames in which everything but the special tokens is possible."""
    encoding = make_encoding([BLANK] * 5)
    logits = np.random.default_rng(4).normal(0, 1.5, encoding.ctc.logits.shape)
    logits[:, [1, 2]] = -50.0
    return replace(encoding, ctc=replace(encoding.ctc, logits=logits.astype(np.float32)))


def all_paths(encoding):
    """Probability of every text: the sum over every path that spells it."""
    weights = np.exp(encoding.ctc.logits.astype(float))
    probabilities = weights / weights.sum(axis=1, keepdims=True)
    texts = {}
    tokens = [i for i in range(len(encoding.ctc.vocabulary)) if i not in (1, 2)]
    for path in product(tokens, repeat=len(probabilities)):
        merged = [t for i, t in enumerate(path) if i == 0 or t != path[i - 1]]
        spelled = "".join(" " if t == 3 else encoding.ctc.vocabulary[t] for t in merged if t != 0)
        text = " ".join(spelled.split())
        texts[text] = texts.get(text, 0.0) + np.prod(probabilities[range(len(path)), path])
    return texts


def test_a_wide_beam_sums_over_every_path(uncertain):
    expected = all_paths(uncertain)
    found = beam_search(uncertain, num_best=1000, settings=WIDE)
    assert len(found) > 20
    for hypothesis in found:
        probability = np.exp(hypothesis.ctc_log_probability)
        assert probability == pytest.approx(expected[hypothesis.text], rel=1e-3, abs=1e-6)
    assert [one.text for one in found[:3]] == sorted(expected, key=expected.get, reverse=True)[:3]


def test_best_text_may_not_be_that_of_the_best_path(make_encoding):
    """A blank is likeliest in both frames, but more paths spell A: 0.4 x 0.4 and twice 0.4 x 0.6."""
    encoding = make_encoding([BLANK] * 2)
    logits = np.full((2, 7), -50.0, np.float32)
    logits[:, 0], logits[:, 4] = np.log(0.6), np.log(0.4)
    encoding = replace(encoding, ctc=replace(encoding.ctc, logits=logits))
    assert transcribe(encoding).text == ""
    best, other = beam_search(encoding, settings=WIDE)
    assert (best.text, other.text) == ("A", "")
    assert np.exp([best.ctc_log_probability, other.ctc_log_probability]) == pytest.approx(
        [0.64, 0.36], abs=1e-3
    )


def test_a_sure_model_is_read_as_the_greedy_path_reads_it(make_encoding):
    tokens = ["A", "A", BLANK, "A", "|", BLANK, "|", "B", "C", "|"]
    encoding = make_encoding(tokens, 0.999)
    assert beam_search(encoding)[0].text == transcribe(encoding).text == "AA BC"


def test_a_pause_ends_a_word_for_the_search_too(make_encoding):
    pause = [BLANK] * 16
    encoding = make_encoding(["A", *pause, "B", BLANK, "C"], 0.999)
    assert beam_search(encoding)[0].text == transcribe(encoding).text == "A BC"
    # The model, which would rather have one word, is given no choice.
    model = LanguageModel.from_sentences(["ABC"] * 5, 3)
    assert beam_search(encoding, model)[0].text == "A BC"


def test_scores_are_ctc_language_model_bonus_and_hotwords(uncertain):
    model = LanguageModel.from_sentences(["A BAB", "CAB A"], 3)
    settings = BeamSettings(beam_width=500, lm_weight=0.7, character_bonus=0.3, hotword_bonus=0.9)
    for hypothesis in beam_search(uncertain, model, ["ab"], 10, settings):
        text = hypothesis.text
        expected = (
            hypothesis.ctc_log_probability
            + 0.7 * (model.score(text) if text else 0)
            + 0.3 * len(text)
            + 0.9 * 2 * text.split().count("AB")
        )
        assert hypothesis.score == pytest.approx(expected)


def test_the_language_model_decides_where_the_sound_does_not(make_encoding):
    encoding = make_encoding(["A", "B", "B"], [0.9, 0.5, 0.5])
    logits = encoding.ctc.logits.copy()
    logits[1:, 6] = logits[1:, 5] + 0.1  # C is a little likelier than B
    encoding = replace(encoding, ctc=replace(encoding.ctc, logits=logits))
    assert beam_search(encoding)[0].text == "AC"
    model = LanguageModel.from_sentences(["AB AB AB"] * 5, 3)
    assert beam_search(encoding, model)[0].text == "AB"


def test_a_hotword_wins_a_close_call_but_its_beginning_alone_does_not(make_encoding):
    encoding = make_encoding(["A", "B", "B"], [0.9, 0.5, 0.5])
    logits = encoding.ctc.logits.copy()
    logits[1:, 6] = logits[1:, 5] + 0.1
    encoding = replace(encoding, ctc=replace(encoding.ctc, logits=logits))
    assert beam_search(encoding, hotwords=["ab"])[0].text == "AB"
    assert beam_search(encoding, hotwords=["ABABAB"])[0].text == "AC"


def test_silence_is_an_empty_text(make_encoding):
    assert beam_search(make_encoding([BLANK] * 5, 0.999))[0].text == ""


def test_a_long_recording_does_not_underflow(make_encoding):
    encoding = make_encoding(["A", "|", "B", "|"] * 500, 0.3)
    best = beam_search(encoding, settings=BeamSettings(beam_width=4))[0]
    assert np.isfinite(best.ctc_log_probability)
    assert best.ctc_log_probability < -700


@pytest.mark.parametrize(("num_best", "width"), [(0, 8), (1, 0)])
def test_an_empty_beam_is_refused(make_encoding, num_best, width):
    with pytest.raises(InputError, match="give at least 1"):
        beam_search(make_encoding([BLANK]), num_best=num_best, settings=BeamSettings(beam_width=width))


def test_hotwords_are_written_as_the_vocabulary_writes(make_encoding):
    encoding = make_encoding(["A", "B", "B"], [0.9, 0.5, 0.5])
    logits = encoding.ctc.logits.copy()
    logits[1:, 6] = logits[1:, 5] + 0.1
    encoding = replace(
        encoding,
        ctc=replace(encoding.ctc, logits=logits, vocabulary=(*encoding.ctc.vocabulary[:4], "a", "b", "c")),
    )
    assert beam_search(encoding)[0].text == "ac"
    assert beam_search(encoding, hotwords=["Ab!"])[0].text == "ab"


@pytest.mark.parametrize(
    ("hotwords", "sentence"),
    [
        ("stop", "hotwords is the text 'stop'; give a list of words"),
        (["a"] * 51, "There are 51 words"),
        (["a" * 31], "the longest of 31 letters"),
        (["42"], "“42” cannot be written"),
    ],
)
def test_hotwords_that_cannot_be_used_are_refused(make_encoding, hotwords, sentence):
    with pytest.raises(InputError, match=sentence):
        beam_search(make_encoding([BLANK]), hotwords=hotwords)


def test_the_language_model_makes_no_letter_out_of_silence(make_encoding):
    encoding = make_encoding([BLANK] * 5, 0.7)
    model = LanguageModel.from_sentences(["A LONG SENTENCE", "AND A LONGER ONE"], 3)
    best = beam_search(encoding, model)[0]
    assert best.text == ""
    assert best.score == best.ctc_log_probability


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("harbour boats", ["harbour", "boats"]),
        (" harbour,boats , still\n", ["harbour", "boats", "still"]),
        (" , ", []),
        ("", []),
    ],
)
def test_hotwords_have_commas_or_spaces_between_them(text, words):
    assert split_hotwords(text) == words


def test_the_weights_that_were_chosen_for_a_head_count_where_none_are_given(make_encoding):
    encoding = make_encoding([BLANK])
    assert BeamSettings.for_head(encoding.ctc) == BeamSettings()
    stated = replace(encoding.ctc, lm_weight=0.5, character_bonus=0.25)
    settings = BeamSettings.for_head(stated)
    assert (settings.lm_weight, settings.character_bonus) == (0.5, 0.25)
