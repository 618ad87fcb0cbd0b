"""Greedy CTC transcription with times and confidence for every word and character."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.inference import HOP_SAMPLES, WINDOW_SAMPLES, Encoding

# A frame stands for one hop of 20 ms in the middle of its window of 25 ms.
_OFFSET_SAMPLES = (WINDOW_SAMPLES - HOP_SAMPLES) // 2


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
