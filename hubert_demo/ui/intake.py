"""What visitors hand in: decoded in its turn, and removed when it is needed no more."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import gradio as gr

from hubert_demo.audio import MAX_DURATION_S, Overview, Readers, Waveform
from hubert_demo.errors import TooLongError
from hubert_demo.ui.janitor import Janitor
from hubert_demo.ui.lanes import one_step
from hubert_demo.ui.waiting import READING, Waiting

Value = TypeVar("Value")

CUT_OFF = f"cut off after {MAX_DURATION_S:g} s"
READERS_BUSY = "Waiting for other visitors' files to be read"


class Intake:
    """Hands uploads to the readers. Safe to share between threads.

    Args:
        readers: Who decode them.
        waiting: Where they wait for that.
        janitor: Who removes them.
    """

    def __init__(self, readers: Readers, waiting: Waiting, janitor: Janitor) -> None:
        self._readers, self._waiting, self._janitor = readers, waiting, janitor

    @property
    def is_busy(self) -> bool:
        """Whether the next upload has to wait."""
        return self._readers.are_busy

    @property
    def kept_s(self) -> float:
        """How long an upload stays of which parts may be chosen, in seconds."""
        return self._janitor.kept_s

    def read(self, path: Path) -> Waveform:
        """Decode what a visitor uploaded to the page, which is removed soon.

        Args:
            path: The file.

        Raises:
            BusyError: If too many files wait to be read.
            InputError: If it cannot be used, or was removed already.
            TooLongError: If a part of it has to be chosen, for which it is kept a while.
        """
        return self._janitor.consume(path, self._decode)

    def read_recording(self, path: Path) -> Waveform:
        """The same of what the microphone recorded, whose end is cut off where the recorder stopped late."""
        try:
            return self.read(path)
        except TooLongError:
            start = partial(self._decode, stretch=(0.0, MAX_DURATION_S))
            found = self._janitor.consume(path, start)
            return Waveform(found.samples, notes=(CUT_OFF, *found.notes))

    def read_part(self, path: Path, stretch: tuple[float, float]) -> Waveform:
        """A part of a long upload, which stays: another part of it may be wanted.

        Args:
            path: The file.
            stretch: Start and end in seconds.

        Raises:
            BusyError: If too many files wait to be read.
            InputError: If it cannot be used, or was removed already.
        """
        self._janitor.require(path)
        return self._decode(path, stretch)

    def overview(self, path: Path) -> Overview:
        """What an upload holds, which stays where it is.

        Args:
            path: The file.

        Raises:
            BusyError: If too many files wait to be read.
            InputError: If it cannot be used, is longer than an hour, or was removed already.
        """
        self._janitor.require(path)
        return self._in_turn(partial(self._readers.overview, path))

    def read_for_program(self, path: Path) -> Waveform:
        """As `read` for a program, which may ask for more of it later; it is told where it has to wait."""
        self._janitor.require(path)
        if self.is_busy:
            gr.Info(READERS_BUSY)
        return self._decode(path)

    def _decode(self, path: Path, stretch: tuple[float, float] | None = None) -> Waveform:
        return self._in_turn(partial(self._readers.read, path, stretch))

    def _in_turn(self, read: Callable[[], Value]) -> Value:
        value: Value = self._waiting.turn(READING, one_step(read))
        return value
