"""What the seconds of a recording are to be called, when a window moves through it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.keywords.windows import WINDOW_HOP_S, WINDOW_S
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.training.data.clips import Clip, PlacedWord
from hubert_demo.training.data.corpora import COMMANDS, KEYWORD_LABELS, SILENCE, UNKNOWN

WINDOW_FRAMES = HUBERT_GRID.num_frames(round(WINDOW_S * SAMPLE_RATE_HZ))
HOP_FRAMES = HUBERT_GRID.frames_within(WINDOW_HOP_S)
"""The page's windows: as long, and as far apart."""

NO_LABEL = -1
"""Of a window in which a word is cut, or of which nothing is known."""

_INDEX = {label: index for index, label in enumerate(KEYWORD_LABELS)}
_NEAR_S, _FAR_S = 0.3, 0.75
_NEXT_S = 0.2
_MOST_SPEECH_IN_SILENCE, _LEAST_SPEECH = 0.05, 0.5


def window_labels(clip: Clip, num_frames: int) -> npt.NDArray[np.int64]:
    """The class of every window of a recording, (windows,), as an index into `corpora.KEYWORD_LABELS`.

    A window whose middle is within 0.3 s of a command's is that command, if the next one is 0.2 s farther
    away; one that is more than 0.75 s from every command is `_unknown_`, or `_silence_` if nobody speaks in
    it. All others, and those around a word that sounds like a command, are `NO_LABEL`.

    Args:
        clip: Its `commands` are known, or it has no label anywhere.
        num_frames: Of its states.
    """
    starts = np.arange(0, max(0, num_frames - WINDOW_FRAMES + 1), HOP_FRAMES)
    if clip.commands is None:
        return np.full(len(starts), NO_LABEL)
    middles_s = (
        starts + (WINDOW_FRAMES - 1) / 2
    ) * HUBERT_GRID.hop_s + HUBERT_GRID.window_samples / 2 / SAMPLE_RATE_HZ
    labels = _without_command(clip, middles_s)
    if clip.commands:
        distances_s = np.abs(middles_s[:, None] - [placed.middle_s for placed in clip.commands])
        nearest = distances_s.argmin(axis=1)
        ordered = np.sort(np.pad(distances_s, ((0, 0), (0, 1)), constant_values=np.inf), axis=1)
        is_near = (ordered[:, 0] <= _NEAR_S) & (ordered[:, 1] - ordered[:, 0] >= _NEXT_S)
        labels[ordered[:, 0] < _FAR_S] = NO_LABEL
        named = np.array([_label(placed) for placed in clip.commands])
        labels[is_near] = named[nearest[is_near]]
    return labels


def _label(placed: PlacedWord) -> int:
    word = placed.word.lower()
    return _INDEX[word] if word in COMMANDS else NO_LABEL


def _without_command(clip: Clip, middles_s: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """`_unknown_` or `_silence_`, by how much of each window lies where somebody may speak."""
    spoken = np.zeros(len(middles_s))
    for start_s, end_s in clip.speech_s if clip.speech_s is not None else [(0.0, clip.duration_s)]:
        overlap_s = np.minimum(middles_s + WINDOW_S / 2, end_s) - np.maximum(
            middles_s - WINDOW_S / 2, start_s
        )
        spoken += np.maximum(overlap_s, 0) / WINDOW_S
    labels = np.full(len(middles_s), NO_LABEL)
    labels[spoken >= _LEAST_SPEECH] = _INDEX[UNKNOWN]
    labels[spoken <= _MOST_SPEECH_IN_SILENCE] = _INDEX[SILENCE]
    return labels
