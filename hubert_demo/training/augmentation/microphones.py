"""Words as if somebody else's microphone had recorded them.

People said some commands alone a few times only; for those, synthetic voices and words cut from sentences
stand in. Heard through the microphones of people who say words alone, with the noise behind those, the sound
of a recording tells nothing of its word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import fft

from hubert_demo.audio import SAMPLE_RATE_HZ

_FFT_SAMPLES, _HOP_SAMPLES = 512, 160
_FREQUENCIES_HZ = np.fft.rfftfreq(_FFT_SAMPLES, 1 / SAMPLE_RATE_HZ)
_WINDOW = np.hanning(_FFT_SAMPLES)
_LOUD_SHARE, _QUIET_SHARE = 1 / 4, 1 / 8
_RESPONSE_CEPSTRA = 16
"""Coefficients kept of the response's cosine transform: smooth over 500 Hz, so that the words stay."""
_MOST_GAIN = 3.0
"""Of one frequency, ± nepers of amplitude."""


@dataclass(frozen=True)
class Microphone:
    """How somebody's recordings sound, whatever is said.

    Attributes:
        speech: Natural logarithm of the power spectrum of the louder frames, mean over recordings, (bins,).
        noise: The same of the quietest frames.
    """

    speech: np.ndarray
    noise: np.ndarray


def measured(recordings: Iterable[np.ndarray]) -> Microphone:
    """The microphone behind one speaker's recordings, int16 (samples,) each."""
    loud, quiet = zip(*(_loud_and_quiet(samples) for samples in recordings), strict=True)
    return Microphone(np.mean(loud, axis=0), np.mean(quiet, axis=0))


def heard_through(
    samples: np.ndarray, own: Microphone, other: Microphone, rng: np.random.Generator
) -> np.ndarray:
    """A recording as another microphone would have made it, as loud and with as much noise behind.

    Args:
        samples: int16 (samples,).
        own: The speaker's microphone.
        other: The one to hear it through.
        rng: Source of the noise.

    Returns:
        int16 (samples,).
    """
    size = fft.next_fast_len(len(samples), real=True)
    frequency_hz = fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)

    def response(nepers: np.ndarray) -> np.ndarray:
        gains: np.ndarray = np.exp(np.interp(frequency_hz, _FREQUENCIES_HZ, nepers))
        return gains

    speech = fft.irfft(fft.rfft(samples, size) * response(_response(own, other)), size)[: len(samples)]
    speech *= np.exp((other.speech.mean() - _loud_and_quiet(speech)[0].mean()) / 2)
    white = fft.rfft(rng.standard_normal(size)) / np.sqrt(np.square(_WINDOW).sum())
    heard = speech + fft.irfft(white * response(other.noise / 2), size)[: len(samples)]
    limited: np.ndarray = (heard * min(1.0, 32_000 / np.abs(heard).max())).astype(np.int16)
    return limited


def _response(own: Microphone, other: Microphone) -> np.ndarray:
    """Smooth gains in nepers at `_FREQUENCIES_HZ` that turn one microphone's speech into another's."""
    cepstra = fft.dct((other.speech - own.speech) / 2, norm="ortho")
    cepstra[0] = 0.0
    cepstra[_RESPONSE_CEPSTRA:] = 0.0
    gains: np.ndarray = np.clip(fft.idct(cepstra, norm="ortho"), -_MOST_GAIN, _MOST_GAIN)
    return gains


def _loud_and_quiet(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean log power spectra of the louder and of the quietest frames, (bins,) each."""
    padded = np.pad(samples.astype(np.float32), (0, max(0, _FFT_SAMPLES - len(samples))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SAMPLES)[::_HOP_SAMPLES]
    spectra = np.log(np.square(np.abs(np.fft.rfft(frames * _WINDOW))) + 100.0)
    order = np.argsort(spectra.mean(axis=1))
    num_loud, num_quiet = (int(np.ceil(share * len(order))) for share in (_LOUD_SHARE, _QUIET_SHARE))
    return spectra[order[-num_loud:]].mean(axis=0), spectra[order[:num_quiet]].mean(axis=0)
