"""Scores: known answers, and a whole evaluation."""

import sys

import pytest
import torch

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import HubertForCTC
from hubert_demo.training import __main__ as shell
from hubert_demo.training.augmentation.noise import TEST_SEEDS
from hubert_demo.training.data import corpora
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.evaluation.evaluate import evaluate
from hubert_demo.training.evaluation.report import Evaluation
from hubert_demo.training.evaluation.scores import Count, ErrorRate, ReadingScores
from hubert_demo.training.evaluation.spotting import Spotting
from hubert_demo.training.stages.keywords import new_keyword_head

from ..conftest import TINY


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A checkpoint with both heads that has learnt nothing."""
    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    model = HubertForCTC(TINY)
    save_ctc_checkpoint(model, folder)
    new_keyword_head(model).save(folder)
    return load(resolve(folder))


def made_up():
    recall = {label: Count(1, 2) for label in corpora.KEYWORD_LABELS}
    rare = {"yes": Count(3, 4), "no": Count(2, 3)}
    reading = {
        "librispeech": ReadingScores(
            characters=ErrorRate((1, 1), (4, 4)),
            words=ErrorRate((1, 1), (2, 2)),
            beam_characters=ErrorRate((1, 0), (4, 4)),
            beam_words=ErrorRate((0, 1), (2, 2)),
        )
    }
    spotting = Spotting(0.7, 0.9, 1.5, 20.0)
    return Evaluation(reading, recall, Count(1, 4), rare, {"yes": Count(9, 10)}, spotting)


def test_unknown_is_half_words_that_training_never_heard():
    assert made_up().unknown_recall == (0.5 + 0.25) / 2


def test_recall_is_averaged_over_the_twelve_classes():
    assert made_up().mean_recall == pytest.approx((11 * 0.5 + 0.375) / 12)


def test_the_report_prints_rates_and_counts():
    report = made_up().report()
    assert "librispeech: 2 clips, 4 words" in report
    assert "greedy: character error rate 0.250 [0.250, 0.250], word error rate 0.500 [0.500, 0.500]" in report
    assert "beam:   character error rate 0.125 [0.000, 0.250], word error rate 0.250 [0.000, 0.500]" in report
    assert "by people 5/7 [0.36, 0.92]\n  yes        3/4" in report
    assert "seeds 10000 to 10099" in report
    assert "yes        0.90  9/10 [0.60, 0.98]" in report
    assert "keyword recall 0.490 [0." in report
    assert "at threshold 0.700: recall 0.900 of ten commands, 1.50 false alarms a minute" in report


def test_an_evaluation_counts_every_test_clip(data_dir):
    language_model = LanguageModel.from_sentences(["LIB READS"], 3)
    parts = ("reading", "keywords", "spotting")
    scores = evaluate(load(resolve(DEFAULT_CHECKPOINT)), data_dir, language_model, parts)
    assert {corpus: len(one.words.lengths) for corpus, one in scores.reading.items()} == {
        "librispeech": 1,
        "synthetic_sentences": 1,
    }
    assert all(
        one.words.lengths == one.beam_words.lengths == (2,) and one.beam_words.value >= 0
        for one in scores.reading.values()
    )
    assert scores.held_out.total == 1
    assert scores.recall["_silence_"].total == 100
    assert all(scores.recall[label].total == 1 for label in (*corpora.COMMANDS, "_unknown_"))
    assert {label: count.total for label, count in scores.rare.items()} == dict.fromkeys(
        ("yes", "no", "on", "off", "stop"), 1
    )
    assert {label: count.total for label, count in scores.synthetic.items()} == dict.fromkeys(
        ("yes", "no", "on", "off", "stop"), 1
    )
    assert scores.spotting.minutes == pytest.approx(2.2 / 60)


def test_all_of_it_is_told(data_dir, tiny):
    scores = evaluate(tiny, data_dir)
    assert scores.calibration.keys() == scores.reading.keys()
    assert [one.characters.after.lengths for one in scores.quiet] == [(9,), (9,)]
    assert {who: one.num_clips for who, one in scores.running_speech.items()} == {
        "librispeech": 1,
        "synthetic voices": 1,
    }
    assert scores.three_words.recall.total == 300
    assert len(scores.without_speech.sounds) == 60
    report = scores.report()
    for row in (
        "keyword recall",
        "expected calibration",
        "with quiet",
        "inside running",
        "three single",
        "siren",
    ):
        assert row in report
    assert "for choosing" not in report


def test_only_the_parts_that_were_asked_for_are_measured(data_dir, tiny):
    scores = evaluate(tiny, data_dir, only=["quiet"])
    assert len(scores.quiet) == 2
    assert scores.reading == scores.recall == scores.running_speech == {}
    assert "keyword recall" not in scores.report()
    with pytest.raises(InputError, match=r"has the parts reading, .* not loudness"):
        evaluate(tiny, data_dir, only=["loudness"])


def test_a_part_can_be_asked_for_from_the_shell(data_dir, tmp_path, monkeypatch, capsys):
    model = HubertForCTC(TINY)
    save_ctc_checkpoint(model, tmp_path)
    new_keyword_head(model).save(tmp_path)
    options = (
        "--data",
        data_dir,
        "--checkpoint",
        tmp_path,
        "--only",
        "quiet",
        "spotting",
        "--split",
        "valid",
    )
    monkeypatch.setattr(sys, "argv", ["training", "evaluate", *map(str, options)])
    assert shell.main() == 0
    report = capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*sys.argv, "--save-scores"])
    assert shell.main() == 2
    assert "No sound was measured, so there are no scores of it to save." in capsys.readouterr().err
    assert "with quiet stretches" in report
    assert "recall" in report
    assert "inside running speech" not in report


def test_the_valid_split_is_for_choosing(data_dir, tiny):
    parts = ("keywords", "running-speech", "without-speech")
    scores = evaluate(tiny, data_dir, only=parts, split="valid")
    # Synthetic voices have no such split in some corpora, and the kinds kept for the test stay there.
    assert sum(count.total for count in scores.synthetic.values()) == 0
    assert len(scores.without_speech.sounds) == 40
    assert not set(scores.silence_seeds) & set(TEST_SEEDS)
    assert (
        "on the valid split: for choosing between checkpoints, not for quoting as results" in scores.report()
    )
    with pytest.raises(InputError, match="not train"):
        evaluate(tiny, data_dir, split="train")


def test_a_checkpoint_without_keyword_head_cannot_be_evaluated(data_dir, tmp_path):
    loaded = load(resolve(DEFAULT_CHECKPOINT))
    loaded.ctc_model.save_pretrained(tmp_path)
    loaded.feature_extractor.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="has no keyword head"):
        evaluate(load(resolve(tmp_path)), data_dir)
