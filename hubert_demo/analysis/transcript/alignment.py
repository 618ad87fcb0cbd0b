"""A text that is known to have been said: where its words are, and what the transcript made of them."""

import math
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import zip_longest

import jiwer
import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.collapse import PAUSE_S, Run, is_special
from hubert_demo.analysis.transcript.confidence import Curve, on_curve, support
from hubert_demo.analysis.transcript.ctc import (
    Transcript,
    Word,
    forced_alignment,
    token_probabilities,
    transcribe,
    transcript_from_path,
)
from hubert_demo.analysis.transcript.spelling import spell
from hubert_demo.deprecation import Renamed
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError, require_text

MAX_REFERENCE = 2000
"""Characters of a text to align: more than anybody says in a minute. Spelling much more takes seconds."""

_LEAST_PROBABILITY = 1e-30


class Outcome(StrEnum):
    """What became of a word."""

    RIGHT = "right"
    REPLACED = "replaced"
    MISSING = "missing"
    INSERTED = "inserted"


# By jiwer's names.
_OUTCOMES = {
    "equal": Outcome.RIGHT,
    "substitute": Outcome.REPLACED,
    "delete": Outcome.MISSING,
    "insert": Outcome.INSERTED,
}


@dataclass(frozen=True)
class AlignedWord:
    """One word of the reference, or one that only the transcript has.

    Attributes:
        outcome: Whether the transcript has it, has another word in its place or none, or inserted it.
        text: The reference's word; empty if it was inserted.
        recognised: The transcript's word; empty if it is missing there.
        start_s: Where the most probable path puts the reference's word; of an inserted one, where it was
            recognised.
        end_s: Where that ends.
        confidence: 0..1, as a `Word` has it. The curve, where there is one, was fitted to words that were
            recognised; of others it says how sure of them the model would be.
    """

    outcome: Outcome
    text: str
    recognised: str
    start_s: float
    end_s: float
    confidence: float

    kind = Renamed("outcome")
    heard = Renamed("recognised")


@dataclass(frozen=True, eq=False)
class Alignment:
    """A reference laid over the recording and compared with the transcript.

    Attributes:
        reference: The reference in the vocabulary's characters, with times and confidence as if it had been
            recognised.
        left_out: Characters of what was given that the vocabulary does not have.
        words: The reference's words and the inserted ones, in the order of the two texts.
        wer: Word error rate: replaced, missing and inserted words per word of the reference, 0 or more.
        cer: Character error rate, counted likewise; spaces are characters.
    """

    reference: Transcript
    left_out: tuple[str, ...]
    words: tuple[AlignedWord, ...]
    wer: float
    cer: float

    def count(self, outcome: Outcome) -> int:
        """How many words had this outcome."""
        return Counter(word.outcome for word in self.words)[outcome]


def align(encoding: Encoding, transcript: Transcript, reference: str) -> Alignment:
    """Find where a known text was said, and compare the transcript with it.

    Args:
        encoding: One recording.
        transcript: What was recognised in it.
        reference: What was really said. Case, accents and punctuation need not be the vocabulary's.

    Raises:
        InputError: If the reference is empty, has no character of the vocabulary, or is too long for the
            recording.
    """
    ctc = encoding.require_ctc()
    if len(require_text("Reference", reference)) > MAX_REFERENCE:
        raise InputError(f"The text has {len(reference)} characters; give at most {MAX_REFERENCE}.")
    spelling = spell(reference, ctc.vocabulary)
    if not reference.strip():
        raise InputError("The text to align is empty. Type what was said in the recording.")
    if not spelling.text:
        letters = "".join(sorted(token for token in ctc.vocabulary if token.isalpha() and len(token) == 1))
        raise InputError(
            f"This model cannot write any of “{reference.strip()[:40]}”. Use its letters ({letters[:60]}), "
            "and write numbers as words."
        )
    # A text that is known says itself where its words end.
    laid = lay(encoding, spelling.text, pause_s=math.inf)
    if not transcript.text:
        # The error rates of an empty transcript are those of nothing but missing words.
        words = tuple(_aligned(Outcome.MISSING, word, None) for word in laid.words)
        return Alignment(laid, spelling.left_out, words, 1.0, 1.0)
    compared = jiwer.process_words(laid.text, transcript.text)
    words = _compare(laid.words, transcript.words, compared.alignments[0])
    return Alignment(
        laid, spelling.left_out, words, float(compared.wer), float(jiwer.cer(laid.text, transcript.text))
    )


def lay(encoding: Encoding, text: str, pause_s: float = PAUSE_S) -> Transcript:
    """A text at its most probable times, as if it had been recognised with a language model's help.

    Its words' confidence is by the curve for such words where there is one, else that of a greedy
    transcript's words.

    Args:
        encoding: One recording.
        text: In the vocabulary's characters, with single spaces; nothing is laid of an empty one.
        pause_s: Longest time between two letters of a word.

    Raises:
        InputError: If it is too long for the recording.
    """
    ctc = encoding.require_ctc()
    columns = {token: column for column, token in enumerate(ctc.vocabulary) if not is_special(token)}
    columns[" "] = ctc.word_delimiter_id
    token_ids = [columns[character] for character in text]
    probabilities = token_probabilities(ctc)
    # A probability of zero would forbid every path through it, and there must be one.
    logarithms = np.log(np.maximum(probabilities, _LEAST_PROBABILITY))
    spans = forced_alignment(logarithms, token_ids, ctc.blank_id)
    runs = [Run(token_id, *span) for token_id, span in zip(token_ids, spans, strict=True)]
    if ctc.laid_curve is None:
        return transcript_from_path(ctc, encoding.grid, runs, probabilities, pause_s)
    plain = replace(ctc, confidence_curve=None)
    laid = transcript_from_path(plain, encoding.grid, runs, probabilities, pause_s)
    return _supported(laid, transcribe(encoding), ctc.laid_curve)


def word_support(laid: Transcript, greedy: Transcript) -> npt.NDArray[np.float64]:
    """What speaks for each word of a text that was laid over a recording, see `support`.

    Args:
        laid: Whose words' confidence is the plain product.
        greedy: What was recognised letter by letter in that recording.

    Returns:
        float64 `(words,)`.
    """
    is_shared = [not differs for _, differs in differing_words(laid.text, greedy.text)]
    return support([word.confidence for word in laid.words], is_shared)


def _supported(laid: Transcript, greedy: Transcript, curve: Curve) -> Transcript:
    """With how often words are right for which as much speaks, in place of the plain product."""
    words = tuple(
        replace(word, confidence=on_curve(evidence, curve))
        for word, evidence in zip(laid.words, word_support(laid, greedy).tolist(), strict=True)
    )
    return replace(laid, words=words)


def _compare(
    reference: tuple[Word, ...], recognised: tuple[Word, ...], chunks: list[jiwer.AlignmentChunk]
) -> tuple[AlignedWord, ...]:
    """Every word with what became of it, from jiwer's stretches of equal outcome."""
    words: list[AlignedWord] = []
    for chunk in chunks:
        ours = reference[chunk.ref_start_idx : chunk.ref_end_idx]
        theirs = recognised[chunk.hyp_start_idx : chunk.hyp_end_idx]
        # Where words are missing or inserted, one of the two is empty; otherwise they are equally long.
        words += [_aligned(_OUTCOMES[chunk.type], *pair) for pair in zip_longest(ours, theirs)]
    return tuple(words)


def _aligned(outcome: Outcome, word: Word | None, recognised: Word | None) -> AlignedWord:
    where = word or recognised
    assert where is not None
    text, other = word.text if word else "", recognised.text if recognised else ""
    return AlignedWord(outcome, text, other, where.start_s, where.end_s, where.confidence)


def differing_words(text: str, other: str) -> tuple[tuple[str, bool], ...]:
    """The words of a text, each with whether another text has a different one, or none, in its place.

    Args:
        text: Words with spaces between them.
        other: What to compare with.
    """
    words = text.split()
    if not words or not other.split():
        return tuple((word, True) for word in words)
    same: set[int] = set()
    for chunk in jiwer.process_words(other, text).alignments[0]:
        if chunk.type == "equal":
            same.update(range(chunk.hyp_start_idx, chunk.hyp_end_idx))
    return tuple((word, index not in same) for index, word in enumerate(words))
