"""Prefix beam search: the most probable texts, with a language model and words to listen for."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hubert_demo.analysis.transcript.collapse import pause_frames, writes
from hubert_demo.analysis.transcript.ctc import token_probabilities
from hubert_demo.analysis.transcript.language_model import CHARACTERS, LanguageModel
from hubert_demo.analysis.transcript.spelling import spell
from hubert_demo.encoding import CtcOutput, Encoding
from hubert_demo.errors import InputError

MAX_HOTWORDS = 50
MAX_HOTWORD_LETTERS = 30
MAX_HOTWORDS_TEXT = MAX_HOTWORDS * (MAX_HOTWORD_LETTERS + 2)
"""Characters of all words to listen for with what stands between them."""

_LEAST_PROBABILITY = 1e-4


@dataclass(frozen=True)
class BeamSettings:
    """How to search.

    Attributes:
        beam_width: Prefixes kept after every frame.
        lm_weight: Weight of the language model's log-probabilities beside the CTC's.
        character_bonus: Added for every character where there is a language model, against its liking for
            short texts.
        hotword_bonus: Added for every character of a word to listen for.
    """

    beam_width: int = 100
    lm_weight: float = 1.1
    character_bonus: float = 1.7
    hotword_bonus: float = 1.0

    @classmethod
    def for_head(cls, ctc: CtcOutput) -> "BeamSettings":
        """With the weights that were chosen for a CTC head, where some were."""
        return cls(
            lm_weight=cls.lm_weight if ctc.lm_weight is None else ctc.lm_weight,
            character_bonus=cls.character_bonus if ctc.character_bonus is None else ctc.character_bonus,
        )


@dataclass(frozen=True)
class Hypothesis:
    """One text that the recording may say.

    Attributes:
        text: Words with single spaces between them.
        ctc_log_probability: Of the text under the CTC model, summed over the paths that the search kept.
        score: With language model, bonus and words to listen for; what hypotheses are ranked by. Of an empty
            text, the CTC's alone.
    """

    text: str
    ctc_log_probability: float
    score: float


def beam_search(
    encoding: Encoding,
    language_model: LanguageModel | None = None,
    hotwords: Collection[str] = (),
    num_best: int = 5,
    settings: BeamSettings | None = None,
) -> tuple[Hypothesis, ...]:
    """The most probable texts, best first.

    Where the greedy path takes the best token of every frame, this sums over all paths that spell the same
    text. A pause on that path ends a word, see `pause_frames`: all texts have a space there.

    Args:
        encoding: One recording.
        language_model: Judges texts as they grow; without one only the CTC counts.
        hotwords: Words to prefer, in any case; at most `MAX_HOTWORDS`.
        num_best: Most hypotheses to return.
        settings: Width and weights; those chosen for the encoding's CTC head if None.

    Raises:
        InputError: If `num_best` or the beam's width is below 1, or there are too many or too long hotwords.

    Source: Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using
    Bi-Directional Recurrent DNNs", algorithm 1.
    """
    settings = settings or BeamSettings.for_head(encoding.require_ctc())
    if num_best < 1 or settings.beam_width < 1:
        raise InputError(
            f"num_best is {num_best} and beam_width is {settings.beam_width}; give at least 1 for both."
        )
    ctc = encoding.require_ctc()
    search = _Search(ctc, language_model, _spelled(hotwords, ctc.vocabulary), settings)
    probabilities = token_probabilities(ctc)
    # Where the greedy path pauses, a word ends for whoever judges texts, too.
    pauses = pause_frames(probabilities.argmax(axis=1).tolist(), ctc, encoding.grid)
    probabilities[list(pauses)] = np.arange(len(ctc.vocabulary)) == ctc.word_delimiter_id
    for frame in probabilities:
        search.advance(frame)
    return search.hypotheses(num_best)


def split_hotwords(text: str) -> list[str]:
    """Hotwords one by one, from a text in which commas or spaces stand between them."""
    return text.replace(",", " ").split()


def _spelled(hotwords: Collection[str], vocabulary: Sequence[str]) -> frozenset[str]:
    """Hotwords in the vocabulary's characters; a long list would be slow and beat what was said."""
    if isinstance(hotwords, str):
        raise InputError(f"hotwords is the text {hotwords[:40]!r}; give a list of words, such as ['stop'].")
    longest = max(hotwords, key=len, default="")
    if len(hotwords) > MAX_HOTWORDS or len(longest) > MAX_HOTWORD_LETTERS:
        raise InputError(
            f"There are {len(hotwords)} words to listen for, the longest of {len(longest)} letters; give at "
            f"most {MAX_HOTWORDS} of at most {MAX_HOTWORD_LETTERS} letters."
        )
    spelled = {hotword: spell(hotword, vocabulary).text for hotword in hotwords}
    for hotword, text in spelled.items():
        if hotword.strip() and not text:
            raise InputError(f"“{hotword}” cannot be written with this model's letters. Leave it out.")
    return frozenset(word for text in spelled.values() for word in text.split())


class _Search:
    """The prefixes alive, a row each: probabilities of their paths that end in a blank, and in a token.

    Probabilities are relative to all prefixes alive; `log_scale` has what was divided out. Columns stand for
    the characters that the vocabulary writes; the last one, for a space where the vocabulary has none.
    """

    def __init__(
        self,
        ctc: CtcOutput,
        language_model: LanguageModel | None,
        hotwords: frozenset[str],
        settings: BeamSettings,
    ) -> None:
        self.blank_id = ctc.blank_id
        spelled = [
            " " if token_id == ctc.word_delimiter_id else token if writes(ctc, token_id) else ""
            for token_id, token in enumerate(ctc.vocabulary)
        ]
        self.characters = [*sorted(set(spelled) - {"", " "}), " "]
        self.spells = np.array([[token == character for token in spelled] for character in self.characters])
        self.space = len(self.characters) - 1
        self.judged_columns = [i for i, character in enumerate(self.characters) if character in CHARACTERS]
        self.model_columns = [1 + CHARACTERS.index(self.characters[i]) for i in self.judged_columns]
        self.language_model, self.hotwords, self.settings = language_model, hotwords, settings
        self.character_bonus = settings.character_bonus if language_model else 0.0
        self.beginnings = {word[:end] for word in hotwords for end in range(len(word))}
        self.prefixes = [""]
        # The empty text counts as ending in a space: another one adds nothing.
        self.last = np.array([self.space])
        self.ends_blank, self.ends_token = np.ones(1), np.zeros(1)
        self.scores = np.zeros(1)
        self.gains = self._gains("")[None]
        self.log_scale = 0.0

    def advance(self, probabilities: np.ndarray) -> None:
        """Take one frame in."""
        tokens = self.spells @ np.where(probabilities > _LEAST_PROBABILITY, probabilities, 0.0)
        rows, total = np.arange(len(self.prefixes)), self.ends_blank + self.ends_token
        same_blank = total * probabilities[self.blank_id]
        grown = total[:, None] * tokens
        # The last character again: the same one still, or another one after a blank; of spaces, none.
        is_space = self.last == self.space
        same_token = np.where(is_space, total, self.ends_token) * tokens[self.last]
        grown[rows, self.last] = np.where(is_space, 0.0, self.ends_blank * tokens[self.last])
        row_of = dict(zip(self.prefixes, rows.tolist(), strict=True))
        for row, (prefix, column) in enumerate(zip(self.prefixes, self.last.tolist(), strict=True)):
            before = row_of.get(prefix[: -len(self.characters[column])]) if prefix else None
            if before is not None:
                same_token[row] += grown[before, column]
                grown[before, column] = 0.0
        self._keep_best(same_blank, same_token, grown)

    def _keep_best(self, same_blank: np.ndarray, same_token: np.ndarray, grown: np.ndarray) -> None:
        num_rows, num_columns = grown.shape
        with np.errstate(divide="ignore"):
            same_ranks = np.log(same_blank + same_token) + self.scores
            grown_scores = self.scores[:, None] + self.gains
            ranks = np.concatenate([same_ranks, (np.log(grown) + grown_scores).ravel()])
        best = np.argsort(-ranks, kind="stable")[: self.settings.beam_width]
        best = best[np.isfinite(ranks[best])]
        old, new = best[best < num_rows], best[best >= num_rows] - num_rows
        parents, columns = np.divmod(new, num_columns)
        born = [
            self.prefixes[parent] + self.characters[column]
            for parent, column in zip(parents.tolist(), columns.tolist(), strict=True)
        ]
        self.prefixes = [*(self.prefixes[row] for row in old.tolist()), *born]
        self.last = np.concatenate([self.last[old], columns])
        self.scores = np.concatenate([self.scores[old], grown_scores[parents, columns]])
        self.gains = np.concatenate([self.gains[old], *(self._gains(prefix)[None] for prefix in born)])
        self.ends_blank = np.concatenate([same_blank[old], np.zeros(len(new))])
        self.ends_token = np.concatenate([same_token[old], grown[parents, columns]])
        scale = float(self.ends_blank.sum() + self.ends_token.sum())
        self.log_scale += math.log(scale)
        self.ends_blank /= scale
        self.ends_token /= scale

    def _gains(self, prefix: str) -> np.ndarray:
        """What each character would add to a prefix's score, the sound apart."""
        gains = np.full(len(self.characters), self.character_bonus)
        if self.language_model is not None:
            logarithms = self.language_model.log_probabilities(prefix)
            gains[self.judged_columns] += self.settings.lm_weight * logarithms[self.model_columns]
        if self.hotwords:
            gains += [self._hotword_gain(prefix, character) for character in self.characters]
        return gains

    def _hotword_gain(self, before: str, character: str) -> float:
        """What one more character changes in the bonus: words before the last one stay as they are."""
        last = before[before.rfind(" ") + 1 :]
        if character == " ":
            return self._earned(last, is_over=True) - self._earned(last)
        return self._earned(last + character) - self._earned(last)

    def _earned(self, word: str, is_over: bool = False) -> float:
        """A hotword's bonus; one that may still become a hotword earns as it grows."""
        counts = word in self.hotwords or (not is_over and word in self.beginnings)
        return self.settings.hotword_bonus * len(word) if counts else 0.0

    def hypotheses(self, num_best: int) -> tuple[Hypothesis, ...]:
        """The best texts, now that the recording is over."""
        texts: dict[str, float] = {}
        for prefix, share in zip(self.prefixes, self.ends_blank + self.ends_token, strict=True):
            text = prefix.rstrip(" ")
            texts[text] = texts.get(text, 0.0) + float(share)
        found = []
        for text, share in texts.items():
            ctc = math.log(share) + self.log_scale
            earned = sum(self._earned(word, is_over=True) for word in text.split(" "))
            score = ctc + self.character_bonus * len(text) + earned
            # Silence is no sentence: only the CTC head judges it.
            if self.language_model is not None and text:
                score += self.settings.lm_weight * self.language_model.score(text)
            found.append(Hypothesis(text, ctc, score))
        return tuple(sorted(found, key=lambda one: one.score, reverse=True)[:num_best])
