"""Sound as the content of a WAV file."""

from __future__ import annotations

import io

import soundfile

from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform


def as_wav(waveform: Waveform, subtype: str = "PCM_16") -> bytes:
    """A WAV file of one channel at 16 kHz.

    Args:
        waveform: Samples between -1 and 1; beyond that they are clipped, unless the file holds floats.
        subtype: `"PCM_16"`, or `"FLOAT"`, which keeps every sample as it is.
    """
    stream = io.BytesIO()
    soundfile.write(stream, waveform.samples, SAMPLE_RATE_HZ, format="WAV", subtype=subtype)
    return stream.getvalue()
