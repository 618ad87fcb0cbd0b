"""Answers that grow: computed in steps behind all else, told as far as they are, until nobody waits."""

import hashlib
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from hubert_demo.ui.lanes import Rank, Steps
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views.base import Json, LongAnswer, attempt
from hubert_demo.ui.waiting import Waiting, patient

GLIMPSE_S = 0.4
"""How long a connection is held until the browser is told how far an answer is."""
MOST_KEPT = 12
"""Answers about one result; the oldest leaves first."""


class _Growing:
    """An answer as far as it is.

    Attributes:
        latest: What there is of it.
        future: The whole; None before it has begun.
    """

    def __init__(self, begin: Callable[[], Any]) -> None:
        self._begin = begin
        self.latest: Json = {}
        self.future: Future[Json] | None = None

    @property
    def has_failed(self) -> bool:
        future = self.future
        return future is not None and future.done() and future.exception() is not None

    def steps(self) -> Steps[Json]:
        for latest in self._begin():
            self.latest = latest
            yield
        return {"ok": True, **self.latest}


class LongAnswers:
    """Makes the functions by which the browser asks for what grows, and leaves it. Safe between threads.

    Whoever asks for the same shares it. What is whole is kept as long as its result.

    Args:
        results: Where the results are kept that the browser asks about.
        waiting: In whose slow lane it is computed, behind all else that waits there.
    """

    def __init__(self, results: Results, waiting: Waiting) -> None:
        self._results, self._waiting = results, waiting
        self._answers: WeakKeyDictionary[Result, dict[str, _Growing]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, answer: LongAnswer) -> list[Callable[[Any], Any]]:
        """The function that asks, named as the answer is, and the one that leaves it, `stop_…`.

        Args:
            answer: As the `long_answers` of a `View`.
        """
        name = answer.__name__
        asking = patient(name, partial(self._ask, answer), GLIMPSE_S, partial(self._meanwhile, answer))

        def stop(request: Any) -> Json:
            return attempt(lambda: self._stop(answer, request))

        stop.__name__ = f"stop_{name}"
        return [asking, stop]

    def _ask(self, answer: LongAnswer, request: Any) -> "Future[Json]":
        result = self._results.of(request)
        question = _question(answer, result, request)
        with self._lock:
            answers = self._answers.setdefault(result, {})
            if question not in answers or answers[question].has_failed:
                answers.pop(question, None)
                answers[question] = _Growing(partial(self._begin, answer, result.token, request))
            growing = answers[question]
            for oldest in list(answers)[:-MOST_KEPT]:
                del answers[oldest]
        if growing.future is None or not growing.future.done():
            growing.future = self._waiting.pursue(question, growing.steps(), Rank.LAST)
        return growing.future

    def _begin(self, answer: LongAnswer, token: str, request: Json) -> Any:
        # By its token: when its turn comes, a result may have been dropped.
        return answer(self._results.kept(token).analysis, request)

    def _meanwhile(self, answer: LongAnswer, request: Any) -> Json:
        result = self._results.of(request)
        with self._lock:
            growing = self._answers.get(result, {}).get(_question(answer, result, request))
        return {} if growing is None else growing.latest

    def _stop(self, answer: LongAnswer, request: Any) -> Json:
        self._waiting.leave(_question(answer, self._results.of(request), request))
        return {}


def _question(answer: LongAnswer, result: Result, request: Json) -> str:
    """What tells it from others: the same for all clients, whose tokens differ."""
    asked = {name: value for name, value in request.items() if name != "token"}
    told = json.dumps([answer.__name__, result.token, asked], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
