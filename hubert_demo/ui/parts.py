"""What the browser draws of a result, part by part."""

import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from hubert_demo.errors import InputError
from hubert_demo.memo import Memo
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views.base import FIRST, NOT_UNDERSTOOD, Json, Part, attempt
from hubert_demo.ui.waiting import Waiting, patient

Rendering = Mapping[str, "Future[Json]"]
"""The parts of a result, by name; all are on their way."""


class Parts:
    """The renderings of results that somebody looks at. Safe to share between threads.

    A rendering begins when it is first asked for, is shared by all visitors, and forgotten with its result.

    Args:
        parts: What is drawn of a result, in the order in which it is computed.
        results: Where the results are kept.
        waiting: Where parts are computed.
    """

    def __init__(self, parts: Iterable[Part], results: Results, waiting: Waiting) -> None:
        self._parts = tuple(parts)
        self._results = results
        self._waiting = waiting
        # Weak, so that no rendering outlives its result: there is one bound for both.
        self._renderings: WeakKeyDictionary[Result, Memo[None, Rendering]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def rendering(self, result: Result) -> Rendering:
        """What the browser draws of a result."""
        with self._lock:
            memo = self._renderings.setdefault(result, Memo(1))
        return memo.get(None, lambda: self._render(result.token))

    def _render(self, token: str) -> Rendering:
        begun: dict[str, Future[Json]] = {}
        for part in sorted(self._parts, key=lambda part: part.lane != FIRST):
            # What takes longer does not compete with what the browser waits for.
            before = () if part.lane == FIRST else tuple(begun.values())
            begun[part.name] = self._waiting.submit(part.lane, partial(self._compute, part, token, before))
        return {part.name: begun[part.name] for part in self._parts}

    def _compute(self, part: Part, token: str, before: "Iterable[Future[Json]]") -> Json:
        for each in before:
            # Not `wait`, which goes on waiting for those that closing has cancelled. Here that is raised, and
            # this part is not computed either.
            each.exception()
        # By its token: when its turn comes, a result may have been dropped.
        return attempt(lambda: part.compute(self._results.get(token).analysis))

    def fetching(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser fetches a part of a result, by `token` and `name`."""
        return patient("part", self._find, self._waiting.patience_s)

    def _find(self, request: Any) -> "Future[Json]":
        rendering = self.rendering(self._results.of(request))
        if (name := str(request.get("name"))) not in rendering:
            raise InputError(NOT_UNDERSTOOD)
        return rendering[name]
