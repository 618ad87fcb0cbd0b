"""The spectrogram shows a tone where it is, in pitch and in time."""

import numpy as np
import pytest

from hubert_demo.analysis.timeline.spectrogram import RANGE_DB, spectrogram
from hubert_demo.audio import Waveform


@pytest.mark.parametrize("pitch_hz", [300.0, 1000.0, 4000.0])
def test_a_tone_is_loudest_at_its_pitch(pitch_hz):
    result = spectrogram(Waveform(np.sin(2 * np.pi * pitch_hz * np.arange(8000) / 16_000).astype(np.float32)))
    band = result.decibels.mean(axis=1).argmax()
    nearest = np.abs(result.frequencies_hz - pitch_hz).argmin()
    assert abs(int(band) - int(nearest)) <= 1


def test_a_click_is_loudest_at_its_time():
    samples = np.zeros(16_000, np.float32)
    samples[8000] = 1
    result = spectrogram(Waveform(samples))
    assert result.times_s[result.decibels.mean(axis=0).argmax()] == pytest.approx(0.5, abs=0.011)


@pytest.mark.parametrize("loudness", [1e-6, 1.0, 100.0])
def test_decibels_are_relative_to_the_loudest_point(loudness):
    samples = loudness * np.random.default_rng(0).normal(size=2000).astype(np.float32)
    result = spectrogram(Waveform(samples))
    assert result.decibels.shape == (len(result.frequencies_hz), len(result.times_s))
    assert result.decibels.max() == pytest.approx(0, abs=1e-4)
    assert result.decibels.min() >= -RANGE_DB


def test_columns_span_the_recording():
    result = spectrogram(Waveform(np.random.default_rng(0).normal(size=16_000).astype(np.float32)))
    assert result.times_s[0] == 0
    assert result.times_s[-1] == pytest.approx(1.0)
    assert (np.diff(result.frequencies_hz) > 0).all()
