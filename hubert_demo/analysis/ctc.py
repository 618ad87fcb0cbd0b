"""Reading the CTC head: the greedy path with times and confidence, forced alignment, prefix beam search."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.language_model import CHARACTERS, CharacterModel
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.errors import InputError
from hubert_demo.inference import HOP_SAMPLES, WINDOW_SAMPLES, Encoding

# A frame stands for one hop of 20 ms in the middle of its window of 25 ms.
_OFFSET_SAMPLES = (WINDOW_SAMPLES - HOP_SAMPLES) // 2

_LEAST_PROBABILITY = 1e-4


@dataclass(frozen=True)
class Character:
    """One recognised character.

    Attributes:
        text: The character.
        start_s: Where its first frame begins.
        end_s: Where its last frame ends.
        confidence: Lowest probability, 0..1, that any of its frames gave to it.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True)
class Word:
    """One recognised word.

    Attributes:
        text: Its characters.
        start_s: Where its first character begins.
        end_s: Where its last character ends.
        confidence: Lowest probability, 0..1, of the chosen token in any of its frames that is no blank.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, eq=False)
class Transcript:
    """What was recognised.

    Attributes:
        text: The words, separated by spaces; empty where no speech was recognised.
        words: In order of time.
        characters: Those of the words, without the spaces.
        frame_token_ids: int64 `(frames,)`, the most probable token of every frame, blanks included.
    """

    text: str
    words: tuple[Word, ...]
    characters: tuple[Character, ...]
    frame_token_ids: npt.NDArray[np.int64]


def transcribe(encoding: Encoding) -> Transcript:
    """Take the most probable token of every frame, merge repeats, then drop blanks.

    A character lasts as long as its run of frames. Confidence follows the minimum over the frames that are
    not blank.

    Source: Graves et al. 2006, "Connectionist Temporal Classification", section 3.2 (best path decoding).

    Args:
        encoding: One recording.

    Returns:
        The transcript; no words where nothing but blanks was recognised.
    """
    probabilities = token_probabilities(encoding)
    token_ids = probabilities.argmax(axis=1)
    chosen = probabilities.max(axis=1)
    words: list[Word] = []
    characters: list[Character] = []
    spelled: list[Character] = []
    frame = 0
    for token_id, run in groupby(token_ids.tolist()):
        start, frame = frame, frame + len(list(run))
        if token_id == encoding.word_delimiter_id:
            words += _word(spelled)
            spelled = []
        elif token_id != encoding.blank_id and not _is_special(encoding.vocabulary[token_id]):
            spelled.append(_character(encoding.vocabulary[token_id], start, frame, chosen))
            characters.append(spelled[-1])
    words += _word(spelled)
    text = " ".join(word.text for word in words)
    return Transcript(text, tuple(words), tuple(characters), token_ids)


def token_probabilities(encoding: Encoding) -> npt.NDArray[np.float64]:
    """Probability of every token in every frame: float64 `(frames, vocabulary)`, rows sum to one."""
    shifted = encoding.ctc_logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    weights = np.exp(shifted)
    probabilities: npt.NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return probabilities


def _is_special(token: str) -> bool:
    """Whether a token such as `<s>` or `[UNK]` stands for no sound."""
    return len(token) > 1 and token[0] in "<["


def _character(text: str, start: int, stop: int, chosen: npt.NDArray[np.float64]) -> Character:
    """The character of frames `start` up to but without `stop`."""
    start_s, end_s = ((frame * HOP_SAMPLES + _OFFSET_SAMPLES) / SAMPLE_RATE_HZ for frame in (start, stop))
    return Character(text, start_s, end_s, float(chosen[start:stop].min()))


def _word(spelled: Iterable[Character]) -> list[Word]:
    """The word of these characters, or none."""
    spelled = list(spelled)
    if not spelled:
        return []
    text = "".join(character.text for character in spelled)
    confidence = min(character.confidence for character in spelled)
    return [Word(text, spelled[0].start_s, spelled[-1].end_s, confidence)]


def forced_alignment(
    log_probabilities: npt.NDArray[np.floating], token_ids: Sequence[int], blank_id: int
) -> list[tuple[int, int]]:
    """The frames that each token of a known text takes on the most probable path.

    Source: Graves et al. 2006, section 4.1: tokens with blanks between them, and the best path through
    that trellis (Viterbi) instead of the sum over all.

    Args:
        log_probabilities: `(frames, vocabulary)`.
        token_ids: What was said, without blanks.
        blank_id: The blank's column.

    Returns:
        For every token its first frame and the frame after its last.

    Raises:
        InputError: If the text needs more frames than there are.
    """
    states = np.full(2 * len(token_ids) + 1, blank_id)
    states[1::2] = token_ids
    needed = len(token_ids) + int((np.diff(token_ids) == 0).sum())
    if needed > len(log_probabilities):
        raise InputError(
            f"A text of {len(token_ids)} characters needs {needed} frames of 20 ms, and there are "
            f"{len(log_probabilities)}; give the text that was spoken."
        )
    may_skip = np.zeros(len(states), dtype=bool)
    may_skip[2:] = (states[2:] != blank_id) & (states[2:] != states[:-2])
    scores = np.full(len(states), -np.inf)
    scores[:2] = log_probabilities[0, states[:2]]
    steps = np.zeros((len(log_probabilities), len(states)), dtype=np.int8)
    for frame in range(1, len(log_probabilities)):
        before = np.stack([scores, _shifted(scores, 1), np.where(may_skip, _shifted(scores, 2), -np.inf)])
        steps[frame] = before.argmax(axis=0)
        scores = before.max(axis=0) + log_probabilities[frame, states]
    state = len(states) - 1 if len(states) == 1 or scores[-1] >= scores[-2] else len(states) - 2
    path = np.empty(len(log_probabilities), dtype=int)
    for frame in range(len(path) - 1, -1, -1):
        path[frame] = state
        state -= int(steps[frame, state])
    firsts = np.searchsorted(path, np.arange(1, len(states), 2))
    ends = np.searchsorted(path, np.arange(1, len(states), 2), side="right")
    return list(zip(firsts.tolist(), ends.tolist(), strict=True))


def _shifted(scores: npt.NDArray[np.float64], by: int) -> npt.NDArray[np.float64]:
    """Scores of the states `by` before."""
    return np.concatenate([np.full(by, -np.inf), scores])[: len(scores)]


@dataclass(frozen=True)
class BeamSettings:
    """How to search; the weights were chosen on valid readers.

    Attributes:
        beam_width: Prefixes kept after every frame.
        lm_weight: Weight of the language model's log-probabilities beside the CTC's.
        character_bonus: Added for every character, against the language model's liking for short texts.
        hotword_bonus: Added for every character of a word to listen for.
    """

    beam_width: int = 32
    lm_weight: float = 0.5
    character_bonus: float = 0.5
    hotword_bonus: float = 1.0


@dataclass(frozen=True)
class Hypothesis:
    """One reading of the recording.

    Attributes:
        text: Words with single spaces between them.
        ctc_log_probability: Of the text under the CTC model, summed over the paths that the search kept.
        score: With language model, bonus and words to listen for; what hypotheses are ranked by.
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
        hotwords: Words to prefer, in any case.
        num_best: Most hypotheses to return.
        settings: Width and weights; the defaults if None.

    Raises:
        InputError: If `num_best` or the beam's width is below 1.

    Source: Hannun et al. 2014, "First-Pass Large Vocabulary Continuous Speech Recognition using
    Bi-Directional Recurrent DNNs", algorithm 1.
    """
    settings = settings or BeamSettings()
    if num_best < 1 or settings.beam_width < 1:
        raise InputError(
            f"num_best is {num_best} and beam_width {settings.beam_width}; give at least 1 for both."
        )
    search = _Search(encoding, language_model, frozenset(map(str.upper, hotwords)), settings)
    for frame in token_probabilities(encoding):
        search.advance(frame)
    return search.hypotheses(num_best)


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
            " " if token_id == self.space_id else "" if _is_special(token) else token
            for token_id, token in enumerate(encoding.vocabulary)
        ]
        self.characters[self.blank_id] = ""
        self.language_model, self.hotwords, self.settings = language_model, hotwords, settings
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
            score = self._judge(before) + self.settings.character_bonus
            if self.language_model is not None and character in CHARACTERS:
                column = 1 + CHARACTERS.index(character)
                score += self.settings.lm_weight * self.language_model.log_probabilities(before)[column]
            self.judged[prefix] = score + self._hotwords(prefix) - self._hotwords(before)
        return self.judged[prefix]

    def _hotwords(self, prefix: str, is_over: bool = False) -> float:
        """Bonus of the hotwords in a text; one that may still become a hotword earns as it grows."""
        if not self.hotwords:
            return 0.0
        *words, last = prefix.split(" ")
        earned = sum(len(word) for word in words if word in self.hotwords)
        may_grow = not is_over and any(word.startswith(last) for word in self.hotwords)
        if may_grow or last in self.hotwords:
            earned += len(last)
        return self.settings.hotword_bonus * earned

    def hypotheses(self, num_best: int) -> tuple[Hypothesis, ...]:
        """The best texts, now that the recording is over."""
        texts: dict[str, float] = {}
        for prefix, ends in self.alive.items():
            text = prefix.rstrip(" ")
            texts[text] = texts.get(text, 0.0) + sum(ends)
        found = []
        for text, share in texts.items():
            ctc = math.log(share) + self.log_scale
            score = ctc + self.settings.character_bonus * len(text) + self._hotwords(text, is_over=True)
            if self.language_model is not None:
                score += self.settings.lm_weight * self.language_model.score(text)
            found.append(Hypothesis(text, ctc, score))
        return tuple(sorted(found, key=lambda one: one.score, reverse=True)[:num_best])
