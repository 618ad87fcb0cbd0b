"""Whether a word's confidence can be believed: of words read with 0.8, about 80% should be right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.training.evaluation.scores import NUM_RESAMPLES, Count

NUM_BINS = 10


@dataclass(frozen=True, eq=False)
class Calibration:
    """Confidence of recognised words beside how many of them are right, in ten equal bins of confidence.

    Attributes:
        num_words: float64 `(clips, bins)`, recognised words.
        num_right: float64 `(clips, bins)`, those that are right.
        confidence: float64 `(clips, bins)`, the sum of their confidence.
    """

    num_words: npt.NDArray[np.float64]
    num_right: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]

    @classmethod
    def of(cls, references: Sequence[str], transcripts: Sequence[Transcript]) -> Calibration:
        """Of transcripts; a word is right if the alignment with the reference by fewest edits keeps it."""
        rows = [_binned(*pair) for pair in zip(references, transcripts, strict=True)]
        return cls(*np.stack(rows, axis=1))

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1; 0 of no words.

        The distance between mean confidence and share of right words in a bin, averaged over the words.

        Source: Guo et al. 2017, "On Calibration of Modern Neural Networks", equation 3.
        """
        return float(self._error(np.ones((1, len(self.num_words))))[0])

    @property
    def interval(self) -> tuple[float, float]:
        """95% percentile bootstrap over clips.

        Chance alone moves bins away from their confidence, so it tends to lie a little high.
        """
        return _middle(self._drawn)

    def minus(self, other: Calibration) -> tuple[float, float]:
        """95 % percentile bootstrap, over the clips that both are of, of how far this error is above another.

        Args:
            other: Of the same clips in the same order.
        """
        return _middle(self._drawn - other._drawn)

    def __str__(self) -> str:
        low, high = self.interval
        right = Count(int(self.num_right.sum()), int(self.num_words.sum()))
        return (
            f"{self.error:.3f} [{low:.3f}, {high:.3f}]; {right} words are correct; their mean confidence is "
            f"{self.confidence.sum() / max(right.total, 1):.3f}"
        )

    @property
    def _drawn(self) -> npt.NDArray[np.float64]:
        """The error of `NUM_RESAMPLES` draws of clips, the same ones for all of as many clips."""
        num_clips = len(self.num_words)
        draws = np.random.default_rng(0).multinomial(
            num_clips, np.full(num_clips, 1 / num_clips), NUM_RESAMPLES
        )
        return self._error(draws.astype(np.float64))

    def _error(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Of `(draws, clips)` times that each clip counts."""
        gaps = np.abs(times @ (self.num_right - self.confidence)).sum(axis=1)
        error: npt.NDArray[np.float64] = gaps / np.maximum(times @ self.num_words.sum(axis=1), 1.0)
        return error


def _middle(drawn: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The interval that holds 95 % of them."""
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def by_least_sure_letter(transcript: Transcript) -> Transcript:
    """With the probability of its least sure letter for each word's confidence, to compare with."""
    return _with_confidence(transcript, min)


def by_product(transcript: Transcript) -> Transcript:
    """With the plain product of its letters' probabilities for each word's confidence, to compare with."""
    return _with_confidence(transcript, math.prod)


def _with_confidence(transcript: Transcript, join: Callable[[list[float]], float]) -> Transcript:
    """With what `join` makes of the probabilities of each word's letters."""
    letters = iter(transcript.characters)
    words = []
    for word in transcript.words:
        text, probabilities = "", list[float]()
        while text != word.text:
            letter = next(letters)
            text += letter.text
            probabilities.append(letter.confidence)
        words.append(replace(word, confidence=join(probabilities)))
    return replace(transcript, words=tuple(words))


def _binned(reference: str, transcript: Transcript) -> npt.NDArray[np.float64]:
    """`(3, bins)`: words, right words and sum of confidence."""
    confidence = np.array([word.confidence for word in transcript.words])
    is_right = np.array(
        [not differs for _, differs in differing_words(transcript.text, reference)], dtype=float
    )
    bins = np.minimum((confidence * NUM_BINS).astype(int), NUM_BINS - 1)
    rows = np.ones(len(bins)), is_right, confidence
    return np.stack([np.bincount(bins, weights, NUM_BINS).astype(np.float64) for weights in rows])
