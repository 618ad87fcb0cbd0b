"""Files that libsndfile reads: WAV, FLAC, AIFF and many older ones."""

import io
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import soundfile

from hubert_demo.audio.rules import FloatArray, require_few_channels, require_rate
from hubert_demo.audio.source import BLOCK_FRAMES, UNCLOSED, Piece, Track
from hubert_demo.errors import InputError

_MAX_PARTS = 1000
# The header of a stream written to a pipe states no length, or years.
_UNKNOWN_LENGTH = 1 << 40


class _Header(NamedTuple):
    """What a part of a file says of itself."""

    format: str
    subtype: str
    rate_hz: int
    num_channels: int
    num_samples: int
    can_seek: bool


class SndfileSource:
    """A file through libsndfile; `Source` says what its attributes are.

    Args:
        path: The file.

    Raises:
        InputError: If its rate or its channels are impossible.
        soundfile.LibsndfileError: If libsndfile cannot read it.
    """

    pads = False

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() == ".raw":
            raise InputError(f"{path.name} has no header that describes its contents. Save it as WAV.")
        self.name = path.name
        self._path = path
        self._parts = _joined_parts(path)
        self._headers = [self._header(part) for part in self._parts]
        first = self._headers[0]
        for header in self._headers:
            require_rate(header.rate_hz)
            require_few_channels(path.name, header.num_channels)
        self.format, self.subtype = first.format, first.subtype
        self.num_samples = first.num_samples
        self.tracks: tuple[Track, ...] = (
            Track(1, first.subtype, first.rate_hz, first.num_channels, True, True),
        )
        known = all(header.num_samples < _UNKNOWN_LENGTH for header in self._headers)
        self.stated_s = (
            sum(header.num_samples / header.rate_hz for header in self._headers) if known else None
        )
        self.notes: list[str] = []

    def pieces(self, start_s: float = 0.0) -> Iterator[Piece]:
        """Decode; see `Source`."""
        joined = len(self._parts)
        self.notes = [f"{joined} recordings in one file, read as one"] if joined > 1 else []
        skip_s = start_s
        for part, header in zip(self._parts, self._headers, strict=True):
            skip = round(skip_s * header.rate_hz)
            if skip >= header.num_samples:
                skip_s -= header.num_samples / header.rate_hz
                continue
            skip_s = 0.0
            yield from self._decode(part, header, skip)

    def _decode(self, part: slice, header: _Header, skip: int) -> Iterator[Piece]:
        with self._open(part) as file:
            left = header.num_samples
            if header.can_seek:
                left -= file.seek(skip)
                skip = 0
            count = 0
            while left > 0:
                try:
                    # Read by the header's length: a codec that cannot seek goes on with zeros.
                    block: FloatArray = file.read(min(BLOCK_FRAMES, left), dtype="float32", always_2d=True)
                except soundfile.LibsndfileError:
                    if count == 0:
                        raise
                    self.notes.append(f"cut off at {count / header.rate_hz:.1f} s, where the file is damaged")
                    return
                if len(block) == 0:
                    return
                left -= len(block)
                count += len(block)
                if skip < len(block):
                    yield Piece(block[skip:], header.rate_hz)
                skip = max(0, skip - len(block))

    def _header(self, part: slice) -> _Header:
        with self._open(part) as file:
            return _Header(
                file.format, file.subtype, int(file.samplerate), file.channels, file.frames, file.seekable()
            )

    @contextmanager
    def _open(self, part: slice) -> Iterator[soundfile.SoundFile]:
        if len(self._parts) == 1:
            # As bytes: a name need not be UTF-8.
            with soundfile.SoundFile(os.fsencode(self._path)) as file:
                yield file
        else:
            with _Part(self._path, part) as content, soundfile.SoundFile(content) as file:
                yield file


class UnclosedSource:
    """An AU or RF64 file whose header says 0 bytes, to its end; `Source` says what its attributes are.

    Args:
        path: The file.
        header: What libsndfile makes of it.
    """

    pads = False
    stated_s: float | None = None

    def __init__(self, path: Path, header: SndfileSource) -> None:
        self.name = path.name
        self.tracks: tuple[Track, ...] = header.tracks
        self.notes = [UNCLOSED]
        self._path = path
        self._byte_order = "BIG" if header.format == "AU" else "LITTLE"

    def pieces(self, start_s: float = 0.0) -> Iterator[Piece]:
        """Decode; see `Source`."""
        track = self.tracks[0]
        form = (track.rate_hz, track.num_channels, track.codec, self._byte_order, "RAW")
        rest = slice(self._data_offset(), self._path.stat().st_size)
        with _Part(self._path, rest) as content, soundfile.SoundFile(content, "r", *form) as raw:
            raw.seek(min(round(start_s * track.rate_hz), raw.frames))
            while len(block := raw.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
                yield Piece(block, track.rate_hz)

    def _data_offset(self) -> int:
        with open(self._path, "rb") as file:
            head = file.read(BLOCK_FRAMES)
        if self._byte_order == "BIG":
            return int.from_bytes(head[4:8], "big")
        return head.find(b"data") + 8


class _Part(io.RawIOBase):
    """A part of a file as a file of its own, for libsndfile to read."""

    def __init__(self, path: Path, part: slice) -> None:
        self._file = path.open("rb")
        self._start: int = part.start
        self._size: int = part.stop - part.start
        self.seek(0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._size}[whence]
        self._file.seek(self._start + max(0, base + offset))
        return self.tell()

    def tell(self) -> int:
        return self._file.tell() - self._start

    def readinto(self, buffer: Any) -> int:
        target = memoryview(buffer).cast("B")
        left = max(0, self._size - self.tell())
        count: int = self._file.readinto(target[: min(len(target), left)])
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _joined_parts(path: Path) -> list[slice]:
    """Where each of the recordings lies that were joined in one file; most files are one."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(12)
        if head[:4] == b"fLaC":
            starts = _flac_starts(file)
        elif head[:4] == b"OggS":
            starts = _ogg_starts(file)
        elif head[:4] in (b"RIFF", b"FORM"):
            starts = _chunk_starts(file, head, size)
        else:
            starts = [0]
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], size], strict=True)]


def _flac_starts(file: io.BufferedReader) -> list[int]:
    """Positions at which a FLAC stream begins: its name, and the head of a block of 34 bytes."""
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return [0, *_positions(content, b"fLaC\0\0\0\x22", 1)]


def _ogg_starts(file: io.BufferedReader) -> list[int]:
    """Positions of first pages that do not follow upon another first page: those begin with a file."""
    starts, expected = [0], 0
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for found in _positions(content, b"OggS\0\x02", 0):
            if found != expected:
                starts.append(found)
            sizes = (
                content[found + 27 : found + 27 + content[found + 26]] if found + 26 < len(content) else b""
            )
            expected = found + 27 + len(sizes) + sum(sizes)
    return starts


def _positions(content: mmap.mmap, name: bytes, start: int) -> Iterator[int]:
    for _ in range(_MAX_PARTS):
        start = content.find(name, start)
        if start < 0:
            return
        yield start
        start += len(name)


def _chunk_starts(file: io.BufferedReader, head: bytes, size: int) -> list[int]:
    """Positions of WAV or AIFF files that follow one another."""
    byte_order = "<" if head[:4] == b"RIFF" else ">"
    starts = [0]
    while len(starts) < _MAX_PARTS:
        file.seek(starts[-1] + 4)
        (length,) = struct.unpack(byte_order + "I", file.read(4))
        following = starts[-1] + 8 + length + length % 2
        file.seek(min(following, size))
        if following + 12 > size or _kind(file.read(12)) != _kind(head):
            break
        starts.append(following)
    return starts


def _kind(head: bytes) -> bytes:
    return head[:4] + head[8:12]
