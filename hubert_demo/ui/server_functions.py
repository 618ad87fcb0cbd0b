"""The functions that the browser may call about a result, made safe for whatever it sends."""

import hashlib
import json
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from functools import partial
from typing import Any

from hubert_demo.ui.lanes import Rank, one_step
from hubert_demo.ui.long_answers import LongAnswers
from hubert_demo.ui.results import Results
from hubert_demo.ui.views.base import Answer, Json, LongAnswer, attempt
from hubert_demo.ui.waiting import GLANCE, Waiting, patient


class ServerFunctions:
    """Makes the functions of views and other components.

    Args:
        results: Where the results are kept that the browser asks about.
        waiting: Where slow answers are computed.
    """

    def __init__(self, results: Results, waiting: Waiting) -> None:
        self._results = results
        self._waiting = waiting
        self._long = LongAnswers(results, waiting)

    def of(
        self, quick: Iterable[Answer] = (), slow: Iterable[Answer] = (), long: Iterable[LongAnswer] = ()
    ) -> list[Callable[[Any], Any]]:
        """What the browser may ask of a component; every answer says whether it is `"ok"`.

        Args:
            quick: As the `quick_answers` of a `View`.
            slow: As its `slow_answers`.
            long: As its `long_answers`.
        """
        growing = (function for answer in long for function in self._long.of(answer))
        return [*map(self._quick, quick), *map(self._slow, slow), *growing]

    def _quick(self, answer: Answer) -> Callable[[Any], Json]:
        def ask(request: Any) -> Json:
            def compute() -> Json:
                result = self._results.of(request)
                steps = one_step(lambda: answer(result.analysis, request))
                return self._waiting.turn(GLANCE, steps, Rank.FIRST)

            return attempt(compute)

        ask.__name__ = answer.__name__
        return ask

    def _slow(self, answer: Answer) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        return patient(answer.__name__, partial(self._begin, answer), self._waiting.patience_s)

    def _begin(self, answer: Answer, request: Any) -> "Future[Json]":
        token = self._results.of(request).token
        asked = json.dumps([answer.__name__, request], sort_keys=True)
        question = hashlib.sha256(asked.encode()).hexdigest()
        # By its token: when its turn comes, a result may have been dropped.
        compute = partial(attempt, lambda: answer(self._results.kept(token).analysis, request))
        return self._waiting.ask(question, compute)
