"""Whether the page's examples are read as they were said, which a visitor meets first."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubert_demo.analysis.transcript.spelling import spell
from hubert_demo.api import analyze
from hubert_demo.checkpoints import CheckpointSpec

MANIFEST = "manifest.tsv"
"""Beside the recordings: `file`, `text` (what was said), `hard` (`yes` where it is read with mistakes)."""
MAX_HARD = 2


@dataclass(frozen=True)
class ReadExample:
    """An example and what was made of it.

    Attributes:
        file: Name of the recording.
        said: What was said, in the letters of the checkpoint.
        read: The best reading of it.
        is_hard: Whether it is labelled as hard.
    """

    file: str
    said: str
    read: str
    is_hard: bool

    @property
    def is_read(self) -> bool:
        """Whether it is read as it was said, case and punctuation aside."""
        return self.read == self.said

    @property
    def line(self) -> str:
        """What became of it, as a line of text."""
        found = "transcribed exactly" if self.is_read else f"transcribed as {self.read!r}"
        return f"{self.file}: {found}{', labelled as hard' if self.is_hard else ''}"


def read_examples(folder: Path, checkpoint: str | Path | CheckpointSpec) -> tuple[ReadExample, ...]:
    """Read every example of a folder with a manifest.

    Args:
        folder: With recordings and `MANIFEST`.
        checkpoint: Name in the registry, or a directory in transformers' layout.

    Raises:
        HubertDemoError: As `hubert_demo.analyze` raises it.
    """
    with (folder / MANIFEST).open(encoding="utf-8", newline="") as manifest:
        rows = list(csv.DictReader(manifest, delimiter="\t"))
    return tuple(_read(folder / row["file"], row, checkpoint) for row in rows)


def _read(path: Path, row: dict[str, str], checkpoint: str | Path | CheckpointSpec) -> ReadExample:
    analysis = analyze(path, checkpoint=checkpoint)
    said = spell(row["text"], analysis.ctc.vocabulary).text
    return ReadExample(row["file"], said, analysis.transcript.text, row["hard"] == "yes")


def complaints(examples: Sequence[ReadExample]) -> list[str]:
    """What has to change before these examples may be shown: a sentence each, none where all is well.

    Args:
        examples: In the order of the page: the first one greets.
    """
    found = [
        f"{example.file} is {'transcribed exactly' if example.is_read else 'not transcribed exactly'}, "
        f"but {'is' if example.is_hard else 'is not'} labelled as hard."
        for example in examples
        if example.is_read is example.is_hard
    ]
    if not examples[0].is_read:
        found.append(
            f"{examples[0].file} comes first, but is not transcribed exactly. Put another one first."
        )
    if (wrong := sum(not example.is_read for example in examples)) > MAX_HARD:
        found.append(f"{wrong} are not transcribed exactly; at most {MAX_HARD} may be. Replace some.")
    return found
