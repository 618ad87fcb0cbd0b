"""What a recording may be, and the sentences about one that is not."""

import os
import stat
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.errors import InputError, TooLongError

SAMPLE_RATE_HZ = 16_000
MIN_DURATION_S = 0.1
MAX_DURATION_S = 60.0
# Of the file that a stretch is taken from.
MAX_FILE_DURATION_S = 3600.0
MAX_FILE_MB = 256
MAX_CHANNELS = 8
ALLOWED_RATES_HZ = (1_000, 192_000)
ALLOWED_FORMATS = "WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM"

FloatArray = npt.NDArray[np.float32]


def require_readable(path: Path) -> None:
    """Check that a path leads to a file that can be opened and is not too large.

    Raises:
        InputError: If it does not.
    """
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
    if status.st_size > MAX_FILE_MB << 20:
        raise InputError(
            f"{path.name} is {status.st_size / (1 << 20):.1f} MB; the limit is {MAX_FILE_MB} MB. "
            "Make it shorter, or save it as FLAC or MP3."
        )
    if not os.access(path, os.R_OK):
        raise InputError(f"{path.name} cannot be opened: no permission to read it. Change its permissions.")


def require_few_channels(name: str, num_channels: int) -> None:
    """Check a file's number of channels.

    Raises:
        InputError: If there are none, or more than `MAX_CHANNELS`.
    """
    if not 1 <= num_channels <= MAX_CHANNELS:
        raise InputError(
            f"{name} has {num_channels} channels; 1 to {MAX_CHANNELS} are supported. Save it with one or two."
        )


def require_rate(rate_hz: int) -> None:
    """Check a sample rate.

    Raises:
        InputError: If it is outside `ALLOWED_RATES_HZ`.
    """
    lowest, highest = ALLOWED_RATES_HZ
    if not lowest <= rate_hz <= highest:
        raise InputError(
            f"The sample rate is {rate_hz} Hz; it must be {lowest} to {highest} Hz. "
            "Check the rate, or convert the recording."
        )


def require_stretch(start_s: float, end_s: float) -> None:
    """Check the stretch that is wanted of a file.

    Raises:
        InputError: If it is none, lies beyond an hour, or is longer than a recording may be.
    """
    if not (0 <= start_s < end_s <= MAX_FILE_DURATION_S):
        raise InputError(
            f"{start_s:g} s to {end_s:g} s is not a part of a recording; choose a start before the end, both "
            f"between 0 and {MAX_FILE_DURATION_S:g} s."
        )
    if round(end_s - start_s, 3) > MAX_DURATION_S:
        raise too_long(end_s - start_s)


def require_usable(samples: FloatArray, rate_hz: int) -> None:
    """Check length and values of a recording.

    Args:
        samples: float32 `(num_samples,)`.
        rate_hz: Samples per second.

    Raises:
        InputError: If it is too short or too long, not finite, or constant.
    """
    # Rounded to a millisecond, because resampling may add or drop a sample.
    duration_s = round(len(samples) / rate_hz, 3)
    if duration_s > MAX_DURATION_S:
        raise too_long(duration_s)
    if duration_s < MIN_DURATION_S:
        digits = 2 if round(duration_s, 2) < MIN_DURATION_S else 3
        raise InputError(
            f"This recording is {duration_s:.{digits}f} s long ({len(samples)} samples at {rate_hz} Hz); "
            f"at least {MIN_DURATION_S:g} s is needed. Make it longer."
        )
    bad = np.flatnonzero(~np.isfinite(samples))
    if len(bad):
        alone = len(bad) == 1
        what = "1 sample that is not a number" if alone else f"{len(bad)} samples that are not numbers"
        raise InputError(
            f"This recording has {what} (NaN or infinity), {'' if alone else 'the first '}at "
            f"{bad[0] / rate_hz:.2f} s. Save it again without {'it' if alone else 'them'}."
        )
    if np.ptp(samples) == 0:
        raise InputError(
            f"Every sample of this recording is {samples[0]:g}, so there is no sound in it. "
            "Check the microphone and record again."
        )


def too_long(duration_s: float | None = None, advice: str = "Make it shorter.") -> TooLongError:
    """The sentence about a recording that is too long.

    Args:
        duration_s: Its length, written with as many digits as show the difference; None if it is not known.
        advice: What to do about it.
    """
    if duration_s is None:
        return TooLongError(f"This recording is longer than the limit of {MAX_DURATION_S:g} s. {advice}")
    digits = next((n for n in (1, 2, 3) if round(duration_s, n) > MAX_DURATION_S), 3)
    length = f"{duration_s:.{digits}f}".rstrip("0").rstrip(".")
    return TooLongError(f"This recording is {length} s long; the limit is {MAX_DURATION_S:g} s. {advice}")


def require_within_an_hour(duration_s: float) -> None:
    """Check the length of a file of which a stretch or an overview is wanted.

    Raises:
        InputError: If it is longer than `MAX_FILE_DURATION_S`.
    """
    if duration_s > MAX_FILE_DURATION_S:
        raise InputError(
            f"The file is {duration_s / 60:.1f} minutes long; the limit is {MAX_FILE_DURATION_S / 60:g} "
            "minutes. Make it shorter."
        )


def damaged(name: str) -> InputError:
    """The sentence about a file that is no recording, or no longer one."""
    return InputError(
        f"{name} cannot be read as sound: it is damaged or not an audio file. Use a {ALLOWED_FORMATS} file."
    )
