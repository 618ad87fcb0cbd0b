"""What the dots of a map may be coloured by: one value, or one class, for every frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.timeline.prosody import MAX_PITCH_HZ, MIN_PITCH_HZ, Prosody
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.encoding import CtcOutput

COLOURINGS = ("time", "letter", "energy", "pitch", "unit")

# Groups of letters, in the order of their colours.
LETTER_GROUPS = (
    ("vowel", "aeiouy"),
    ("p b t d k g c q", "pbtdkgcq"),
    ("f v s z h x j", "fvszhxj"),
    ("m n l r w", "mnlrw"),
    ("between words", " "),
)

_SHOWN_RANGE_DB = 60.0
_LEAST_PITCH_SPAN_HZ = 20.0


@dataclass(frozen=True, eq=False)
class Colouring:
    """One value a frame, and what it means.

    Attributes:
        name: One of `COLOURINGS`.
        values: float64 `(frames,)`: a quantity, or an index into `classes`; NaN where a frame has none.
        unit: Of a quantity: `"s"`, `"dB"` or `"Hz"`; empty for classes.
        low: Quantities below it get the colour of `low`.
        high: Quantities above it get the colour of `high`.
        classes: Names of the classes; empty for a quantity.
    """

    name: str
    values: npt.NDArray[np.float64]
    unit: str
    low: float
    high: float
    classes: tuple[str, ...] = ()


def by_time(frame_times_s: npt.NDArray[np.float64], span_s: tuple[float, float]) -> Colouring:
    """Each frame's centre in seconds.

    Args:
        frame_times_s: `(frames,)`.
        span_s: Where the first frame begins and the last one ends.
    """
    return Colouring("time", frame_times_s, "s", *span_s)


def by_letter(characters: Sequence[str]) -> Colouring:
    """The group of each frame's character; none where there is no character, or one of no group.

    Args:
        characters: As `frame_characters` gives them.
    """
    group_of = {letter: group for group, (_, letters) in enumerate(LETTER_GROUPS) for letter in letters}
    values = np.array([group_of.get(character.lower(), np.nan) for character in characters])
    return _classes("letter", values, tuple(name for name, _ in LETTER_GROUPS))


def by_energy(measured: Prosody) -> Colouring:
    """Energy in decibels, in colours down to 60 dB below the loudest frame."""
    values = measured.energy_db.astype(np.float64)
    high = float(values.max())
    return Colouring("energy", values, "dB", max(float(values.min()), high - _SHOWN_RANGE_DB), high)


def by_pitch(measured: Prosody) -> Colouring:
    """Pitch in Hz; colours leave the outermost two in a hundred out, which are often an octave off."""
    values = measured.pitch_hz.astype(np.float64)
    voiced = values[~np.isnan(values)]
    if not len(voiced):
        return Colouring("pitch", values, "Hz", MIN_PITCH_HZ, MAX_PITCH_HZ)
    low, high = np.percentile(voiced, [2, 98])
    missing = max(0.0, _LEAST_PITCH_SPAN_HZ - (high - low)) / 2
    return Colouring("pitch", values, "Hz", float(low - missing), float(high + missing))


def by_unit(units: npt.NDArray[np.integer], num_units: int) -> Colouring:
    """The k-means unit of every frame, counted from 1 in the names."""
    names = tuple(f"unit {unit + 1}" for unit in range(num_units))
    return _classes("unit", units.astype(np.float64), names)


def _classes(name: str, values: npt.NDArray[np.float64], classes: tuple[str, ...]) -> Colouring:
    return Colouring(name, values, "", 0.0, float(len(classes) - 1), classes)


def frame_characters(ctc: CtcOutput, token_ids: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """The character of every frame, in the case to read: "" for the blank, a space between words.

    Args:
        ctc: Whose vocabulary the tokens are in.
        token_ids: int64 `(frames,)`.
    """
    names = list(map(reading_case(ctc.vocabulary), ctc.vocabulary))
    names[ctc.word_delimiter_id] = " "
    names[ctc.blank_id] = ""
    return tuple(names[token_id] for token_id in token_ids.tolist())
