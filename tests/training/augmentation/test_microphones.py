"""Words as if somebody else's microphone had recorded them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import butter, sosfilt, welch

from hubert_demo.training.augmentation.microphones import heard_through, measured
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.stages.keyword_examples import KeywordExamples


def recording(dull, hiss, loudness, seed):
    """A second whose middle is broad noise, as speech stands in for here, above a hiss."""
    rng = np.random.default_rng(seed)
    speech = rng.standard_normal(16_000) * loudness
    speech[:5000] = speech[11_000:] = 0.0
    if dull:
        speech = sosfilt(butter(2, 1500, fs=16_000, output="sos"), speech)
    return (speech + rng.standard_normal(16_000) * hiss).astype(np.int16)


@pytest.fixture
def bright():
    return [recording(dull=False, hiss=5, loudness=4000, seed=seed) for seed in range(4)]


@pytest.fixture
def dull():
    return [recording(dull=True, hiss=200, loudness=2000, seed=seed) for seed in range(4, 8)]


def power_db(samples, low_hz, high_hz):
    frequency_hz, power = welch(samples.astype(float), 16_000)
    return 10 * np.log10(power[(frequency_hz > low_hz) & (frequency_hz < high_hz)].mean())


def test_a_recording_takes_on_the_other_microphones_sound_and_noise(bright, dull):
    rng = np.random.default_rng(0)
    heard = heard_through(bright[0], measured(bright), measured(dull), rng)
    assert heard.dtype == np.int16
    for low_hz, high_hz in ((300, 1000), (1000, 2000), (2000, 3000)):
        wanted_db = power_db(dull[0][5500:10_500], low_hz, high_hz)
        assert power_db(heard[5500:10_500], low_hz, high_hz) == pytest.approx(wanted_db, abs=2)
    for low_hz, high_hz in ((300, 2000), (5000, 7000)):
        wanted_db = power_db(dull[0][:4500], low_hz, high_hz)
        assert power_db(heard[:4500], low_hz, high_hz) == pytest.approx(wanted_db, abs=4)


def test_what_was_said_stays(bright, dull):
    heard = heard_through(bright[0], measured(bright), measured(dull), np.random.default_rng(0))
    # The dull microphone's band holds the same sound, sample by sample.
    low = butter(2, [300, 900], "band", fs=16_000, output="sos")
    before, after = (sosfilt(low, samples.astype(float))[5500:10_500] for samples in (bright[0], heard))
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_nothing_is_louder_than_a_recording_can_be(bright):
    loud = measured(
        [np.clip(8 * samples.astype(int), -32_000, 32_000).astype(np.int16) for samples in bright]
    )
    heard = heard_through(bright[0], measured(bright), loud, np.random.default_rng(0))
    assert 20_000 < np.abs(heard.astype(int)).max() <= 32_000


def test_silence_and_clips_shorter_than_a_frame_can_be_measured_and_heard(dull):
    other = measured(dull)
    for samples in (np.zeros(16_000, np.int16), np.full(100, 50, np.int16)):
        heard = heard_through(samples, measured([samples]), other, np.random.default_rng(0))
        assert len(heard) == len(samples)


def test_words_that_people_say_alone_lend_their_microphones_to_the_others(data_dir, monkeypatch):
    clips = load_clips(data_dir, corpora.word_training_clips(data_dir))
    up = next(clip for clip in clips if clip.text == "UP")
    alone = replace(up, corpus="speech_commands", speaker="somebody")
    voice = replace(up, corpus="synthetic_commands", speaker="a_voice")
    spliced = replace(up, corpus=corpora.SPLICED, speaker="somebody+another")
    heard = []

    def note(samples, own, other, rng):
        heard.append((own, other))
        return samples

    monkeypatch.setattr("hubert_demo.training.stages.keyword_examples.heard_through", note)
    examples = KeywordExamples([alone] * 3 + [voice, spliced], [])
    rng = np.random.default_rng(0)
    for _ in range(60):
        examples._example("up", rng, between=False)
    assert heard
    num_heard = len(heard)
    for _ in range(60):
        KeywordExamples([voice], [])._example("up", rng, between=False)
    assert len(heard) == num_heard
    assert all(own is examples._own["synthetic_commands", "a_voice"] for own, _ in heard)
    assert all(other is examples._microphones[0] for _, other in heard)
