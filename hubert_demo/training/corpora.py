"""Which clips train what: the split policy of the embedded checkpoint, in one place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hubert_demo.training.data import Clip, read_manifest

COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
UNKNOWN, SILENCE = "_unknown_", "_silence_"
KEYWORD_LABELS = (*COMMANDS, UNKNOWN, SILENCE)
"""The twelve classes of SUPERB's keyword spotting."""

HELD_OUT_WORDS = frozenset({"zero", "marvin", "wow", "bird", "house", "tree"})
"""Single words whose clips train neither the encoder nor the keyword head."""

SPOKEN_ALONE = ("speech_commands", "an4")
"""Corpora in which people say single words."""

_READING = "librispeech"
_TRANSCRIBED = (
    _READING,
    "synthetic_sentences",
    "ljspeech",
    "an4",
    "speech_commands",
    "synthetic_commands",
)
_SHORTEST_S, _LONGEST_S = 0.3, 17.0


def transcribed_training_clips(data_dir: Path, reading_times: int = 2) -> list[Clip]:
    """Clips with a transcript from speakers of the train splits.

    Args:
        data_dir: Holds the corpus folders.
        reading_times: How often LibriSpeech's clips come in an epoch; the others come once.
    """
    return [
        clip
        for corpus in _TRANSCRIBED
        for clip in _trainable(data_dir / corpus) * (reading_times if corpus == _READING else 1)
        if _SHORTEST_S < clip.duration_s < _LONGEST_S
    ]


def reading_clips(data_dir: Path, split: str) -> list[Clip]:
    """LibriSpeech's clips of a split (`"valid"` or `"test"`): readers who train nothing."""
    return [clip for clip in read_manifest(data_dir / _READING) if clip.split == split]


def word_training_clips(data_dir: Path) -> list[Clip]:
    """Single words of the train splits, by people and by synthetic voices."""
    return [
        clip
        for corpus in (*SPOKEN_ALONE, "synthetic_commands")
        for clip in _trainable(data_dir / corpus)
        if _is_word(clip)
    ]


def word_test_clips(data_dir: Path, split: str = "test") -> list[Clip]:
    """Single words spoken by people of a split (AN4 has no valid split)."""
    return [
        clip
        for corpus in SPOKEN_ALONE
        for clip in read_manifest(data_dir / corpus)
        if clip.split == split and _is_word(clip)
    ]


def running_speech_clips(data_dir: Path) -> list[Clip]:
    """Sentences and orders of the train splits, to cut stretches without a lone command from."""
    return [
        clip
        for corpus in ("librispeech", "ljspeech", "synthetic_sentences", "picovoice_intent")
        for clip in _trainable(data_dir / corpus)
        if clip.duration_s > 2.0
    ]


def sentences_with_commands(data_dir: Path) -> list[Clip]:
    """Sentences that people of the train splits read and that hold a command, to cut words from."""
    return [
        clip
        for corpus in (_READING, "ljspeech")
        for clip in _trainable(data_dir / corpus)
        if clip.duration_s < _LONGEST_S and not set(COMMANDS).isdisjoint(clip.text.lower().split())
    ]


def keyword_label(clip: Clip) -> str:
    """The class of a single-word clip."""
    word = clip.text.lower()
    return word if word in COMMANDS else UNKNOWN


def without_repeats(clips: list[Clip]) -> list[Clip]:
    """Each clip once, in order."""
    return list({(clip.corpus, clip.file): clip for clip in clips}.values())


def _trainable(corpus_dir: Path) -> list[Clip]:
    return [
        replace(clip, split="train")
        for clip in read_manifest(corpus_dir)
        if clip.split == "train" and not (_is_word(clip) and clip.text.lower() in HELD_OUT_WORDS)
    ]


def _is_word(clip: Clip) -> bool:
    return bool(clip.text) and " " not in clip.text and clip.duration_s < 1.6
