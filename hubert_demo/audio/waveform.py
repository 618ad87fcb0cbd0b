"""From a file or an array to a `Waveform`: mono, 16 kHz, float32, checked."""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer

from hubert_demo.deprecation import Renamed
from hubert_demo.errors import InputError

SAMPLE_RATE_HZ = 16_000
MIN_DURATION_S = 0.1
MAX_DURATION_S = 60.0
MAX_CHANNELS = 8
ALLOWED_RATES_HZ = (1_000, 192_000)
ALLOWED_FORMATS = "WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM"

_BLOCK_FRAMES = 1 << 16
# Codecs work in blocks and fill up the last one.
_PADDING_S = 0.3
_CONTAINERS = "aac,aiff,amr,asf,caf,flac,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,wav"

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Waveform:
    """A recording as the model hears it.

    Attributes:
        samples: float32 `(num_samples,)`, usually within -1..1.
        sample_rate_hz: Always `SAMPLE_RATE_HZ`.
        notes: What was done to the recording on the way here, one short phrase each.

    Raises:
        InputError: If the samples are not finite, all equal, or outside `MIN_DURATION_S`..`MAX_DURATION_S`.
    """

    samples: FloatArray
    sample_rate_hz: int = SAMPLE_RATE_HZ
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what every later stage relies on."""
        samples, rate_hz = self.samples, self.sample_rate_hz
        if rate_hz != SAMPLE_RATE_HZ or samples.ndim != 1 or samples.dtype != np.float32:
            raise InputError(
                f"A waveform is one row of float32 samples at {SAMPLE_RATE_HZ} Hz, not {samples.dtype} of "
                f"shape {samples.shape} at {rate_hz} Hz. Use Waveform.from_array to convert."
            )
        _require_usable(samples, rate_hz)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz

    @cached_property
    def fingerprint(self) -> str:
        """The same for recordings of the same samples: their SHA-256, in hexadecimal digits."""
        return hashlib.sha256(self.samples.tobytes()).hexdigest()

    changes = Renamed("notes")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "Waveform":
        """Decode a recording, average its channels and resample it to 16 kHz.

        Args:
            path: WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM, whatever its name says; of a video the sound.

        Returns:
            The waveform. At most `MAX_DURATION_S` of the file is ever decoded.

        Raises:
            InputError: If there is no such file, it is not a recording, or its sound cannot be used.
        """
        path = Path(path)
        _require_readable(path)
        try:
            samples, rate_hz, notes = _decode(path)
        except soundfile.LibsndfileError:
            samples, rate_hz, notes = _decode_with_av(path)
        return cls._from_mono(samples, rate_hz, notes)

    @classmethod
    def from_array(cls, array: npt.ArrayLike, sample_rate_hz: int = SAMPLE_RATE_HZ) -> "Waveform":
        """Convert samples that are already in memory.

        Args:
            array: Real samples, `(num_samples,)`, `(num_samples, channels)` or `(channels, num_samples)`; of
                two axes the one of at most `MAX_CHANNELS` is the channels. Floating point is taken as it
                is; int8, uint8, int16 and int32 are scaled so that full scale is 1.
            sample_rate_hz: Samples per second of `array`.

        Returns:
            The waveform, averaged over channels and resampled to 16 kHz.

        Raises:
            InputError: If shape, type or rate are none of these, or the sound cannot be used.
        """
        samples, notes = _to_mono(samples_to_float(np.asarray(array)))
        return cls._from_mono(samples, sample_rate_hz, notes)

    @classmethod
    def _from_mono(cls, samples: FloatArray, rate_hz: int, notes: tuple[str, ...]) -> "Waveform":
        _require_rate(rate_hz)
        _require_usable(samples, rate_hz)
        if rate_hz == SAMPLE_RATE_HZ:
            return cls(samples, notes=notes)
        resampled = soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ, quality="HQ").astype(np.float32)
        note = f"resampled from {rate_hz / 1000:g} kHz to {SAMPLE_RATE_HZ / 1000:g} kHz"
        return cls(resampled, notes=(*notes, note))


def _require_readable(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"There is no file at {path}. Check the path.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be opened ({error}). Check the path.") from error
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        raise InputError(f"{path} is {what}. Give the path of one recording ({ALLOWED_FORMATS}).")
    if status.st_size == 0:
        raise InputError(f"{path.name} is empty (0 bytes). Save or upload the recording again.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path.name} may not be read by this user. Change its permissions.")


def _decode(path: Path) -> tuple[FloatArray, int, tuple[str, ...]]:
    """Read with libsndfile: `(num_samples,)` averaged over channels, rate in Hz, notes."""
    if path.suffix.lower() == ".raw":
        raise InputError(f"{path.name} has no header that says its rate and type. Save it as WAV.")
    with soundfile.SoundFile(path) as file:
        rate_hz = int(file.samplerate)
        _require_rate(rate_hz)
        _require_few_channels(path, file.channels)
        limit = int(MAX_DURATION_S * rate_hz)
        # The header of a stream written to a pipe states no length, or years. Only the limit is ever read.
        if limit < file.frames < 1 << 40:
            raise _too_long(f"{file.frames / rate_hz:.1f} s")
        blocks = file.blocks(_BLOCK_FRAMES, frames=limit + 1, dtype="float32", always_2d=True)
        mono = [_average(block) for block in blocks]
        notes = _channels_note(file.channels)
    samples = np.concatenate(mono) if mono else np.zeros(0, np.float32)
    if len(samples) > limit:
        raise _too_long(f"longer than {MAX_DURATION_S:g} s")
    return samples, rate_hz, notes


def _decode_with_av(path: Path) -> tuple[FloatArray, int, tuple[str, ...]]:
    """Read what libsndfile does not know (M4A, WebM, the sound of a video, …) with the codecs of PyAV."""
    # Named as a file of one of these containers: playlists and addresses could make it open something else.
    options = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
    try:
        with av.open(f"file:{path.absolute()}", options=options, metadata_errors="ignore") as container:
            return _decode_sound_track(path, container)
    except InputError:
        raise
    except (av.FFmpegError, ValueError, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read as sound: it is damaged or not an audio file. "
            f"Use a {ALLOWED_FORMATS} file."
        ) from error


def _decode_sound_track(path: Path, container: InputContainer) -> tuple[FloatArray, int, tuple[str, ...]]:
    """The first sound track of an open file that can be decoded, as `_decode` gives it."""
    if not container.streams.audio:
        raise InputError(f"{path.name} has no sound track. Use a {ALLOWED_FORMATS} file.")
    track = next((track for track in container.streams.audio if _has_decoder(track)), None)
    if track is None:
        raise InputError(
            f"{path.name} holds sound in a format that cannot be decoded here. Use a {ALLOWED_FORMATS} file."
        )
    length_s = _stated_length_s(container, track)
    if length_s is not None and length_s > MAX_DURATION_S + _PADDING_S:
        raise _too_long(f"{length_s:.1f} s")
    blocks: list[FloatArray] = []
    rate_hz = num_channels = count = 0
    # Without an own rate and layout it only changes the type, and refuses a track that changes midway.
    converter = av.AudioResampler(format="fltp")
    for frame in container.decode(track):
        if not blocks:
            rate_hz, num_channels = frame.sample_rate, frame.layout.nb_channels
            _require_rate(rate_hz)
            _require_few_channels(path, num_channels)
        for converted in converter.resample(frame):
            blocks.append(_average(converted.to_ndarray().T))
            count += len(blocks[-1])
        # Stop here, also where no header says how long the rest is.
        if count > (MAX_DURATION_S + _PADDING_S) * rate_hz:
            raise _too_long(f"longer than {MAX_DURATION_S:g} s")
    if not blocks:
        raise InputError(f"{path.name} has a sound track without sound. Record again.")
    samples = np.concatenate(blocks)
    if length_s is not None and 0 < count / rate_hz - length_s < _PADDING_S:
        samples = samples[: round(length_s * rate_hz)]
    notes = (f"decoded from {track.codec_context.codec.canonical_name.upper()}",)
    return samples, rate_hz, (*notes, *_channels_note(num_channels))


def _has_decoder(track: AudioStream) -> bool:
    """Whether the library can decode a track.

    A track with an unknown codec has no codec context; decoding it would end the process.
    """
    # PyAV's types say that there always is one.
    context: AudioCodecContext | None = track.codec_context
    if context is None:
        return False
    try:
        context.open(strict=False)
    except (av.FFmpegError, ValueError):
        return False
    return True


def _stated_length_s(container: InputContainer, track: AudioStream) -> float | None:
    """Length by the header, which a browser's recording lacks."""
    if track.duration is not None and track.time_base is not None:
        return float(track.duration * track.time_base)
    return None if container.duration is None else container.duration / 1e6


def _require_few_channels(path: Path, num_channels: int) -> None:
    if num_channels > MAX_CHANNELS:
        raise InputError(
            f"{path.name} has {num_channels} channels; at most {MAX_CHANNELS} are averaged. "
            "Save it with fewer."
        )


def samples_to_float(array: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Scale integer PCM samples to -1..1; leave the values of floating point as they are.

    Raises:
        InputError: If the samples have another type.
    """
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    if array.dtype == np.uint8:
        return array.astype(np.float64) / 128 - 1
    if array.dtype in (np.int8, np.int16, np.int32):
        full_scale = 2.0 ** (8 * array.dtype.itemsize - 1)
        return array.astype(np.float64) / full_scale
    raise InputError(
        f"Samples are {array.dtype}; allowed are floating point, int8, uint8, int16 and int32. "
        "Convert them first."
    )


def _to_mono(array: npt.NDArray[np.float64]) -> tuple[FloatArray, tuple[str, ...]]:
    """Average over channels: `(num_samples,)`, and the note that says so."""
    if array.ndim == 1:
        return _average(array[:, np.newaxis]), ()
    few = [axis for axis in range(array.ndim) if array.shape[axis] <= MAX_CHANNELS]
    if array.ndim != 2 or len(few) != 1:
        raise InputError(
            f"Samples have shape {array.shape}; allowed are (samples,), (samples, channels) and (channels, "
            f"samples), with at most {MAX_CHANNELS} channels and more samples than that. "
            "Give one recording at a time."
        )
    frames_first = np.moveaxis(array, few[0], 1)
    return _average(frames_first), _channels_note(frames_first.shape[1])


def _average(block: npt.NDArray[Any]) -> FloatArray:
    # NaN, infinity and overflow stay visible in the average; _require_usable reports them.
    with np.errstate(invalid="ignore", over="ignore"):
        mono: FloatArray = block.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mono


def _channels_note(num_channels: int) -> tuple[str, ...]:
    return (f"{num_channels} channels averaged",) if num_channels > 1 else ()


def _require_rate(rate_hz: int) -> None:
    lowest, highest = ALLOWED_RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise InputError(
            f"The sample rate is {rate_hz} Hz; allowed are {lowest} to {highest} Hz. "
            "Check the rate, or convert."
        )


def _require_usable(samples: FloatArray, rate_hz: int) -> None:
    # Rounded to a millisecond, because resampling may add or drop a sample.
    duration_s = round(len(samples) / rate_hz, 3)
    if duration_s > MAX_DURATION_S:
        raise _too_long(f"{duration_s:.1f} s")
    if duration_s < MIN_DURATION_S:
        raise InputError(
            f"Recording is {duration_s:.2f} s ({len(samples)} samples at {rate_hz} Hz); "
            f"at least {MIN_DURATION_S:g} s is needed. Record longer."
        )
    bad = np.flatnonzero(~np.isfinite(samples))
    if len(bad):
        alone = len(bad) == 1
        what = "1 sample that is not a number" if alone else f"{len(bad)} samples that are not numbers"
        raise InputError(
            f"Recording has {what} (NaN or infinity), {'' if alone else 'the first '}at "
            f"{bad[0] / rate_hz:.2f} s. Save it again without {'it' if alone else 'them'}."
        )
    if np.ptp(samples) == 0:
        raise InputError(
            f"Recording is constant (every sample is {samples[0]:g}), so there is nothing to hear. "
            "Check the microphone and record again."
        )


def _too_long(length: str) -> InputError:
    return InputError(f"Recording is {length}; at most {MAX_DURATION_S:g} s are analysed. Cut it shorter.")
