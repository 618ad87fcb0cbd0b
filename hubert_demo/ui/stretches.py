"""Uploads that are too long: what the browser draws of them, and the part that a visitor has chosen."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hubert_demo.audio import MAX_DURATION_S, Waveform
from hubert_demo.audio.rules import too_long
from hubert_demo.errors import InputError
from hubert_demo.ui.intake import Intake
from hubert_demo.ui.janitor import REMOVED
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, fields_of, pack

MAX_OFFERED = 64


@dataclass(frozen=True)
class Offer:
    """An upload of which a part is to be chosen.

    Attributes:
        path: The file.
        title: What the visitor calls it.
        duration_s: Its length in seconds.
    """

    path: Path
    title: str
    duration_s: float


class Stretches:
    """Offers parts of long uploads to those who sent them. Safe to share between threads.

    The files themselves are kept by the janitor, for ten minutes at most. A page that is loaded anew
    meanwhile is another session, so the browser is given a key, a secret like a result's ticket.

    Args:
        intake: Who reads the files.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._offers: OrderedDict[str, Offer] = OrderedDict()
        self._lock = threading.Lock()

    def offer(self, path: Path, title: str) -> Json:
        """What the browser needs to have a part chosen: `OfferMessage` in `static/core/types.d.ts`.

        Args:
            path: The file.
            title: What the visitor calls it.

        Raises:
            HubertDemoError: As `Intake.overview` raises it.
        """
        found = self._intake.overview(path)
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._offers[key] = Offer(path, title, found.duration_s)
            while len(self._offers) > MAX_OFFERED:
                self._offers.popitem(last=False)
        peaks = np.rint(np.clip(found.peaks, -1, 1) * 32767).astype(np.int16)
        return {
            "key": key,
            "title": title,
            "text": str(too_long(found.duration_s, "Choose a part.")),
            "duration_s": found.duration_s,
            "kept_s": self._intake.kept_s,
            "drawn_s": found.drawn_s,
            "longest_s": MAX_DURATION_S,
            "peaks": pack(peaks),
        }

    def read(self, request: Any) -> tuple[Callable[[], Waveform], Json]:
        """How to read the part that was chosen, and what the browser is told of it.

        Args:
            request: `key` and `start_s` from the browser, which may be anything.

        Raises:
            InputError: If it is not understood, or there is no such offer, or none any more.
        """
        fields = fields_of(request)
        start_s = fields.get("start_s")
        if isinstance(start_s, bool) or not isinstance(start_s, int | float) or not 0 <= start_s <= 3600:
            raise InputError(NOT_UNDERSTOOD)
        with self._lock:
            offer = self._offers.get(str(fields.get("key")))
        if offer is None:
            raise InputError(REMOVED)
        first_s = max(0.0, min(float(start_s), offer.duration_s - MAX_DURATION_S))
        stretch = first_s, min(first_s + MAX_DURATION_S, offer.duration_s)

        def read() -> Waveform:
            found = self._intake.read_part(offer.path, stretch)
            part = f"{_clock(stretch[0])} to {_clock(stretch[1])} of {_clock(offer.duration_s)}"
            return Waveform(found.samples, notes=(part, *found.notes))

        return read, {"title": offer.title, "offer": str(fields.get("key"))}


def _clock(time_s: float) -> str:
    """Minutes and seconds, such as `"1:05"`."""
    minutes, seconds = divmod(round(time_s), 60)
    return f"{minutes}:{seconds:02d}"
