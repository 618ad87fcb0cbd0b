"""A subset: some seconds of every corpus, as many words as there is room for among them."""

import numpy as np

from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips, read_manifest
from hubert_demo.training.data.subset import write_subset

from ..conftest import WORDS, write_corpus


def test_a_subset_has_clips_of_every_split_as_they_are(data_dir, tmp_path):
    write_subset(data_dir, tmp_path, 1.3, np.random.default_rng(0))
    assert sorted(folder.name for folder in tmp_path.iterdir()) == sorted(corpora.at_hand(data_dir))
    listed = read_manifest(tmp_path / "speech_commands")
    assert [clip.split for clip in listed] == ["train"] * 2 + ["valid"] * 2 + ["test"] * 2
    originals = {clip.file: clip for clip in read_manifest(data_dir / "speech_commands")}
    for clip in load_clips(tmp_path, listed):
        original = load_clips(data_dir, [originals[clip.file]])[0]
        assert (clip.speaker, clip.text, clip.duration_s) == (
            original.speaker,
            original.text,
            original.duration_s,
        )
        assert np.array_equal(clip.samples, original.samples)


def test_every_word_comes_once_before_any_comes_again(tmp_path):
    rows = [("train", f"{turn}", 0.5, word) for word in WORDS for turn in range(len(word) ** 2)]
    write_corpus(tmp_path / "data" / "speech_commands", rows, "word")
    for count in (12, 24):
        subset = tmp_path / f"{count}"
        write_subset(tmp_path / "data", subset, 0.5 * count, np.random.default_rng(0))
        assert sorted(clip.text for clip in read_manifest(subset / "speech_commands")) == sorted(
            WORDS * (count // 12)
        )


def test_the_same_seed_chooses_the_same_clips(data_dir, tmp_path):
    chosen = []
    for folder, seed in (("one", 0), ("two", 0), ("three", 3)):
        write_subset(data_dir, tmp_path / folder, 2.0, np.random.default_rng(seed))
        chosen.append([clip.file for clip in read_manifest(tmp_path / folder / "speech_commands")])
    assert chosen[0] == chosen[1] != chosen[2]


def test_a_clip_longer_than_the_seconds_is_taken_all_the_same(data_dir, tmp_path):
    write_subset(data_dir, tmp_path, 1.0, np.random.default_rng(0))
    listed = read_manifest(tmp_path / "librispeech")
    assert [(clip.split, clip.duration_s) for clip in listed] == [
        ("train", 2.2),
        ("valid", 2.2),
        ("test", 2.2),
    ]
