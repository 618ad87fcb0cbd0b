"""Energy and pitch of sounds whose energy and pitch are known."""

import numpy as np
import pytest

from hubert_demo.analysis.timeline.prosody import FLOOR_DB, measure_prosody
from hubert_demo.audio import Waveform
from hubert_demo.encoding import HUBERT_GRID

RATE_HZ = 16_000


def tone(pitch_hz: float, duration_s: float = 1.0, loudness: float = 0.5) -> np.ndarray:
    """A voice-like tone: five harmonics, each half as loud as the one before."""
    times_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    parts = [0.5**number * np.sin(2 * np.pi * number * pitch_hz * times_s) for number in range(1, 6)]
    return (loudness * np.sum(parts, axis=0)).astype(np.float32)


@pytest.mark.parametrize("pitch_hz", [65, 110, 200, 317.3, 480])
def test_the_pitch_of_a_tone_is_found_in_every_frame(pitch_hz):
    found = measure_prosody(Waveform(tone(pitch_hz)), HUBERT_GRID).pitch_hz
    inside = found[1:-1]
    assert inside == pytest.approx(pitch_hz, rel=0.01)


def test_a_pure_tone_of_200_hz_and_silence_after_it():
    times_s = np.arange(RATE_HZ) / RATE_HZ
    samples = np.where(times_s < 0.5, np.sin(2 * np.pi * 200 * times_s), 0).astype(np.float32)
    measured = measure_prosody(Waveform(samples), HUBERT_GRID)
    assert measured.pitch_hz[2:22] == pytest.approx(200, abs=0.5)
    assert measured.energy_db[2:22] == pytest.approx(10 * np.log10(0.5), abs=0.01)
    assert np.isnan(measured.pitch_hz[26:]).all()
    assert (measured.energy_db[26:] == FLOOR_DB).all()


def test_half_the_amplitude_is_six_decibels_less():
    loud, quiet = (
        measure_prosody(Waveform(tone(150, loudness=x)), HUBERT_GRID).energy_db for x in (0.4, 0.2)
    )
    assert loud - quiet == pytest.approx(20 * np.log10(2), abs=1e-3)


def test_noise_has_no_pitch():
    samples = np.random.default_rng(0).normal(0, 0.1, RATE_HZ).astype(np.float32)
    assert np.isnan(measure_prosody(Waveform(samples), HUBERT_GRID).pitch_hz).mean() > 0.95


def test_a_hum_far_below_the_voice_is_no_voice():
    samples = np.concatenate([tone(120), tone(100, loudness=0.001)])
    assert np.isnan(measure_prosody(Waveform(samples), HUBERT_GRID).pitch_hz[55:]).all()


def test_a_glide_is_followed_at_its_time():
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    glide = np.sin(2 * np.pi * (100 * times_s + 50 * times_s**2))  # from 100 to 300 Hz
    found = measure_prosody(Waveform(glide.astype(np.float32)), HUBERT_GRID).pitch_hz
    expected = 100 + 100 * HUBERT_GRID.times_s(len(found))
    assert found[3:-3] == pytest.approx(expected[3:-3], rel=0.02)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(70, 130), (120, 240), (240, 460), (300, 100)])
def test_pitch_belongs_to_the_centre_of_its_frame(from_hz, to_hz):
    times_s = np.arange(RATE_HZ) / RATE_HZ
    slope = to_hz - from_hz  # Hz a second
    chirp = np.sin(2 * np.pi * (from_hz * times_s + slope / 2 * times_s**2))
    found = measure_prosody(Waveform(chirp.astype(np.float32)), HUBERT_GRID).pitch_hz[3:-3]
    measured_at_s = (found - from_hz) / slope
    late_s = measured_at_s - HUBERT_GRID.times_s(len(found) + 6)[3:-3]
    assert abs(np.median(late_s)) < 0.001


@pytest.mark.parametrize("pitch_hz", [60, 60.5, 62, 480, 491, 495, 499.5, 500])
def test_the_whole_range_is_found(pitch_hz):
    times_s = np.arange(RATE_HZ) / RATE_HZ
    for samples in (0.5 * np.sin(2 * np.pi * pitch_hz * times_s), tone(pitch_hz)):
        found = measure_prosody(Waveform(samples.astype(np.float32)), HUBERT_GRID).pitch_hz
        assert found[1:-1] == pytest.approx(pitch_hz, rel=0.01)
        assert found[1:-1].min() >= 60
        assert found[1:-1].max() <= 500


@pytest.mark.parametrize("pitch_hz", [58, 515])
def test_a_pitch_beyond_the_range_is_never_said_to_be_its_end(pitch_hz):
    found = measure_prosody(Waveform(tone(pitch_hz)), HUBERT_GRID).pitch_hz
    assert not {60.0, 500.0} & set(found.tolist())


@pytest.mark.parametrize("num_samples", [1600, 1999, 2000, 16_000])
def test_there_is_one_value_for_every_frame_of_the_model(num_samples):
    measured = measure_prosody(Waveform(tone(100)[:num_samples]), HUBERT_GRID)
    assert measured.energy_db.shape == measured.pitch_hz.shape == ((num_samples - 400) // 320 + 1,)
    assert measured.energy_db.dtype == measured.pitch_hz.dtype == np.float32
