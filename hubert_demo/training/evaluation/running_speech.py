"""Commands inside running speech: how many are found, and how many that nobody said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.errors import InputError
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.detections import Detection, Place, detections, match, read_commands
from hubert_demo.training.evaluation.listening import Answer
from hubert_demo.training.evaluation.scores import Count, Rate
from hubert_demo.training.evaluation.spotting import CANDIDATE_THRESHOLDS

MOST_FALSE_ALARMS_PER_MINUTE = 0.5
REACH_S = 0.5
"""A detection this near to the middle of a word has found it."""

HOW_JUDGED = (
    f"right within {REACH_S} s of the middle of the word, which forced alignment finds; a no where somebody "
    "says know counts neither way"
)

_SOUNDS_LIKE = {"know": "no"}
"""A word of which a detection of the command that sounds like it counts neither way."""


@dataclass(frozen=True)
class RunningSpeech:
    """Commands found in running speech.

    Attributes:
        words: Found of each command that is said there.
        alarms: Detections of each command where it was not said; those without one are not listed.
        minutes: Of speech.
        threshold: Least probability of a detection; None where there is none to choose.
    """

    words: Mapping[str, Count]
    alarms: Mapping[str, int]
    minutes: float
    threshold: float | None

    @property
    def recall(self) -> Count:
        """Found of all commands."""
        return Count(sum(c.right for c in self.words.values()), sum(c.total for c in self.words.values()))

    @property
    def false_alarms_per_minute(self) -> Rate:
        """Detections of what was not said."""
        return Rate(sum(self.alarms.values()), self.minutes)

    def __str__(self) -> str:
        return f"{self.recall} found, {self.false_alarms_per_minute} false alarms a minute"

    @property
    def lines(self) -> list[str]:
        """One for each command: found, and false alarms."""
        labels = [label for label in corpora.COMMANDS if label in self.words or label in self.alarms]
        return [
            f"{label:6} {self.words.get(label, Count(0, 0))} found, {self.alarms.get(label, 0)} false alarms"
            for label in labels
        ]


@dataclass(frozen=True)
class RunningSpeechScores:
    """Commands found in one corpus of running speech.

    Attributes:
        num_clips: How many were listened to.
        stored: By the keyword head at its threshold.
        as_read: By the greedy transcripts.
        chosen: By the keyword head at the threshold that finds most there with few false alarms.
    """

    num_clips: int
    stored: RunningSpeech
    as_read: RunningSpeech
    chosen: RunningSpeech

    @property
    def lines(self) -> list[str]:
        """The scores as lines of text."""
        return [
            f"{self.num_clips} clips, {self.stored.minutes:.1f} min",
            f"    keyword head at its threshold, {self.stored.threshold:.3f}: {self.stored}",
            *(f"      {line}" for line in self.stored.lines),
            f"    words of the greedy transcript as detections: {self.as_read}",
            f"    keyword head at {self.chosen.threshold:.3f}: {self.chosen}",
            f"      (the most found at up to {MOST_FALSE_ALARMS_PER_MINUTE} false alarms a minute; this "
            "threshold is chosen on these same clips, so it only shows the trade-off)",
        ]


class RunningSpeechTrial:
    """Clips with texts and what a checkpoint said about them, to be judged at any threshold.

    Args:
        clips: Running speech, with texts; of any speakers, so that a threshold can be chosen on some and
            judged on others.
        answers: To them, in the same order, as `Listener.answers` gives them.

    Raises:
        InputError: If there are no clips.
    """

    def __init__(self, clips: Sequence[Clip], answers: Sequence[Answer]) -> None:
        if not clips:
            raise InputError("Commands inside running speech need clips of speech with texts; give some.")
        self._answers = answers
        self._places = [_places(answer.spoken) for answer in answers]
        self._passed_over = [_passed_over(answer.spoken) for answer in answers]
        self.num_clips = len(clips)
        self.minutes = sum(clip.duration_s for clip in clips) / 60

    def at(self, threshold: float) -> RunningSpeech:
        """What the keyword head finds at one threshold."""
        return self._judge(lambda answer: detections(answer.keywords, threshold), threshold)

    def as_read(self) -> RunningSpeech:
        """The greedy transcripts as a way to find commands."""
        return self._judge(lambda answer: read_commands(answer.transcript), None)

    def choose(self, most_per_minute: float = MOST_FALSE_ALARMS_PER_MINUTE) -> RunningSpeech:
        """At the threshold that finds most with so few false alarms; at the highest if none has so few."""
        judged = [self.at(threshold) for threshold in CANDIDATE_THRESHOLDS]
        quiet = [each for each in judged if each.false_alarms_per_minute.value <= most_per_minute]
        # The last of equals: the higher threshold.
        return max(reversed(quiet), key=lambda each: each.recall.right) if quiet else judged[-1]

    def _judge(self, find: Callable[[Answer], list[Detection]], threshold: float | None) -> RunningSpeech:
        is_found: dict[str, list[bool]] = defaultdict(list)
        alarms: Counter[str] = Counter()
        for answer, places, passed_over in zip(self._answers, self._places, self._passed_over, strict=True):
            matches = match(find(answer), places, passed_over)
            alarms.update(alarm.label for alarm in matches.alarms)
            for place, right in zip(places, matches.is_found, strict=True):
                is_found[place.label].append(right)
        words = {label: Count.of(is_found[label]) for label in corpora.COMMANDS if label in is_found}
        return RunningSpeech(words, dict(alarms), self.minutes, threshold)


def running_speech_scores(trial: RunningSpeechTrial, threshold: float) -> RunningSpeechScores:
    """A trial at the checkpoint's threshold, beside its readings."""
    return RunningSpeechScores(trial.num_clips, trial.at(threshold), trial.as_read(), trial.choose())


def _places(spoken: Sequence[Word]) -> list[Place]:
    return [_around(word, word.text.lower()) for word in spoken if word.text.lower() in corpora.COMMANDS]


def _passed_over(spoken: Sequence[Word]) -> list[Place]:
    return [
        _around(word, _SOUNDS_LIKE[word.text.lower()]) for word in spoken if word.text.lower() in _SOUNDS_LIKE
    ]


def _around(word: Word, label: str) -> Place:
    middle_s = (word.start_s + word.end_s) / 2
    return Place(label, middle_s - REACH_S, middle_s + REACH_S)
