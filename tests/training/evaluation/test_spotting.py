"""Keywords at a threshold: recall and false alarms by hand, and the choice between them."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.evaluation import spotting
from hubert_demo.training.evaluation.scores import Count
from hubert_demo.training.evaluation.spotting import SpottingTrial

LABELS = corpora.KEYWORD_LABELS


@pytest.fixture(scope="module")
def loaded():
    return load(resolve(DEFAULT_CHECKPOINT))


def row(label, probability):
    values = np.full(len(LABELS), (1 - probability) / (len(LABELS) - 1))
    values[LABELS.index(label)] = probability
    return values


@pytest.fixture
def trial(loaded, clips, monkeypatch):
    """Four commands and a minute of speech, with made-up answers."""
    words = [replace(clips[0], text=text) for text in ("YES", "YES", "NO", "GO", "HOUSE")]
    speech = [replace(clips[0], text="SHE SAID YES AND LEFT", duration_s=60.0)]
    windows = [
        row("yes", 0.9),  # is in the text
        row("on", 0.8),
        row("on", 0.7),  # the same alarm still
        row("_unknown_", 0.99),
        row("on", 0.6),
        row("stop", 0.5),
        row("_silence_", 0.9),
    ]
    answers = {
        4: [row("yes", 0.9), row("yes", 0.4), row("no", 0.7), row("stop", 0.8)],
        1: [row("_unknown_", 0.9)],
    }

    def heard(_, chosen):
        for answer in answers[len(chosen)]:
            yield Keywords(LABELS, answer, 0.0, 1.0, np.arange(len(windows)), np.stack(windows))

    monkeypatch.setattr(spotting, "_heard", heard)
    return SpottingTrial(loaded, words, speech)


@pytest.mark.parametrize(
    ("threshold", "recall", "alarms"),
    [
        (0.3, (1 + 1 + 0) / 3, 3),
        (0.55, (0.5 + 1 + 0) / 3, 2),
        (0.65, (0.5 + 1 + 0) / 3, 1),
        (0.85, 0.5 / 3, 0),
    ],
)
def test_recall_and_false_alarms_by_hand(trial, threshold, recall, alarms):
    judged = trial.at(threshold)
    assert judged.recall == pytest.approx(recall)
    assert judged.false_alarms_per_minute == pytest.approx(alarms)


def test_the_lowest_threshold_that_is_quiet_enough_is_chosen(trial):
    assert trial.choose(2.0).threshold == pytest.approx(0.505)
    assert trial.choose(0.0).threshold == pytest.approx(0.805)
    assert "2.00 false alarms a minute" in str(trial.choose(2.0))


def test_recall_and_false_alarms_have_intervals(trial):
    assert trial.at(0.55).heard == (Count(0, 1), Count(1, 1), Count(1, 2))
    assert "([0.203, 0.797] of recall, [0.24, 7.22] of false alarms)" in str(trial.at(0.55))


def test_a_trial_listens_to_real_clips(loaded, data_dir, clips):
    words = load_clips(data_dir, corpora.word_test_clips(data_dir, "valid"))
    judged = SpottingTrial(loaded, words, clips).at(0.5)
    assert 0 <= judged.recall <= 1
    assert judged.minutes == pytest.approx(3 * 2.2 / 60)


def test_words_and_speech_are_both_needed(loaded, clips):
    with pytest.raises(InputError, match="give both"):
        SpottingTrial(loaded, [], clips)
    with pytest.raises(CheckpointError, match="no keyword head"):
        SpottingTrial(replace(loaded, keyword_head=None), clips, clips)
