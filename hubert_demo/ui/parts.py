"""What the page draws of a result: the payloads of the views, and the parts that take longer."""

import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.memo import Memo
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views import timeline
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, View, attempt, fields_of
from hubert_demo.ui.waiting import Waiting, patiently


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
        for view in self._views:
            if view.quick_part:
                parts[view.name, "quick"] = self._begin("quick", result.token, view.quick_part)
        for view in self._views:
            if view.slow_part:
                parts[view.name, "slow"] = self._begin("slow", result.token, view.slow_part)
        return Rendering(payloads, parts)

    def _begin(self, speed: str, token: str, compute: Callable[[Analysis], Json]) -> "Future[Json]":
        # By its token: when its turn comes, a result may have been dropped.
        return self._waiting.submit(
            speed, partial(attempt, lambda: compute(self._results.get(token).analysis))
        )

    def fetching(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser fetches a part of a result, by `token`, `view` and `speed`."""

        async def part(request: Any) -> Json:
            return await patiently(lambda: self._find(request), self._waiting.patience_s)

        return part

    def _find(self, request: Any) -> "Future[Json]":
        fields = fields_of(request)
        parts = self.rendering(self._results.get(fields.get("token"))).parts
        wanted = (str(fields.get("view")), str(fields.get("speed")))
        if wanted not in parts:
            raise InputError(NOT_UNDERSTOOD)
        return parts[wanted]
