"""From a file or an array to a `Waveform`: mono, 16 kHz, float32, checked."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.audio.decoding import decode, resampled
from hubert_demo.audio.mixing import Run
from hubert_demo.audio.rules import (
    MAX_CHANNELS,
    SAMPLE_RATE_HZ,
    FloatArray,
    require_rate,
    require_usable,
)
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import InputError


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
        require_usable(samples, rate_hz)

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate_hz

    @cached_property
    def fingerprint(self) -> str:
        """The same for recordings of the same samples: their SHA-256, in hexadecimal digits."""
        return hashlib.sha256(self.samples.tobytes()).hexdigest()

    changes = Renamed("notes")

    def silenced(self, stretches: Iterable[tuple[float, float]]) -> "Waveform":
        """The same with some stretches silent, and a note for each.

        Args:
            stretches: Start and end of each, in seconds.

        Raises:
            InputError: If a stretch holds no sample, or no sound is left.
        """
        samples, notes = self.samples.copy(), list(self.notes)
        for start_s, end_s in stretches:
            start, end = (round(time_s * self.sample_rate_hz) for time_s in (start_s, end_s))
            if not len(samples[start:end]):
                raise InputError(
                    f"There is no sound between {start_s:g} s and {end_s:g} s to silence: the recording is "
                    f"{self.duration_s:g} s long."
                )
            samples[start:end] = 0
            notes.append(f"silenced from {start_s:g} to {end_s:g} s")
        if np.ptp(samples) == 0:
            raise InputError("Nothing would be left to hear; silence a shorter stretch.")
        return Waveform(samples, notes=tuple(notes))

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> "Waveform":
        """Decode a recording, average its channels and resample it to 16 kHz.

        It is decoded in this process, with the same checks as everywhere; a file made to harm may still crash
        the process or fill its memory. For files of strangers there is `hubert_demo.audio.Readers`.

        Args:
            path: WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM, whatever its name says; of a video the sound.

        Returns:
            The waveform, within -1..1. At most `MAX_DURATION_S` of the file is ever decoded.

        Raises:
            InputError: If there is no such file, it is not a recording, or its sound cannot be used.
        """
        samples, notes = decode(Path(path))
        return cls(samples, notes=notes)

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
        mono, notes = _to_mono(samples_to_float(np.asarray(array)))
        require_rate(sample_rate_hz)
        require_usable(mono, sample_rate_hz)
        samples, resampling = resampled(mono, sample_rate_hz)
        return cls(samples, notes=(*notes, *resampling))


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
        return _mix(array[:, np.newaxis])
    few = [axis for axis in range(array.ndim) if array.shape[axis] <= MAX_CHANNELS]
    if array.ndim != 2 or len(few) != 1:
        raise InputError(
            f"Samples have shape {array.shape}; allowed are (samples,), (samples, channels) and (channels, "
            f"samples), with at most {MAX_CHANNELS} channels and more samples than that. "
            "Give one recording at a time."
        )
    return _mix(np.moveaxis(array, few[0], 1))


def _mix(array: npt.NDArray[np.float64], channel: int | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    run = Run(SAMPLE_RATE_HZ, array.shape[1], channel)
    run.add(array)
    stronger = None if channel is not None else run.stronger_channel()
    return (run.samples(), run.note()) if stronger is None else _mix(array, stronger)
