"""From blocks of several channels to one row of samples."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.audio.rules import FloatArray

# Channels cancel where their average keeps less than this of the power that it has when they are independent.
_CANCELLED = 0.1


class Run:
    """Samples of one rate and number of channels, averaged block by block.

    Args:
        rate_hz: Samples per second.
        num_channels: Channels of every block.
        channel: The one to take instead of the average.

    Attributes:
        rate_hz: As given.
        num_channels: As given.
        channel: As given.
        num_samples: How many there are so far.
    """

    def __init__(self, rate_hz: int, num_channels: int, channel: int | None = None) -> None:
        self.rate_hz = rate_hz
        self.num_channels = num_channels
        self.channel = channel
        self.num_samples = 0
        self._blocks: list[FloatArray] = []
        # Of the average and of every channel.
        self._sums = np.zeros(1 + num_channels)
        self._squares = np.zeros(1 + num_channels)

    def add(self, block: npt.NDArray[Any]) -> None:
        """Append a block.

        Args:
            block: Floating point `(num_samples, num_channels)`.
        """
        mono = average(block)
        if self.channel is not None:
            self._blocks.append(block[:, self.channel].astype(np.float32))
        else:
            self._blocks.append(mono)
        self.num_samples += len(mono)
        if self.num_channels > 1:
            # What is not a number is reported later.
            with np.errstate(invalid="ignore", over="ignore"):
                rows = np.column_stack((mono, block)).astype(np.float64)
                self._sums += rows.sum(axis=0)
                self._squares += (rows * rows).sum(axis=0)

    def samples(self) -> FloatArray:
        """All of them: float32 `(num_samples,)`."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)

    def stronger_channel(self) -> int | None:
        """The channel to take because the average would be lost, or None where averaging is right."""
        if self.num_channels < 2 or not self.num_samples:
            return None
        with np.errstate(invalid="ignore", over="ignore"):
            power = self._squares / self.num_samples - (self._sums / self.num_samples) ** 2
            independent = power[1:].sum() / self.num_channels**2
            # What rounding leaves of a constant is no power.
            floor = 1e-12 * (self._squares[1:].max() / self.num_samples)
        if not np.isfinite(independent) or independent <= floor or power[0] >= _CANCELLED * independent:
            return None
        return int(np.argmax(power[1:]))

    def note(self) -> tuple[str, ...]:
        """What was done to the channels, if there were several."""
        if self.num_channels < 2:
            return ()
        if self.channel is None:
            return (f"{self.num_channels} channels averaged",)
        return (
            f"only channel {self.channel + 1} used, because the {self.num_channels} channels cancel each "
            "other out",
        )


def average(block: npt.NDArray[Any]) -> FloatArray:
    """The mean over the channels.

    Args:
        block: `(num_samples, num_channels)`.

    Returns:
        float32 `(num_samples,)`. NaN, infinity and overflow stay visible; `require_usable` reports them.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        mono: FloatArray = block.mean(axis=1, dtype=np.float64).astype(np.float32)
    return mono


def scaled(samples: FloatArray) -> tuple[FloatArray, tuple[str, ...]]:
    """Samples within -1..1, divided by their peak if they were not, and the note that says so.

    Args:
        samples: float32 `(num_samples,)`.
    """
    peak = float(np.abs(samples).max(initial=0))
    if not 1 < peak < np.inf:
        return samples, ()
    return samples / np.float32(peak), (f"turned down: the peak was {peak:.3g} times full scale",)
