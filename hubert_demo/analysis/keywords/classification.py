"""What a classifier says that is no keyword spotter: of the whole recording, and along its time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.keywords.windows import pooled
from hubert_demo.analysis.softmax import softmax
from hubert_demo.encoding import Encoding, Problem

MOST_LABELS = 12
"""Figures, the page and the shell's text show so many labels, the most probable; numbers have all."""


@dataclass(frozen=True, eq=False)
class Classification:
    """One recording as a classifier of anything (emotions, speakers, languages, …) judges it.

    Attributes:
        labels: As the checkpoint names them.
        problem: `ONE_LABEL`: scores are probabilities that sum to one. `ANY_LABELS`: each score is a
            probability of its own. `NUMBERS`: scores are the numbers that the model was trained to give.
        scores: float64 `(labels,)`, of the whole recording: what the model itself answers.
        window_times_s: float64 `(windows,)`, centres of windows of one second; a single one, the whole
            recording, where it has up to 1.5 s.
        window_scores: float64 `(windows, labels)`.
        layer_weights: float64 `(layers + 1,)`, the classifier's share of every layer's states, summing to
            one; None where it sees the last layer alone.
    """

    labels: tuple[str, ...]
    problem: Problem
    scores: npt.NDArray[np.float64]
    window_times_s: npt.NDArray[np.float64]
    window_scores: npt.NDArray[np.float64]
    layer_weights: npt.NDArray[np.float64] | None = None

    @property
    def are_probabilities(self) -> bool:
        """Whether the scores lie between 0 and 1."""
        return self.problem is not Problem.NUMBERS

    @property
    def label(self) -> str | None:
        """The most probable label; None where there may be several, or none, or numbers instead."""
        return self.labels[int(self.scores.argmax())] if self.problem is Problem.ONE_LABEL else None

    @property
    def by_chance(self) -> float | None:
        """The probability that every label has where nothing is known, as for `label`."""
        return 1 / len(self.labels) if self.problem is Problem.ONE_LABEL else None

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """Indices of the labels, the most probable first; of numbers as they are."""
        if not self.are_probabilities:
            return np.arange(len(self.labels))
        order: npt.NDArray[np.int64] = np.argsort(-self.scores, kind="stable")
        return order

    @property
    def shown(self) -> npt.NDArray[np.int64]:
        """The first `MOST_LABELS` of `order`."""
        return self.order[:MOST_LABELS]

    def as_json(self) -> dict[str, Any]:
        """The answer for programs: `label` and all `scores` of the whole recording, then `over_time`."""
        return {
            "problem": str(self.problem),
            "label": self.label,
            "scores": dict(zip(self.labels, self.scores.tolist(), strict=True)),
            "over_time": {
                "times_s": self.window_times_s.tolist(),
                "scores": dict(zip(self.labels, self.window_scores.T.tolist(), strict=True)),
            },
        }


def classify(encoding: Encoding) -> Classification | None:
    """Pool a classifier's frame logits over the whole recording, and over windows of one second.

    Args:
        encoding: One recording.

    Returns:
        What it says, or None where the checkpoint has no classifier, or a keyword head (see `detect`).
    """
    classes = encoding.classes
    if classes is None or classes.problem is Problem.KEYWORDS:
        return None
    windows, problem = pooled(encoding, classes), classes.problem
    return Classification(
        labels=classes.labels,
        problem=problem,
        scores=_scores(classes.logits.astype(np.float64).mean(axis=0, keepdims=True), problem)[0],
        window_times_s=windows.times_s,
        window_scores=_scores(windows.logits, problem),
        layer_weights=classes.layer_weights,
    )


def _scores(logits: npt.NDArray[np.float64], problem: Problem) -> npt.NDArray[np.float64]:
    """Probabilities, or numbers, from logits `(windows, labels)`."""
    if problem is Problem.ONE_LABEL:
        return softmax(logits)
    return np.exp(-np.logaddexp(0, -logits)) if problem is Problem.ANY_LABELS else logits
