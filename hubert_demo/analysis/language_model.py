"""A character n-gram language model, small enough to ship."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.errors import CheckpointError, InputError

CHARACTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
END = 0
"""Column of the end of the text; character `CHARACTERS[i]` has column `i + 1`."""

_BITS = 5
_NUM_SYMBOLS = 1 + len(CHARACTERS)
_SYMBOLS = {character: 1 + index for index, character in enumerate(CHARACTERS)}
_MAX_ORDER = 12


@dataclass(frozen=True, eq=False)
class _Table:
    """N-grams of one length.

    Attributes:
        ngrams: Ascending.
        counts: Of each.
        discounts: What is taken off a count of 0, 1, 2, and 3 or more.
    """

    ngrams: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.integer]
    discounts: npt.NDArray[np.float64]

    @classmethod
    def of(cls, ngrams: npt.NDArray[np.uint64], counts: npt.NDArray[np.integer]) -> _Table:
        """Estimate the discounts from how many n-grams were seen once to four times."""
        seen = [max(1, int((counts == number).sum())) for number in range(1, 5)]
        share = seen[0] / (seen[0] + 2 * seen[1])
        estimates = [n - (n + 1) * share * seen[n] / seen[n - 1] for n in (1, 2, 3)]
        return cls(ngrams, counts, np.array([0.0, *np.clip(estimates, 0.1, 0.9)]))

    def after(self, prefix: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.integer]]:
        """Columns and counts of the symbols seen after a prefix."""
        edges = np.array([prefix << _BITS, (prefix + 1) << _BITS], np.uint64)
        start, stop = np.searchsorted(self.ngrams, edges)
        columns = (self.ngrams[start:stop] & np.uint64(2**_BITS - 1)).astype(np.int64)
        return columns, self.counts[start:stop]


class CharacterModel:
    """Probabilities of the next character, interpolated over all shorter contexts.

    One table holds everything: the n-grams of the highest order, five bits a symbol in one integer, and how
    often each was seen. Shorter n-grams are its low bits; they count after how many different symbols they
    were seen.

    Source: Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling",
    section 3 (interpolated Kneser-Ney with three discounts an order).

    Args:
        order: Characters of an n-gram, 1 to 12.
        ngrams: uint64 `(n-grams,)`, ascending.
        counts: How often each was seen, `(n-grams,)`.
    """

    def __init__(self, order: int, ngrams: npt.NDArray[np.uint64], counts: npt.NDArray[np.integer]) -> None:
        self.order, self.ngrams, self.counts = order, ngrams, counts
        self._tables = [_Table.of(ngrams, counts)]
        for length in range(order - 1, 0, -1):
            tails, types = np.unique(
                self._tables[0].ngrams & np.uint64(2 ** (_BITS * length) - 1), return_counts=True
            )
            self._tables.insert(0, _Table.of(tails, types))
        self._distribution = lru_cache(maxsize=200_000)(self._distribution_after)

    @classmethod
    def train(cls, sentences: Iterable[str], order: int) -> CharacterModel:
        """Count the n-grams of normalised sentences (A-Z, apostrophe, space).

        Raises:
            InputError: If the order is out of range, there is no sentence, or one has another character.
        """
        if not 1 <= order <= _MAX_ORDER:
            raise InputError(f"order is {order}; choose 1 to {_MAX_ORDER}.")
        padding = [END] * (order - 1)
        symbols: list[int] = []
        for sentence in sentences:
            symbols += [*padding, *_symbols(sentence), END]
        if not symbols:
            raise InputError("There is no sentence to learn from.")
        array = np.array(symbols, np.uint64)
        ngrams = np.zeros(len(array) - order + 1, np.uint64)
        for position in range(order):
            ngrams = (ngrams << np.uint64(_BITS)) | array[position : position + len(ngrams)]
        # After a sentence's end nothing is predicted until the next one has begun.
        last, before = array[order - 1 :], array[order - 2 : -1] if order > 1 else array * 0 + 1
        return cls(order, *np.unique(ngrams[(last != END) | (before != END)], return_counts=True))

    def save(self, path: str | Path) -> None:
        """Write one compressed `.npz`."""
        steps = np.diff(self.ngrams, prepend=np.uint64(0))
        counts = np.minimum(self.counts, np.iinfo(np.uint16).max).astype(np.uint16)
        np.savez_compressed(path, order=self.order, steps=steps, counts=counts)

    @classmethod
    def load(cls, path: str | Path) -> CharacterModel:
        """Read what `save` wrote.

        Raises:
            CheckpointError: If the file is missing or no language model.
        """
        try:
            with np.load(path) as archive:
                ngrams = np.cumsum(archive["steps"], dtype=np.uint64)
                return cls(int(archive["order"]), ngrams, archive["counts"].astype(np.int64))
        except (OSError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"{path} is no language model: {error}. Install the package again."
            ) from error

    def log_probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """What may follow a text.

        Args:
            text: A sentence as far as it is known; characters other than `CHARACTERS` are left out.

        Returns:
            float64 `(29,)`, natural logarithms: the text's end, then `CHARACTERS`.
        """
        known = self.order - 1
        symbols = [
            _SYMBOLS[character] for character in text[max(0, len(text) - known) :] if character in _SYMBOLS
        ]
        return self._distribution((END,) * (known - len(symbols)) + tuple(symbols))

    def score(self, sentence: str) -> float:
        """Natural logarithm of a whole sentence's probability, its end included."""
        parts = [self.log_probabilities(sentence[:i])[_SYMBOLS[c]] for i, c in enumerate(sentence)]
        return float(sum(parts) + self.log_probabilities(sentence)[END])

    def _distribution_after(self, context: tuple[int, ...]) -> npt.NDArray[np.float64]:
        probabilities = np.full(_NUM_SYMBOLS, 1 / _NUM_SYMBOLS)
        for length, table in enumerate(self._tables):
            prefix = 0
            for symbol in context[len(context) - length :]:
                prefix = prefix << _BITS | symbol
            columns, counts = table.after(prefix)
            if not len(columns):
                break
            discounts = table.discounts[np.minimum(counts, 3)]
            total = counts.sum()
            probabilities = probabilities * (discounts.sum() / total)
            probabilities[columns] += (counts - discounts) / total
        logarithms: npt.NDArray[np.float64] = np.log(probabilities)
        logarithms.flags.writeable = False
        return logarithms


def _symbols(sentence: str) -> Sequence[int]:
    unknown = sorted(set(sentence) - _SYMBOLS.keys())
    if unknown:
        raise InputError(f"{sentence!r} has {unknown}; normalise it to A-Z, apostrophe and space.")
    return [_SYMBOLS[character] for character in sentence]
