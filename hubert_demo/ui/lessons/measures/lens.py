"""What may be asked about the texts that every layer would write."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.experiments.lens import Lens, LensLetter
from hubert_demo.ui.lessons.measures.base import (
    COUNT,
    LAYER,
    MAX_OPTIONS,
    SHARE,
    WORD,
    CannotAnswerError,
    Subject,
    measure,
)

_READABLE = 0.25


@measure(SHARE)
def cer_input(subject: Subject) -> float:
    """Character errors at layer 0 against the greedy transcript, by the best read-out that there is."""
    return float(_lens(subject).best.cer[0])


@measure(SHARE)
def cer_input_by_chance(subject: Subject) -> float:
    """What that would be with the same letters in random order."""
    return float(_lens(subject).best.cer_by_chance[0])


@measure(LAYER)
def readable_layer(subject: Subject) -> int:
    """The layer from which on the best read-out has under 25% character errors."""
    return _first_readable(_lens(subject).best.cer)


@measure(LAYER)
def readable_layer_of_head(subject: Subject) -> int:
    """The layer from which on the CTC head as it is has under 25% character errors."""
    return _first_readable(_lens(subject).read_outs["head"].cer)


@measure(COUNT)
def num_early_letters(subject: Subject) -> int:
    """Letters of the greedy transcript that every layer writes, from the input on."""
    return sum(letter.decided_layer == 0 for letter in _letters(subject))


def _decided_late(subject: Subject) -> list[tuple[str, float]]:
    """The words of the greedy transcript with the mean of the layers at which their letters are decided."""
    analysis = subject.analysis
    show, letters = reading_case(analysis.ctc.vocabulary), _letters(subject)
    return [
        (show(word.text), float(np.mean([_layer(letter) for letter in of_word])))
        for word in analysis.transcript_greedy.words
        if (of_word := _of(word, letters))
    ]


def _options(subject: Subject) -> list[str]:
    """Up to four words: the one whose letters are decided last, the one decided first, others between."""
    found = sorted(_decided_late(subject), key=lambda each: -each[1])
    spread = [found[0], found[-1], *found[1 :: max(1, len(found) // MAX_OPTIONS)]]
    chosen = list(dict.fromkeys(text for text, _ in spread))[:MAX_OPTIONS]
    return [text for text in dict.fromkeys(text for text, _ in _decided_late(subject)) if text in chosen]


@measure(WORD, options=_options)
def latest_word(subject: Subject) -> str:
    """The word of the greedy transcript whose letters are decided last, on average."""
    found = _decided_late(subject)
    if len({text for text, _ in found}) < 2:
        raise CannotAnswerError("Too few words were recognised in this recording to compare them.")
    return max(found, key=lambda each: each[1])[0]


def _lens(subject: Subject) -> Lens:
    analysis = subject.analysis
    if analysis.encoding.ctc is None:
        raise CannotAnswerError(
            f"“{analysis.checkpoint.title}” was not trained to transcribe, so no layer of it can be read. "
            "Choose another model."
        )
    lens = analysis.lens()
    if not lens.compared_with:
        raise CannotAnswerError("No speech was recognised here, so there is nothing to compare layers with.")
    return lens


def _letters(subject: Subject) -> Sequence[LensLetter]:
    return _lens(subject).best.letters.letters


def _of(word: Word, letters: Sequence[LensLetter]) -> list[LensLetter]:
    return [letter for letter in letters if word.start_s <= (letter.start_s + letter.end_s) / 2 <= word.end_s]


def _layer(letter: LensLetter) -> int:
    """The layer at which it was decided; one beyond the last where it was not."""
    return len(letter.is_found) if letter.decided_layer is None else letter.decided_layer


def _first_readable(cer: npt.NDArray[np.float64]) -> int:
    """The lowest layer that is readable, as all above it are."""
    is_bad = np.flatnonzero(cer >= _READABLE)
    layer = 0 if not len(is_bad) else int(is_bad[-1]) + 1
    if layer == len(cer):
        raise CannotAnswerError("No layer of this model can be read in this recording.")
    return layer
