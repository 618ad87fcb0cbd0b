"""The spectrogram that stands under every picture with time."""

from dataclasses import dataclass

import librosa
import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, Waveform

NUM_BANDS = 80
RANGE_DB = 80.0

_HOP_SAMPLES = 160
_WINDOW_SAMPLES = 400
# More than the window, so that the narrow bands of low pitch do not fall between two lines of the spectrum.
_FFT_SAMPLES = 1024


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
    # librosa's own spectrogram takes seconds to import and compile on first use; its mel filters do not.
    rate_hz = waveform.sample_rate_hz
    filters = librosa.filters.mel(sr=rate_hz, n_fft=_FFT_SAMPLES, n_mels=NUM_BANDS)
    power = filters @ _power_spectrum(waveform.samples)
    decibels = 10 * np.log10(np.maximum(power / power.max(), 10 ** (-RANGE_DB / 10)))
    return Spectrogram(
        decibels=decibels.astype(np.float32),
        times_s=np.arange(decibels.shape[1]) * _HOP_SAMPLES / rate_hz,
        frequencies_hz=librosa.mel_frequencies(n_mels=NUM_BANDS + 2, fmax=rate_hz / 2)[1:-1],
    )


def _power_spectrum(samples: FloatArray) -> npt.NDArray[np.float64]:
    """Power `(513, columns)` of Hann windows centred on every 160th sample, silence beyond both ends."""
    padded = np.pad(samples.astype(np.float64), _WINDOW_SAMPLES // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW_SAMPLES)[::_HOP_SAMPLES]
    power: npt.NDArray[np.float64] = (
        np.abs(np.fft.rfft(windows * np.hanning(_WINDOW_SAMPLES), _FFT_SAMPLES)) ** 2
    )
    return power.T
