"""Scores: known answers, and a whole evaluation."""

import pytest

from hubert_demo.analysis.language_model import CharacterModel
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.training import corpora
from hubert_demo.training.evaluate import Count, Evaluation, ReadingScores, evaluate
from hubert_demo.training.spotting import Spotting


def made_up():
    recall = {label: Count(1, 2) for label in corpora.KEYWORD_LABELS}
    rare = {"yes": Count(3, 4), "no": Count(2, 3)}
    reading = {"librispeech": ReadingScores(0.25, 0.5, 0.375, 4, 100)}
    spotting = Spotting(0.7, 0.9, 1.5, 20.0)
    return Evaluation(reading, recall, Count(1, 4), rare, {"yes": Count(9, 10)}, spotting)


def test_unknown_is_half_words_that_training_never_heard():
    assert made_up().unknown_recall == (0.5 + 0.25) / 2


def test_recall_is_averaged_over_the_twelve_classes():
    assert made_up().mean_recall == pytest.approx((11 * 0.5 + 0.375) / 12)


def test_the_report_prints_rates_and_counts():
    report = made_up().report()
    assert "librispeech: character error rate 0.250, word error rate 0.500, 0.375 by beam search" in report
    assert "4 clips, 100 words" in report
    assert "5/7  (yes 3/4, no 2/3)" in report
    assert "seeds 10000 to 10099" in report
    assert "yes 9/10 (0.90)" in report
    assert "at threshold 0.700: recall 0.900 of ten commands, 1.50 false alarms a minute" in report


def test_an_evaluation_counts_every_test_clip(data_dir):
    language_model = CharacterModel.train(["LIB READS"], 3)
    scores = evaluate(load(resolve(DEFAULT_CHECKPOINT)), data_dir, language_model)
    assert {corpus: one.num_clips for corpus, one in scores.reading.items()} == {
        "librispeech": 1,
        "synthetic_sentences": 1,
    }
    assert all(one.num_words == 2 and one.beam_words >= 0 for one in scores.reading.values())
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


def test_a_checkpoint_without_keyword_head_cannot_be_evaluated(data_dir, tmp_path):
    loaded = load(resolve(DEFAULT_CHECKPOINT))
    loaded.model.save_pretrained(tmp_path)
    loaded.feature_extractor.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="has no keyword head"):
        evaluate(load(resolve(tmp_path)), data_dir)
