"""Prefix beam search: the most probable texts, with a language model and words to listen for."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hubert_demo.analysis.collapse import writes
from hubert_demo.analysis.ctc import token_probabilities
from hubert_demo.analysis.language_model import CHARACTERS, CharacterModel
from hubert_demo.analysis.spelling import spell
from hubert_demo.errors import InputError
from hubert_demo.inference import Encoding

MAX_HOTWORDS = 50
MAX_HOTWORD_LETTERS = 30

_LEAST_PROBABILITY = 1e-4


@dataclass(frozen=True)
class BeamSettings:
    """How to search; the weights were chosen on valid readers.

    Attributes:
        beam_width: Prefixes kept after every frame.
        lm_weight: Weight of the language model's log-probabilities beside the CTC's.
        character_bonus: Added for every character where there is a language model, against its liking for
            short texts.
        hotword_bonus: Added for every character of a word to listen for.
    """

    beam_width: int = 32
    lm_weight: float = 1.0
    character_bonus: float = 1.4
    hotword_bonus: float = 1.0


@dataclass(frozen=True)
class Hypothesis:
    """One reading of the recording.

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
    language_model: CharacterModel | None = None,
    hotwords: Collection[str] = (),
    num_best: int = 5,
    settings: BeamSettings | None = None,
) -> tuple[Hypothesis, ...]:
    """The most probable texts, best first.

    Where the greedy path takes the best token of every frame, this sums over all paths that spell the same
    text.

    Args:
        encoding: One recording.
        language_model: Judges texts as they grow; without one only the CTC counts.
        hotwords: Words to prefer, in any case; at most `MAX_HOTWORDS`.
        num_best: Most hypotheses to return.
        settings: Width and weights; the defaults if None.

    Raises:
        InputError: If `num_best` or the beam's width is below 1, or there are too many or too long hotwords.

    Source: Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using
    Bi-Directional Recurrent DNNs", algorithm 1.
    """
    settings = settings or BeamSettings()
    if num_best < 1 or settings.beam_width < 1:
        raise InputError(
            f"num_best is {num_best} and beam_width {settings.beam_width}; give at least 1 for both."
        )
    search = _Search(encoding, language_model, _spelled(hotwords, encoding.vocabulary), settings)
    for frame in token_probabilities(encoding):
        search.advance(frame)
    return search.hypotheses(num_best)


def _spelled(hotwords: Collection[str], vocabulary: Sequence[str]) -> frozenset[str]:
    """Hotwords in the vocabulary's characters; a long list would take long, and win over what was said."""
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
    """The prefixes alive, with the probabilities of their paths that end in a blank and of those that do not.

    Kept relative to all prefixes alive; `log_scale` has what was divided out.
    """

    def __init__(
        self,
        encoding: Encoding,
        language_model: CharacterModel | None,
        hotwords: frozenset[str],
        settings: BeamSettings,
    ) -> None:
        self.blank_id, self.space_id = encoding.blank_id, encoding.word_delimiter_id
        self.characters = [
            " " if token_id == self.space_id else token if writes(encoding, token_id) else ""
            for token_id, token in enumerate(encoding.vocabulary)
        ]
        self.language_model, self.hotwords, self.settings = language_model, hotwords, settings
        self.character_bonus = settings.character_bonus if language_model else 0.0
        self.beginnings = {word[:end] for word in hotwords for end in range(len(word))}
        self.alive: dict[str, tuple[float, float]] = {"": (1.0, 0.0)}
        self.judged: dict[str, float] = {"": 0.0}
        self.log_scale = 0.0

    def advance(self, probabilities: np.ndarray) -> None:
        """Take one frame in."""
        blank = float(probabilities[self.blank_id])
        tokens = [
            (self.characters[token_id], float(probabilities[token_id]))
            for token_id in np.flatnonzero(probabilities > _LEAST_PROBABILITY).tolist()
            if self.characters[token_id]
        ]
        grown: dict[str, list[float]] = {}
        for prefix, (ends_blank, ends_token) in self.alive.items():
            total = ends_blank + ends_token
            same = grown.setdefault(prefix, [0.0, 0.0])
            same[0] += total * blank
            for character, probability in tokens:
                if character == " " and (not prefix or prefix[-1] == " "):
                    # Space at the start and space upon space say nothing.
                    same[1] += total * probability
                elif prefix and prefix[-1] == character:
                    same[1] += ends_token * probability
                    if ends_blank:
                        grown.setdefault(prefix + character, [0.0, 0.0])[1] += ends_blank * probability
                else:
                    grown.setdefault(prefix + character, [0.0, 0.0])[1] += total * probability
        self._keep_best(grown)

    def _keep_best(self, grown: dict[str, list[float]]) -> None:
        scores = {
            prefix: math.log(sum(ends)) + self._judge(prefix)
            for prefix, ends in grown.items()
            if sum(ends) > 0
        }
        best = sorted(scores, key=scores.__getitem__, reverse=True)[: self.settings.beam_width]
        scale = sum(sum(grown[prefix]) for prefix in best)
        self.log_scale += math.log(scale)
        self.alive = {prefix: (grown[prefix][0] / scale, grown[prefix][1] / scale) for prefix in best}
        self.judged = {prefix: self.judged[prefix] for prefix in best}

    def _judge(self, prefix: str) -> float:
        """Language model and character bonus of a prefix, and what its hotwords earn."""
        if prefix not in self.judged:
            before, character = prefix[:-1], prefix[-1]
            # A prefix grows out of one that is alive, and that one is judged.
            score = self._judge(before) + self.character_bonus
            if self.language_model is not None and character in CHARACTERS:
                column = 1 + CHARACTERS.index(character)
                score += self.settings.lm_weight * self.language_model.log_probabilities(before)[column]
            self.judged[prefix] = score + self._hotword_gain(before, character)
        return self.judged[prefix]

    def _hotword_gain(self, before: str, character: str) -> float:
        """What one more character changes in the bonus: words before the last one stay as they are."""
        if not self.hotwords:
            return 0.0
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
        for prefix, ends in self.alive.items():
            text = prefix.rstrip(" ")
            texts[text] = texts.get(text, 0.0) + sum(ends)
        found = []
        for text, share in texts.items():
            ctc = math.log(share) + self.log_scale
            earned = sum(self._earned(word, is_over=True) for word in text.split(" "))
            score = ctc + self.character_bonus * len(text) + earned
            # Silence is no sentence: the sound alone judges it.
            if self.language_model is not None and text:
                score += self.settings.lm_weight * self.language_model.score(text)
            found.append(Hypothesis(text, ctc, score))
        return tuple(sorted(found, key=lambda one: one.score, reverse=True)[:num_best])
