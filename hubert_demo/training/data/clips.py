"""One recording of a corpus: read from its manifest, decoded into memory."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform, samples_to_float
from hubert_demo.errors import InputError

MANIFEST_NAME = "manifest.tsv"
NO_UNIT = -100
"""In place of a unit where a frame has none."""


class PlacedWord(NamedTuple):
    """A word and where in its recording it is said."""

    word: str
    start_s: float
    end_s: float

    @property
    def middle_s(self) -> float:
        """Halfway through it."""
        return (self.start_s + self.end_s) / 2

    def moved(self, factor: float = 1.0, by_s: float = 0.0) -> PlacedWord:
        """The word where it is in a recording played `factor` times as fast that begins `by_s` later."""
        return PlacedWord(self.word, self.start_s / factor + by_s, self.end_s / factor + by_s)


@dataclass(frozen=True)
class Clip:
    """One recording of a corpus, or one put together of several.

    Attributes:
        corpus: Folder name of the corpus.
        file: Path inside the corpus, the key of its frame targets.
        split: `"train"`, `"valid"` or `"test"`.
        speaker: Reader or voice, empty where the corpus names none.
        text: Normalised transcript (A-Z, apostrophe, space), empty where there is none.
        samples: int16 (samples,) at 16 kHz, empty until `load_clips` has read it.
        units: int16 (frames, codebooks) frame targets at 50 frames per second, no rows where there are none,
            `NO_UNIT` in frames that have none.
        is_silent: Whether nobody speaks in it, so that it is to be read as nothing.
        commands: The commands that it says, and words that sound like one, where they are; None where nobody
            looked.
        speech_s: Stretches in which somebody may speak, (start, end) each; None for all of it.
    """

    corpus: str
    file: str
    split: str
    speaker: str
    text: str
    duration_s: float
    samples: np.ndarray
    units: np.ndarray
    is_silent: bool = False
    commands: tuple[PlacedWord, ...] | None = None
    speech_s: tuple[tuple[float, float], ...] | None = None

    @property
    def waveform(self) -> Waveform:
        """The recording as the product takes it."""
        return Waveform(samples_to_float(self.samples).astype(np.float32))

    def with_samples(self, samples: np.ndarray) -> Clip:
        """The same recording heard otherwise; its length stays."""
        return replace(self, samples=samples)


def read_manifest(corpus_dir: str | Path) -> list[Clip]:
    """Clips that a corpus folder's `manifest.tsv` lists.

    Its columns are file, split, speaker, seconds, and text or word; tabs between them.

    Raises:
        InputError: If the folder has no manifest.
    """
    corpus_dir = Path(corpus_dir)
    path = corpus_dir / MANIFEST_NAME
    if not path.exists():
        raise InputError(f"{corpus_dir} has no {MANIFEST_NAME}; give a corpus folder with a manifest.")
    samples, units = np.zeros(0, np.int16), np.zeros((0, 1), np.int16)
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Clip(
                corpus=corpus_dir.name,
                file=row["file"],
                split=row["split"],
                speaker=row["speaker"],
                text=(row.get("text") or row.get("word") or "").upper(),
                duration_s=float(row["seconds"]),
                samples=samples,
                units=units,
            )
            for row in csv.DictReader(stream, delimiter="\t")
        ]


def load_clips(data_dir: str | Path, clips: Sequence[Clip], units_dir: Path | None = None) -> list[Clip]:
    """Decode clips into memory, with their frame targets if wanted.

    Args:
        data_dir: Holds the corpus folders.
        clips: What to read; all at 16 kHz.
        units_dir: Holds frame targets, `<corpus>.npz` (file name → int16 units, `(frames,)` or
            `(frames, codebooks)`); none are read if None.

    Raises:
        InputError: If a clip has another sampling rate.
    """
    data_dir = Path(data_dir)
    units = {} if units_dir is None else _read_units(units_dir, {clip.corpus for clip in clips})
    none = np.zeros((0, 1), np.int16)

    def load(clip: Clip) -> Clip:
        path = data_dir / clip.corpus / clip.file
        samples, rate = soundfile.read(path, dtype="int16")
        if rate != SAMPLE_RATE_HZ or samples.ndim != 1:
            raise InputError(f"{path} is {rate} Hz with shape {samples.shape}; training needs 16 kHz mono.")
        return replace(clip, samples=samples, units=units.get((clip.corpus, clip.file), none))

    with ThreadPoolExecutor() as pool:
        return list(tqdm(pool.map(load, clips), total=len(clips), desc="decode", unit="clip", mininterval=5))


def _read_units(units_dir: Path, corpora: set[str]) -> dict[tuple[str, str], np.ndarray]:
    units = {}
    for corpus in sorted(corpora):
        path = units_dir / f"{corpus}.npz"
        if path.exists():
            with np.load(path) as archive:
                for name in archive.files:
                    stored = archive[name]
                    units[corpus, name] = stored if stored.ndim == 2 else stored[:, None]
    return units
