"""A tiny data folder in the manifests' layout, with tones for speech."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from hubert_demo.training.data.clips import load_clips, read_manifest
from hubert_demo.training.engine.checkpoints import small_config

WORDS = ("YES", "NO", "UP", "DOWN", "LEFT", "RIGHT", "ON", "OFF", "STOP", "GO", "EIGHT", "ZERO")

TINY = replace(
    small_config(),
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    conv_dim=(8,) * 7,
    mask_time_prob=0.0,
)


def tone(word, seconds):
    """A sound that differs from word to word."""
    time_s = np.arange(int(16_000 * seconds)) / 16_000
    pitches_hz = [100 + 37 * (ord(letter) - 64) for letter in word]
    return 0.3 * np.mean([np.sin(2 * np.pi * pitch * time_s) for pitch in pitches_hz], axis=0)


def write_corpus(folder, rows, column="text"):
    folder.mkdir(parents=True)
    lines = [f"file\tsplit\tspeaker\tseconds\t{column}"]
    for number, (split, speaker, seconds, text) in enumerate(rows):
        name = f"{number:03}.wav"
        soundfile.write(folder / name, tone(text, seconds), 16_000)
        lines.append(f"{name}\t{split}\t{speaker}\t{seconds}\t{text}")
    (folder / "manifest.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    """Every corpus that training reads, a few clips each."""
    folder = tmp_path_factory.mktemp("data")
    splits = (("train", "a"), ("valid", "b"), ("test", "c"))
    words = [(split, speaker, 0.6, word) for split, speaker in splits for word in WORDS]
    write_corpus(folder / "speech_commands", words, "word")
    voices = [(split, speaker, 0.5, word) for split, speaker in (splits[0], splits[2]) for word in WORDS[:10]]
    write_corpus(folder / "synthetic_commands", voices, "word")
    write_corpus(folder / "an4", [("train", "d", 0.7, "YES"), ("train", "d", 2.0, "A B C")])
    for corpus, column in (
        ("librispeech", "text"),
        ("ljspeech", "text"),
        ("synthetic_sentences", "text"),
        ("picovoice_intent", "not written down"),
        ("picovoice_wakewords", "word"),
    ):
        rows = [(split, speaker, 2.2, f"{corpus[:3].upper()} READS") for split, speaker in splits]
        write_corpus(folder / corpus, rows, column)
    units = folder / "units"
    units.mkdir()
    rng = np.random.default_rng(0)
    np.savez(units / "librispeech.npz", **{f"{n:03}.wav": rng.integers(0, 500, 110) for n in range(3)})
    return folder


@pytest.fixture
def clips(data_dir):
    """A few sentences with units."""
    return load_clips(data_dir, read_manifest(data_dir / "librispeech"), data_dir / "units")
