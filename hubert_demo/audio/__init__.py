"""Recordings: from a file or an array to a checked `Waveform`. What decodes is loaded on first use."""

from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.audio.waveform import (
        MAX_DURATION_S,
        SAMPLE_RATE_HZ,
        FloatArray,
        Waveform,
        samples_to_float,
    )

__all__ = ["MAX_DURATION_S", "SAMPLE_RATE_HZ", "FloatArray", "Waveform", "samples_to_float"]

__getattr__ = hand_out(__name__, dict.fromkeys(__all__, "waveform"))
