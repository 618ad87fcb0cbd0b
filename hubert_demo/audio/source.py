"""What decoding needs of an opened file, whichever library reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from hubert_demo.audio.rules import FloatArray

# How many samples are handed on at once.
BLOCK_FRAMES = 1 << 16
UNCLOSED = "the file does not say how long it is; read to its end"


class Piece(NamedTuple):
    """The next samples of a file: float32 `(num_samples, channels)`."""

    samples: FloatArray
    rate_hz: int


@dataclass(frozen=True)
class Track:
    """A sound track of a file.

    Attributes:
        number: Among the sound tracks, from 1.
        codec: Its name, "unknown" where nobody knows it.
        rate_hz: Samples per second, 0 where it is not known.
        num_channels: How many channels, 0 where it is not known.
        is_default: Whether the file says that this is the one to play.
        is_readable: Whether it can be decoded.
    """

    number: int
    codec: str
    rate_hz: int
    num_channels: int
    is_default: bool
    is_readable: bool


class Source(Protocol):
    """A file that can be decoded, as often as needed.

    Attributes:
        name: The file's.
        tracks: Its sound tracks.
        stated_s: How long it says it is, None if it does not.
        pads: Whether its codec may fill up the last block, so that `stated_s` is where to cut.
        notes: What was done to the recording, complete once `pieces` are exhausted.
    """

    name: str
    tracks: tuple[Track, ...]
    stated_s: float | None
    pads: bool
    notes: list[str]

    def pieces(self, start_s: float = 0.0) -> Iterator[Piece]:
        """Decode.

        Args:
            start_s: Where to begin, seconds from the recording's start.
        """
