"""Each word silenced in turn: which sound made this text, this keyword."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.changes import StretchSilenced
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects

NUM_DRAWS = 20
"""Stretches elsewhere that a word is compared with: it exceeds all of them by chance once in 21 times."""

NUM_LENGTHS = 3
NUM_RANDOM_ORDERS = 5
MOST_REMOVED = 10
MIN_SILENCE_S = 0.02
MAX_TRIES = 200


class Silencer(Protocol):
    """Gives the effects, `(1,)` each, of silencing some stretches together."""

    def __call__(self, stretches: Sequence[StretchSilenced]) -> Effects:
        """Run the models once."""


@dataclass(frozen=True, eq=False)
class Null:
    """Stretches of one length, silenced wherever they fell.

    Attributes:
        length_s: In seconds.
        starts_s: float64 `(stretches,)`.
        effects: `(stretches,)` each.
    """

    length_s: float
    starts_s: npt.NDArray[np.float64]
    effects: Effects

    def elsewhere(self, word: Word) -> npt.NDArray[np.int64]:
        """The first `NUM_DRAWS` that do not touch a word; none where there are fewer."""
        is_apart = (self.starts_s >= word.end_s) | (self.starts_s + self.length_s <= word.start_s)
        apart = np.flatnonzero(is_apart)[:NUM_DRAWS]
        return apart if len(apart) == NUM_DRAWS else apart[:0]


@dataclass(frozen=True, eq=False)
class WordSweep:
    """What each word's sound does for the answer, by silencing it.

    Attributes:
        words: Of the greedy transcript.
        keyword: As in `HeadSweep`.
        effects: `(words,)` each.
        nulls: Of three lengths, the shortest, the median and the longest word's; a word is compared with the
            one nearest to its own.
        removed: Loss rise, float64 `(steps,)`, with the one word that matters most silenced, the two, …
        removed_at_random: The same in random orders, float64 `(orders, steps)`.
        num_done: Passes that have been run.
        num_passes: Passes in all.
    """

    words: tuple[Word, ...]
    keyword: str | None
    effects: Effects
    nulls: tuple[Null, ...]
    removed: npt.NDArray[np.float64]
    removed_at_random: npt.NDArray[np.float64]
    num_done: int
    num_passes: int

    def null_of(self, word: int) -> npt.NDArray[np.float64]:
        """Loss rise of the stretches that a word is compared with: `(NUM_DRAWS,)`; none where too few fit."""
        if not self.nulls:
            return np.zeros(0)
        null = _nearest(self.nulls, self.words[word])
        rises: npt.NDArray[np.float64] = null.effects.loss_rise[null.elsewhere(self.words[word])]
        return rises

    @property
    def is_compared(self) -> npt.NDArray[np.bool_]:
        """Boolean `(words,)`: whether there are stretches to compare with; long words may have too few."""
        return np.array([len(self.null_of(word)) > 0 for word in range(len(self.words))])

    @property
    def by_chance(self) -> float | None:
        """How often a word that is compared would be marked anyway; None where none is."""
        return 1 / (NUM_DRAWS + 1) if self.is_compared.any() else None

    @property
    def is_marked(self) -> npt.NDArray[np.bool_]:
        """Boolean `(words,)`: whether the loss rises more than for every stretch of the null."""
        rises = self.effects.loss_rise
        nulls = [self.null_of(word) for word in range(len(self.words))]
        return np.array([len(null) > 0 and bool((rises[i] > null).all()) for i, null in enumerate(nulls)])


def sweep_words(
    silence: Silencer, words: Iterable[Word], duration_s: float, *, keyword: str | None = None, seed: int = 0
) -> Iterator[WordSweep]:
    """Silence every word in turn, then stretches elsewhere, then the most important words together.

    Args:
        silence: Measures silenced stretches.
        words: Of the greedy transcript.
        duration_s: Of the recording.
        keyword: Whose probability is followed, for the record.
        seed: Of stretches and orders.

    Yields:
        The sweep as far as it is, after each pass; the last one is whole.

    Raises:
        InputError: If there are no words.
    """
    given = tuple(words)
    if not given:
        raise InputError("No speech was recognised, so there are no words to silence.")
    rng = np.random.default_rng(seed)
    nulls = tuple(_drawn(length_s, given, duration_s, rng) for length_s in _lengths(given))
    num_steps = min(MOST_REMOVED, len(given))
    orders = [rng.permutation(len(given))[:num_steps] for _ in range(NUM_RANDOM_ORDERS)]
    num_passes = len(given) + sum(len(null.starts_s) for null in nulls)
    num_passes += (num_steps - 1) * (1 + NUM_RANDOM_ORDERS)
    sweep = WordSweep(
        given,
        keyword,
        Effects.unknown(len(given)),
        nulls,
        np.full(num_steps, np.nan),
        np.full((NUM_RANDOM_ORDERS, num_steps), np.nan),
        0,
        num_passes,
    )
    for number, word in enumerate(given):
        found = silence([_silenced(word, duration_s)])
        effects = sweep.effects.with_some((slice(number, number + 1),), found)
        sweep = replace(sweep, effects=effects, num_done=sweep.num_done + 1)
        yield sweep
    for which, null in enumerate(nulls):
        for number, start_s in enumerate(null.starts_s.tolist()):
            found = silence([StretchSilenced(start_s, start_s + null.length_s)])
            effects = sweep.nulls[which].effects.with_some((slice(number, number + 1),), found)
            done = replace(sweep.nulls[which], effects=effects)
            together = (*sweep.nulls[:which], done, *sweep.nulls[which + 1 :])
            sweep = replace(sweep, nulls=together, num_done=sweep.num_done + 1)
            yield sweep
    yield from _curves(sweep, silence, orders, duration_s)


def _curves(
    sweep: WordSweep, silence: Silencer, orders: Sequence[npt.NDArray[np.int64]], duration_s: float
) -> Iterator[WordSweep]:
    """The loss with more and more words silenced, the most important first and in random orders."""
    rises, num_steps = sweep.effects.loss_rise, len(sweep.removed)
    by_importance = np.argsort(-rises, kind="stable")[:num_steps]
    curves = np.full((1 + len(orders), num_steps), np.nan)
    # The first step is known.
    curves[:, 0] = [rises[order[0]] for order in (by_importance, *orders)]
    num_done = sweep.num_done
    sweep = replace(sweep, removed=curves[0].copy(), removed_at_random=curves[1:].copy())
    yield sweep
    for row, order in enumerate((by_importance, *orders)):
        for step in range(1, num_steps):
            together = [_silenced(sweep.words[number], duration_s) for number in order[: step + 1]]
            curves[row, step] = silence(together).loss_rise[0]
            num_done += 1
            sweep = replace(
                sweep, removed=curves[0].copy(), removed_at_random=curves[1:].copy(), num_done=num_done
            )
            yield sweep


def _silenced(word: Word, duration_s: float) -> StretchSilenced:
    start_s = max(0.0, min(word.start_s, duration_s - MIN_SILENCE_S))
    return StretchSilenced(start_s, min(duration_s, max(word.end_s, start_s + MIN_SILENCE_S)))


def _lengths(words: Sequence[Word]) -> list[float]:
    """The shortest, the median and the longest length; each once."""
    lengths = sorted(round(word.end_s - word.start_s, 3) for word in words)
    chosen = {lengths[0], lengths[len(lengths) // 2], lengths[-1]}
    return sorted(max(MIN_SILENCE_S, length) for length in chosen)


def _drawn(length_s: float, words: Sequence[Word], duration_s: float, rng: np.random.Generator) -> Null:
    """As many stretches as it takes for every word of this length to have its number elsewhere."""
    lengths = _lengths(words)
    mine = [word for word in words if _nearest_length(lengths, word) == length_s]
    latest_s = duration_s - length_s
    starts_s = np.zeros(0)
    if latest_s > 0:
        tried_s = np.floor(rng.uniform(0, latest_s, MAX_TRIES) * 1000) / 1000
        needed = [_needed(tried_s, length_s, word) for word in mine]
        starts_s = tried_s[: max((count for count in needed if count is not None), default=0)]
    return Null(length_s, starts_s, Effects.unknown(len(starts_s)))


def _needed(tried_s: npt.NDArray[np.float64], length_s: float, word: Word) -> int | None:
    """How many of the stretches it takes to have enough apart from a word; None if all are too few."""
    is_apart = (tried_s >= word.end_s) | (tried_s + length_s <= word.start_s)
    places = np.flatnonzero(is_apart)
    return int(places[NUM_DRAWS - 1]) + 1 if len(places) >= NUM_DRAWS else None


def _nearest_length(lengths: Sequence[float], word: Word) -> float:
    return min(lengths, key=lambda length_s: abs(length_s - (word.end_s - word.start_s)))


def _nearest(nulls: Sequence[Null], word: Word) -> Null:
    return min(nulls, key=lambda null: abs(null.length_s - (word.end_s - word.start_s)))
