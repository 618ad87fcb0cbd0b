"""Hearing a layer: nothing of the original but its length and level; spectrograms go there and back."""

from dataclasses import replace

import librosa
import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.changes import HeadOff
from hubert_demo.encoding import HUBERT_GRID, FrameGrid
from hubert_demo.errors import InputError
from hubert_demo.experiments.mel import (
    HOP_SAMPLES,
    NUM_BANDS,
    at_level,
    columns_per_frame,
    first_column,
    frame_columns,
    log_mel,
    sound_of,
    whole_spectrogram,
    with_contrast,
)
from hubert_demo.experiments.resynthesis import resynthesise
from hubert_demo.inference import encode, encode_changed
from hubert_demo.model.sound_decoders import SoundDecoders
from hubert_demo.model.taught import Origin

FILTERS = librosa.filters.mel(sr=16_000, n_fft=512, n_mels=NUM_BANDS)


@pytest.fixture(scope="module")
def loaded(make_loaded):
    found = make_loaded()
    config = found.encoder.config
    decoders = SoundDecoders(
        config.num_hidden_layers + 1, config.hidden_size, 2 * NUM_BANDS, 8, 1, Origin("it", {})
    )
    return replace(found, read_sound_decoders=decoders.eval().requires_grad_(False).eval)


@pytest.fixture(scope="module")
def encoding(loaded, noise):
    return encode(loaded, noise)


def test_columns_lie_where_their_frames_do():
    assert (columns_per_frame(HUBERT_GRID), first_column(HUBERT_GRID)) == (2, 1)
    for column in (first_column(HUBERT_GRID) + 2 * 20, first_column(HUBERT_GRID) + 2 * 20 + 1):
        assert HUBERT_GRID.start_s(20) < column * HOP_SAMPLES / 16_000 <= HUBERT_GRID.start_s(21)
    samples = np.zeros(16_000)
    samples[round(HUBERT_GRID.times_s(49)[20] * 16_000)] = 1
    frames = frame_columns(log_mel(samples), HUBERT_GRID, 49)
    assert frames.shape == (49, 2 * NUM_BANDS)
    assert frames.mean(axis=1).argmax() == 20
    with pytest.raises(InputError, match="15 ms apart"):
        columns_per_frame(FrameGrid(240, 400))


def test_a_whole_spectrogram_has_its_frames_columns():
    rng = np.random.default_rng(0)
    logarithm = log_mel(rng.normal(size=16_000))
    whole = whole_spectrogram(frame_columns(logarithm, HUBERT_GRID, 49), HUBERT_GRID, 16_000)
    assert whole.shape == logarithm.shape
    np.testing.assert_array_equal(whole[1:99], logarithm[1:99])


def test_sound_made_of_a_spectrogram_has_that_spectrogram():
    time_s = np.arange(16_000) / 16_000
    harmonics = sum(np.sin(2 * np.pi * 150 * number * time_s) / number for number in range(1, 20))
    samples = at_level(harmonics * np.sin(np.pi * time_s) ** 2)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.05, rel=1e-3)
    wanted = log_mel(samples)
    made = sound_of(wanted, len(samples))
    assert made.shape == samples.shape
    assert np.square(log_mel(made) - wanted).mean() < 0.1 * wanted.var()
    # The phase is new.
    assert abs(np.corrcoef(made, samples)[0, 1]) < 0.5
    np.testing.assert_array_equal(made, sound_of(wanted, len(samples)))
    assert not np.allclose(made, sound_of(wanted, len(samples), seed=1))


def test_a_layer_is_as_long_and_as_loud_as_the_recording(loaded, encoding):
    original = encoding.waveform.samples
    sounds = [resynthesise(loaded, encoding, layer) for layer in (0, 4)]
    for sound, layer in zip(sounds, (0, 4), strict=True):
        assert len(sound.samples) == len(original)
        assert sound.samples.std() == pytest.approx(original.std(), rel=0.01)
        assert np.abs(sound.samples).max() <= 1
        assert sound.notes == (f"made of the states of layer {layer}",)
    assert not np.allclose(sounds[0].samples, sounds[1].samples)


def test_nothing_of_the_sound_but_length_and_level_is_used(loaded, encoding):
    rng = np.random.default_rng(5)
    other = Waveform(rng.permutation(encoding.waveform.samples))
    sound = resynthesise(loaded, encoding, 2).samples
    np.testing.assert_allclose(
        resynthesise(loaded, replace(encoding, waveform=other), 2).samples, sound, atol=1e-6
    )


def test_a_loud_recording_is_not_clipped(loaded, encoding):
    square = Waveform(np.where(np.arange(16_000) % 100 < 50, 1, -1).astype(np.float32))
    sound = resynthesise(loaded, replace(encoding, waveform=square), 0).samples
    assert np.abs(sound).max() == pytest.approx(1)
    assert (np.abs(sound) > 0.999).sum() < 5


def test_changes_are_heard(loaded, encoding):
    changed = encode_changed(loaded, encoding, [HeadOff(2, 1)])
    for layer, is_same in ((2, True), (3, False)):
        sounds = [resynthesise(loaded, each, layer).samples for each in (encoding, changed)]
        assert np.allclose(*sounds) == is_same


def test_what_cannot_be_heard_gets_a_sentence(loaded, make_loaded, encoding):
    with pytest.raises(InputError, match=r"No decoders for.*hubert_demo\.training resynthesise"):
        resynthesise(make_loaded(), encoding, 0)
    for layer in (-1, 5, "3", 1.5, None):
        with pytest.raises(InputError, match=f"Layer {layer} does not exist; choose 0 to 4"):
            resynthesise(loaded, encoding, layer)


def test_the_phase_is_found_as_well_as_librosa_finds_it():
    wanted = log_mel(at_level(np.random.default_rng(0).normal(size=8_000) * np.hanning(8_000)))
    magnitude = np.sqrt(np.maximum(np.linalg.pinv(FILTERS) @ np.exp(wanted.T), 0)).astype(np.float32)
    theirs = librosa.griffinlim(
        magnitude, n_iter=32, hop_length=HOP_SAMPLES, n_fft=512, length=8_000, random_state=0
    )
    errors = [np.square(log_mel(each) - wanted).mean() for each in (sound_of(wanted, 8_000), theirs)]
    assert errors[0] < 1.2 * errors[1]


def test_a_decoded_spectrogram_stands_out_more():
    floor = np.log(1e-5)
    logarithm = np.full((3, NUM_BANDS), floor + 8, np.float32)
    logarithm[1, 40] += 1
    logarithm[2] = floor
    sharper = with_contrast(logarithm)
    assert sharper[1, 40] - sharper[1, 0] == pytest.approx(1 + 0.3 * 8 / 9, abs=1e-3)
    np.testing.assert_allclose(sharper[0], floor + 8, atol=1e-3)
    np.testing.assert_allclose(sharper[2], floor - 4, atol=1e-3)
    assert np.isfinite(with_contrast(logarithm - 1000)).all()
