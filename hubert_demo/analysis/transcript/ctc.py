"""From the CTC head to text: the greedy path with times and confidence, and forced alignment."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.softmax import softmax
from hubert_demo.analysis.transcript.collapse import PAUSE_S, Run, merge_repeats, split_words
from hubert_demo.analysis.transcript.confidence import Curve, word_confidence
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.deprecation import warn_renamed
from hubert_demo.encoding import CtcOutput, Encoding, FrameGrid
from hubert_demo.errors import InputError

# The logarithm of nothing is no number.
_LEAST_PROBABILITY = 1e-30


@dataclass(frozen=True)
class Character:
    """One recognised character.

    Attributes:
        text: The character.
        start_s: Where its first frame begins.
        end_s: Where its last frame ends.
        confidence: Mean probability, 0..1, that its frames gave to it.
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
        confidence: 0..1, the product of its characters' confidence, on the curve that says how often such
            words are right where there is one, see `word_confidence`; of a word that a language model helped
            to read, by `support` where there is a curve for that.
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
        frame_token_ids: int64 `(frames,)`, what the path says in every frame, blanks included; on the greedy
            one that is the most probable token.
    """

    text: str
    words: tuple[Word, ...]
    characters: tuple[Character, ...]
    frame_token_ids: npt.NDArray[np.int64]

    def in_reading_case(self, vocabulary: Collection[str]) -> "Transcript":
        """The same transcript for people to read: in small letters where its vocabulary has only capitals.

        Args:
            vocabulary: The tokens it is written with.
        """
        change = reading_case(vocabulary)
        words = tuple(replace(word, text=change(word.text)) for word in self.words)
        characters = tuple(replace(each, text=change(each.text)) for each in self.characters)
        return replace(self, text=change(self.text), words=words, characters=characters)

    def in_small_letters(self) -> "Transcript":
        """Replaced by `in_reading_case`, which knows whether a vocabulary has only capitals."""
        warn_renamed("Transcript.in_small_letters", "Transcript.in_reading_case")
        return self.in_reading_case(ascii_uppercase)


def transcribe(encoding: Encoding) -> Transcript:
    """Take the most probable token of every frame, merge repeats, then drop blanks.

    A word ends at a space or a pause, see `split_words`. A character lasts as long as its run of frames;
    blanks count for nothing.

    Source: Graves et al. 2006, "Connectionist Temporal Classification", section 3.2 (best path decoding).

    Args:
        encoding: One recording.

    Returns:
        The transcript; no words where nothing but blanks was recognised.
    """
    ctc = encoding.require_ctc()
    probabilities = token_probabilities(ctc)
    runs = merge_repeats(probabilities.argmax(axis=1).tolist())
    return transcript_from_path(ctc, encoding.grid, runs, probabilities)


def transcript_from_path(
    ctc: CtcOutput,
    grid: FrameGrid,
    runs: Sequence[Run],
    probabilities: npt.NDArray[np.float64],
    pause_s: float = PAUSE_S,
) -> Transcript:
    """Spell out a path; `split_words` says where a word ends.

    Args:
        ctc: Whose vocabulary the path is in.
        grid: Where its frames lie in time.
        runs: What its frames say, in order of time; frames without a run say the blank.
        probabilities: `(frames, vocabulary)`.
        pause_s: Longest time between two letters of a word.

    Returns:
        Words and characters with their times and confidence.
    """
    spelled = [
        [_character(ctc.vocabulary[run.token_id], run, grid, probabilities) for run in letters]
        for letters in split_words(runs, ctc, grid, pause_s)
    ]
    words = tuple(_word(characters, ctc.confidence_curve) for characters in spelled)
    token_ids = np.full(len(probabilities), ctc.blank_id, dtype=np.int64)
    for run in runs:
        token_ids[run.first_frame : run.end_frame] = run.token_id
    return Transcript(" ".join(word.text for word in words), words, tuple(chain(*spelled)), token_ids)


def token_probabilities(ctc: CtcOutput) -> npt.NDArray[np.float64]:
    """Probability of every token in every frame: float64 `(frames, vocabulary)`, rows sum to one."""
    return softmax(ctc.logits)


def carry_over(
    token_ids: npt.NDArray[np.int64], blank_id: int, source: FrameGrid, target: FrameGrid, num_frames: int
) -> npt.NDArray[np.int64]:
    """The tokens of one encoder's frames on the frames of another, by time.

    Args:
        token_ids: int64 `(frames,)` on the grid `source`, blanks included.
        blank_id: The token that stands for nothing.
        source: The grid of `token_ids`.
        target: The grid to carry them over to.
        num_frames: Frames of the recording on that grid.

    Returns:
        int64 `(num_frames,)`. Where the frames lie further apart than before, every token that was written
        still has a frame, unless another one was written in that frame too.
    """
    if source == target and len(token_ids) == num_frames:
        return token_ids
    carried = token_ids[source.nearest_frames(target.times_s(num_frames), len(token_ids))]
    written = np.flatnonzero(token_ids != blank_id)
    places = target.nearest_frames(source.times_s(len(token_ids))[written], num_frames)
    carried[places] = token_ids[written]
    return carried


def _character(text: str, run: Run, grid: FrameGrid, probabilities: npt.NDArray[np.float64]) -> Character:
    """The character of a run of frames."""
    confidence = probabilities[run.first_frame : run.end_frame, run.token_id].mean()
    return Character(text, grid.start_s(run.first_frame), grid.start_s(run.end_frame), float(confidence))


def _word(spelled: Sequence[Character], curve: Curve | None) -> Word:
    """The word of these characters, of which there is one at least."""
    text = "".join(character.text for character in spelled)
    logarithms = [math.log(max(character.confidence, _LEAST_PROBABILITY)) for character in spelled]
    return Word(text, spelled[0].start_s, spelled[-1].end_s, word_confidence(logarithms, curve))


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
            f"A text of {len(token_ids)} characters needs {needed} frames, but there are only "
            f"{len(log_probabilities)}. Give the text that was spoken."
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
