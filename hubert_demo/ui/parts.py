"""What the browser draws of a result, part by part."""

import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from hubert_demo.errors import InputError
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views.base import FIRST, NOT_UNDERSTOOD, SLOW, Json, Part, attempt
from hubert_demo.ui.waiting import Waiting, patient


class Rendering(Mapping[str, "Future[Json]"]):
    """The parts of a result, by name. All are on their way but the slow ones: those begin when asked for.

    Args:
        parts: What is drawn, in the order in which it is computed.
        compute: Computes one of them.
        waiting: Where they are computed.
        question: What tells the slow ones from those of other results.
    """

    def __init__(
        self, parts: Iterable[Part], compute: Callable[[Part], Json], waiting: Waiting, question: str
    ) -> None:
        self._parts = {part.name: part for part in parts}
        self._compute, self._waiting, self._question = compute, waiting, question
        self._begun: dict[str, Future[Json]] = {}
        for part in sorted(self._parts.values(), key=lambda part: part.lane != FIRST):
            if part.lane == SLOW:
                continue
            # What takes longer does not compete with what the browser waits for.
            before = () if part.lane == FIRST else tuple(self._begun.values())
            self._begun[part.name] = waiting.submit(part.lane, partial(self._after, before, part))

    def __getitem__(self, name: str) -> "Future[Json]":
        """A part, which begins now if it has not begun, or has been given up since."""
        part, begun = self._parts[name], self._begun.get(name)
        if part.lane == SLOW and not (begun and begun.done() and begun.exception() is None):
            compute = partial(self._compute, part)
            self._begun[name] = begun = self._waiting.ask(f"{self._question} {name}", compute)
        assert begun is not None
        return begun

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def _after(self, before: "Iterable[Future[Json]]", part: Part) -> Json:
        for each in before:
            # Not `wait`, which goes on waiting for those that closing has cancelled. Here that is raised, and
            # this part is not computed either.
            each.exception()
        return self._compute(part)


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
        self._renderings: WeakKeyDictionary[Result, Rendering] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def rendering(self, result: Result) -> Rendering:
        """What the browser draws of a result."""
        with self._lock:
            if result not in self._renderings:
                compute = partial(self._compute, result.token)
                self._renderings[result] = Rendering(self._parts, compute, self._waiting, result.token)
            return self._renderings[result]

    def _compute(self, token: str, part: Part) -> Json:
        # By its token: when its turn comes, a result may have been dropped.
        return attempt(lambda: part.compute(self._results.kept(token).analysis))

    def fetching(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser fetches a part of a result, by `token` and `name`."""
        return patient("part", self._find, self._waiting.patience_s)

    def _find(self, request: Any) -> "Future[Json]":
        rendering = self.rendering(self._results.of(request))
        if (name := str(request.get("name"))) not in rendering:
            raise InputError(NOT_UNDERSTOOD)
        return rendering[name]
