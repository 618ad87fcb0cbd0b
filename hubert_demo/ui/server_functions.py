"""The functions that the browser may call about a result, made safe for whatever it sends."""

import hashlib
import json
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any

from hubert_demo.ui.results import Results
from hubert_demo.ui.views.base import Answer, Answers, Json, View, attempt, fields_of
from hubert_demo.ui.waiting import Waiting, patiently

# Attention maps of a long recording are large: few are made at once.
MAX_QUICK = 2


class ServerFunctions:
    """Makes the functions of views and other components.

    Args:
        results: Where the results are kept that the browser asks about.
        waiting: Where slow answers are computed.
    """

    def __init__(self, results: Results, waiting: Waiting) -> None:
        self._results = results
        self._waiting = waiting
        self._turns = threading.Semaphore(MAX_QUICK)

    def of(self, component: View | Answers) -> list[Callable[[Any], Any]]:
        """What the browser may ask of a component; every answer says whether it is `"ok"`."""
        quick = [self._quick(answer) for answer in component.quick_answers]
        return [*quick, *(self._slow(answer) for answer in component.slow_answers)]

    def _quick(self, answer: Answer) -> Callable[[Any], Json]:
        def ask(request: Any) -> Json:
            def compute() -> Json:
                result = self._results.get(fields_of(request).get("token"))
                with self._turns:
                    return answer(result.analysis, request)

            return attempt(compute)

        ask.__name__ = answer.__name__
        return ask

    def _slow(self, answer: Answer) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        async def ask(request: Any) -> Json:
            return await patiently(lambda: self._begin(answer, request), self._waiting.patience_s)

        ask.__name__ = answer.__name__
        return ask

    def _begin(self, answer: Answer, request: Any) -> "Future[Json]":
        token = self._results.get(fields_of(request).get("token")).token
        asked = json.dumps([answer.__name__, request], sort_keys=True)
        question = hashlib.sha256(asked.encode()).hexdigest()
        # By its token: when its turn comes, a result may have been dropped.
        compute = partial(attempt, lambda: answer(self._results.get(token).analysis, request))
        return self._waiting.ask(question, compute)
