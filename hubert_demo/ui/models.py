"""The checkpoints that the page offers, and fetching one while a visitor watches the progress."""

import html
import threading
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from hubert_demo.checkpoints import (
    STORE,
    CheckpointSpec,
    CheckpointStore,
    examine,
    is_here,
    offer,
    on_hub,
    resolve,
)
from hubert_demo.errors import InputError
from hubert_demo.ui.views.base import Json, attempt
from hubert_demo.ui.waiting import FETCH, Waiting, patient

# How long the browser waits to be told how far a fetch is: no burden, and the numbers move.
PATIENCE_S = 0.5
MAX_NAMED = 20
"""Most models that visitors may have fetched from the hub while the page runs: they stay on its disk."""

MAX_ENDED = 100
"""How many fetches that have ended are remembered, for whoever still asks how they ended."""

_FIELD = (
    '<form class="hx-any-model"><label for="hx-any-model">Any HuBERT on the Hugging Face hub</label>'
    '<input id="hx-any-model" type="text" maxlength="300" placeholder="owner/name" autocomplete="off" '
    'autocapitalize="off" spellcheck="false" data-testid="any-model">'
    '<button type="submit" class="hx-button" data-testid="open-model">Open</button></form>'
)


class Models:
    """The checkpoints that visitors may choose from. Safe to share between threads.

    Args:
        waiting: Where checkpoints are fetched.
        default: The one that greets: a name in the registry, or a directory.
        directories: Further ones.
        store: Where checkpoints are loaded.
        any_model: Whether visitors may name others, which are fetched from the hub.

    Attributes:
        waiting: As given.
        offered: All that the picker lists.
        default: The one that greets.
        any_model: As given.

    Raises:
        CheckpointError: If there is no such checkpoint or directory.
    """

    def __init__(
        self,
        waiting: Waiting,
        default: str | Path,
        directories: Iterable[str | Path] = (),
        store: CheckpointStore = STORE,
        any_model: bool = False,
    ) -> None:
        self.waiting, self.any_model = waiting, any_model
        self._store = store
        self.offered = offer([default, *directories])
        source = resolve(default).source
        self.default = next(spec for spec in self.offered if spec.source == source)
        self._named: dict[str, CheckpointSpec] = {}
        self._fetches: dict[CheckpointSpec, Future[Json]] = {}
        self._progress: dict[str, str] = {}
        self._lock = threading.Lock()

    def find(self, name: object) -> CheckpointSpec:
        """The checkpoint of that name, offered or opened before; the name may be anything.

        Raises:
            InputError: If there is none.
        """
        for spec in (*self.offered, *list(self._named.values())):
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

    def _find_or_name(self, name: object) -> CheckpointSpec:
        """As `find`; or a public repository on the hub, whether there is one or not, where any may be named.

        Raises:
            InputError: If it is neither, or too many were opened.
        """
        # Never a folder of this machine, whatever a stranger types.
        spec = on_hub(name, is_public=True) if self.any_model and isinstance(name, str) else None
        if spec is None or spec.name in {known.name for known in self.offered}:
            return self.find(name)
        if spec.name not in self._named and len(self._named) >= MAX_NAMED:
            raise InputError(
                f"This page has opened {MAX_NAMED} models from the hub already, and keeps no more. Choose "
                "one from the list, or run the page yourself."
            )
        return spec

    def _begin(self, request: Any) -> "Future[Json]":
        fields = request if isinstance(request, dict) else {}
        spec = self._find_or_name(fields.get("checkpoint"))
        with self._lock:
            fetch = self._fetches.get(spec)
            if fetch is None or (fields.get("begin") and fetch.done()):
                load = partial(attempt, partial(self._load, spec))
                fetch = self._fetches[spec] = self.waiting.submit(FETCH, load)
                self._forget_old_ones()
            return fetch

    def _forget_old_ones(self) -> None:
        """Anybody can ask for any name: of those that have ended, the latest are kept."""
        ended = [spec for spec, fetch in self._fetches.items() if fetch.done()]
        for spec in ended[:-MAX_ENDED]:
            del self._fetches[spec]
            self._progress.pop(spec.name, None)

    def _line(self, request: Json) -> Json:
        """How far a fetch is that has begun."""
        name = str(request["checkpoint"])
        return {"text": self._progress.get(name, f"Loading {name}")}

    def _load(self, spec: CheckpointSpec) -> Json:
        def tell(num_come: int, num_expected: int) -> None:
            self._progress[spec.name] = _progress_line(spec, num_come, num_expected)

        self._progress[spec.name] = f"{'Loading' if is_here(spec) else 'Asking the hub for'} {spec.title}"
        is_new = spec not in self.offered and spec.name not in self._named
        if is_new:
            # Also where its files are here: they may be the operator's own, fetched with an access token.
            examine(spec)
        self._store.find(spec, progress=tell)
        if is_new:
            self._named[spec.name] = spec
        return {}

    def template(self) -> str:
        """The picker for `gr.HTML`."""
        field = _FIELD if self.any_model else ""
        options = "".join(
            f'<option value="{html.escape(spec.name)}"{" selected" if spec is self.default else ""}>'
            f"{html.escape(spec.title)}</option>"
            for spec in self.offered
        )
        return (
            '<div class="hx-root hx-card hx-picker"><label for="hx-model">Model</label>'
            f'<select id="hx-model" data-testid="model">{options}</select>{field}</div>'
        )


def _progress_line(spec: CheckpointSpec, num_come: int, num_expected: int) -> str:
    come, expected = (round(count / 1e6) for count in (num_come, num_expected))
    if num_come >= num_expected:
        return f"Loading {spec.title}"
    return f"Downloading {spec.title}: {come:,} of {expected:,} MB"
