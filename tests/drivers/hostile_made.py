"""Files made to harm whoever reads them: recordings of every kind, changed, and some made by hand."""

import base64
import random
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

RATE_HZ = 16_000
# As many as FFmpeg makes room for, some 36 bytes each.
MILLIONS = 85_000_000

# Container, its name's ending, and codecs, of those that PyAV can write.
WRITTEN_BY_AV = (
    ("mp4", "m4a", ("aac", "alac", "libmp3lame", "ac3")),
    ("mov", "mov", ("aac", "alac", "pcm_s16le", "pcm_f32le")),
    ("3gp", "3gp", ("aac",)),
    ("webm", "webm", ("libopus", "libvorbis")),
    ("matroska", "mkv", ("libopus", "flac", "aac", "libmp3lame", "pcm_s16le", "ac3")),
    ("ogg", "ogg", ("libopus", "libvorbis", "flac")),
    ("mp3", "mp3", ("libmp3lame",)),
    ("adts", "aac", ("aac",)),
    ("mpegts", "ts", ("aac", "mp2", "libmp3lame")),
    ("avi", "avi", ("pcm_s16le", "libmp3lame", "mp2", "ac3")),
    ("asf", "wma", ("wmav2",)),
    ("caf", "caf", ("alac", "pcm_s16be", "adpcm_ima_qt")),
    ("wav", "wav", ("pcm_s16le", "adpcm_ms", "adpcm_ima_wav", "pcm_mulaw", "g726")),
    ("aiff", "aiff", ("pcm_s16be",)),
    ("au", "au", ("pcm_s16be",)),
    ("w64", "w64", ("pcm_s16le",)),
    ("flac", "flac", ("flac",)),
)

# Where containers keep what they say about time and number: what follows these names is changed.
TIMING = (
    *(b"stts", b"ctts", b"stsz", b"stsc", b"stco", b"mdhd", b"mvhd", b"elst", b"tfdt", b"trun", b"tfhd"),
    *(b"\x2a\xd7\xb1", b"\x44\x89", b"\xe7", b"\xa3", b"\x53\xac", b"OggS\0", b"fLaC", b"fmt ", b"fact"),
    *(b"data", b"COMM", b"SSND", b"desc", b"pakt", b"avih", b"strh", b"idx1", b"Xing", b"Info", b"\x47"),
)
EXTREMES = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\x01", b"\x01\0\0\0")


@dataclass(frozen=True)
class Case:
    """A file.

    Attributes:
        name: What it is called.
        content: What is in it.
        valid: Whether it is a recording as it should be.
    """

    name: str
    content: bytes
    valid: bool = False


def speech_like(duration_s: float = 1.0, seed: int = 0) -> np.ndarray:
    """Noise that comes and goes: float32 samples at `RATE_HZ`."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return (0.2 * rng.normal(size=len(times)) * np.abs(np.sin(9 * times))).astype(np.float32)


def encoded(
    container: str,
    codec: str,
    samples: np.ndarray,
    options: dict[str, str] | None = None,
    num_tracks: int = 1,
) -> bytes:
    """One row of samples, as PyAV writes it."""
    target = BytesIO()
    with av.open(target, "w", format=container, options=options or {}) as file:
        tracks = [_add_track(file, codec) for _ in range(num_tracks)]
        for track in tracks:
            _encode(file, track, samples)
    return target.getvalue()


def _add_track(file: Any, codec: str) -> Any:
    rate_hz = {"libopus": 48_000, "ac3": 48_000, "g726": 8_000}.get(codec, RATE_HZ)
    return file.add_stream(codec, rate=rate_hz, layout="mono")


def _encode(file: Any, track: Any, samples: np.ndarray) -> None:
    context = track.codec_context
    whole = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
    whole.sample_rate, whole.pts, whole.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
    fitting = av.AudioResampler(context.format, "mono", context.sample_rate, context.frame_size or None)
    for frame in [*fitting.resample(whole), *fitting.resample(None), None]:
        file.mux(track.encode(frame))


@cache
def bases() -> tuple[Case, ...]:
    """A second of sound in every container and codec that can be written here."""
    found = [*_from_libsndfile(), *_from_av()]
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "200000"}
    found.append(Case("fragments.mp4", encoded("mp4", "aac", speech_like(), fragments), valid=True))
    found.append(Case("tracks.m4a", encoded("mp4", "aac", speech_like(), num_tracks=2), valid=True))
    return tuple(found)


def _from_libsndfile() -> Iterator[Case]:
    for form in soundfile.available_formats():
        for subtype in soundfile.available_subtypes(form):
            # Not RAW, which has no header, nor what libsndfile cannot read again.
            if form in ("RAW", "SD2") or subtype.startswith("DWVW"):
                continue
            target = BytesIO()
            try:
                soundfile.write(target, speech_like(), RATE_HZ, format=form, subtype=subtype)
            except (soundfile.LibsndfileError, ValueError):
                continue
            if target.getvalue():
                yield Case(f"{form}-{subtype}.{form}".lower(), target.getvalue(), valid=True)


def _from_av() -> Iterator[Case]:
    for container, ending, codecs in WRITTEN_BY_AV:
        for codec in codecs:
            try:
                yield Case(
                    f"{container}-{codec}.{ending}", encoded(container, codec, speech_like()), valid=True
                )
            except (av.FFmpegError, ValueError):
                # This build has no such encoder.
                continue


# --- changed ---


def changed(base: Case, number: int, seed: int) -> Case:
    """A file with something changed, the same for the same number and seed."""
    rng = random.Random(f"{seed} {base.name} {number}")
    change = CHANGES[number % len(CHANGES)]
    stem, _, ending = base.name.rpartition(".")
    return Case(f"{stem}-{change.__name__.strip('_')}-{number}.{ending}", change(base.content, rng))


def _header(content: bytes, rng: random.Random) -> bytes:
    """Some bytes of the first or last 300, or a number of 32 bits among them."""
    found = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        place = rng.randrange(min(300, len(found) - 4))
        place = len(found) - 4 - place if rng.random() < 0.25 else place
        if rng.random() < 0.5:
            found[place : place + 4] = rng.choice(EXTREMES)
        else:
            found[place] = rng.randrange(256)
    return bytes(found)


def _packet(content: bytes, rng: random.Random) -> bytes:
    """Bytes anywhere; something left out, repeated, or cut off."""
    found = bytearray(content)
    how = rng.randrange(4)
    place = rng.randrange(len(found))
    if how == 0:
        for _ in range(rng.choice((1, 10, 200))):
            found[rng.randrange(len(found))] = rng.randrange(256)
    elif how == 1:
        del found[place : place + rng.choice((1, 7, 500))]
    elif how == 2:
        found[place:place] = found[max(0, place - 700) : place] * rng.choice((1, 5))
    else:
        del found[place:]
    return bytes(found)


def _timestamp(content: bytes, rng: random.Random) -> bytes:
    """What stands behind the name of something that says when, how long or how many."""
    found = bytearray(content)
    names = [name for name in TIMING if name in content]
    for _ in range(rng.choice((1, 2, 4))):
        if not names:
            return _header(content, rng)
        name = rng.choice(names)
        place = rng.choice(_places(content, name)) + len(name) + rng.choice((0, 4, 8, 12, 16, 1, 2))
        value = rng.choice(EXTREMES) if rng.random() < 0.6 else rng.randbytes(4)
        found[place : place + 4] = value[: max(0, len(found) - place)]
    return bytes(found)


def _places(content: bytes, name: bytes) -> list[int]:
    """The first two hundred places where a name stands."""
    return [found.start() for found in islice(re.finditer(re.escape(name), content), 200)]


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_header, _packet, _timestamp)


# --- made by hand ---


def riff(tag: int, channels: int, rate_hz: int, bits: int, data: bytes, length: int | None = None) -> bytes:
    """A WAV file that says what it is told to."""
    block = max(1, channels * bits // 8) & 0xFFFF
    fmt = struct.pack("<HHIIHH", tag, channels, rate_hz, (block * rate_hz) & 0xFFFFFFFF, block, bits)
    size = len(data) if length is None else length
    chunks = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", min(len(chunks), 0xFFFFFFFF)) + chunks


def box(name: bytes, *content: bytes) -> bytes:
    """A box of an MP4 file."""
    inside = b"".join(content)
    return struct.pack(">I", 8 + len(inside)) + name + inside


def claims_samples(count: int = MILLIONS) -> bytes:
    """An MP4 file of 1.5 kB whose `stsz` claims 85 million samples of one byte."""
    content = bytearray(encoded("mp4", "aac", speech_like(0.1)))
    _claim(content, count)
    return bytes(content)


def _claim(content: bytearray, count: int) -> None:
    sizes = content.index(b"stsz") + 8
    content[sizes : sizes + 8] = struct.pack(">II", 1, count)
    times = content.index(b"stts") + 8
    content[times : times + 12] = struct.pack(">III", 1, count, 1024)
    chunks = content.index(b"stsc") + 8
    content[chunks : chunks + 16] = struct.pack(">IIII", 1, 1, count, 1)


def claims_fragments(count: int = MILLIONS) -> bytes:
    """A fragmented MP4 file whose `trun` claims 85 million samples."""
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    content = bytearray(encoded("mp4", "aac", speech_like(0.1), fragments))
    run = content.index(b"trun") + 4
    # Flags: only an offset; the samples all are as `tfhd` says.
    content[run : run + 8] = struct.pack(">II", 1, count)
    return bytes(content)


def id3(*frames: tuple[bytes, bytes]) -> bytes:
    """A tag as it stands in front of MP3 files."""
    body = b"".join(name + struct.pack(">IH", len(content), 0) + content for name, content in frames)
    size = len(body)
    syncsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + syncsafe + body


def many_id3_tags(count: int = 100_000) -> bytes:
    """An MP3 file with as many tags, all different."""
    tags = [(b"TXXX", b"\0" + str(number).encode() + b"\0x") for number in range(count)]
    return id3(*tags) + encoded("mp3", "libmp3lame", speech_like())


def ebml(name: str, content: bytes) -> bytes:
    """An element of a Matroska file, its length in eight bytes."""
    return bytes.fromhex(name) + struct.pack(">Q", len(content) | 1 << 56) + content


def many_matroska_tags(count: int = 100_000) -> bytes:
    """A Matroska file with as many tags, all different."""
    tags = b"".join(
        ebml("67C8", ebml("45A3", str(number).encode()) + ebml("4487", b"x")) for number in range(count)
    )
    base = encoded("matroska", "libopus", speech_like(), {"live": "1"})
    first_cluster = base.index(bytes.fromhex("1F43B675"))
    tagged = ebml("1254C367", ebml("7373", ebml("63C0", b"") + tags))
    return base[:first_cluster] + tagged + base[first_cluster:]


@cache
def png(width: int, height: int) -> bytes:
    """A picture of one colour, small as a file and large as a picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    packer = zlib.compressobj(1)
    row = bytes(1 + 3 * width)
    rows = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def cover_in_mp3(side: int = 10_000) -> bytes:
    """An MP3 file with a cover of 300 MB."""
    picture = b"\0image/png\0\x03\0" + png(side, side)
    return id3((b"APIC", picture)) + encoded("mp3", "libmp3lame", speech_like())


def cover_in_flac(side: int = 10_000) -> bytes:
    """A FLAC file with such a cover."""
    content = encoded("flac", "flac", speech_like())
    cover = png(side, side)
    kind = b"image/png"
    block = struct.pack(">II", 3, len(kind)) + kind + struct.pack(">IIIIII", 0, side, side, 24, 0, len(cover))
    block += cover
    return content[:42] + b"\x06" + len(block).to_bytes(3, "big") + block + content[42:]


def nested_boxes(depth: int = 100_000) -> bytes:
    """Boxes inside boxes."""
    content = bytearray(box(b"ftyp", b"M4A \0\0\0\0"))
    for level in range(depth, 0, -1):
        content += struct.pack(">I", 8 * level) + b"moov"
    return bytes(content)


def quiet_hours(hours: float = 40.0) -> bytes:
    """A FLAC file of a few hundred kilobytes that says it is hours long, of silence."""
    silence = np.zeros(round(600 * RATE_HZ), np.int16)
    target = BytesIO()
    soundfile.write(target, silence, RATE_HZ, format="FLAC")
    content = bytearray(target.getvalue())
    count = round(hours * 3600 * RATE_HZ)
    content[21] = content[21] & 0xF0 | count >> 32 & 0xF
    content[22:26] = struct.pack(">I", count & 0xFFFFFFFF)
    return bytes(content)


def _late(shift: bytes) -> bytes:
    """A WebM file whose clusters begin at a time of one's own."""
    content = bytearray(encoded("webm", "libopus", speech_like(), {"live": "1"}))
    place = content.find(b"\xe7")
    content[place + 2 : place + 2 + len(shift)] = shift
    return bytes(content)


def _floats(value: float) -> bytes:
    samples = speech_like()
    samples[100:200] = value
    return riff(3, 1, RATE_HZ, 32, samples.tobytes())


@cache
def bombs() -> tuple[Case, ...]:
    """Small files that ask for much."""
    return (
        Case("stsz.m4a", claims_samples()),
        Case("stsz-more.m4a", claims_samples(0x7FFFFFF)),
        Case("trun.mp4", claims_fragments()),
        Case("trun-more.mp4", claims_fragments(0x7FFFFFF)),
        Case("tags.mp3", many_id3_tags()),
        Case("tags.mkv", many_matroska_tags()),
        Case("cover.mp3", cover_in_mp3()),
        Case("cover.flac", cover_in_flac()),
    )


@cache
def made_by_hand() -> tuple[Case, ...]:
    """One or more of every kind that somebody thought of."""
    sound = speech_like()
    pcm = (sound * 32767).astype("<i2").tobytes()
    wav = riff(1, 1, RATE_HZ, 16, pcm)
    aac = encoded("mp4", "aac", sound)
    unknown = [
        Case(f"tag-{tag:x}.wav", riff(tag, 1, RATE_HZ, 16, pcm)) for tag in (0x3, 0x28, 0x1234, 0xFFFF)
    ]
    odd = [
        Case(f"odd-{channels}-{rate}-{bits}.wav", riff(1, channels, rate, bits, pcm))
        for channels, rate, bits in (
            *((0, RATE_HZ, 16), (1, 0, 16), (1, RATE_HZ, 0), (65_535, RATE_HZ, 16), (9, RATE_HZ, 16)),
            *((1, 0xFFFFFFFF, 16), (1, 1, 16), (1, 999, 16), (1, 192_001, 16), (1, RATE_HZ, 65_535)),
        )
    ]
    lengths = [
        Case(f"length-{length:x}.wav", riff(1, 1, RATE_HZ, 16, pcm, length))
        for length in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(pcm) - 1, len(pcm) + 1)
    ]
    floats = [Case(f"float-{value}.wav", _floats(value)) for value in (np.nan, np.inf, -1e30, 3e38, 8.0)]
    texts = [
        Case("playlist.m3u8", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"),
        Case("playlist.mp3", b"ffconcat version 1.0\nfile /etc/hostname\n"),
        Case("address.wav", b"[InternetShortcut]\nURL=http://169.254.169.254/\n"),
        Case("picture.wav", base64.b64decode("R0lGODlhAQABAAAAACw=")),
        Case("drawing.mp3", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        Case("empty.wav", b""),
        Case("byte.wav", b"\0"),
        Case("zeros.mp3", bytes(100_000)),
        Case("ones.aac", b"\xff" * 100_000),
        Case("syncs.mp3", b"\xff\xfb\x90\x64" * 50_000),
        Case("samples.raw", pcm),
    ]
    joined = [Case("joined.wav", wav * 3), Case("joined-1000.wav", riff(1, 1, RATE_HZ, 16, pcm[:64]) * 1000)]
    shapes = [
        Case("nested.m4a", nested_boxes()),
        Case("hours.flac", quiet_hours()),
        Case("no-moov.m4a", aac.replace(b"moov", b"free")),
        Case("no-data.m4a", aac.replace(b"mdat", b"free")),
        Case("renamed.mov", aac.replace(b"mp4a", b"apac")),
        Case("late.webm", _late(b"\xff\xff")),
        Case("much-later.webm", _late(b"\x7f\xff\xff\xff")),
        Case("fifty-tracks.m4a", encoded("mp4", "aac", speech_like(0.2), num_tracks=50)),
        Case("two-in-one.mp3", encoded("mp3", "libmp3lame", sound) * 2),
        Case("page.ogg", b"OggS\0\x02" * 10_000),
    ]
    return (*unknown, *odd, *lengths, *floats, *texts, *joined, *shapes)


def hostile(seed: int, count: int) -> Iterator[Case]:
    """Files in an order that a part of them covers every kind.

    First those made by hand and every base changed once, mixed; then the bombs, which take long; then
    every base changed again and again.

    Args:
        seed: Of the order and the changes.
        count: How many.
    """
    first = [*made_by_hand(), *(changed(base, number, seed) for number, base in enumerate(bases()))]
    random.Random(seed).shuffle(first)
    yield from [*first, *bombs()][:count]
    left = count - len(first) - len(bombs())
    for number in range(len(bases()), len(bases()) + max(0, left)):
        yield changed(bases()[number % len(bases())], number // len(bases()) + number, seed)


def write(case: Case, folder: Path) -> Path:
    """A file on disk."""
    path = folder / case.name
    path.write_bytes(case.content)
    return path
