"""Manifests, and clips in memory."""

import numpy as np
import pytest
import soundfile

from hubert_demo.errors import InputError
from hubert_demo.training.data.clips import load_clips, read_manifest


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
