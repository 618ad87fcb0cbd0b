"""Hearing a layer: sound made of nothing but its states."""

from __future__ import annotations

import numpy as np

from hubert_demo.audio import FloatArray, Waveform
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.experiments.mel import (
    at_level,
    columns_per_frame,
    sound_of,
    whole_spectrogram,
    with_contrast,
)
from hubert_demo.inference import decoded_sound


def resynthesise(loaded: LoadedCheckpoint, encoding: Encoding, layer: int, seed: int = 0) -> Waveform:
    """The sound of a layer: its states decoded to a spectrogram, and a phase found to that.

    Nothing of the original is used but its length and its level, which states do not know.

    Args:
        loaded: The checkpoint that made the pass, with decoders.
        encoding: One recording, also with changes.
        layer: 0 is the layers' input.
        seed: Of the phase to begin with.

    Raises:
        InputError: If there is no such layer, or no decoders were taught for this checkpoint.
    """
    columns_per_frame(encoding.grid)
    frames = decoded_sound(loaded, encoding, layer)
    num_samples = len(encoding.waveform.samples)
    decoded = with_contrast(whole_spectrogram(frames, encoding.grid, num_samples))
    samples = sound_of(decoded, num_samples, seed)
    return Waveform(at_level_of(samples, encoding.waveform), notes=(f"made of the states of layer {layer}",))


def at_level_of(samples: FloatArray, original: Waveform) -> FloatArray:
    """The same sound as loud as a recording, or as loud as fits between -1 and 1."""
    centred = original.samples - original.samples.mean()
    level = float(np.sqrt(np.mean(np.square(centred, dtype=np.float64))))
    matched = at_level(samples, level)
    highest = float(np.abs(matched).max())
    return matched if highest <= 1 else (matched / highest).astype(np.float32)
