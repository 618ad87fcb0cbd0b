"""Recordings: from a file or an array to a checked `Waveform`. What decodes is loaded on first use."""

from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.audio.decoding import Overview
    from hubert_demo.audio.readers import Readers
    from hubert_demo.audio.rules import MAX_DURATION_S, MAX_FILE_MB, SAMPLE_RATE_HZ, FloatArray
    from hubert_demo.audio.waveform import Waveform, samples_to_float

__all__ = [
    "MAX_DURATION_S",
    "MAX_FILE_MB",
    "SAMPLE_RATE_HZ",
    "FloatArray",
    "Overview",
    "Readers",
    "Waveform",
    "samples_to_float",
]

_HOMES = {
    "rules": ("MAX_DURATION_S", "MAX_FILE_MB", "SAMPLE_RATE_HZ", "FloatArray"),
    "decoding": ("Overview",),
    "readers": ("Readers",),
    "waveform": ("Waveform", "samples_to_float"),
}

__getattr__ = hand_out(__name__, {name: home for home, names in _HOMES.items() for name in names})
