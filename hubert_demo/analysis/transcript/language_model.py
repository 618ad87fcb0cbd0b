"""A language model of letters and words together, small enough to ship."""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.ngrams import END, Ngrams
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.memo import Memo

CHARACTERS = " ABCDEFGHIJKLMNOPQRSTUVWXYZ'"
"""Column `END` of a distribution is the end of the text; `CHARACTERS[i]` has column `i + 1`."""

_NUM_COLUMNS = 1 + len(CHARACTERS)
_COLUMNS = {character: 1 + index for index, character in enumerate(CHARACTERS)}
_SPACE = _COLUMNS[" "]
_LETTER_BITS, _WORD_BITS = 5, 20
_MAX_ORDER, _WORD_ORDER = 12, 3
_MAX_WORDS = 2**_WORD_BITS - 2
_WORDS_SHARE = 0.7
_MAX_LOADED = 4
_MAX_BYTES = 1 << 30
_OTHERS = re.compile("[^A-Z' ]")
_AFTER_ALL = "~"
"""Sorts after every character."""


class LanguageModel:
    """Probabilities of the next character, by the letters before it and by the words before it.

    A word comes out of two models: one of letters, which can spell anything, and one of known words, whose
    probabilities are summed over all words that go on with a letter. As a word grows, whichever foresaw its
    letters better counts more (their shares are multiplied by what each gave to every letter: Bayes' rule).

    Args:
        letters: N-grams of columns.
        words: N-grams of indices into `vocabulary` plus one.
        vocabulary: Known words, ascending.
    """

    def __init__(self, letters: Ngrams, words: Ngrams, vocabulary: Sequence[str]) -> None:
        self._letters, self._words, self._vocabulary = letters, words, vocabulary
        self._symbols = {word: 1 + index for index, word in enumerate(vocabulary)}
        self._edges = lru_cache(maxsize=20_000)(self._words_that_go_on)
        self._judged = lru_cache(maxsize=100_000)(self._after_text)

    @classmethod
    def from_sentences(cls, sentences: Iterable[str], order: int) -> LanguageModel:
        """Count the letters and words of normalised sentences (A-Z, apostrophe, space).

        Args:
            sentences: To learn from.
            order: Characters of an n-gram, 1 to 12; of words it is three.

        Raises:
            InputError: If the order is out of range, there is no sentence, one has another character, or
                there are too many different words.
        """
        sentences = list(sentences)
        if not 1 <= order <= _MAX_ORDER:
            raise InputError(f"order is {order}; choose 1 to {_MAX_ORDER}.")
        if not sentences:
            raise InputError("There is no sentence to learn from.")
        letters = Ngrams.from_sentences([_spelled(sentence) for sentence in sentences], order, _LETTER_BITS)
        vocabulary = sorted({word for sentence in sentences for word in sentence.split()})
        if len(vocabulary) > _MAX_WORDS:
            raise InputError(f"There are {len(vocabulary)} different words; give at most {_MAX_WORDS}.")
        symbols = {word: 1 + index for index, word in enumerate(vocabulary)}
        said = [[symbols[word] for word in sentence.split()] for sentence in sentences]
        return cls(letters, Ngrams.from_sentences(said, _WORD_ORDER, _WORD_BITS), vocabulary)

    def save(self, path: str | Path) -> None:
        """Write one compressed `.npz`."""
        arrays = {
            f"{name}_{key}": array
            for name, ngrams in (("letters", self._letters), ("words", self._words))
            for key, array in ngrams.arrays().items()
        }
        vocabulary = np.frombuffer("\n".join(self._vocabulary).encode("ascii"), np.uint8)
        np.savez_compressed(path, vocabulary=vocabulary, **arrays)  # type: ignore[arg-type]

    @classmethod
    def from_file(cls, path: str | Path) -> LanguageModel:
        """Read what `save` wrote.

        Raises:
            CheckpointError: If the file is missing or is not a language model.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(member.file_size for member in archive.infolist()) > _MAX_BYTES:
                    raise ValueError("unpacked it is larger than any language model")
            with np.load(path) as archive:
                letters, words = (
                    Ngrams.from_arrays(
                        bits, *(archive[f"{name}_{key}"] for key in ("order", "steps", "counts"))
                    )
                    for name, bits in (("letters", _LETTER_BITS), ("words", _WORD_BITS))
                )
                return cls(letters, words, archive["vocabulary"].tobytes().decode("ascii").split("\n"))
        except Exception as error:  # Damaged files raise anything.
            raise CheckpointError(
                f"{Path(path).name} of {Path(path).parent.name} is not a language model. Fetch the "
                "checkpoint again, or remove the file."
            ) from error

    train = Renamed("from_sentences")
    load = Renamed("from_file")

    def log_probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """What may follow a text.

        Args:
            text: A sentence as far as it is known; characters other than `CHARACTERS` are left out.

        Returns:
            float64 `(29,)`, natural logarithms: the text's end, then `CHARACTERS`.
        """
        return self._judged(self._remembered(_OTHERS.sub("", text)))[0]

    def score(self, sentence: str) -> float:
        """Natural logarithm of a whole sentence's probability, its end included.

        Characters other than `CHARACTERS` are left out.
        """
        sentence = _OTHERS.sub("", sentence)
        parts = [self.log_probabilities(sentence[:i])[_COLUMNS[c]] for i, c in enumerate(sentence)]
        return float(sum(parts) + self.log_probabilities(sentence)[END])

    def _remembered(self, text: str) -> str:
        """The end of a text on which alone it depends what follows: two words and the word begun, or more."""
        *before, begun = text.rsplit(" ", _WORD_ORDER)
        words = len(text) - len(before[0]) - 1 if len(before) == _WORD_ORDER else len(text)
        return text[-max(words, self._letters.order - 1 + len(begun)) :]

    def _after_text(self, text: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
        """Logarithms of both models together; what the words say; their share."""
        by_letters, by_words = self._after_letters(text), self._after_words(text)
        share = _WORDS_SHARE
        if text and text[-1] != " ":
            logarithms, foreseen, before = self._judged(text[:-1])
            column = _COLUMNS[text[-1]]
            share = before * foreseen[column] / np.exp(logarithms[column])
        mixed: npt.NDArray[np.float64] = np.log(share * by_words + (1 - share) * by_letters)
        return mixed, by_words, share

    def _after_letters(self, text: str) -> npt.NDArray[np.float64]:
        probabilities = np.full(_NUM_COLUMNS, 1 / _NUM_COLUMNS)
        for level in self._letters.levels([_COLUMNS[character] for character in text]):
            probabilities = probabilities * level.left
            probabilities[level.symbols] += level.shares
        return probabilities

    def _after_words(self, text: str) -> npt.NDArray[np.float64]:
        """By the known words; all zeros after letters with which none begins."""
        probabilities = np.zeros(_NUM_COLUMNS)
        *words, begun = text.split(" ")
        firsts, ends = self._edges(begun)
        masses = self._masses(words, firsts, ends)
        if masses.sum() <= 0:
            return probabilities
        probabilities[1:] = masses / masses.sum()
        if begun:
            end, going_on = self._masses([*words, begun], np.array([END, 1]), np.array([1, 2**_WORD_BITS]))
            ends_here = probabilities[_SPACE] * end / (end + going_on)
            probabilities[END] = ends_here
            probabilities[_SPACE] -= ends_here
        return probabilities

    def _masses(
        self, words: Sequence[str], firsts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """Probability, after these words, of the symbols between each first and its end."""
        unknown = 1 + len(self._vocabulary)
        masses = np.zeros(len(firsts))
        for level in self._words.levels([self._symbols.get(word, unknown) for word in words]):
            masses = masses * level.left + level.between(firsts, ends)
        return masses

    def _words_that_go_on(self, begun: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """First symbol and end of the words that go on with each of `CHARACTERS`; a space ends the word."""
        firsts = [1 + bisect_left(self._vocabulary, begun + letter) for letter in CHARACTERS]
        ends = [1 + bisect_left(self._vocabulary, begun + letter + _AFTER_ALL) for letter in CHARACTERS]
        firsts[0] = 1 + bisect_left(self._vocabulary, begun)
        ends[0] = firsts[0] + (begun in self._symbols)
        return np.array(firsts), np.array(ends)


def _spelled(sentence: str) -> list[int]:
    unknown = sorted(set(sentence) - _COLUMNS.keys())
    if unknown:
        raise InputError(f"{sentence!r} has {unknown}; normalise it to A-Z, apostrophe and space.")
    return [_COLUMNS[character] for character in sentence]


_LOADED: Memo[Path, LanguageModel] = Memo(_MAX_LOADED)


def load_language_model(path: Path) -> LanguageModel:
    """`LanguageModel.from_file`; the last few files stay loaded.

    Raises:
        CheckpointError: If the file is missing or is not a language model.
    """
    return _LOADED.get(path, lambda: LanguageModel.from_file(path))
