"""What visitors wait for: jobs in lanes, and long questions, each answered once."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from hubert_demo.errors import BusyError
from hubert_demo.ui.lanes import ENDING, GIVEN_UP, Client, Lane, Limits, Rank, Steps, TooManyOwn, one_step
from hubert_demo.ui.views.base import FIRST, QUICK, SLOW, Json, sentence

Value = TypeVar("Value")

FETCH = "fetch"
"""Checkpoints, which may take minutes; the end does not wait for them."""
GLANCE = "glance"
"""Answers about attention: large while they are computed."""
READING = "reading"
"""Files of visitors; `audio.Readers` reads so many at once."""
ENCODER = "encoder"
"""Passes through an encoder, in a lane for each device."""

# How many jobs of a lane run at once, and how many may wait.
LANES: dict[str, tuple[int, Limits]] = {
    FIRST: (2, Limits()),
    QUICK: (1, Limits()),
    FETCH: (2, Limits()),
    SLOW: (1, Limits(waiting=20, per_client=2)),
    GLANCE: (2, Limits(waiting=20, per_client=4)),
    READING: (4, Limits(waiting=40, per_client=4)),
    ENCODER: (1, Limits(waiting=40, per_client=4)),
}
MAX_AT_ONCE = sum(width + limits.waiting for width, limits in LANES.values() if limits != Limits())
"""How many requests may wait or be computed at once; all others are refused, or answered at once."""
MAX_PATIENT = 3
"""How many turns of one client may wait until its own others end."""
MAX_THREADS = int(MAX_AT_ONCE) + 40
"""Each of them has a thread. There is room for greetings and refusals beside them, and for those who wait
patiently: clients with two jobs in the slow lane, ten at most."""

PATIENCE_S = 1.5
"""A browser has six connections to a server. Held longer, the slow questions of a page, those about earlier
results too, kept its next recording waiting for one: 8 s beside a zip."""
_ASKS_AGAIN_S = 0.1


class Waiting:
    """Jobs in the background, and whoever waits for them. Safe to share between threads.

    Args:
        patience_s: How long a connection is held for an answer before the browser has to ask again.
        who: Tells who asks, None where that is the house itself.
        limits: Other limits of lanes than those in `LANES`, by name.

    Attributes:
        patience_s: As given.
    """

    def __init__(
        self,
        patience_s: float = PATIENCE_S,
        who: Callable[[], Client | None] = lambda: None,
        limits: Mapping[str, Limits] | None = None,
    ) -> None:
        self.patience_s = patience_s
        self.who = who
        self._limits = {name: found for name, (_, found) in LANES.items()} | dict(limits or {})
        self._lanes: dict[str, Lane] = {}
        self._questions: dict[str, Future[Json]] = {}
        self._lock = threading.Lock()
        self._patient: Counter[Client] = Counter()
        self._num_jobs = 0
        self._is_closed = False
        self._ended = threading.Condition()

    def submit(self, lane: str, compute: Callable[[], Value]) -> "Future[Value]":
        """Run a job of the house once those before it in its lane have begun; it is never refused.

        Args:
            lane: One of `LANES`.
            compute: The job.
        """
        return self._begin(lane, one_step(compute), None, Rank.FIRST)

    def turn(self, lane: str, steps: Steps[Value], rank: Rank = Rank.LATER, patience_s: float = 0.0) -> Value:
        """Have a job's result computed for whoever asks, and wait for it.

        Args:
            lane: One of `LANES`, or `ENCODER` followed by a device.
            steps: The job; `lanes.one_step` makes one of a function.
            rank: What goes first.
            patience_s: How long to wait until whoever asks has no more under way than they may. That holds a
                thread, so `MAX_PATIENT` of one client may.

        Raises:
            BusyError: If too much waits already, or whoever asked has left.
        """
        client = self.who()
        begin = partial(self._begin, lane, steps, client, rank)
        try:
            future = begin()
        except TooManyOwn:
            if client is None or not patience_s or not self._may_wait(client):
                raise
            future = self._later(begin, client, time.monotonic() + patience_s)
        return future.result()

    def ask(self, question: str, compute: Callable[[], Json]) -> "Future[Json]":
        """Have a slow answer computed that a page shows, unless the very same question waits for one already.

        Args:
            question: What distinguishes it from others.
            compute: Gives the answer, in the slow lane.

        Raises:
            BusyError: If too much waits already.
        """
        return self.pursue(question, one_step(compute), Rank.FIRST)

    def pursue(self, question: str, steps: Steps[Json], rank: Rank) -> "Future[Json]":
        """Have a slow answer computed in steps, unless the very same question waits for one already.

        Args:
            question: What distinguishes it from others.
            steps: Give the answer, in the slow lane.
            rank: What goes first.

        Raises:
            BusyError: If too much waits already.
        """
        with self._lock:
            # It leaves just after it is answered, or given up.
            asked = self._questions.get(question)
            if asked is not None and not asked.done():
                self._lane(SLOW).join(asked, self.who())
                return asked
            future = self._begin(SLOW, steps, self.who(), rank)
            self._questions[question] = future
        future.add_done_callback(partial(self._forget, question))
        return future

    def leave(self, question: str) -> None:
        """Whoever asks now no longer waits for the answer to a question, which is given up if nobody does."""
        with self._lock:
            asked = self._questions.get(question)
        if asked is not None:
            self._lane(SLOW).leave(asked, self.who())

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
        """How many jobs wait in the lanes of each kind, besides those that run."""
        lengths = dict.fromkeys(LANES, 0)
        with self._ended:
            lanes = dict(self._lanes)
        for name, lane in lanes.items():
            lengths[_kind(name)] += lane.length
        return lengths

    def close(self) -> None:
        """Let the jobs that run finish, fetches in the background, and drop those that wait."""
        with self._ended:
            self._is_closed, lanes = True, dict(self._lanes)
        # All drop what waits before any is waited for: what runs may wait for a job of another lane.
        for lane in lanes.values():
            lane.close(wait=False)
        for name, lane in lanes.items():
            lane.close(wait=name != FETCH)

    def _begin(self, lane: str, steps: Steps[Value], client: Client | None, rank: Rank) -> "Future[Value]":
        found = self._lane(lane)
        with self._ended:
            future = found.submit(steps, client, rank)
            self._num_jobs += 1
        future.add_done_callback(self._end)
        return future

    def _forget(self, question: str, answered: "Future[Json]") -> None:
        # Without the lock: lanes end jobs while they are being asked for others.
        if self._questions.get(question) is answered:
            self._questions.pop(question, None)

    def _may_wait(self, client: Client) -> bool:
        """Whether one more of a client may wait outside of the lanes; it is counted until it has."""
        with self._lock:
            if self._patient[client] >= MAX_PATIENT:
                return False
            self._patient[client] += 1
            return True

    def _later(self, begin: "Callable[[], Future[Value]]", client: Client, until: float) -> "Future[Value]":
        """Try to begin until a moment by the monotonic clock, or until the client has left."""
        try:
            while client.is_here():
                time.sleep(_ASKS_AGAIN_S)
                try:
                    return begin()
                except TooManyOwn:
                    if time.monotonic() >= until:
                        raise
            raise BusyError(GIVEN_UP)
        finally:
            with self._lock:
                self._patient[client] -= 1
                # Forget whoever has none.
                self._patient += Counter()

    def _lane(self, name: str) -> Lane:
        """The lane of a name; what follows a blank tells lanes of a kind apart."""
        kind = _kind(name)
        with self._ended:
            if name not in self._lanes:
                if self._is_closed:
                    raise BusyError(ENDING)
                self._lanes[name] = Lane(name, LANES[kind][0], self._limits[kind])
            return self._lanes[name]

    def _end(self, _: "Future[Value]") -> None:
        with self._ended:
            self._num_jobs -= 1
            self._ended.notify_all()


def _kind(lane: str) -> str:
    return lane.partition(" ")[0]


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
            it asks again. Where a page has as much under way as it may, it is tried again meanwhile.
        patience_s: Most seconds to wait, no longer than a connection should be held.
        meanwhile: What else to tell the browser when the answer is not ready.

    Returns:
        Gives the answer with `"ready": True`; `"ready": False` if the browser has to ask again; or a
        sentence if `begin` refuses.
    """

    async def wait(request: Any) -> Json:
        while True:
            try:
                pending = begin(request)
            except TooManyOwn:
                await asyncio.sleep(_ASKS_AGAIN_S)
            else:
                answer = asyncio.wrap_future(pending)
                # Nobody may be left to hear that it was given up.
                answer.add_done_callback(lambda done: done.cancelled() or done.exception())
                return await asyncio.shield(answer)

    async def ask(request: Any) -> Json:
        try:
            return {"ready": True, **await asyncio.wait_for(wait(request), patience_s)}
        except TimeoutError:
            return {"ok": True, "ready": False, **meanwhile(request)}
        except Exception as error:
            return {"ok": False, "error": sentence(error)}

    ask.__name__ = name
    return ask
