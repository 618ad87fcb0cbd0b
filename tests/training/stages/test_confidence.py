"""The curves behind a word's confidence: fitted to what is right, kept with their encoder's fingerprint."""

import json
import math

import numpy as np
import pytest
import torch

from hubert_demo.analysis.transcript.ctc import Transcript, Word
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import load, resolve
from hubert_demo.checkpoints.confidence import CONFIDENCE_NAME, ConfidenceCurve
from hubert_demo.checkpoints.specs import LANGUAGE_MODEL_NAME
from hubert_demo.errors import InputError
from hubert_demo.model import HubertForCTC
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.evaluation.confidence import Readings
from hubert_demo.training.stages import confidence
from hubert_demo.training.stages.confidence import (
    fit_confidence,
    fit_curve,
    fit_folder,
    judged_laid_words,
    judged_words,
)

from ..conftest import TINY


def words(rng, count, slope, offset):
    """Words that are right as often as a curve says."""
    products = -rng.exponential(2, count)
    odds = slope * products + offset
    return list(zip(products, rng.random(count) < 1 / (1 + np.exp(-odds)), strict=True))


def read(*probabilities):
    found = tuple(Word(text, 0.0, 1.0, probability) for text, probability in probabilities)
    return Transcript(" ".join(word.text for word in found), found, (), np.zeros(0, np.int64))


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "tiny")
    return tmp_path / "tiny"


def reads(monkeypatch, greedy, best=None):
    """Let the stage read this of every clip; what it was asked for is kept."""
    asked = []

    def read(loaded, clip, curves, language_model):
        asked.append(curves)
        return [Readings(greedy, None if language_model is None else best)]

    monkeypatch.setattr(confidence, "read", read)
    return asked


@pytest.fixture
def heard(monkeypatch):
    """Surer words are right more often; with a language model, those that were read without it too."""
    greedy = read(("LIB", 0.9), ("LIB", 0.8), ("READS", 0.6), ("REEDS", 0.5), ("REED", 0.1))
    best = read(("LIB", 0.9), ("LAB", 0.9), ("READS", 0.6), ("REEDS", 0.5), ("RED", 0.8))
    return reads(monkeypatch, greedy, best)


def test_the_curve_that_words_follow_is_found():
    found = fit_curve([words(np.random.default_rng(0), 20_000, 0.6, 1.5)])
    assert found == pytest.approx((0.6, 1.5), abs=0.06)


def test_a_small_corpus_counts_as_much_as_a_large_one():
    rng = np.random.default_rng(0)
    few, many = words(rng, 500, 0.5, 3.0), words(rng, 5000, 0.5, 0.0)
    alike, pooled = fit_curve([few, many]), fit_curve([few + many])
    assert fit_curve([many])[1] < pooled[1] < alike[1] - 0.5


@pytest.mark.parametrize("is_right", [(True, True), (False, False), (True, False)])
def test_words_that_tell_no_rising_curve_give_none(is_right):
    assert fit_curve([list(zip((-2.0, -0.1), is_right, strict=True))]) is None


def test_a_word_is_judged_by_the_alignment_with_what_was_said():
    judged = judged_words("THE CAT SAT", read(("THE", 0.5), ("BAT", 0.25), ("SAT", 1.0)))
    assert judged == [(math.log(0.5), True), (math.log(0.25), False), (0.0, True)]


def test_a_word_of_a_language_model_is_judged_by_whether_the_letters_say_it():
    greedy = read(("THE", 0.5), ("CUT", 0.3), ("SAT", 1.0))
    judged = judged_laid_words("THE CAT SAT", read(("THE", 0.5), ("CAT", 0.25), ("SAD", 0.5)), greedy)
    mean = 0.5 / 3
    assert [evidence for evidence, _ in judged] == pytest.approx([0.5 + mean, mean, mean])
    assert [is_right for _, is_right in judged] == [True, True, False]


def test_the_curve_is_kept_beside_the_checkpoint_and_used(folder, data_dir, heard):
    found = fit_folder(data_dir, folder)
    assert found == ConfidenceCurve.from_file(folder / CONFIDENCE_NAME)
    loaded = load(resolve(folder))
    assert loaded.confidence == found
    assert found.encoder == encoder_fingerprint(loaded.encoder)
    assert found.slope > 0


def test_words_of_a_language_model_get_a_curve_of_their_own(folder, data_dir, heard):
    without = fit_folder(data_dir, folder)
    assert without.with_language_model is None
    assert "with_language_model" not in json.loads((folder / CONFIDENCE_NAME).read_text())
    LanguageModel.from_sentences(["LIB READS"], 3).save(folder / LANGUAGE_MODEL_NAME)
    found = fit_folder(data_dir, folder)
    assert (found.slope, found.offset) == (without.slope, without.offset)
    assert found.with_language_model[0] > 0
    assert load(resolve(folder)).confidence == found == ConfidenceCurve.from_file(folder / CONFIDENCE_NAME)


def test_where_the_language_models_words_tell_no_curve_only_they_have_none(folder, clips, monkeypatch):
    greedy = read(("LIB", 0.9), ("LIB", 0.8), ("READS", 0.6), ("REED", 0.1))
    reads(monkeypatch, greedy, read(("LIB", 0.9), ("READS", 0.6)))
    found = fit_confidence(
        load(resolve(folder)), {"lib": clips}, LanguageModel.from_sentences(["LIB READS"], 3)
    )
    assert found.slope > 0
    assert found.with_language_model is None


def test_a_curve_is_fitted_to_the_plain_product_whatever_was_there_before(folder, data_dir, heard):
    ConfidenceCurve(3.0, 1.0, "of another encoder", (1.0, 1.0)).save(folder / CONFIDENCE_NAME)
    assert fit_folder(data_dir, folder).encoder == encoder_fingerprint(load(resolve(folder)).encoder)
    assert heard
    assert all(curves == [None] for curves in heard)
    assert fit_confidence(load(resolve(folder)), {"none": []}) is None


def test_where_no_curve_can_be_fitted_none_is_left(folder, data_dir, monkeypatch, capsys):
    reads(monkeypatch, read(("NEVER", 0.5)))
    ConfidenceCurve(3.0, 1.0).save(folder / CONFIDENCE_NAME)
    assert fit_folder(data_dir, folder) is None
    assert not (folder / CONFIDENCE_NAME).exists()
    assert load(resolve(folder)).confidence is None
    assert "no curve of confidence can be fitted" in capsys.readouterr().out


def test_without_clips_to_fit_it_on_it_is_refused(folder, tmp_path):
    with pytest.raises(InputError, match="no clips to fit the confidence of words on"):
        fit_folder(tmp_path, folder)
