"""Analyses that have begun: a page that is loaded anew meanwhile has them go on."""

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass

from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.results import GONE
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json

MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Beginning:
    """What is being analysed.

    Attributes:
        waveform: The recording.
        checkpoint: Name of the visitor's checkpoint, None for the default one.
        about: What the browser is told of the recording.
    """

    waveform: Waveform
    checkpoint: str | None
    about: Json


class Begun:
    """A bounded store of what has begun; the oldest leaves first. Safe to share between threads.

    Gradio loads the whole page anew when its connection was lost, which then is another session; what the
    earlier one was to be told reaches nobody. So the browser is given a claim, a secret like a result's
    ticket.

    Args:
        max_bytes: What all recordings may take together; the newest is always kept.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._begun: OrderedDict[str, Beginning] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, waveform: Waveform, checkpoint: str | None, about: Json) -> str:
        """Keep what is being analysed, under a claim that nobody can guess.

        Args:
            waveform: The recording.
            checkpoint: Name of the visitor's checkpoint, None for the default one.
            about: What the browser is told of the recording.
        """
        claim = secrets.token_urlsafe(24)
        with self._lock:
            self._begun[claim] = Beginning(waveform, checkpoint, about)
            num_bytes = sum(each.waveform.samples.nbytes for each in self._begun.values())
            while num_bytes > self._max_bytes and len(self._begun) > 1:
                _, oldest = self._begun.popitem(last=False)
                num_bytes -= oldest.waveform.samples.nbytes
        return claim

    def find(self, claim: object) -> Beginning:
        """What has begun under a claim, which may come from the browser and be anything.

        Raises:
            InputError: If there is none, or none any more.
        """
        if not isinstance(claim, str):
            raise InputError(NOT_UNDERSTOOD)
        with self._lock:
            begun = self._begun.get(claim)
        if begun is None:
            raise InputError(GONE)
        return begun
