"""Scores: known answers, and a whole evaluation."""

import pytest

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.training.data import corpora
from hubert_demo.training.evaluation.evaluate import evaluate
from hubert_demo.training.evaluation.report import Evaluation
from hubert_demo.training.evaluation.scores import Count, ErrorRate, ReadingScores
from hubert_demo.training.evaluation.spotting import Spotting


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
    scores = evaluate(load(resolve(DEFAULT_CHECKPOINT)), data_dir, language_model)
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


def test_a_checkpoint_without_keyword_head_cannot_be_evaluated(data_dir, tmp_path):
    loaded = load(resolve(DEFAULT_CHECKPOINT))
    loaded.ctc_model.save_pretrained(tmp_path)
    loaded.feature_extractor.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="has no keyword head"):
        evaluate(load(resolve(tmp_path)), data_dir)
