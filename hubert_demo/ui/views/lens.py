"""The layers on the page: what each would write if it were the last, and how it sounds."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.analysis.transcript.collapse import merge_repeats
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import listed
from hubert_demo.experiments.lens import NOTHING_TO_COMPARE, Lens, LensLetter, LensLetters
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, grid_as_json, index, text_of
from hubert_demo.ui.views.letters import compared, path_as_json
from hubert_demo.ui.views.timeline import sound_as_json

DIGITS = 4

AT_CHANCE = (
    "The lens cannot be told from chance here: for every layer{below}, some random order of the same letters "
    "comes as close to that text."
)


def lens(analysis: Analysis, request: Json) -> Json:
    """What every layer writes, by each read-out: `LensAnswer` in `static/core/types.d.ts`.

    Args:
        analysis: The recording.
        request: `reference`, what was really said; from the browser, and so anything.

    Raises:
        InputError: If the chosen checkpoint has no CTC head, or as for `Analysis.align`.
    """
    found = analysis.lens(text_of(request, "reference", MAX_REFERENCE))
    show = reading_case(found.vocabulary)
    return {
        "read_outs": [
            {
                "name": name,
                "texts": [compared(text, found.compared_with, show) for text in read.texts],
                "cer": listed(read.cer, DIGITS),
                "cer_by_chance": listed(read.cer_by_chance, DIGITS),
                "is_above_chance": read.is_above_chance.tolist(),
                **_letters(read.letters if read.said is None else read.said, found.compared_with, show),
            }
            for name, read in found.read_outs.items()
        ],
        "best": found.best_read_out,
        "is_reference": found.is_reference,
        "note": found.note,
        "warning": _warning(found),
    }


def lens_layer(analysis: Analysis, request: Json) -> Json:
    """Letters over time of one `layer` by a `read_out`, as a `LayerPath`; `reference` as for `lens`."""
    found = analysis.lens(text_of(request, "reference", MAX_REFERENCE))
    name = request.get("read_out")
    if not isinstance(name, str):
        raise InputError(NOT_UNDERSTOOD)
    read = found.require(name)
    layer = index(request, "layer", len(read.texts))
    runs = merge_repeats(read.logits[layer].argmax(axis=1).tolist())
    letters = path_as_json(analysis.encoding.require_ctc(), found.emissions(layer, name), runs)
    return {**grid_as_json(analysis.encoding), **letters}


def layer_sound(analysis: Analysis, request: Json) -> Json:
    """The sound of a `layer`, with its level beside the recording's and what layers keep: a `LayerSound`.

    Raises:
        InputError: If there is no such layer, or no decoders for the checkpoint.
    """
    layer = index(request, "layer", analysis.encoding.num_layers + 1)
    sound, scores = analysis.resynthesise(layer), analysis.sound_scores
    return {
        "layer": layer,
        "kept": None if scores is None else asdict(scores),
        "level_db": _level_db(sound.samples),
        "recording_level_db": _level_db(analysis.encoding.waveform.samples),
        **sound_as_json(sound),
    }


def _warning(found: Lens) -> str | None:
    """What keeps the numbers from saying anything."""
    if not found.compared_with:
        return NOTHING_TO_COMPARE
    # The last layer's text is the greedy one itself.
    is_above = found.best.is_above_chance if found.is_reference else found.best.is_above_chance[:-1]
    return None if is_above.any() else AT_CHANCE.format(below="" if found.is_reference else " below the last")


def _letters(found: LensLetters, text: str, show: Callable[[str], str]) -> Json:
    """The letters of a text, word by word, and how many are lost on the way to the last layer."""
    return {
        "words": [_word(word, show) for word in _by_word(found.letters, text)],
        "share_found": listed(found.share_found, DIGITS),
        "share_by_chance": listed(found.share_by_chance, DIGITS),
        "num_lost": found.num_lost,
        "num_lost_by_chance": round(found.num_lost_by_chance, 1),
    }


def _by_word(letters: tuple[LensLetter, ...], text: str) -> list[tuple[LensLetter, ...]]:
    """The letters, which know no spaces, by the words of their text; one by one where they are others."""
    words = text.split()
    if [letter.text for letter in letters] != list("".join(words)):
        return [(letter,) for letter in letters]
    ends = np.cumsum([len(word) for word in words], dtype=int).tolist()
    return [letters[end - len(word) : end] for word, end in zip(words, ends, strict=True)]


def _word(letters: tuple[LensLetter, ...], show: Callable[[str], str]) -> Json:
    texts = show("".join(letter.text for letter in letters))
    return {
        "start_s": letters[0].start_s,
        "end_s": letters[-1].end_s,
        "letters": [
            {
                "text": text,
                "decided": letter.decided_layer,
                # Of a letter that the last layer does not write: the layers on the way that do.
                "lost": np.flatnonzero(letter.is_found).tolist() if letter.is_lost else [],
            }
            for text, letter in zip(
                texts if len(texts) == len(letters) else (letter.text for letter in letters),
                letters,
                strict=True,
            )
        ],
    }


def _level_db(samples: npt.NDArray[np.floating]) -> float:
    """Root mean square of a sound's swing, in decibels below full scale."""
    swing = float(np.std(samples.astype(np.float64)))
    return round(20 * float(np.log10(max(swing, 1e-6))), 2)
