"""Reading with quiet before, between and after the words: errors beyond those on the same clips alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hubert_demo.audio import MAX_DURATION_S, SAMPLE_RATE_HZ
from hubert_demo.training.augmentation.sounds import SOUNDS, at_level
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.listening import Listener
from hubert_demo.training.evaluation.scores import ErrorDifference, ErrorRate

NOISE_DBFS = -60.0
NUM_TRIPLES = 60

_SEED = 2_002
_SIDE_S, _BEFORE_S, _PAUSE_S = 6.0, 10.0, 5.0
_MOST_ROUNDS = 20


@dataclass(frozen=True)
class Case:
    """Clips with quiet around them or between.

    Attributes:
        what: Where the quiet is, and what is in it.
        parts: The clips of each recording, as they were.
        whole: The recordings; their texts are those of their parts.
    """

    what: str
    parts: tuple[tuple[Clip, ...], ...]
    whole: tuple[Clip, ...]


@dataclass(frozen=True)
class QuietScores:
    """Errors with quiet.

    Attributes:
        what: Where the quiet is, and what is in it.
        characters: Of greedy transcripts, on the clips alone and with it.
    """

    what: str
    characters: ErrorDifference

    @property
    def lines(self) -> list[str]:
        """The scores as lines of text."""
        before, after = self.characters.before, self.characters.after
        return [
            f"  {self.what}: {len(after.edits)} recordings",
            f"    {before} alone, {after} with it: {self.characters} more",
        ]


def quiet_cases(clips: Sequence[Clip], num_triples: int = NUM_TRIPLES) -> list[Case]:
    """Clips with quiet on both sides, with silence before, and in threes with pauses between.

    A recording longer than `MAX_DURATION_S` is left out, and so is a case of which none are left.

    Args:
        clips: Read sentences with samples and texts.
        num_triples: Recordings of three sentences, if so many can be had.
    """
    rng = np.random.default_rng(_SEED)
    triples = _triples(clips, num_triples, rng)
    # The noise of one triple, the silence of the next.
    pauses = [room_noise if index % 2 == 0 else _silence for index in range(len(triples))]
    alone = tuple((clip,) for clip in clips)
    cases = [
        Case(
            f"{_SIDE_S:g} s of room noise at {NOISE_DBFS:g} dBFS on both sides",
            alone,
            tuple(_joined([room_noise(_SIDE_S, rng), clip, room_noise(_SIDE_S, rng)]) for clip in clips),
        ),
        Case(
            f"{_BEFORE_S:g} s of digital silence before",
            alone,
            tuple(_joined([_silence(_BEFORE_S, rng), clip]) for clip in clips),
        ),
        Case(
            f"three sentences with pauses of {_PAUSE_S:g} s, every other time of that noise or of silence",
            tuple(triples),
            tuple(_with_pauses(three, pause, rng) for three, pause in zip(triples, pauses, strict=True)),
        ),
    ]
    return [case for case in map(_short_enough, cases) if case.whole]


def quiet_scores(listener: Listener, cases: Sequence[Case]) -> list[QuietScores]:
    """Error rates of a checkpoint on clips alone and with quiet."""
    return [_scores(listener, case) for case in cases]


def room_noise(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """int16 (samples,) of coloured noise as loud as a quiet room."""
    noise = SOUNDS["coloured noise"](round(seconds * SAMPLE_RATE_HZ), rng)
    return np.round(at_level(noise, NOISE_DBFS)).astype(np.int16)


def _silence(seconds: float, _: np.random.Generator) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.int16)


def _scores(listener: Listener, case: Case) -> QuietScores:
    each = [clip for parts in case.parts for clip in parts]
    readings = iter(_characters(each, listener).edits)
    edits = tuple(sum(next(readings) for _ in parts) for parts in case.parts)
    lengths = tuple(sum(len(clip.text) for clip in parts) for parts in case.parts)
    return QuietScores(
        case.what, ErrorDifference(ErrorRate(edits, lengths), _characters(case.whole, listener))
    )


def _characters(clips: Sequence[Clip], listener: Listener) -> ErrorRate:
    guesses = [answer.transcript.text for answer in listener.answers(clips)]
    return ErrorRate.of_characters([clip.text for clip in clips], guesses)


def _short_enough(case: Case) -> Case:
    kept = [pair for pair in zip(case.parts, case.whole, strict=True) if pair[1].duration_s <= MAX_DURATION_S]
    return replace(case, parts=tuple(parts for parts, _ in kept), whole=tuple(whole for _, whole in kept))


def _triples(
    clips: Sequence[Clip], num_triples: int, rng: np.random.Generator
) -> list[tuple[Clip, Clip, Clip]]:
    """Three different clips at a time, short enough together; each comes again only when all have come."""
    found: list[tuple[Clip, Clip, Clip]] = []
    for _ in range(_MOST_ROUNDS):
        order = rng.permutation(len(clips))
        for first, second, third in order[: len(order) // 3 * 3].reshape(-1, 3):
            three = clips[first], clips[second], clips[third]
            if sum(clip.duration_s for clip in three) + 2 * _PAUSE_S <= MAX_DURATION_S:
                found.append(three)
    return found[:num_triples]


def _with_pauses(
    three: tuple[Clip, Clip, Clip],
    pause: Callable[[float, np.random.Generator], np.ndarray],
    rng: np.random.Generator,
) -> Clip:
    first, second, third = three
    return _joined([first, pause(_PAUSE_S, rng), second, pause(_PAUSE_S, rng), third])


def _joined(pieces: Sequence[Clip | np.ndarray]) -> Clip:
    """Clips and what is between them as one clip, with the texts of all."""
    clips = [piece for piece in pieces if isinstance(piece, Clip)]
    samples = np.concatenate([piece.samples if isinstance(piece, Clip) else piece for piece in pieces])
    text = " ".join(clip.text for clip in clips)
    return replace(clips[0], samples=samples, text=text, duration_s=len(samples) / SAMPLE_RATE_HZ)
