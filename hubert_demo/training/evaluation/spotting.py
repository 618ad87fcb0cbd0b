"""Keywords at a threshold: how many are found, and how often one is heard that nobody said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.keywords.detection import NOT_COMMANDS, Keywords
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.listening import Listener
from hubert_demo.training.evaluation.scores import Count, Rate, mean_interval

MOST_FALSE_ALARMS_PER_MINUTE = 2.0
CANDIDATE_THRESHOLDS: tuple[float, ...] = tuple(np.round(np.arange(0.30, 0.996, 0.005), 3).tolist())
"""What a threshold is chosen from."""


@dataclass(frozen=True)
class Spotting:
    """Keywords at one threshold.

    Attributes:
        threshold: Least probability at which a command counts as heard.
        recall: Share of the spoken commands that were heard, mean over the ten.
        false_alarms_per_minute: Commands heard in running speech that its text does not hold.
        minutes: Of running speech.
        heard: Of each command, how many were heard.
    """

    threshold: float
    recall: float
    false_alarms_per_minute: float
    minutes: float
    heard: tuple[Count, ...] = ()

    def __str__(self) -> str:
        low, high = Rate(round(self.false_alarms_per_minute * self.minutes), self.minutes).interval
        intervals = f"[{low:.2f}, {high:.2f}] of false alarms"
        if self.heard:
            low, high = mean_interval(self.heard, [1.0] * len(self.heard))
            intervals = f"[{low:.3f}, {high:.3f}] of recall, {intervals}"
        return (
            f"at threshold {self.threshold:.3f}: recall {self.recall:.3f} of ten commands, "
            f"{self.false_alarms_per_minute:.2f} false alarms a minute in {self.minutes:.0f} min of speech "
            f"({intervals})"
        )


class SpottingTrial:
    """Words and running speech, encoded once, to be judged at any threshold.

    Args:
        loaded: With a keyword head.
        words: Clips of single words; only commands count.
        speech: Clips of running speech with texts.
        listener: Of the same checkpoint, which may know some of the clips; a new one if None.

    Raises:
        CheckpointError: If the checkpoint has no keyword head.
        InputError: If there are no commands or no speech.
    """

    def __init__(
        self,
        loaded: LoadedCheckpoint,
        words: Sequence[Clip],
        speech: Sequence[Clip],
        listener: Listener | None = None,
    ) -> None:
        if loaded.keyword_head is None:
            raise CheckpointError(f"{loaded.spec.name} has no keyword head; train one first.")
        self._labels = loaded.keyword_head.labels
        commands = [clip for clip in words if corpora.keyword_label(clip) != corpora.UNKNOWN]
        if not commands or not speech:
            raise InputError("A threshold needs both single commands and running speech; give both.")
        listener = listener or Listener(loaded)
        self._spoken = [corpora.keyword_label(clip) for clip in commands]
        self._word_rows = np.stack([keywords.probabilities for keywords in _heard(listener, commands)])
        self._speech_rows = [keywords.window_probabilities for keywords in _heard(listener, speech)]
        self._texts = [set(clip.text.lower().split()) for clip in speech]
        self._minutes = sum(clip.duration_s for clip in speech) / 60

    def at(self, threshold: float) -> Spotting:
        """Judge at one threshold."""
        alarms = sum(
            self._false_alarms(rows, text, threshold)
            for rows, text in zip(self._speech_rows, self._texts, strict=True)
        )
        heard = self._heard_of_each(threshold)
        recall = float(np.mean([count.share for count in heard]))
        return Spotting(threshold, recall, alarms / self._minutes, self._minutes, heard)

    def choose(self, most_per_minute: float = MOST_FALSE_ALARMS_PER_MINUTE) -> Spotting:
        """The lowest threshold with so few false alarms; the highest there is if none has."""
        for threshold in CANDIDATE_THRESHOLDS:
            judged = self.at(threshold)
            if judged.false_alarms_per_minute <= most_per_minute:
                return judged
        return judged

    def _heard_of_each(self, threshold: float) -> tuple[Count, ...]:
        guesses = self._word_rows.argmax(axis=1)
        is_sure = self._word_rows.max(axis=1) >= threshold
        heard = [
            bool(sure) and self._labels[guess] == label
            for sure, guess, label in zip(is_sure, guesses, self._spoken, strict=True)
        ]
        return tuple(
            Count.of(right for right, spoken in zip(heard, self._spoken, strict=True) if spoken == label)
            for label in sorted(set(self._spoken))
        )

    def _false_alarms(self, rows: npt.NDArray[np.float64], text: set[str], threshold: float) -> int:
        """Runs of windows in which one command that the text does not hold is heard."""
        guesses = np.where(rows.max(axis=1) >= threshold, rows.argmax(axis=1), -1)
        begins = guesses[np.flatnonzero(np.diff(guesses, prepend=-1))]
        heard = [self._labels[guess] for guess in begins if guess >= 0]
        return sum(label not in NOT_COMMANDS and label not in text for label in heard)


def _heard(listener: Listener, clips: Sequence[Clip]) -> Iterator[Keywords]:
    return (answer.keywords for answer in listener.answers(clips))
