"""What visitors wait for: jobs in lanes, and long questions, each answered once."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from hubert_demo.errors import InputError
from hubert_demo.ui.views.base import Json, sentence

Value = TypeVar("Value")

# How many jobs of a lane run at once: of the slow ones two, so that only a UMAP waits for a UMAP.
LANES = {"first": 2, "quick": 1, "slow": 2, "fetch": 2}
PATIENCE_S = 20.0
MAX_QUESTIONS = 16

BUSY = "Too much is being computed for other visitors. Try again in a minute."


class Waiting:
    """Jobs in the background. Safe to share between threads.

    Args:
        patience_s: How long a connection is held for an answer before the browser has to ask again.
        max_questions: How many questions may wait for their answers at once.

    Attributes:
        patience_s: As given.
    """

    def __init__(self, patience_s: float = PATIENCE_S, max_questions: int = MAX_QUESTIONS) -> None:
        self.patience_s = patience_s
        self._max_questions = max_questions
        self._workers = {
            lane: ThreadPoolExecutor(count, thread_name_prefix=lane) for lane, count in LANES.items()
        }
        self._questions: dict[str, Future[Json]] = {}
        self._lock = threading.Lock()
        self._num_jobs = 0
        self._ended = threading.Condition()

    def submit(self, lane: str, compute: Callable[[], Value]) -> "Future[Value]":
        """Run a job once those before it in its lane have begun.

        Args:
            lane: `"first"`, `"quick"`, `"slow"` or `"fetch"`.
            compute: The job.
        """
        with self._ended:
            future = self._workers[lane].submit(_as_error, compute)
            self._num_jobs += 1
        future.add_done_callback(self._end)
        return future

    def ask(self, question: str, compute: Callable[[], Json]) -> "Future[Json]":
        """Have a slow answer computed, unless the very same question waits for one already.

        Args:
            question: What distinguishes it from others.
            compute: Gives the answer, in the slow lane.

        Raises:
            InputError: If too many others wait.
        """
        with self._lock:
            if question in self._questions:
                return self._questions[question]
            if len(self._questions) >= self._max_questions:
                raise InputError(BUSY)
            future = self._questions[question] = self.submit("slow", compute)
        future.add_done_callback(lambda _: self._questions.pop(question, None))
        return future

    def idle(self, timeout_s: float) -> bool:
        """Wait until no job runs or waits.

        Args:
            timeout_s: Most seconds to wait.

        Returns:
            Whether that came to be.
        """
        with self._ended:
            return self._ended.wait_for(lambda: self._num_jobs == 0, timeout_s)

    def lengths(self) -> dict[str, int]:
        """How many jobs wait in each lane, besides those that run."""
        return {lane: worker._work_queue.qsize() for lane, worker in self._workers.items()}

    def close(self) -> None:
        """Let the jobs that run finish, fetches in the background, and drop those that wait."""
        for worker in self._workers.values():
            worker.shutdown(wait=False, cancel_futures=True)
        for lane, worker in self._workers.items():
            worker.shutdown(wait=lane != "fetch")

    def _end(self, _: "Future[Value]") -> None:
        with self._ended:
            self._num_jobs -= 1
            self._ended.notify_all()


def _as_error(compute: Callable[[], Value]) -> Value:
    """What a job gives; what would end a thread or a loop (`SystemExit` out of a library) is an error."""
    try:
        return compute()
    except BaseException as error:
        if isinstance(error, Exception):
            raise
        raise RuntimeError(f"a job ended by {type(error).__name__}") from error


def patient(
    name: str,
    begin: Callable[[Any], "Future[Json]"],
    patience_s: float,
    meanwhile: Callable[[Any], Json] = lambda request: {},
) -> Callable[[Any], Coroutine[Any, Any, Json]]:
    """A function that the browser may call: it waits without holding a thread, and not for long.

    Args:
        name: By which the browser calls it.
        begin: Gives the answer's future for what the browser sent, which may be anything: the same one when
            it asks again.
        patience_s: Most seconds to wait, no longer than a connection should be held.
        meanwhile: What else to tell the browser when the answer is not ready.

    Returns:
        Gives the answer with `"ready": True`; `"ready": False` if the browser has to ask again; or a
        sentence if `begin` refuses.
    """

    async def ask(request: Any) -> Json:
        try:
            pending = asyncio.wrap_future(begin(request))
            answer = await asyncio.wait_for(asyncio.shield(pending), patience_s)
            return {"ready": True, **answer}
        except TimeoutError:
            return {"ok": True, "ready": False, **meanwhile(request)}
        except Exception as error:
            return {"ok": False, "error": sentence(error)}

    ask.__name__ = name
    return ask
