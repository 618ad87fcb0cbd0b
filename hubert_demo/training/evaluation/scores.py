"""Error rates and counts, each with the interval in which it would fall on other clips of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import jiwer
import numpy as np
from scipy import stats

NUM_RESAMPLES = 2000


@dataclass(frozen=True)
class ErrorRate:
    """Edit operations per reference character or word.

    Attributes:
        edits: Substitutions, deletions and insertions of each clip.
        lengths: Reference characters or words of each clip.
    """

    edits: tuple[int, ...]
    lengths: tuple[int, ...]

    @classmethod
    def of_characters(cls, references: Sequence[str], guesses: Sequence[str]) -> ErrorRate:
        """Of transcripts, spaces included."""
        return cls._of(jiwer.process_characters(*pair) for pair in zip(references, guesses, strict=True))

    @classmethod
    def of_words(cls, references: Sequence[str], guesses: Sequence[str]) -> ErrorRate:
        """Of transcripts, split at spaces."""
        return cls._of(jiwer.process_words(*pair) for pair in zip(references, guesses, strict=True))

    @classmethod
    def _of(cls, outputs: Iterable[jiwer.CharacterOutput | jiwer.WordOutput]) -> ErrorRate:
        counts = [
            (one.substitutions + one.deletions + one.insertions, one.hits + one.substitutions + one.deletions)
            for one in outputs
        ]
        return cls(tuple(edits for edits, _ in counts), tuple(length for _, length in counts))

    @property
    def value(self) -> float:
        """Edits over lengths, of all clips together; more than 1 is possible."""
        return sum(self.edits) / sum(self.lengths)

    @property
    def interval(self) -> tuple[float, float]:
        """95% percentile bootstrap over clips; the value itself twice where there is one clip."""
        if len(self.edits) < 2:
            return self.value, self.value
        return _bootstrap(
            (self.edits, self.lengths),
            lambda edits, lengths, axis: np.sum(edits, axis=axis) / np.sum(lengths, axis=axis),
        )

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} [{low:.3f}, {high:.3f}]"


@dataclass(frozen=True)
class ErrorDifference:
    """By how much an error rate rises when something is done to the clips.

    Attributes:
        before: On the clips as they were.
        after: On the same clips, in the same order, with that done to them.
    """

    before: ErrorRate
    after: ErrorRate

    @property
    def value(self) -> float:
        """The rate after less the rate before; below 0 where it falls."""
        return self.after.value - self.before.value

    @property
    def interval(self) -> tuple[float, float]:
        """95% percentile bootstrap over clips, each drawn with both its readings."""
        if len(self.after.edits) < 2:
            return self.value, self.value
        return _bootstrap(
            (self.after.edits, self.after.lengths, self.before.edits, self.before.lengths),
            lambda edits, lengths, old_edits, old_lengths, axis: (
                np.sum(edits, axis=axis) / np.sum(lengths, axis=axis)
                - np.sum(old_edits, axis=axis) / np.sum(old_lengths, axis=axis)
            ),
        )

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:+.3f} [{low:+.3f}, {high:+.3f}]"


@dataclass(frozen=True)
class ReadingScores:
    """Error rates on a set of clips.

    Attributes:
        characters: Of the greedy transcripts.
        words: Likewise.
        beam_characters: Of beam search with the language model; None without one.
        beam_words: Likewise.
    """

    characters: ErrorRate
    words: ErrorRate
    beam_characters: ErrorRate | None = None
    beam_words: ErrorRate | None = None

    def __str__(self) -> str:
        lines = [
            f"{len(self.words.lengths)} clips, {sum(self.words.lengths)} words",
            f"  greedy: character error rate {self.characters}, word error rate {self.words}",
        ]
        if self.beam_words is not None:
            lines.append(
                f"  beam:   character error rate {self.beam_characters}, word error rate {self.beam_words}"
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class Count:
    """So many right of so many."""

    right: int
    total: int

    @classmethod
    def of(cls, answers: Iterable[bool]) -> Count:
        """Of answers that are right or not."""
        listed = list(answers)
        return cls(sum(listed), len(listed))

    @property
    def share(self) -> float:
        """Right answers, 0 to 1; 0 of nothing."""
        return self.right / max(self.total, 1)

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval of the share; 0 to 1 of nothing."""
        if self.total == 0:
            return 0.0, 1.0
        found = stats.binomtest(self.right, self.total).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.right}/{self.total} [{low:.2f}, {high:.2f}]"


@dataclass(frozen=True)
class Rate:
    """Events over a time, or over a number of recordings.

    Attributes:
        events: How many there were.
        exposure: Minutes or recordings in which they could happen.
    """

    events: int
    exposure: float

    @property
    def value(self) -> float:
        """Events for each unit of exposure."""
        return self.events / self.exposure

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval, exact if events come independently (Poisson).

        Source: Garwood 1936, "Fiducial limits for the Poisson distribution".
        """
        low = stats.chi2.ppf(0.025, 2 * self.events) / 2 if self.events else 0.0
        return float(low / self.exposure), self.upper(0.975)

    def upper(self, level: float) -> float:
        """Upper end of the one-sided interval of that level (above 0, below 1), by the same source."""
        return float(stats.chi2.ppf(level, 2 * self.events + 2) / 2 / self.exposure)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.2f} [{low:.2f}, {high:.2f}]"


def mean_interval(counts: Sequence[Count], weights: Sequence[float]) -> tuple[float, float]:
    """95% interval of a weighted mean of independent counts' shares.

    It reaches as far below the mean as the counts' own Wilson intervals reach below their shares, the
    distances weighted and added as the root of the sum of squares, and above it likewise. So a full count is
    not taken for certain, and where most answers are right there is more room below than above.

    Source: Zou and Donner 2008, "Construction of confidence limits about effect measures: a general approach"
    (the method of variance estimates recovery).
    """
    normed = np.array(weights) / np.sum(weights)
    shares = np.array([count.share for count in counts])
    lows, highs = np.array([count.interval for count in counts]).T
    mean = float(normed @ shares)
    below = float(np.linalg.norm(normed * (shares - lows)))
    above = float(np.linalg.norm(normed * (highs - shares)))
    return mean - below, mean + above


def _bootstrap(rows: Sequence[Sequence[int]], statistic: Callable[..., float]) -> tuple[float, float]:
    """95% percentile interval of a statistic of rows whose columns are drawn together."""
    found = stats.bootstrap(
        rows,
        statistic,
        n_resamples=NUM_RESAMPLES,
        vectorized=True,
        paired=True,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)
