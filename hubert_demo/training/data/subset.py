"""A few clips of every corpus, in a data folder of their own, to try everything out on."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, read_manifest
from hubert_demo.training.data.manifests import Row, write_rows


def write_subset(
    data_dir: Path, subset_dir: Path, seconds_per_split: float, rng: np.random.Generator
) -> Path:
    """Copy some clips of every corpus at hand, and write their manifests.

    Args:
        data_dir: Holds the corpus folders.
        subset_dir: Receives folders of the same names.
        seconds_per_split: Most seconds of a corpus's train, valid and test split each, or one longer clip.
        rng: Chooses them: at random, but every text once before any comes again.

    Returns:
        `subset_dir`.
    """
    for corpus in corpora.at_hand(data_dir):
        splits: dict[str, list[Clip]] = defaultdict(list)
        for clip in read_manifest(data_dir / corpus):
            splits[clip.split].append(clip)
        chosen = [
            clip for clips in splits.values() for clip in _within(seconds_per_split, _varied(clips, rng))
        ]
        for clip in chosen:
            copy = subset_dir / corpus / clip.file
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data_dir / corpus / clip.file, copy)
        rows = [Row(clip.file, clip.split, clip.speaker, clip.duration_s, clip.text) for clip in chosen]
        write_rows(subset_dir / corpus, rows)
    return subset_dir


def _varied(clips: list[Clip], rng: np.random.Generator) -> list[Clip]:
    """The clips in random order, those that say something for the first time before those that repeat it."""
    seen: Counter[str] = Counter()
    turns: list[tuple[int, Clip]] = []
    for index in rng.permutation(len(clips)).tolist():
        text = clips[index].text
        turns.append((seen[text], clips[index]))
        seen[text] += bool(text)
    return [clip for _, clip in sorted(turns, key=lambda turn: turn[0])]


def _within(seconds: float, clips: list[Clip]) -> list[Clip]:
    """As many of the first clips as last so long together, but one at least."""
    ends_s = np.cumsum([clip.duration_s for clip in clips])
    return clips[: max(1, int(np.searchsorted(ends_s, seconds, side="right")))]
