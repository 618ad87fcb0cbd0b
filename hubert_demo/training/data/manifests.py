"""Manifests for the public corpora as their archives unpack: LibriSpeech and Speech Commands."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import soundfile

from hubert_demo.errors import InputError
from hubert_demo.training.data.clips import MANIFEST_NAME

_LIBRISPEECH_SPLITS = {"train": "train", "dev": "valid", "test": "test"}
_SPEECH_COMMANDS_LISTS = {"validation_list.txt": "valid", "testing_list.txt": "test"}


class Row(NamedTuple):
    """One line of a manifest."""

    file: str
    split: str
    speaker: str
    seconds: float
    text: str


def write_manifest(corpus_dir: str | Path) -> int:
    """Write `manifest.tsv` into a folder that a public corpus was unpacked to.

    Args:
        corpus_dir: `LibriSpeech` (or a part of it, such as mini LibriSpeech), or the folder of Speech
            Commands. The corpus must lie under the data folder as `librispeech` or `speech_commands`.

    Returns:
        How many recordings it lists.

    Raises:
        InputError: If the folder is neither.
    """
    corpus_dir = Path(corpus_dir)
    if any(corpus_dir.glob("*/*/*/*.trans.txt")):
        rows = list(_librispeech(corpus_dir))
    elif (corpus_dir / "testing_list.txt").exists():
        rows = list(_speech_commands(corpus_dir))
    else:
        raise InputError(
            f"{corpus_dir} is neither LibriSpeech (<part>/<reader>/<chapter>/*.trans.txt) nor Speech "
            "Commands (testing_list.txt). Write its manifest.tsv by hand: file, split, speaker, seconds, "
            "text."
        )
    write_rows(corpus_dir, rows)
    return len(rows)


def write_rows(corpus_dir: Path, rows: list[Row]) -> None:
    """Write a corpus folder's `manifest.tsv`."""
    with (corpus_dir / MANIFEST_NAME).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter="\t", lineterminator="\n")
        writer.writerow(Row._fields)
        writer.writerows(rows)


def _librispeech(folder: Path) -> Iterator[Row]:
    for transcripts in sorted(folder.glob("*/*/*/*.trans.txt")):
        part = transcripts.relative_to(folder).parts[0]
        split = _LIBRISPEECH_SPLITS.get(part.partition("-")[0])
        if split is None:
            raise InputError(
                f"{folder / part} names no split; LibriSpeech's parts begin train-, dev-, test-."
            )
        for line in transcripts.read_text(encoding="utf-8").splitlines():
            name, _, text = line.partition(" ")
            yield _row(folder, transcripts.parent / f"{name}.flac", split, name.split("-")[0], text)


def _speech_commands(folder: Path) -> Iterator[Row]:
    splits = {
        file: split
        for name, split in _SPEECH_COMMANDS_LISTS.items()
        for file in (folder / name).read_text(encoding="utf-8").split()
    }
    for path in sorted(folder.glob("[!_]*/*.wav")):
        file = path.relative_to(folder).as_posix()
        speaker = path.stem.partition("_")[0]
        yield _row(folder, path, splits.get(file, "train"), speaker, path.parent.name)


def _row(folder: Path, path: Path, split: str, speaker: str, text: str) -> Row:
    seconds = round(soundfile.info(path).duration, 3)
    return Row(path.relative_to(folder).as_posix(), split, speaker, seconds, text)
