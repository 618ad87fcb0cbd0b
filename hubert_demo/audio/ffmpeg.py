"""Files that PyAV reads with FFmpeg's codecs: M4A, WebM, MP3, Ogg, the sound of videos."""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from hubert_demo.audio.rules import (
    ALLOWED_FORMATS,
    MAX_DURATION_S,
    MAX_FILE_DURATION_S,
    FloatArray,
    damaged,
    require_few_channels,
    require_rate,
)
from hubert_demo.audio.source import BLOCK_FRAMES, UNCLOSED, Piece, Track
from hubert_demo.errors import InputError

_CONTAINERS = "aac,aiff,amr,asf,au,avi,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpegts,ogg,w64,wav"
# Containers that say when each packet is heard; the second ones begin at any time.
_TIMED = ("mov", "matroska", "mpegts")
_FREE_START = ("mpegts",)
# What these say of their length is an estimate from the first packets, or a tag that may be wrong.
_UNSURE = ("mp3", "aac")
# Less than this is rounding, or jitter.
_GAP_S = 0.05
_MAX_TRACKS = 16
_MISCOUNTED_PLANES = 8
# Those that are words; of the others the letters are spelled.
_CODEC_NAMES = {"opus": "Opus", "vorbis": "Vorbis", "speex": "Speex", "wmav1": "WMA", "wmav2": "WMA"}
# Seeking lands on a packet before, and codecs need some to settle.
_SETTLE_S = 1.0


class AvSource:
    """A file through PyAV; `Source` says what its attributes are.

    Args:
        path: The file.
        is_unclosed: Whether its header says 0 bytes, so that what it says of its length is no use.

    Raises:
        InputError: If it cannot be read, or holds no sound that can be decoded.
    """

    pads = True

    def __init__(self, path: Path, is_unclosed: bool = False) -> None:
        self.name = path.name
        self._path = path
        self.notes: list[str] = []
        with self._open() as container:
            streams = container.streams.audio[:_MAX_TRACKS]
            if not streams:
                raise InputError(f"{path.name} has no audio track. Use a {ALLOWED_FORMATS} file.")
            self.tracks = tuple(_describe(number, stream) for number, stream in enumerate(streams, 1))
            self.stated_s: float | None = None
        readable = [track for track in self.tracks if track.is_readable]
        if not readable:
            raise InputError(
                f"{path.name} contains audio in a format that is not supported. Use a {ALLOWED_FORMATS} file."
            )
        self._track, why = self._choose(readable)
        codec = self._track.codec
        # Samples as they are need no codec worth naming.
        name = _CODEC_NAMES.get(codec, codec.upper())
        decoded = () if codec.startswith("pcm_") else (f"decoded from {name}",)
        self._first_notes = (*decoded, *why, *((UNCLOSED,) if is_unclosed else ()))
        if is_unclosed:
            return
        with self._open() as container:
            self.stated_s = _stated_length_s(container, container.streams.audio[self._track.number - 1])

    def pieces(self, start_s: float = 0.0) -> Iterator[Piece]:
        """Decode; see `Source`."""
        self.notes = [*self._first_notes]
        yield from _batched(_from(start_s, self._timed_pieces(self._track, start_s)))

    def _choose(self, readable: list[Track]) -> tuple[Track, tuple[str, ...]]:
        """The default track, else the loudest, and the note that names it."""
        count = len(self.tracks)
        if len(readable) == 1:
            (only,) = readable
            if count == 1:
                return only, ()
            return only, (f"track {only.number} of {count} used, the only one that can be read",)
        defaults = [track for track in readable if track.is_default]
        if len(defaults) == 1:
            return defaults[0], (f"track {defaults[0].number} of {count} used, the file's default",)
        loudest = max(readable, key=self._power)
        return loudest, (f"track {loudest.number} of {count} used, the loudest",)

    def _power(self, track: Track) -> float:
        """Mean power of a track's first minute."""
        total, count = 0.0, 0
        for samples, rate_hz in _batched(piece for _, piece in self._timed_pieces(track, 0.0)):
            total += float(np.nan_to_num(samples).astype(np.float64).var(axis=0).sum()) * len(samples)
            count += len(samples)
            if count > MAX_DURATION_S * rate_hz:
                break
        return total / count if count else -1.0

    def _timed_pieces(self, track: Track, start_s: float) -> Iterator[tuple[float, Piece]]:
        """Pieces from `start_s` or a little before, each with the time in seconds at which it begins."""
        with self._open() as container:
            stream = container.streams.audio[track.number - 1]
            clock = _Clock(container, stream, self.notes)
            if start_s > 2 * _SETTLE_S:
                clock.seek(start_s - _SETTLE_S)
            for frame in self._frames(container, stream):
                require_rate(frame.sample_rate)
                require_few_channels(self.name, frame.layout.nb_channels)
                samples = _to_float(frame)
                if len(samples) == 0:
                    continue
                for silence in clock.silence_before(frame, samples.shape[1]):
                    yield clock.pass_by(silence)
                yield clock.pass_by(Piece(samples, frame.sample_rate))
            clock.end()
        if stream.codec_context.name.startswith("mp3") and (joined := _joined_mp3(self._path)) > 1:
            self.notes.append(f"{joined} recordings in one file, read as one")

    def _frames(self, container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
        """What can be decoded of a track; packets that cannot are left out, and said."""
        num_bad = num_good = 0
        packets = container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                if not num_good:
                    raise
                num_bad += 1
                break
            if packet is None:
                break
            try:
                frames = packet.decode()
            except (av.FFmpegError, ValueError):
                num_bad += 1
                continue
            for frame in frames:
                if isinstance(frame, AudioFrame):
                    num_good += 1
                    yield frame
        if num_bad and not num_good:
            raise damaged(self.name)
        if num_bad:
            self.notes.append(f"{num_bad} damaged place{'s' if num_bad > 1 else ''} skipped")

    @contextmanager
    def _open(self) -> Iterator[InputContainer]:
        # A file of one of these containers: playlists and addresses could make it open something else.
        options = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
        try:
            with (
                _address(self._path) as address,
                av.open(address, options=options, metadata_errors="ignore") as container,
            ):
                yield container
        except InputError:
            raise
        except (av.FFmpegError, ValueError, OSError) as error:
            raise damaged(self.name) from error


class _Clock:
    """Where in the recording a track's frames belong, by what the container states.

    Args:
        container: The open file.
        stream: The track.
        notes: Grows by what is found out.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, notes: list[str]) -> None:
        self.now_s = 0.0
        self._container, self._stream, self._notes = container, stream, notes
        names = container.format.name.split(",")
        self._is_timed = any(name in names for name in _TIMED)
        self._begin_s = (container.start_time or 0) / 1e6
        is_free = any(name in names for name in _FREE_START) or self._begin_s > MAX_DURATION_S
        # Where all tracks begin late by more than a recording may last, it was cut out of a longer one.
        self._base_s = self._begin_s if is_free else 0.0
        self._following_s: float | None = None
        self._joined = 1
        self._seeks = False

    def seek(self, time_s: float) -> None:
        """Go on from a packet at or before a time, where the container can be searched by time."""
        if not self._is_timed:
            return
        try:
            self._container.seek(round((self._base_s + time_s) * 1e6))
        except av.FFmpegError:
            return
        self._seeks = True

    def silence_before(self, frame: AudioFrame, num_channels: int) -> Iterator[Piece]:
        """What the container says is not there: before a late start, and where packets are missing."""
        time_s = None if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)
        duration_s = frame.samples / frame.sample_rate
        before_s, self._following_s = self._following_s, None if time_s is None else time_s + duration_s
        if time_s is None:
            return
        if before_s is None:
            missing_s = time_s - self._base_s - self.now_s
            if self._seeks:
                self.now_s, self._seeks, missing_s = max(0.0, time_s - self._base_s), False, 0.0
        else:
            missing_s = time_s - before_s
            self._joined += missing_s < -max(_GAP_S, 4 * duration_s)
        if not self._is_timed or missing_s <= _GAP_S:
            return
        is_start = self.now_s == 0
        where = "at the start" if is_start else f"at {self.now_s:.1f} s"
        why = "because the sound starts late" if is_start else "where the file has a gap"
        self._notes.append(f"{missing_s:.1f} s of silence added {where}, {why}")
        left = round(missing_s * frame.sample_rate)
        while left > 0:
            count = min(left, BLOCK_FRAMES)
            yield Piece(np.zeros((count, num_channels), np.float32), frame.sample_rate)
            left -= count

    def pass_by(self, piece: Piece) -> tuple[float, Piece]:
        """A piece with its time; the next one begins where it ends."""
        began_s = self.now_s
        self.now_s += len(piece.samples) / piece.rate_hz
        return began_s, piece

    def end(self) -> None:
        """Say how many recordings were joined, where the time began anew."""
        if self._joined > 1:
            self._notes.append(f"{self._joined} recordings in one file, read as one")


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """What FFmpeg may be given for a path; it wants UTF-8, which the name of a file need not be."""
    address = f"file:{path.absolute()}"
    try:
        address.encode()
    except UnicodeEncodeError:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            yield f"file:/dev/fd/{descriptor}"
        finally:
            os.close(descriptor)
    else:
        yield address


def _describe(number: int, stream: AudioStream) -> Track:
    context: AudioCodecContext | None = stream.codec_context
    is_default = bool(int(stream.disposition) & int(av.stream.Disposition.default))
    if context is None:
        return Track(number, "unknown", 0, 0, is_default, False)
    name = context.codec.canonical_name
    return Track(
        number, name, context.sample_rate or 0, context.channels or 0, is_default, _has_decoder(stream)
    )


def _has_decoder(stream: AudioStream) -> bool:
    """Whether the library can decode a track.

    A track with an unknown codec has no codec context; decoding it would end the process.
    """
    # PyAV's types say that there always is one.
    context: AudioCodecContext | None = stream.codec_context
    if context is None:
        return False
    try:
        context.open(strict=False)
    except (av.FFmpegError, ValueError):
        return False
    return True


def _stated_length_s(container: InputContainer, stream: AudioStream) -> float | None:
    """Length by the header, which a browser's recording lacks."""
    if stream.duration is not None and stream.time_base is not None:
        length_s = float(stream.duration * stream.time_base)
        start_s = 0.0 if stream.start_time is None else float(stream.start_time * stream.time_base)
        if container.format.name in _UNSURE:
            return _counted_length_s(container, stream, length_s)
        is_late = "mov" in container.format.name.split(",") and 0 < start_s <= MAX_DURATION_S
        return length_s + start_s if is_late else length_s
    return None if container.duration is None else container.duration / 1e6


def _counted_length_s(container: InputContainer, stream: AudioStream, said_s: float) -> float:
    """Length by the packets, none of which is decoded; beyond an hour what is said."""
    counted_s = 0.0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            # Decoding ends here too, and says so.
            return counted_s
        if packet is None:
            return counted_s
        if packet.duration is not None and packet.time_base is not None:
            counted_s += float(packet.duration * packet.time_base)
        if counted_s > MAX_FILE_DURATION_S:
            return max(said_s, counted_s)


def _to_float(frame: AudioFrame) -> FloatArray:
    """A frame's samples: float32 `(samples, channels)`, full scale 1."""
    if frame.format.is_planar and frame.layout.nb_channels >= _MISCOUNTED_PLANES:
        # Of eight planes or more PyAV takes one too many, which is anybody's memory.
        (frame,) = av.AudioResampler(format=frame.format.packed.name).resample(frame)
    array: npt.NDArray[Any] = frame.to_ndarray()
    rows = array.T if frame.format.is_planar else array.reshape(-1, frame.layout.nb_channels)
    if rows.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return rows.astype(np.float32)
    lifted = 128.0 if rows.dtype == np.uint8 else 0.0
    full_scale = 2.0 ** (8 * rows.dtype.itemsize - 1)
    return ((rows - lifted) / full_scale).astype(np.float32)


def _from(start_s: float, timed: Iterator[tuple[float, Piece]]) -> Iterator[Piece]:
    """Pieces from a time on."""
    for began_s, piece in timed:
        skip = max(0, round((start_s - began_s) * piece.rate_hz))
        if skip < len(piece.samples):
            yield Piece(piece.samples[skip:], piece.rate_hz)


def _batched(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same samples in fewer, larger pieces: what is done for each takes longer than decoding one."""
    held: list[Piece] = []
    count = 0
    for piece in pieces:
        if held and (held[0].rate_hz, held[0].samples.shape[1]) != (piece.rate_hz, piece.samples.shape[1]):
            yield _merge(held)
            held, count = [], 0
        held.append(piece)
        count += len(piece.samples)
        if count >= BLOCK_FRAMES:
            yield _merge(held)
            held, count = [], 0
    if held:
        yield _merge(held)


def _merge(pieces: list[Piece]) -> Piece:
    return Piece(np.concatenate([piece.samples for piece in pieces]), pieces[0].rate_hz)


def _joined_mp3(path: Path) -> int:
    """How many MP3 files a file consists of, told by the headers that encoders put in front of each."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        count = 0
        for name in (b"Xing\0\0\0", b"Info\0\0\0"):
            found = content.find(name)
            while found >= 0:
                count += 1
                found = content.find(name, found + 1)
    return count
