"""From a file to one row of samples at 16 kHz, or to an overview of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from hubert_demo.audio.ffmpeg import AvSource
from hubert_demo.audio.mixing import Run, scaled
from hubert_demo.audio.rules import (
    MAX_DURATION_S,
    MAX_FILE_DURATION_S,
    SAMPLE_RATE_HZ,
    FloatArray,
    require_few_channels,
    require_rate,
    require_readable,
    require_stretch,
    require_usable,
    require_within_an_hour,
    too_long,
)
from hubert_demo.audio.sndfile import SndfileSource, UnclosedSource
from hubert_demo.audio.source import Piece, Source, Track
from hubert_demo.errors import InputError

MAX_OVERVIEW_BINS = 2000

# Codecs work in blocks and fill up the last one.
_PADDING_S = 0.3
_MAX_RUNS = 100
_BINS_PER_S = 100
# Of processor time, after which an overview is drawn no further.
_DRAWING_S = 6.0


@dataclass(frozen=True, eq=False)
class Overview:
    """What a file holds, before any of it is analysed.

    Attributes:
        duration_s: Length in seconds.
        tracks: Its sound tracks.
        drawn_s: How much of it `peaks` cover, from its start: all, unless that takes too long.
        peaks: float32 `(bins, 2)`: lowest and highest sample of equal stretches, any channel's.
        notes: What is done to it when it is read.
    """

    duration_s: float
    tracks: tuple[Track, ...]
    drawn_s: float
    peaks: FloatArray = field(repr=False)
    notes: tuple[str, ...]


def decode(path: Path, stretch: tuple[float, float] | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    """Decode a recording, average its channels and resample it to 16 kHz.

    Args:
        path: The file.
        stretch: Start and end in seconds of what is wanted, of a file of at most `MAX_FILE_DURATION_S`; the
            whole file, of at most `MAX_DURATION_S`, when None.

    Returns:
        float32 `(num_samples,)`, and notes on what was done.

    Raises:
        InputError: If there is no such file, it is not a recording, or its sound cannot be used.
    """
    require_readable(path)
    if stretch is not None:
        require_stretch(*stretch)
    try:
        return _decode(open_source(path), stretch)
    except soundfile.LibsndfileError:
        return _decode(AvSource(path), stretch)


def overview(path: Path) -> Overview:
    """Look through a file of at most `MAX_FILE_DURATION_S`, of which nothing is kept.

    Args:
        path: The file.

    Raises:
        InputError: If there is no such file, it is not a recording, or it is too long.
    """
    require_readable(path)
    try:
        return _overview(open_source(path))
    except soundfile.LibsndfileError:
        return _overview(AvSource(path))


def open_source(path: Path) -> Source:
    """The file, through the library that reads it best.

    Raises:
        InputError: If none can read it.
        soundfile.LibsndfileError: If libsndfile gives it up later than at first sight.
    """
    if _begins_like_mp3(path):
        try:
            return AvSource(path)
        except InputError as error:
            # A tag like those of MP3 files stands in front of some WAV files too; libsndfile skips it.
            try:
                return SndfileSource(path)
            except soundfile.LibsndfileError:
                raise error from None
    try:
        header = SndfileSource(path)
    except soundfile.LibsndfileError:
        return AvSource(path)
    # Recorders that were stopped leave 0 in the header; FFmpeg reads to the end of the file.
    is_unclosed = header.num_samples == 0
    # Its length in bytes is rounded up, and zeros come after the end.
    is_rounded = header.subtype == "GSM610" and header.format in ("WAV", "WAVEX")
    if is_unclosed or is_rounded:
        try:
            other = AvSource(path, is_unclosed=is_unclosed)
            if next(other.pieces(), None) is not None:
                return other
        except InputError:
            # What libsndfile makes of it is the answer then.
            pass
    if is_unclosed and header.format in ("AU", "RF64"):
        return UnclosedSource(path, header)
    return header


def _begins_like_mp3(path: Path) -> bool:
    """Whether FFmpeg should have a file first: it reads MP3 files that were joined to their end."""
    with open(path, "rb") as file:
        head = file.read(3)
    return head == b"ID3" or (len(head) == 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _decode(source: Source, stretch: tuple[float, float] | None) -> tuple[FloatArray, tuple[str, ...]]:
    if source.stated_s is not None:
        if stretch is not None:
            require_within_an_hour(source.stated_s)
        elif source.stated_s > MAX_DURATION_S + (_PADDING_S if source.pads else 0.0005):
            raise too_long(source.stated_s)
    runs = _gather(source, stretch, {})
    channels = {number: run.stronger_channel() for number, run in enumerate(runs)}
    taken = {number: channel for number, channel in channels.items() if channel is not None}
    if taken:
        # Once more: keeping every channel would take too much memory.
        runs = _gather(source, stretch, taken)
    if not runs:
        require_usable(np.zeros(0, np.float32), source.tracks[0].rate_hz or SAMPLE_RATE_HZ)
    notes = [*source.notes, *dict.fromkeys(note for run in runs for note in run.note())]
    rows = [run.samples() for run in runs]
    if len(rows) == 1:
        if stretch is None:
            rows = [_without_padding(rows[0], runs[0].rate_hz, source)]
        require_usable(rows[0], runs[0].rate_hz)
    return _at_one_rate(rows, [run.rate_hz for run in runs], notes)


def _at_one_rate(
    rows: list[FloatArray], rates_hz: list[int], notes: list[str]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Rows one after the other, within -1..1, at 16 kHz."""
    counts = np.cumsum([len(row) for row in rows])
    joined, scaling = scaled(np.concatenate(rows))
    parts = [
        resampled(part, rate) for part, rate in zip(np.split(joined, counts[:-1]), rates_hz, strict=True)
    ]
    resampling = dict.fromkeys(note for _, part_notes in parts for note in part_notes)
    samples = parts[0][0] if len(parts) == 1 else np.concatenate([part for part, _ in parts])
    return samples, (*notes, *scaling, *resampling)


def resampled(samples: FloatArray, rate_hz: int) -> tuple[FloatArray, tuple[str, ...]]:
    """Samples at 16 kHz, and the note that says so.

    Args:
        samples: float32 `(num_samples,)`.
        rate_hz: Of `samples`.
    """
    if rate_hz == SAMPLE_RATE_HZ:
        return samples, ()
    changed = soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ, quality="HQ").astype(np.float32)
    return changed, (f"resampled from {rate_hz / 1000:g} kHz to {SAMPLE_RATE_HZ / 1000:g} kHz",)


def _gather(source: Source, stretch: tuple[float, float] | None, channels: Mapping[int, int]) -> list[Run]:
    """Decode what is wanted, a run for each rate and number of channels; of some runs one channel."""
    start_s, end_s = stretch or (0.0, MAX_DURATION_S + _PADDING_S)
    runs: list[Run] = []
    left_s = end_s - start_s
    for block, rate_hz in source.pieces(start_s):
        require_rate(rate_hz)
        require_few_channels(source.name, block.shape[1])
        if not runs or (runs[-1].rate_hz, runs[-1].num_channels) != (rate_hz, block.shape[1]):
            if len(runs) == _MAX_RUNS:
                raise InputError(
                    f"{source.name} changes its sample rate or number of channels too often. "
                    "Convert it first."
                )
            runs.append(Run(rate_hz, block.shape[1], channels.get(len(runs))))
        wanted = block[: max(0, round(left_s * rate_hz))]
        runs[-1].add(wanted)
        left_s -= len(block) / rate_hz
        # Stop here, also where no header says how long the rest is.
        if left_s < 0 and stretch is None:
            raise too_long()
        if left_s <= 0:
            break
    return runs


def _without_padding(samples: FloatArray, rate_hz: int, source: Source) -> FloatArray:
    """Samples without what a codec filled up its last block with."""
    stated_s = source.stated_s
    if source.pads and stated_s is not None and 0 < len(samples) / rate_hz - stated_s < _PADDING_S:
        return samples[: round(stated_s * rate_hz)]
    return samples


class _Drawing:
    """The lowest and highest samples of a recording, a hundred pairs a second, as they come."""

    def __init__(self) -> None:
        count = round(MAX_FILE_DURATION_S * _BINS_PER_S) + 1
        self.drawn_s = 0.0
        self._peaks = np.zeros((count, 2), np.float32)

    def add(self, piece: Piece) -> None:
        """Draw what comes next."""
        block = np.nan_to_num(piece.samples)
        times_s = self.drawn_s + np.arange(len(block)) / piece.rate_hz
        bins = np.minimum((times_s * _BINS_PER_S).astype(np.int64), len(self._peaks) - 1)
        begins = np.flatnonzero(np.diff(bins, prepend=-1))
        lowest = np.minimum.reduceat(block.min(axis=1), begins)
        highest = np.maximum.reduceat(block.max(axis=1), begins)
        touched = self._peaks[bins[begins]]
        touched[:, 0] = np.minimum(touched[:, 0], lowest)
        touched[:, 1] = np.maximum(touched[:, 1], highest)
        self._peaks[bins[begins]] = touched
        self.drawn_s += len(block) / piece.rate_hz

    def peaks(self) -> npt.NDArray[np.float32]:
        """All, joined into at most `MAX_OVERVIEW_BINS` equal stretches."""
        # Less than a sample is what adding up has rounded.
        count = min(len(self._peaks), int(np.ceil(self.drawn_s * _BINS_PER_S - 1e-4)))
        step = max(1, -(-count // MAX_OVERVIEW_BINS))
        padded = np.zeros((-(-count // step) * step, 2), np.float32)
        padded[:count] = self._peaks[:count]
        grouped = padded.reshape(-1, step, 2)
        return np.stack([grouped[..., 0].min(axis=1), grouped[..., 1].max(axis=1)], axis=1)


def _overview(source: Source) -> Overview:
    if source.stated_s is not None:
        require_within_an_hour(source.stated_s)
    until_s = time.process_time() + _DRAWING_S
    drawing, is_whole = _Drawing(), True
    for piece in source.pieces():
        require_rate(piece.rate_hz)
        require_few_channels(source.name, piece.samples.shape[1])
        drawing.add(piece)
        require_within_an_hour(drawing.drawn_s)
        if time.process_time() > until_s:
            is_whole = False
            break
    if not is_whole and source.stated_s is None:
        raise InputError(f"{source.name} does not say how long it is. Save it again, or make it shorter.")
    duration_s = round(drawing.drawn_s, 6)
    if source.stated_s is not None and (not is_whole or 0 < duration_s - source.stated_s < _PADDING_S):
        duration_s = source.stated_s
    drawn_s = min(drawing.drawn_s, duration_s)
    return Overview(duration_s, source.tracks, drawn_s, drawing.peaks(), tuple(source.notes))
