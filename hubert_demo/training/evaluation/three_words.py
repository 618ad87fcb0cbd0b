"""Three commands in one recording, each said by somebody alone: which are found, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.detections import Place, detections, match
from hubert_demo.training.evaluation.listening import Answer
from hubert_demo.training.evaluation.quiet import room_noise
from hubert_demo.training.evaluation.scores import Count, Rate

NUM_OF_EACH = 30
"""Times that each command comes in all recordings together."""

_SEED = 2_001
_GAP_S = 0.5
_BEYOND_S = _GAP_S / 2


@dataclass(frozen=True)
class Recording:
    """Three commands in a row.

    Attributes:
        clip: All of it.
        places: Where each of the three can be found: from 0.25 s before its clip to 0.25 s after it.
    """

    clip: Clip
    places: tuple[Place, ...]


@dataclass(frozen=True)
class ThreeWords:
    """Commands found in recordings of three.

    Attributes:
        words: Found of each command.
        num_alarms: Commands found without being there.
        num_recordings: How many there are.
    """

    words: Mapping[str, Count]
    num_alarms: int
    num_recordings: int

    @property
    def recall(self) -> Count:
        """Found of all."""
        return Count(sum(c.right for c in self.words.values()), sum(c.total for c in self.words.values()))

    @property
    def lines(self) -> list[str]:
        """The scores as lines of text."""
        alarms = Rate(self.num_alarms, self.num_recordings)
        return [
            f"three single words by people with {_GAP_S} s of room noise between: "
            f"{self.num_recordings} recordings",
            f"  {self.recall} commands found, within {_BEYOND_S} s of their clips; {self.num_alarms} found "
            f"where they were not said, {alarms} a recording",
            *(f"    {label:6} {count}" for label, count in self.words.items()),
        ]


def three_word_recordings(clips: Sequence[Clip], num_of_each: int = NUM_OF_EACH) -> list[Recording]:
    """Recordings of three commands each, every command equally often; clips come again where there are few.

    Args:
        clips: Single words with samples; those that are no command are left out.
        num_of_each: Times that each command comes, a multiple of three.
    """
    rng = np.random.default_rng(_SEED)
    by_label: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_label[corpora.keyword_label(clip)].append(clip)
    drawn = [
        by_label[label][index]
        for label in corpora.COMMANDS
        if label in by_label
        for index in np.resize(rng.permutation(len(by_label[label])), num_of_each)
    ]
    order = rng.permutation(len(drawn)).reshape(-1, 3)
    return [_recording([drawn[index] for index in three], rng) for three in order]


def three_word_scores(
    recordings: Sequence[Recording], answers: Sequence[Answer], threshold: float
) -> ThreeWords:
    """What the keyword head finds in the recordings.

    Args:
        recordings: As from `three_word_recordings`.
        answers: To their clips, in the same order.
        threshold: Least probability of a detection.
    """
    is_found: dict[str, list[bool]] = defaultdict(list)
    num_alarms = 0
    for recording, answer in zip(recordings, answers, strict=True):
        matches = match(detections(answer.keywords, threshold), recording.places)
        num_alarms += len(matches.alarms)
        for place, right in zip(recording.places, matches.is_found, strict=True):
            is_found[place.label].append(right)
    words = {label: Count.of(is_found[label]) for label in corpora.COMMANDS if label in is_found}
    return ThreeWords(words, num_alarms, len(recordings))


def _recording(three: Sequence[Clip], rng: np.random.Generator) -> Recording:
    pieces: list[np.ndarray] = []
    places = []
    for clip in three:
        if pieces:
            pieces.append(room_noise(_GAP_S, rng))
        start_s = sum(map(len, pieces)) / SAMPLE_RATE_HZ
        end_s = start_s + len(clip.samples) / SAMPLE_RATE_HZ
        places.append(Place(corpora.keyword_label(clip), start_s - _BEYOND_S, end_s + _BEYOND_S))
        pieces.append(clip.samples)
    samples = np.concatenate(pieces)
    whole = replace(three[0], samples=samples, text="", duration_s=len(samples) / SAMPLE_RATE_HZ)
    return Recording(whole, tuple(places))
