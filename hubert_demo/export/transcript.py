"""What the Transcript view shows, to download: letters, words, an aligned text, layers read and heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.analysis.timeline.spectrogram import spectrogram
from hubert_demo.analysis.transcript.alignment import AlignedWord
from hubert_demo.analysis.transcript.ctc import Transcript, Word, token_probabilities
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.export.exhibits import Columns, Exhibit, Need
from hubert_demo.plotting.timeline import spectrograms_figure
from hubert_demo.plotting.transcript import lens_figure, transcript_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure


def draw_emissions(analysis: Analysis, choices: Choices) -> Figure:
    """Letters over time, with the greedy path and its words."""
    vocabulary = analysis.ctc.vocabulary
    found, show = analysis.emissions(), reading_case(vocabulary)
    return transcript_figure(
        replace(found, labels=tuple(show(label) for label in found.labels)),
        analysis.ctc_encoding.grid,
        analysis.transcript_greedy.in_reading_case(vocabulary).words,
        analysis.transcript_greedy.frame_token_ids,
    )


def tabulate_emissions(analysis: Analysis, choices: Choices) -> Columns:
    """Probability of every token of the vocabulary, named as it is there, in every frame."""
    ctc = analysis.ctc
    probabilities = token_probabilities(ctc).astype(np.float32)
    times_s = analysis.ctc_encoding.frame_times_s
    return {"time_s": times_s, **dict(zip(ctc.vocabulary, probabilities.T, strict=True))}


def tabulate_words(analysis: Analysis, choices: Choices) -> Columns:
    """The words of the best reading with times in seconds and confidence."""
    return _words(analysis, analysis.transcript)


def tabulate_words_greedy(analysis: Analysis, choices: Choices) -> Columns:
    """The words of the greedy reading, likewise."""
    return _words(analysis, analysis.transcript_greedy)


def _words(analysis: Analysis, transcript: Transcript) -> Columns:
    words = transcript.in_reading_case(analysis.ctc.vocabulary).words
    return {"word": np.array([word.text for word in words], dtype=str), **_times(words)}


def tabulate_readings(analysis: Analysis, choices: Choices) -> Columns:
    """The texts that beam search finds, best first."""
    found, show = analysis.beam_search(hotwords=choices.hotword_list), reading_case(analysis.ctc.vocabulary)
    return {
        "text": np.array([show(hypothesis.text) for hypothesis in found], dtype=str),
        "score": np.array([hypothesis.score for hypothesis in found]),
        "ctc_log_probability": np.array([hypothesis.ctc_log_probability for hypothesis in found]),
    }


def tabulate_alignment(analysis: Analysis, choices: Choices) -> Columns:
    """The words of the reference where they were said, and what the transcript has in their place."""
    if not choices.reference.strip():
        raise InputError("There is no text to align. Type what was said.")
    words, show = analysis.align(choices.reference).words, reading_case(analysis.ctc.vocabulary)
    return {
        "kind": np.array([word.outcome.value for word in words], dtype=str),
        "said": np.array([show(word.text) for word in words], dtype=str),
        "heard": np.array([show(word.recognised) for word in words], dtype=str),
        **_times(words),
    }


def draw_lens(analysis: Analysis, choices: Choices) -> Figure:
    """Character errors of every layer of the chosen checkpoint, against the reference if there is one."""
    return lens_figure(analysis.lens(choices.reference))


def tabulate_lens(analysis: Analysis, choices: Choices) -> Columns:
    """One row a layer and read-out: what it writes, its character errors, and those by chance."""
    lens = analysis.lens(choices.reference)
    show = reading_case(lens.vocabulary)
    rows = [
        (name, layer, show(text), read.cer[layer], read.cer_by_chance[layer], read.is_above_chance[layer])
        for name, read in lens.read_outs.items()
        for layer, text in enumerate(read.texts)
    ]
    names, layers, texts, cer, cer_by_chance, is_above_chance = zip(*rows, strict=True)
    return {
        "read_out": np.array(names, dtype=str),
        "layer": np.array(layers),
        "text": np.array(texts, dtype=str),
        "cer": np.array(cer),
        "cer_by_chance": np.array(cer_by_chance),
        "is_above_chance": np.array(is_above_chance),
        "compared_with": np.full(len(rows), "reference" if lens.is_reference else "greedy transcript"),
        "affine_maps": np.full(len(rows), "cross-validated" if lens.is_cross_validated else "taught"),
    }


def tabulate_lens_letters(analysis: Analysis, choices: Choices) -> Columns:
    """One row a letter of the reference, or else of the greedy transcript, by the best read-out there is.

    When it was said, from which layer on every layer writes it (NaN where the last one does not), whether a
    layer on the way did although the last one does not, and which layers write it.
    """
    lens = analysis.lens(choices.reference)
    show, best = reading_case(lens.vocabulary), lens.best
    letters = (best.letters if best.said is None else best.said).letters
    decided = [letter.decided_layer for letter in letters]
    found = np.array([letter.is_found for letter in letters], dtype=bool).reshape(
        len(letters), len(best.texts)
    )
    return {
        "letter": np.array([show(letter.text) for letter in letters], dtype=str),
        "start_s": np.array([letter.start_s for letter in letters], dtype=float),
        "end_s": np.array([letter.end_s for letter in letters], dtype=float),
        "decided_layer": np.array([np.nan if layer is None else layer for layer in decided], dtype=float),
        "is_lost": np.array([letter.is_lost for letter in letters], dtype=bool),
        **{f"layer_{layer}": column for layer, column in enumerate(found.T)},
        "read_out": np.full(len(letters), lens.best_read_out),
        "letters_of": np.full(len(letters), "greedy transcript" if best.said is None else "reference"),
    }


def sound_layer_sound(analysis: Analysis, choices: Choices) -> Waveform:
    """The sound of the layer that is heard, as long and as loud as the recording."""
    assert choices.sound_layer is not None
    return analysis.resynthesise(choices.sound_layer)


def draw_layer_sound(analysis: Analysis, choices: Choices) -> Figure:
    """Spectrograms of the recording and of that sound."""
    waveforms = {
        "the recording": analysis.encoding.waveform,
        f"the sound of layer {choices.sound_layer}": sound_layer_sound(analysis, choices),
    }
    return spectrograms_figure({name: spectrogram(waveform) for name, waveform in waveforms.items()})


def _times(words: Sequence[Word | AlignedWord]) -> Columns:
    return {
        name: np.array([getattr(word, name) for word in words], dtype=float)
        for name in ("start_s", "end_s", "confidence")
    }


_PARTS, _LAYERS = ("transcript",), ("layers",)

EXHIBITS = (
    Exhibit("emissions", "Letters over time", "transcript", draw_emissions, tabulate_emissions, parts=_PARTS),
    Exhibit("words", "Words", "transcript", tabulate=tabulate_words, parts=_PARTS),
    Exhibit("words_greedy", "Words (greedy)", "transcript", tabulate=tabulate_words_greedy, parts=_PARTS),
    Exhibit("readings", "Alternative transcripts", "transcript", tabulate=tabulate_readings, parts=_PARTS),
    Exhibit(
        "alignment",
        "Your aligned text",
        "transcript",
        tabulate=tabulate_alignment,
        need=Need(
            "reference", "Nothing is aligned yet. Type what was said into “Align your own text” first."
        ),
        parts=_PARTS,
    ),
    Exhibit(
        "lens",
        "Transcript of every layer",
        "transcript",
        draw_lens,
        tabulate_lens,
        parts=_LAYERS,
        why_not=lambda analysis: analysis.why_no_lens,
    ),
    Exhibit(
        "lens_letters",
        "Where letters are decided",
        "transcript",
        tabulate=tabulate_lens_letters,
        parts=_LAYERS,
        why_not=lambda analysis: analysis.why_no_lens,
    ),
    Exhibit(
        "layer_sound",
        "Sound of a layer",
        "transcript",
        draw_layer_sound,
        sound=sound_layer_sound,
        need=Need("sound_layer", "No layer has been heard yet. Press “Hear layer …” first."),
        parts=_LAYERS,
        why_not=lambda analysis: analysis.why_no_sound,
    ),
)
