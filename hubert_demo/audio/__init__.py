"""Recordings: from a file or an array to a checked `Waveform`. What decodes is loaded on first use."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubert_demo.audio.waveform import (
        ALLOWED_FORMATS,
        MAX_CHANNELS,
        MAX_DURATION_S,
        MIN_DURATION_S,
        SAMPLE_RATE_HZ,
        FloatArray,
        Waveform,
        samples_to_float,
    )

__all__ = [
    "ALLOWED_FORMATS",
    "MAX_CHANNELS",
    "MAX_DURATION_S",
    "MIN_DURATION_S",
    "SAMPLE_RATE_HZ",
    "FloatArray",
    "Waveform",
    "samples_to_float",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("hubert_demo.audio.waveform"), name)
