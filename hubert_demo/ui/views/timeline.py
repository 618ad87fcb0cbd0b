"""The timeline above all views: sound, spectrogram and words on one scale of time."""

import numpy as np

from hubert_demo.analysis.timeline.spectrogram import RANGE_DB, spectrogram
from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.ui.views.base import Json, Part, before_of, grid_as_json, pack, plain

MAX_COLUMNS = 4000

TEMPLATE = '<div class="hx-root hx-card hx-timeline" data-testid="timeline"></div>'


def payload(analysis: Analysis) -> Json:
    """The sound itself (16 bits), its spectrogram (8 bits, 255 is loudest), the greedy words, the frame grid.

    The words of the best reading take longer: they are a part of their own, `reading`. A word is changed
    where another one, or none, was there before something was changed inside the model.
    """
    show = reading_case(analysis.ctc.vocabulary)
    greedy, before = analysis.transcript_greedy, before_of(analysis, "transcript")
    other = before.transcript_greedy.text if before else greedy.text
    changed = [differs for _, differs in differing_words(greedy.text, other)]
    return {
        **sound_as_json(analysis.encoding.waveform),
        "notes": list(analysis.encoding.notes),
        "words": [
            {**plain(word, "start_s", "end_s", "confidence"), "text": show(word.text), "changed": is_changed}
            for word, is_changed in zip(greedy.words, changed, strict=True)
        ],
        **grid_as_json(analysis.encoding),
    }


def sound_as_json(waveform: Waveform) -> Json:
    """A sound to play, in 16 bits, and its spectrogram in 8 bits, 255 is loudest."""
    picture = spectrogram(waveform)
    columns = picture.decibels
    every = -(-columns.shape[1] // MAX_COLUMNS)
    loudest = np.maximum.reduceat(columns, np.arange(0, columns.shape[1], every), axis=1)
    return {
        "samples": pack(np.rint(np.clip(waveform.samples, -1, 1) * 32767).astype(np.int16)),
        "rate_hz": waveform.sample_rate_hz,
        "duration_s": waveform.duration_s,
        "spectrogram": pack(np.rint((loudest / RANGE_DB + 1) * 255).astype(np.uint8)),
        "column_s": every * float(picture.times_s[1] - picture.times_s[0]),
        "frequencies_hz": picture.frequencies_hz.tolist(),
    }


PART = Part("timeline", payload)
"""Every view needs it: the clock, the words and the frames."""
