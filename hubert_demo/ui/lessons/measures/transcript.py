"""What may be asked about the transcript."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from hubert_demo.analysis.transcript.collapse import drop_blanks, merge_repeats
from hubert_demo.analysis.transcript.ctc import Transcript, Word
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.ui.lessons.measures.base import (
    COUNT,
    MAX_OPTIONS,
    NAME,
    SECONDS,
    SHARE,
    WORD,
    CannotAnswerError,
    Subject,
    measure,
    yes_or_no,
)

MIN_COMPARED = 2


@measure(SECONDS)
def duration(subject: Subject) -> float:
    """Length of the recording."""
    return subject.analysis.encoding.waveform.duration_s


@measure(COUNT)
def num_frames(subject: Subject) -> int:
    """Frames of the recording."""
    return subject.analysis.encoding.num_frames


@measure(COUNT)
def hop_ms(subject: Subject) -> int:
    """Milliseconds from one frame to the next."""
    return round(1000 * subject.analysis.encoding.grid.hop_s)


@measure(COUNT)
def window_ms(subject: Subject) -> int:
    """Milliseconds of sound that one frame sees."""
    return round(1000 * subject.analysis.encoding.grid.window_s)


@measure(COUNT)
def num_words(subject: Subject) -> int:
    """Words of the transcript."""
    return len(_words(subject))


@measure(SHARE)
def blank_share(subject: Subject) -> float:
    """Frames whose likeliest letter is the blank."""
    analysis = subject.analysis
    return float((analysis.transcript_greedy.frame_token_ids == analysis.ctc.blank_id).mean())


@measure(COUNT)
def num_merged(subject: Subject) -> int:
    """Cells that are left when equal neighbouring frames are merged."""
    return len(merge_repeats(subject.analysis.transcript_greedy.frame_token_ids))


@measure(COUNT)
def num_letters(subject: Subject) -> int:
    """Letters and spaces that are left when blanks are dropped, too."""
    analysis = subject.analysis
    return len(drop_blanks(merge_repeats(analysis.transcript_greedy.frame_token_ids), analysis.ctc))


def _word_options(subject: Subject) -> list[str]:
    """Up to four of the words, the least sure and the longest among them, in the order they are said."""
    words = _words(subject)
    show = _reading(subject)
    wanted = [least_sure_word(subject), longest_word(subject), loudest_word(subject)]
    texts = list(dict.fromkeys(show(word.text) for word in words))
    spread = texts[:: max(1, len(texts) // MAX_OPTIONS)]
    chosen = list(dict.fromkeys([*wanted, *reversed(spread)]))[:MAX_OPTIONS]
    return [text for text in texts if text in chosen]


@measure(WORD, options=_word_options)
def least_sure_word(subject: Subject) -> str:
    """The word that the model was least sure of."""
    return _reading(subject)(_least_sure(subject).text)


@measure(SECONDS)
def least_sure_time(subject: Subject) -> float:
    """When that word begins."""
    return _least_sure(subject).start_s


@measure(SHARE)
def least_sure_confidence(subject: Subject) -> float:
    """How sure the model was of that word."""
    return _least_sure(subject).confidence


@measure(WORD, options=_word_options)
def longest_word(subject: Subject) -> str:
    """The word that lasts longest."""
    longest = max(_words(subject), key=lambda word: word.end_s - word.start_s)
    return _reading(subject)(longest.text)


@measure(SECONDS)
def longest_duration(subject: Subject) -> float:
    """How long that word lasts."""
    return max(word.end_s - word.start_s for word in _words(subject))


@measure(WORD, options=_word_options)
def loudest_word(subject: Subject) -> str:
    """The word whose loudest frame is the loudest."""
    energy = subject.analysis.prosody().energy_db
    grid = subject.analysis.encoding.grid
    times_s = grid.times_s(len(energy))

    def loudness(word: Word) -> float:
        within = (times_s >= word.start_s) & (times_s <= word.end_s)
        return float(energy[within].max(initial=-np.inf))

    return _reading(subject)(max(_words(subject), key=loudness).text)


@measure(NAME, outcomes=("yes", "no"))
def has_double_letter(subject: Subject) -> str:
    """Whether a letter is written twice in a row within a word."""
    words = [word.text for word in subject.analysis.transcript_greedy.words]
    if not words:
        raise CannotAnswerError("No speech was recognised in this recording.")
    return yes_or_no(any(one == other for word in words for one, other in pairwise(word)))


@measure(NAME, outcomes=("yes", "no"))
def language_model_changes(subject: Subject) -> str:
    """Whether the transcript with the language model differs from the greedy one."""
    analysis = subject.analysis
    if not analysis.has_language_model:
        raise CannotAnswerError("This model has no language model.")
    return yes_or_no(analysis.transcript.text != analysis.transcript_greedy.text)


def _words(subject: Subject) -> tuple[Word, ...]:
    written: Transcript = subject.analysis.transcript
    if len(written.words) < MIN_COMPARED:
        raise CannotAnswerError("Too few words were recognised in this recording to compare them.")
    return written.words


def _least_sure(subject: Subject) -> Word:
    return min(_words(subject), key=lambda word: word.confidence)


def _reading(subject: Subject) -> Callable[[str], str]:
    return reading_case(subject.analysis.ctc.vocabulary)
