"""What visitors hand in: decoded in its turn, and removed when it is needed no more."""

from functools import partial
from pathlib import Path

import gradio as gr

from hubert_demo.audio import Readers, Waveform
from hubert_demo.ui.janitor import Janitor
from hubert_demo.ui.lanes import one_step
from hubert_demo.ui.waiting import READING, Waiting

READERS_BUSY = "Waiting: other visitors' files are being read"


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

    def read(self, path: Path) -> Waveform:
        """Decode what a visitor uploaded to the page, which is removed soon.

        Args:
            path: The file.

        Raises:
            BusyError: If too many files wait to be read.
            InputError: If it cannot be used, or was removed already.
        """
        return self._janitor.consume(path, self._decode)

    def read_for_program(self, path: Path) -> Waveform:
        """The same of a program, which may ask for more of it later; it is told where it has to wait."""
        self._janitor.require(path)
        if self.is_busy:
            gr.Info(READERS_BUSY)
        return self._decode(path)

    def _decode(self, path: Path) -> Waveform:
        return self._waiting.turn(READING, one_step(partial(self._readers.read, path)))
