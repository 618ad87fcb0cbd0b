"""The checkpoints that the page offers, and fetching one while a visitor watches the progress."""

import html
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from hubert_demo.checkpoints import STORE, CheckpointSpec, CheckpointStore, is_here, offer, resolve
from hubert_demo.errors import InputError
from hubert_demo.ui.views.base import Json, attempt
from hubert_demo.ui.waiting import FETCH, Waiting, patient

# How long the browser waits to be told how far a fetch is: no burden, and the numbers move.
PATIENCE_S = 0.5


class Models:
    """The checkpoints that visitors may choose from. Safe to share between threads.

    Args:
        waiting: Where checkpoints are fetched.
        default: The one that greets: a name in the registry, or a directory.
        directories: Further ones.
        store: Where checkpoints are loaded.

    Attributes:
        waiting: As given.
        offered: All of them.
        default: The one that greets.

    Raises:
        CheckpointError: If there is no such checkpoint or directory.
    """

    def __init__(
        self,
        waiting: Waiting,
        default: str | Path,
        directories: Iterable[str | Path] = (),
        store: CheckpointStore = STORE,
    ) -> None:
        self.waiting = waiting
        self._store = store
        self.offered = offer([default, *directories])
        source = resolve(default).source
        self.default = next(spec for spec in self.offered if spec.source == source)
        self._fetches: dict[CheckpointSpec, Future[Json]] = {}
        self._progress: dict[CheckpointSpec, str] = {}
        self._lock = threading.Lock()

    def find(self, name: object) -> CheckpointSpec:
        """The offered checkpoint of that name, which may come from the browser and be anything.

        Raises:
            InputError: If it is not offered.
        """
        for spec in self.offered:
            if spec.name == name:
                return spec
        names = ", ".join(spec.name for spec in self.offered)
        raise InputError(f"There is no model {str(name)[:80]!r} on this page; choose one of {names}.")

    def find_here(self, name: object) -> CheckpointSpec:
        """The same, provided that nothing has to be fetched for it.

        Raises:
            InputError: If it is not offered, or has to be fetched first.
        """
        spec = self.find(name)
        if not is_here(spec):
            raise InputError(
                f"{spec.name} is not on this server yet. Choose it on the page once to download it."
            )
        return spec

    def fetching(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser has a checkpoint fetched and loaded.

        It answers at once with `"ready": False` and a line for people, until the checkpoint is there or
        cannot be had. Asking again waits for the same fetch, and so does another visitor; with `"begin"` an
        earlier one that has ended is not looked at.
        """
        return patient("fetch", self._begin, PATIENCE_S, self._line)

    def _begin(self, request: Any) -> "Future[Json]":
        fields = request if isinstance(request, dict) else {}
        spec = self.find(fields.get("checkpoint"))
        with self._lock:
            fetch = self._fetches.get(spec)
            if fetch is None or (fields.get("begin") and fetch.done()):
                load = partial(attempt, partial(self._load, spec))
                fetch = self._fetches[spec] = self.waiting.submit(FETCH, load)
            return fetch

    def _line(self, request: Json) -> Json:
        """How far a fetch is that has begun."""
        spec = self.find(request["checkpoint"])
        return {"text": self._progress.get(spec, f"Loading {spec.title}")}

    def _load(self, spec: CheckpointSpec) -> Json:
        def tell(num_come: int, num_expected: int) -> None:
            self._progress[spec] = _progress_line(spec, num_come, num_expected)

        self._progress[spec] = f"{'Loading' if is_here(spec) else 'Asking the hub for'} {spec.title}"
        self._store.find(spec, progress=tell)
        return {}

    def template(self) -> str:
        """The picker for `gr.HTML`."""
        options = "".join(
            f'<option value="{html.escape(spec.name)}"{" selected" if spec is self.default else ""}>'
            f"{html.escape(spec.title)}</option>"
            for spec in self.offered
        )
        return (
            '<div class="hx-root hx-card hx-picker"><label for="hx-model">Model</label>'
            f'<select id="hx-model" data-testid="model">{options}</select></div>'
        )


def _progress_line(spec: CheckpointSpec, num_come: int, num_expected: int) -> str:
    come, expected = (round(count / 1e6) for count in (num_come, num_expected))
    if num_come >= num_expected:
        return f"Loading {spec.title}"
    return f"Downloading {spec.title}: {come:,} of {expected:,} MB"
