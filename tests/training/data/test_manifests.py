"""Public corpora as they unpack become manifests."""

import numpy as np
import pytest
import soundfile

from hubert_demo.errors import InputError
from hubert_demo.training.data.clips import load_clips, read_manifest
from hubert_demo.training.data.manifests import write_manifest


def write_sound(path, seconds):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.random.default_rng(0).uniform(-0.1, 0.1, int(16_000 * seconds)), 16_000)


def test_librispeech_s_parts_name_their_splits(tmp_path):
    folder = tmp_path / "librispeech"
    for part in ("train-clean-5", "dev-clean-2", "test-clean"):
        chapter = folder / part / "19" / "198"
        write_sound(chapter / "19-198-0000.flac", 1.25)
        (chapter / "19-198.trans.txt").write_text("19-198-0000 NORTHANGER ABBEY\n")
    assert write_manifest(folder) == 3
    clips = {clip.split: clip for clip in read_manifest(folder)}
    assert clips.keys() == {"train", "valid", "test"}
    train = clips["train"]
    assert (train.speaker, train.text, train.duration_s) == ("19", "NORTHANGER ABBEY", 1.25)
    assert len(load_clips(tmp_path, [train])[0].samples) == 20_000


def test_speech_commands_lists_name_valid_and_test(tmp_path):
    folder = tmp_path / "speech_commands"
    for name in ("yes/aa_nohash_0", "yes/bb_nohash_0", "no/cc_nohash_1", "_background_noise_/hum"):
        write_sound(folder / f"{name}.wav", 1.0)
    (folder / "validation_list.txt").write_text("yes/bb_nohash_0.wav\n")
    (folder / "testing_list.txt").write_text("no/cc_nohash_1.wav\n")
    assert write_manifest(folder) == 3
    rows = {(clip.split, clip.speaker, clip.text) for clip in read_manifest(folder)}
    assert rows == {("train", "aa", "YES"), ("valid", "bb", "YES"), ("test", "cc", "NO")}


def test_another_folder_is_refused_with_what_is_expected(tmp_path):
    with pytest.raises(InputError, match=r"Write its manifest\.tsv by hand"):
        write_manifest(tmp_path)


def test_a_part_without_a_split_is_refused(tmp_path):
    chapter = tmp_path / "extra" / "1" / "2"
    chapter.mkdir(parents=True)
    (chapter / "1-2.trans.txt").write_text("")
    with pytest.raises(InputError, match="names no split"):
        write_manifest(tmp_path)
