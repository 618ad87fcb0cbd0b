"""Manifests, clips in memory, batches, and speed."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from hubert_demo.errors import InputError
from hubert_demo.training.data import (
    bucketed_batches,
    change_speed,
    cropped,
    load_clips,
    normalised,
    padded_length,
    read_manifest,
)


def test_a_manifest_gives_its_clips_with_text_in_capitals(data_dir):
    clips = read_manifest(data_dir / "speech_commands")
    assert (clips[0].corpus, clips[0].file, clips[0].split) == ("speech_commands", "000.wav", "train")
    assert (clips[0].text, clips[0].duration_s, len(clips[0].samples)) == ("YES", 0.6, 0)


def test_a_folder_without_a_manifest_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no manifest\.tsv"):
        read_manifest(tmp_path)


def test_loading_decodes_samples_and_finds_units(data_dir):
    loaded = load_clips(data_dir, read_manifest(data_dir / "librispeech"), data_dir / "units")
    assert [len(clip.samples) for clip in loaded] == [35_200] * 3
    assert loaded[0].samples.dtype == np.int16
    assert [len(clip.units) for clip in loaded] == [110] * 3


def test_units_of_one_codebook_or_several_are_read_alike(data_dir, tmp_path):
    listed = read_manifest(data_dir / "librispeech")[:2]
    stored = {listed[0].file: np.arange(5), listed[1].file: np.arange(10).reshape(5, 2)}
    np.savez(tmp_path / "librispeech.npz", **stored)
    one, two = load_clips(data_dir, listed, tmp_path)
    assert one.units.tolist() == [[0], [1], [2], [3], [4]]
    assert two.units.tolist() == stored[listed[1].file].tolist()
    assert load_clips(data_dir, listed[:1])[0].units.shape == (0, 1)


def test_a_clip_of_another_rate_is_refused(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    soundfile.write(folder / "a.wav", np.ones(800), 8000)
    (folder / "manifest.tsv").write_text("file\tsplit\tspeaker\tseconds\ttext\na.wav\ttrain\ts\t0.1\tA\n")
    with pytest.raises(InputError, match="8000 Hz"):
        load_clips(tmp_path, read_manifest(folder))


def test_batches_hold_every_clip_once_and_stay_within_their_seconds():
    durations_s = np.random.default_rng(1).uniform(0.5, 8.0, 200).tolist()
    batches = list(bucketed_batches(durations_s, 16.0, np.random.default_rng(0)))
    assert sorted(index for batch in batches for index in batch) == list(range(200))
    assert max(max(durations_s[i] for i in batch) * len(batch) for batch in batches) <= 16.0


def test_similar_lengths_share_a_batch_so_that_little_is_padding():
    durations_s = np.random.default_rng(1).uniform(0.5, 15.0, 2000).tolist()
    batches = list(bucketed_batches(durations_s, 32.0, np.random.default_rng(0)))
    padded_s = sum(max(durations_s[i] for i in batch) * len(batch) for batch in batches)
    assert padded_s < 1.05 * sum(durations_s)


def test_few_padded_lengths_cover_all_at_little_cost():
    lengths = range(1600, 16_000 * 17, 77)
    padded = [padded_length(length) for length in lengths]
    assert all(length <= longer <= 1.123 * length for length, longer in zip(lengths, padded, strict=True))
    assert len(set(padded)) < 50


def test_a_clip_too_long_for_a_batch_is_a_batch_of_its_own():
    assert sorted(bucketed_batches([20.0, 1.0], 8.0, np.random.default_rng(0))) == [[0], [1]]


def test_faster_speech_is_shorter_and_takes_its_units_along(data_dir):
    clip = load_clips(data_dir, read_manifest(data_dir / "librispeech")[:1])[0]
    faster = change_speed(replace(clip, units=np.arange(110, dtype=np.int16)), 2.0)
    assert len(faster.samples) == len(clip.samples) // 2
    assert faster.duration_s == pytest.approx(clip.duration_s / 2)
    assert faster.units.tolist() == list(range(0, 110, 2))


def test_a_crop_is_a_stretch_with_its_units_and_without_the_text(data_dir):
    clip = load_clips(data_dir, read_manifest(data_dir / "librispeech")[:1])[0]
    samples = np.arange(320 * 90 + 100, dtype=np.int32).astype(np.int16)
    long = replace(
        clip, samples=samples, units=np.arange(90, dtype=np.int16), duration_s=len(samples) / 16_000
    )
    firsts = set()
    for seed in range(20):
        crop = cropped(long, 0.5, np.random.default_rng(seed))
        assert (len(crop.samples), len(crop.units), crop.duration_s, crop.text) == (8000, 25, 0.5, "")
        assert crop.samples[0] == samples[320 * crop.units[0]]
        firsts.add(int(crop.units[0]))
    assert len(firsts) > 10
    assert cropped(long, 60.0, np.random.default_rng(0)) is long


def test_normalised_samples_have_zero_mean_and_unit_variance():
    x = normalised(np.random.default_rng(0).integers(-3000, 3000, 16_000).astype(np.int16))
    assert x.dtype == np.float32
    assert x.mean() == pytest.approx(0, abs=1e-5)
    assert x.std() == pytest.approx(1, abs=1e-3)
