"""Speech corpora for training: manifests, clips in memory, length-bucketed batches."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from torch import Tensor
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform, samples_to_float
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.errors import InputError

MANIFEST_NAME = "manifest.tsv"


@dataclass(frozen=True)
class Clip:
    """One recording of a corpus.

    Attributes:
        corpus: Folder name of the corpus.
        file: Path inside the corpus, the key of its frame targets.
        split: `"train"`, `"valid"` or `"test"`.
        speaker: Reader or voice, empty where the corpus names none.
        text: Normalised transcript (A-Z, apostrophe, space), empty where there is none.
        samples: int16 (samples,) at 16 kHz, empty until `load_clips` has read it.
        units: int16 (frames, codebooks) frame targets at 50 frames per second, no rows where there are none.
    """

    corpus: str
    file: str
    split: str
    speaker: str
    text: str
    duration_s: float
    samples: np.ndarray
    units: np.ndarray

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


def bucketed_batches(
    durations_s: Sequence[float], batch_s: float, rng: np.random.Generator
) -> Iterator[list[int]]:
    """One pass over all clips in batches of similar length, in random order.

    Args:
        durations_s: Length of every clip.
        batch_s: Most seconds of audio in a batch, padded to one of few lengths (`padded_length`); a longer
            clip is a batch of its own.
        rng: Source of the order.

    Yields:
        Indices of a batch's clips; every clip comes exactly once.
    """
    order = np.argsort(np.asarray(durations_s) * rng.uniform(0.96, 1.04, len(durations_s)))
    batches: list[list[int]] = [[]]
    longest = 0.0
    for index in order.tolist():
        padded_s = padded_length(math.ceil(durations_s[index] * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        longest = max(longest, padded_s)
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_s:
            batches.append([])
            longest = padded_s
        batches[-1].append(index)
    for position in rng.permutation(len(batches)):
        if batches[position]:
            yield batches[position]


def padded_length(num_samples: int) -> int:
    """The next of few lengths, six to an octave: a GPU plans every new shape of a batch at some cost."""
    return math.ceil(2 ** (math.ceil(6 * math.log2(num_samples)) / 6))


def change_speed(clip: Clip, factor: float) -> Clip:
    """The clip played `factor` times as fast (pitch changes too), its frame targets moved along."""
    num_samples = int(len(clip.samples) / factor)
    positions = np.arange(num_samples) * factor
    samples = np.interp(positions, np.arange(len(clip.samples)), clip.samples).astype(np.int16)
    units = clip.units
    if len(units):
        num_units = num_samples // HUBERT_GRID.hop_samples
        moved = np.round(np.arange(num_units) * factor).astype(int)
        units = units[np.minimum(moved, len(units) - 1)]
    return replace(clip, samples=samples, units=units, duration_s=num_samples / SAMPLE_RATE_HZ)


def cropped(clip: Clip, longest_s: float, rng: np.random.Generator) -> Clip:
    """A stretch of the clip of at most `longest_s` with its frame targets; its text, whole, goes missing."""
    num_units = int(longest_s * SAMPLE_RATE_HZ) // HUBERT_GRID.hop_samples
    spare = len(clip.samples) // HUBERT_GRID.hop_samples - num_units
    if spare <= 0:
        return clip
    first = int(rng.integers(spare + 1))
    samples = clip.samples[first * HUBERT_GRID.hop_samples : (first + num_units) * HUBERT_GRID.hop_samples]
    units = clip.units[first : first + num_units]
    return replace(clip, samples=samples, units=units, text="", duration_s=len(samples) / SAMPLE_RATE_HZ)


def normalised(samples: np.ndarray) -> np.ndarray:
    """float32 samples with zero mean and unit variance, as the feature extractor makes them."""
    x = samples.astype(np.float32) / 32768.0
    scaled: np.ndarray = (x - x.mean()) / np.sqrt(x.var() + 1e-7)
    return scaled


def pad_waveforms(rows: list[np.ndarray]) -> Tensor:
    """Pad float waveforms with silence to (batch, samples).

    No mask goes with it: group-norm models take none, and silence after speech is something to learn too.
    """
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True)
