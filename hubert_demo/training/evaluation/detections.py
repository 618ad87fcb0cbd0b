"""Commands that were found in a recording, held against the words that are in it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.training.data import corpora


@dataclass(frozen=True)
class Detection:
    """A command that was found.

    Attributes:
        label: Which.
        time_s: The middle of what was taken for it.
    """

    label: str
    time_s: float


@dataclass(frozen=True)
class Place:
    """Where a command can be found: a detection whose time lies in there found this one.

    Attributes:
        label: Which.
        start_s: The earliest time.
        end_s: The latest.
    """

    label: str
    start_s: float
    end_s: float

    def holds(self, detection: Detection) -> bool:
        """Whether a detection of this label lies in here."""
        return detection.label == self.label and self.start_s <= detection.time_s <= self.end_s


@dataclass(frozen=True)
class Matches:
    """Detections held against places.

    Attributes:
        is_found: Of each place.
        alarms: Detections of what is not there.
    """

    is_found: tuple[bool, ...]
    alarms: tuple[Detection, ...]


def detections(keywords: Keywords, threshold: float) -> list[Detection]:
    """The commands that are heard at a threshold, each in the middle of the window where it is clearest."""
    return [Detection(heard.label, heard.time_s) for heard in keywords.heard_from(threshold)]


def read_commands(transcript: Transcript) -> list[Detection]:
    """Words of a transcript that are commands, each in the middle of its letters' frames."""
    return [
        Detection(word.text.lower(), (word.start_s + word.end_s) / 2)
        for word in transcript.words
        if word.text.lower() in corpora.COMMANDS
    ]


def match(
    found: Sequence[Detection], places: Sequence[Place], passed_over: Collection[Place] = ()
) -> Matches:
    """Hold detections against the places of words.

    Each detection finds one word at most. A second detection of a word that was found already is neither a
    find nor an alarm.

    Args:
        found: In order of time.
        places: Of the commands, in order of time.
        passed_over: Places where a detection of their label counts neither way.
    """
    is_found = [False] * len(places)
    alarms = []
    for detection in found:
        fitting = [index for index, place in enumerate(places) if place.holds(detection)]
        new = [index for index in fitting if not is_found[index]]
        if new:
            is_found[new[0]] = True
        elif not fitting and not any(place.holds(detection) for place in passed_over):
            alarms.append(detection)
    return Matches(tuple(is_found), tuple(alarms))
