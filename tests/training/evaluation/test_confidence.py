"""A clip read once, judged by several curves; and the table of how far that can be believed."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from hubert_demo.analysis.transcript.beam import Hypothesis
from hubert_demo.analysis.transcript.confidence import on_curve, word_confidence
from hubert_demo.checkpoints.confidence import ConfidenceCurve
from hubert_demo.encoding import HUBERT_GRID, CtcOutput, Encoding
from hubert_demo.training.evaluation import confidence
from hubert_demo.training.evaluation.confidence import confidence_table, read

CURVE = ConfidenceCurve(2.0, 1.0, None, (3.0, -2.0))
CURVES = (None, replace(CURVE, with_language_model=None), CURVE)
VOCABULARY = ("<pad>", "|", "A", "B", "C")
# A A B | C, each with about 0.8.
LOGITS = np.log(np.where(np.eye(5)[[2, 2, 3, 1, 4]], 0.8, 0.05)).astype(np.float32)


@pytest.fixture
def heard(monkeypatch):
    """Hears AB C in every clip and reads AB B with a language model; how often it listened is counted."""
    listened = []

    def encode(loaded, waveform):
        listened.append(waveform)
        hidden_states = np.zeros((2, len(LOGITS), 4), np.float32)
        return Encoding(
            "made up", waveform, hidden_states, HUBERT_GRID, 2, CtcOutput(LOGITS, VOCABULARY, 0, 1)
        )

    monkeypatch.setattr(confidence, "encode", encode)
    monkeypatch.setattr(confidence, "beam_search", lambda *_, **__: [Hypothesis("AB B", 0.0, 0.0)])
    return listened


def test_a_clip_is_heard_once_and_judged_by_every_curve(heard, clips):
    plain, half, full = read(None, clips[0], CURVES, "a language model")
    assert len(heard) == 1
    assert [each.greedy.text for each in (plain, half, full)] == ["AB C"] * 3
    assert [each.best.text for each in (plain, half, full)] == ["AB B"] * 3
    product = plain.greedy.words[0].confidence
    assert half.greedy.words == full.greedy.words
    assert half.greedy.words[0].confidence == pytest.approx(word_confidence([math.log(product)], (2.0, 1.0)))
    assert half.best.words[0].confidence == half.greedy.words[0].confidence
    assert full.best.words[0].confidence == pytest.approx(on_curve(1.5 * product, (3.0, -2.0)))


def test_without_a_language_model_there_is_no_best_reading(heard, clips):
    assert [each.best for each in read(None, clips[0], [None])] == [None]


def test_the_table_tells_each_corpus_and_each_way_to_read(heard, clips):
    known = [replace(clip, text="AB B") for clip in clips[:2]]
    checkpoint = SimpleNamespace(confidence=CURVE)
    _, _, greedy, best = confidence_table(checkpoint, {"lib": known}, "a language model").splitlines()
    assert greedy.startswith("lib, letter by letter")
    assert best.startswith("lib, with the language model")
    assert greedy.split()[4:6] == ["4", "0.500"]
    assert best.split()[5:7] == ["4", "1.000"]
    # All of four words are right: the error is what is missing to certainty, and what changed is the last.
    plain, half, full = (read(None, known[0], [curve], "one")[0].best for curve in CURVES)
    errors = [1 - sum(word.confidence for word in each.words) / 2 for each in (plain, half, full)]
    for error in errors:
        assert f"{error:.3f} [{error:.3f}, {error:.3f}]" in best
    assert best.endswith(
        f"{errors[2] - errors[1]:+.3f} [{errors[2] - errors[1]:+.3f}, {errors[2] - errors[1]:+.3f}]"
    )
    assert len(confidence_table(checkpoint, {"lib": known}).splitlines()) == 3
