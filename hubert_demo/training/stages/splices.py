"""Commands that few people say alone, put together from the sounds of words that many say.

*no* is somebody's N, out of *nine, one* or *down*, before the O of a *go*; so a word gets hundreds of voices,
each heard through its own microphone. Not all of them succeed: a keyword head that knows the commands may
listen, and what it does not take for the word is struck.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from hubert_demo.analysis.keywords.detection import detect
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.inference import encode
from hubert_demo.model import HubertForCTC, Wav2Vec2CTCTokenizer
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import character_frames
from hubert_demo.training.data.clips import Clip, load_clips, read_manifest
from hubert_demo.training.data.manifests import Row, write_rows
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.stages.ctc import transcribe_greedily

_FADE_SAMPLES = 240
_MARGIN_SAMPLES = 800
_SHORTEST_SAMPLES = 400


@dataclass(frozen=True)
class Part:
    """A stretch of a word, between the onsets of two of its letters as an alignment has them.

    Attributes:
        word: In capitals.
        first: Index of the letter that begins it.
        after: Index of the letter that it stops before; None for the end of the word.
        begin_frames: Least and most frames that it begins later (earlier if negative), drawn anew every time.
        end_frames: The same of its end.
    """

    word: str
    first: int
    after: int | None
    begin_frames: tuple[float, float]
    end_frames: tuple[float, float]


_FINAL_N = Part("ONE", 1, None, (-1, 3), (2, 5))
SPLICES: dict[str, tuple[tuple[Part, ...], ...]] = {
    "no": tuple(
        (sonorant, Part("GO", 1, None, (-2, 4), (4, 10)))
        for sonorant in (
            Part("NINE", 0, 1, (-5, -1), (-3, 1)),
            Part("ONE", 1, None, (-1, 3), (0, 3)),
            Part("DOWN", 3, None, (-3, 0), (0, 3)),
        )
    ),
    "on": (
        (Part("DOG", 1, 2, (-2, 2), (-4, 1)), _FINAL_N),
        (Part("FIVE", 1, 2, (-3, 2), (-6, -2)), _FINAL_N),
    ),
    "off": ((Part("COFFEE", 1, 4, (-3, 1), (-3, 1)),),),
}
"""How each command may be put together."""

LEAST_SHARE = {"no": 0.9, "on": 0.85, "off": 0.6}
"""Of the ten commands' probability that an attempt has to get for its own."""

MOST = {"no": 900, "on": 400, "off": 150}
"""Attempts that are kept of each command."""


@dataclass(frozen=True)
class _Spoken:
    """A word somebody said: the recording and the frames of its letters."""

    clip: Clip
    frames: list[tuple[int, int]]

    def cut(self, part: Part, rng: np.random.Generator) -> np.ndarray:
        """The stretch, float64 (samples,)."""
        begin = self.frames[part.first][0] + rng.uniform(*part.begin_frames)
        end = (self.frames[-1][1] if part.after is None else self.frames[part.after][0]) + rng.uniform(
            *part.end_frames
        )
        first, last = (max(0, round(frame * HUBERT_GRID.hop_samples)) for frame in (begin, end))
        stretch: np.ndarray = self.clip.samples[first:last].astype(np.float64)
        return stretch


def make_splices(
    data_dir: Path, checkpoint: Path, count: int, seed: int = 0, listener: LoadedCheckpoint | None = None
) -> int:
    """Put commands together from other words by people and write them into `data_dir`; returns how many.

    Args:
        data_dir: Holds the corpus folders.
        checkpoint: CTC checkpoint folder; finds the sounds, and reads the orders that have no text.
        count: Attempts at each way of putting a command together.
        seed: Of every choice.
        listener: Strikes what it does not take for the word; all are kept if None.
    """
    model = HubertForCTC.from_pretrained(checkpoint, require_head=True).eval().to(parallel.join())
    tokenizer = character_tokenizer()
    clips = [
        clip if clip.text else replace(clip, text=transcribe_greedily(model, tokenizer, clip))
        for clip in load_clips(data_dir, corpora.clips_to_splice(data_dir))
    ]
    folder = data_dir / corpora.SPLICED
    number = write_splices(clips, model, tokenizer, folder, count, np.random.default_rng(seed))
    return number if listener is None else strike_failures(folder, listener)


def write_splices(
    clips: list[Clip],
    model: HubertForCTC,
    tokenizer: Wav2Vec2CTCTokenizer,
    corpus_dir: Path,
    count: int,
    rng: np.random.Generator,
) -> int:
    """Put commands together and write them with a manifest, as a corpus of single words to train on.

    Args:
        clips: Of the train splits, with samples, that say the words in `SPLICES`.
        model: Aligns the clips to their texts.
        tokenizer: Of the model.
        corpus_dir: Receives the corpus; its name is to be `corpora.SPLICED`.
        count: Attempts at each way of putting a command together.
        rng: Source of every choice.

    Returns:
        How many were written: fewer, where a stretch came out too short or nobody says its word.

    Raises:
        InputError: If no command can be put together from these clips.
    """
    spoken = _spoken_words(clips, model, tokenizer)
    ways = [
        (command, parts)
        for command, many in SPLICES.items()
        for parts in many
        if all(spoken[part.word] for part in parts)
    ]
    if not ways:
        raise InputError("No clip says the words that commands are put together from; see splices.py.")
    corpus_dir.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for command, parts in ways:
        for _ in range(count):
            chosen = list(_takes(parts, spoken, rng))
            stretches = [take.cut(part, rng) for take, part in zip(chosen, parts, strict=True)]
            if min(len(stretch) for stretch in stretches) < _SHORTEST_SAMPLES:
                continue
            samples = _joined(stretches, rng)
            voices = dict.fromkeys(take.clip.speaker or take.clip.file for take in chosen)
            file = f"{command}_{len(rows):05}.flac"
            soundfile.write(corpus_dir / file, samples, SAMPLE_RATE_HZ)
            seconds = round(len(samples) / SAMPLE_RATE_HZ, 3)
            rows.append(Row(file, "train", "+".join(voices), seconds, command))
    write_rows(corpus_dir, rows)
    return len(rows)


def strike_failures(corpus_dir: Path, listener: LoadedCheckpoint) -> int:
    """Keep of attempts those that a keyword head takes for their command, new voices first; the others go.

    Args:
        corpus_dir: As `write_splices` left it.
        listener: A checkpoint with a keyword head.

    Returns:
        How many are left.

    Raises:
        CheckpointError: If the checkpoint has no keyword head.
    """
    if listener.keyword_head is None:
        raise CheckpointError(f"{listener.spec.name} has no keyword head; only one that has can listen.")
    taken: dict[str, list[Row]] = defaultdict(list)
    listed = load_clips(corpus_dir.parent, read_manifest(corpus_dir))
    for clip in tqdm(listed, desc="listen", unit="clip", mininterval=10):
        command = corpora.keyword_label(clip)
        keywords = detect(encode(listener, clip.waveform))
        assert keywords is not None
        of_commands = dict(zip(keywords.labels, keywords.probabilities, strict=True))
        if of_commands[command] < LEAST_SHARE[command] * sum(of_commands[one] for one in corpora.COMMANDS):
            continue
        taken[command].append(Row(clip.file, clip.split, clip.speaker, round(clip.duration_s, 3), command))
    rows = [row for command, most in MOST.items() for row in _new_voices_first(taken[command])[:most]]
    for file in {clip.file for clip in listed} - {row.file for row in rows}:
        (corpus_dir / file).unlink()
    write_rows(corpus_dir, rows)
    return len(rows)


def _new_voices_first(rows: list[Row]) -> list[Row]:
    """The first row of each voice before all others, each kind in order."""
    first = {row.speaker: row for row in reversed(rows)}
    return sorted(rows, key=lambda row: row is not first[row.speaker])


def _spoken_words(
    clips: list[Clip], model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer
) -> dict[str, list[_Spoken]]:
    """Every utterance of the words that parts are taken from."""
    wanted = {part.word for many in SPLICES.values() for parts in many for part in parts}
    spoken: dict[str, list[_Spoken]] = defaultdict(list)
    for clip in tqdm(clips, desc="align", unit="clip", mininterval=10):
        words = clip.text.split()
        if wanted.isdisjoint(words):
            continue
        for word, frames in zip(words, character_frames(model, tokenizer, clip), strict=True):
            if word in wanted:
                spoken[word].append(_Spoken(clip, frames))
    return spoken


def _takes(
    parts: tuple[Part, ...], spoken: dict[str, list[_Spoken]], rng: np.random.Generator
) -> Iterator[_Spoken]:
    """An utterance for each part: anybody's for the last, that person's for the others where there is one."""
    anybody = spoken[parts[-1].word]
    last = anybody[rng.integers(len(anybody))]
    for part in parts[:-1]:
        everybody = spoken[part.word]
        own = [take for take in everybody if take.clip.speaker and _voice(take) == _voice(last)]
        yield (own or everybody)[rng.integers(len(own or everybody))]
    yield last


def _voice(take: _Spoken) -> tuple[str, str]:
    return take.clip.corpus, take.clip.speaker


def _joined(stretches: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Stretches one after the other, loud alike where they meet, int16 (samples,), silence at both ends."""
    whole = stretches[-1]
    for stretch in reversed(stretches[:-1]):
        here, there = _level(stretch[-_MARGIN_SAMPLES:]), _level(whole[:_MARGIN_SAMPLES])
        louder = float(np.clip(there / max(here, 1.0) * rng.uniform(0.4, 1.1), 0.25, 4.0))
        num_both = min(_FADE_SAMPLES, len(stretch) // 2, len(whole) // 2)
        fall, rise = np.sqrt(np.linspace([1, 0], [0, 1], num_both)).T
        both = stretch[-num_both:] * louder * fall + whole[:num_both] * rise
        whole = np.concatenate([stretch[:-num_both] * louder, both, whole[num_both:]])
    num_edge = _FADE_SAMPLES // 3
    ramp = np.ones(len(whole))
    ramp[:num_edge] = np.linspace(0, 1, num_edge)
    ramp[-num_edge:] = np.linspace(1, 0, num_edge)
    padded = np.pad(whole * ramp, _MARGIN_SAMPLES)
    limited: np.ndarray = (padded * min(1.0, 32_000 / max(np.abs(padded).max(), 1.0))).astype(np.int16)
    return limited


def _level(samples: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(np.square(samples))))
