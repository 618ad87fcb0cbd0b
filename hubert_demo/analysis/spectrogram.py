"""The spectrogram that stands under every picture with time."""

from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, Waveform

HOP_S = 0.01
NUM_BANDS = 80
RANGE_DB = 80.0

_FFT_SAMPLES = 1024
_WINDOW_SAMPLES = 400


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Loudness over time and pitch.

    Attributes:
        decibels: float32 `(bands, columns)`, 0 at the loudest point and never below `-RANGE_DB`.
        times_s: float64 `(columns,)`, centres of the columns.
        frequencies_hz: float64 `(bands,)`, centres of the mel bands, rising.
    """

    decibels: FloatArray
    times_s: npt.NDArray[np.float64]
    frequencies_hz: npt.NDArray[np.float64]


def spectrogram(waveform: Waveform) -> Spectrogram:
    """Mel spectrogram of a recording in decibels, relative to its loudest point.

    Args:
        waveform: The recording.

    Returns:
        80 bands from 0 to 8 kHz, a column every 10 ms.
    """
    rate_hz = waveform.sample_rate_hz
    hop_samples = round(HOP_S * rate_hz)
    power = librosa.feature.melspectrogram(
        y=waveform.samples,
        sr=rate_hz,
        n_fft=_FFT_SAMPLES,
        win_length=_WINDOW_SAMPLES,
        hop_length=hop_samples,
        n_mels=NUM_BANDS,
        pad_mode="constant",
    )
    decibels = librosa.power_to_db(power, ref=np.max, amin=1e-30, top_db=RANGE_DB)
    return Spectrogram(
        decibels=decibels.astype(np.float32),
        times_s=np.arange(decibels.shape[1]) * hop_samples / rate_hz,
        frequencies_hz=librosa.mel_frequencies(n_mels=NUM_BANDS + 2, fmax=rate_hz / 2)[1:-1],
    )
