"""Other voices out of those at hand: the same words from a shorter or longer throat."""

from __future__ import annotations

import numpy as np
import torch

_FACTORS, _BEND = (0.84, 1.2), 0.06
"""How far formants move: about as far as between people, and the higher ones a little otherwise."""

_FFT_SAMPLES, _HOP_SAMPLES = 512, 128
_ENVELOPE_CEPSTRA = 30
"""Coefficients kept of the cepstrum, 1.9 ms at 16 kHz: shorter than the period of most voices."""
_MOST_GAIN = 4.0
"""Of one frequency, ± nepers of amplitude."""


def move_formants(samples: np.ndarray, factor: float, factor_at_top: float | None = None) -> np.ndarray:
    """The words with all resonances at `factor` times their frequencies, pitch and tempo as they were.

    The smooth envelope of every short spectrum is stretched; its harmonics stay where they are. With
    `data.change_speed`, which moves all of it together, pitch and formants come in any combination.

    Source: vocal tract length perturbation (Jaitly and Hinton 2013), here for waveforms.

    Args:
        samples: int16 (samples,).
        factor: Above 1 for a shorter throat.
        factor_at_top: At 8 kHz, if another than at the bottom; it changes evenly between.

    Returns:
        int16 (samples,), as loud as before.
    """
    if len(samples) < _FFT_SAMPLES:
        return samples
    x = torch.from_numpy(samples.astype(np.float32))
    window = torch.hann_window(_FFT_SAMPLES)
    spectra = torch.stft(x, _FFT_SAMPLES, _HOP_SAMPLES, window=window, return_complex=True)
    envelopes = _envelopes(spectra.abs())
    num_bins = len(envelopes)
    factors = torch.linspace(factor, factor if factor_at_top is None else factor_at_top, num_bins)
    taken_from = (torch.arange(num_bins) / factors).clamp(max=num_bins - 1)
    below = taken_from.long().clamp(max=num_bins - 2)
    share = (taken_from - below)[:, None]
    moved = envelopes[below] * (1 - share) + envelopes[below + 1] * share
    spectra = spectra * (moved - envelopes).clamp(-_MOST_GAIN, _MOST_GAIN).exp()
    heard = torch.istft(spectra, _FFT_SAMPLES, _HOP_SAMPLES, window=window, length=len(samples))
    gain = (x.square().mean() / heard.square().mean().clamp(min=1e-3)).sqrt()
    scaled: np.ndarray = (heard * gain).clamp(-32768, 32767).numpy().astype(np.int16)
    return scaled


def another_voice(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int16 samples with their formants moved at random."""
    factor = rng.uniform(*_FACTORS)
    return move_formants(samples, factor, factor * rng.uniform(1 - _BEND, 1 + _BEND))


def _envelopes(magnitudes: torch.Tensor) -> torch.Tensor:
    """Smooth logarithms of spectra, (bins, frames) each."""
    cepstra = torch.fft.irfft((magnitudes + 1.0).log(), dim=0)
    cepstra[_ENVELOPE_CEPSTRA : len(cepstra) - _ENVELOPE_CEPSTRA + 1] = 0.0
    smooth: torch.Tensor = torch.fft.rfft(cepstra, dim=0).real
    return smooth
