"""What the page draws of a result: the payloads of the views, and the parts that take longer."""

import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any
from weakref import WeakKeyDictionary

from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.memo import Memo
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views import timeline
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, View, attempt
from hubert_demo.ui.waiting import Waiting, patient


@dataclass(frozen=True, eq=False)
class Rendering:
    """What the browser is sent of one result.

    Attributes:
        payloads: What each view draws at once, by its name; and the timeline.
        parts: What a view draws later, by its name and speed (`"quick"` or `"slow"`).
    """

    payloads: Json
    parts: Mapping[tuple[str, str], "Future[Json]"]


class Parts:
    """The renderings of results that somebody looks at. Safe to share between threads.

    A rendering is made when it is first asked for, shared by all visitors, and forgotten with its result.

    Args:
        views: The tabs of the page.
        results: Where the results are kept.
        waiting: Where what takes longer is computed.
    """

    def __init__(self, views: tuple[View, ...], results: Results, waiting: Waiting) -> None:
        self._views = views
        self._results = results
        self._waiting = waiting
        # Weak, so that no rendering outlives its result: there is one bound for both.
        self._renderings: WeakKeyDictionary[Result, Memo[None, Rendering]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def rendering(self, result: Result) -> Rendering:
        """What the browser is sent of a result; its slower parts are on their way."""
        with self._lock:
            memo = self._renderings.setdefault(result, Memo(1))
        return memo.get(None, lambda: self._render(result))

    def _render(self, result: Result) -> Rendering:
        payloads = {"timeline": timeline.payload(result.analysis)}
        payloads |= {view.name: view.payload(result.analysis) for view in self._views}
        parts: dict[tuple[str, str], Future[Json]] = {}
        for speed, part in (("quick", attrgetter("quick_part")), ("slow", attrgetter("slow_part"))):
            for view in filter(part, self._views):
                parts[view.name, speed] = self._begin(speed, result.token, part(view))
        return Rendering(payloads, parts)

    def _begin(self, speed: str, token: str, compute: Callable[[Analysis], Json]) -> "Future[Json]":
        # By its token: when its turn comes, a result may have been dropped.
        return self._waiting.submit(
            speed, partial(attempt, lambda: compute(self._results.get(token).analysis))
        )

    def fetching(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser fetches a part of a result, by `token`, `view` and `speed`."""
        return patient("part", self._find, self._waiting.patience_s)

    def _find(self, request: Any) -> "Future[Json]":
        parts = self.rendering(self._results.of(request)).parts
        wanted = (str(request.get("view")), str(request.get("speed")))
        if wanted not in parts:
            raise InputError(NOT_UNDERSTOOD)
        return parts[wanted]
