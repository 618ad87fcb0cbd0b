"""All scores of one checkpoint, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from hubert_demo.training.augmentation.noise import TEST_SEEDS
from hubert_demo.training.data import corpora
from hubert_demo.training.evaluation.calibration import NUM_BINS, Calibration
from hubert_demo.training.evaluation.lens import LensScores
from hubert_demo.training.evaluation.quiet import QuietScores
from hubert_demo.training.evaluation.resynthesis import ResynthesisScores
from hubert_demo.training.evaluation.running_speech import HOW_JUDGED, RunningSpeechScores
from hubert_demo.training.evaluation.scores import Count, ReadingScores, mean_interval
from hubert_demo.training.evaluation.spotting import Spotting
from hubert_demo.training.evaluation.three_words import ThreeWords
from hubert_demo.training.evaluation.without_speech import WithoutSpeech


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint; what was not asked for is empty or None.

    Attributes:
        reading: Scores of each corpus's test readers.
        recall: Right answers of each keyword class on clips by people; `_unknown_` counts words that
            training knew, `_silence_` generated noise.
        held_out: Right answers on words whose clips trained nothing; half of `_unknown_`'s recall.
        rare: Right answers on Speech Commands' test clips of yes, no, on, off and stop.
        synthetic: The same on unseen synthetic voices.
        spotting: Commands by people, and LibriSpeech's test readers, at the stored threshold.
        running_speech: Commands inside sentences, by people and by synthetic voices.
        three_words: Commands in recordings of three.
        quiet: LibriSpeech's test readers with quiet around or between their sentences.
        without_speech: Sounds in which nothing is said.
        calibration: Of the confidence of the words read, for each corpus of `reading`, by what it is of.
        lens: LibriSpeech's test readers read at every layer.
        resynthesis: The same readers' sound made of every layer.
        split: Whose clips they are.
        silence_seeds: Of the noise that stands for `_silence_`.
    """

    reading: Mapping[str, ReadingScores] = field(default_factory=dict)
    recall: Mapping[str, Count] = field(default_factory=dict)
    held_out: Count | None = None
    rare: Mapping[str, Count] = field(default_factory=dict)
    synthetic: Mapping[str, Count] = field(default_factory=dict)
    spotting: Spotting | None = None
    running_speech: Mapping[str, RunningSpeechScores] = field(default_factory=dict)
    three_words: ThreeWords | None = None
    quiet: Sequence[QuietScores] = ()
    without_speech: WithoutSpeech | None = None
    calibration: Mapping[str, Mapping[str, Calibration]] = field(default_factory=dict)
    lens: LensScores | None = None
    resynthesis: ResynthesisScores | None = None
    split: str = "test"
    silence_seeds: range = TEST_SEEDS

    @property
    def unknown_recall(self) -> float:
        """Mean of the recall on words known and unknown to training."""
        assert self.held_out is not None
        return (self.recall[corpora.UNKNOWN].share + self.held_out.share) / 2

    @property
    def mean_recall(self) -> float:
        """Recall averaged over the twelve classes."""
        shares = [c.share for label, c in self.recall.items() if label != corpora.UNKNOWN]
        return float(np.mean([*shares, self.unknown_recall]))

    @property
    def mean_recall_interval(self) -> tuple[float, float]:
        """95% interval of `mean_recall`."""
        assert self.held_out is not None
        known = [c for label, c in self.recall.items() if label != corpora.UNKNOWN]
        unknown = [self.recall[corpora.UNKNOWN], self.held_out]
        return mean_interval([*known, *unknown], [1.0] * len(known) + [0.5, 0.5])

    def report(self) -> str:
        """The scores as lines of text."""
        lines = [
            "95% intervals in brackets: bootstrap over clips for error rates, Wilson's for shares, "
            "Poisson's for false alarms"
        ]
        if self.split != "test":
            lines.append(
                f"on the {self.split} split: for choosing between checkpoints, not for quoting as results"
            )
        lines += [f"{corpus}: {scores}" for corpus, scores in self.reading.items()]
        lines += self._calibration_lines() + self._quiet_lines()
        if self.recall:
            lines += self._keyword_lines()
        if self.spotting is not None:
            lines.append(str(self.spotting))
        lines += self._running_speech_lines()
        for part in (self.three_words, self.without_speech, self.lens, self.resynthesis):
            lines += part.lines if part is not None else []
        return "\n".join(lines)

    def _calibration_lines(self) -> list[str]:
        if not self.calibration:
            return []
        lines = [f"confidence of words: expected calibration error in {NUM_BINS} equal bins"]
        for corpus, by_what in self.calibration.items():
            lines += [f"  {corpus}", *(f"    {name}: {found}" for name, found in by_what.items())]
        return lines

    def _quiet_lines(self) -> list[str]:
        if not self.quiet:
            return []
        return [
            "LibriSpeech with quiet stretches, character error rate of the greedy transcripts",
            *(line for scores in self.quiet for line in scores.lines),
        ]

    def _keyword_lines(self) -> list[str]:
        rare = Count(sum(c.right for c in self.rare.values()), sum(c.total for c in self.rare.values()))
        low, high = self.mean_recall_interval
        seeds = self.silence_seeds
        return [
            *(f"  {label:10} {count}" for label, count in self.recall.items()),
            f"  held-out words as _unknown_ {self.held_out} ({', '.join(sorted(corpora.HELD_OUT_WORDS))})",
            f"  _silence_ is generated noise, seeds {seeds.start} to {seeds.stop - 1}",
            f"keyword recall {self.mean_recall:.3f} [{low:.3f}, {high:.3f}]  "
            "(mean of 12 classes, clips by people)",
            f"yes, no, on, off, stop, by people {rare}",
            *(f"  {label:10} {count}" for label, count in self.rare.items()),
            "the same, by unseen synthetic voices",
            *(f"  {label:10} {count.share:.2f}  {count}" for label, count in self.synthetic.items()),
        ]

    def _running_speech_lines(self) -> list[str]:
        if not self.running_speech:
            return []
        lines = ["commands inside running speech", f"  ({HOW_JUDGED})"]
        for who, scores in self.running_speech.items():
            first, *others = scores.lines
            lines += [f"  {who}: {first}", *others]
        return lines
