"""Lanes: what many people wait for, computed in turns that are fair, within limits that are said."""

import heapq
import itertools
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, TypeVar

from hubert_demo.errors import BusyError

Value = TypeVar("Value")

Steps = Generator[None, None, Value]
"""A job that gives its lane back at every `yield`; what it returns is its result."""

GIVEN_UP = "This was cancelled because nobody was waiting for it any more. Ask again."
ENDING = "The server is stopping. Try again when it is back."
_GUESS_S = 1.0
# How much the latest job says about how long the next one takes.
_WEIGHT = 0.2
# As `nice` counts. A new visitor's hundred small requests are answered by one thread, which on busy cores
# waited for each of them as long as those that compute let it.
_NICENESS = 10


class TooManyOwn(BusyError):
    """One client asks for more at a time than is computed for one."""


class Rank(IntEnum):
    """What goes first in a lane."""

    FIRST = 0
    """What a page has on show; short recordings."""
    LATER = 1
    """What a program asks for, downloads, and long recordings."""
    LAST = 2
    """Sweeps: hundreds of passes, behind all else."""


@dataclass(frozen=True)
class Client:
    """Somebody who waits; the same one as any other of that name and kind.

    Attributes:
        name: The same at every request: a page's session, or the address of a program.
        is_here: Whether they still wait.
        is_program: Whether it is a program. A page may call its session by a program's address.
        address: From where they ask, where that is known. Sessions can be invented, addresses hardly.
    """

    name: str
    is_here: Callable[[], bool] = field(default=lambda: True, compare=False)
    is_program: bool = False
    address: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Limits:
    """How much may wait in a lane. What the house itself asks for is neither counted nor refused.

    Attributes:
        waiting: How many jobs of clients may wait.
        per_client: How many jobs one client may have, those that run included.
    """

    waiting: float = math.inf
    per_client: float = math.inf

    @property
    def per_address(self) -> float:
        """How many jobs may wait of one address, whatever its clients call themselves: half of all."""
        return math.inf if math.isinf(self.waiting) else math.ceil(self.waiting / 2)


NO_LIMITS = Limits()


@dataclass(order=True)
class _Job(Generic[Value]):
    """A job in its place: the lowest rank first, then the lowest number."""

    rank: Rank
    number: int
    steps: Steps[Value] = field(compare=False)
    clients: list[Client | None] = field(compare=False)
    context: Context = field(compare=False)
    future: "Future[Value]" = field(compare=False, default_factory=Future)
    has_begun: bool = field(compare=False, default=False)
    seconds: float = field(compare=False, default=0.0)

    @property
    def is_wanted(self) -> bool:
        return any(client is None or client.is_here() for client in self.clients)

    @property
    def is_bounded(self) -> bool:
        return None not in self.clients

    def is_of(self, client: Client) -> bool:
        return client in self.clients

    def is_from(self, address: str) -> bool:
        return any(client is not None and client.address == address for client in self.clients)


class Lane:
    """Jobs that run a few at a time, those that go first before others, else in the order in which they came.

    A job in steps gives the lane back between them and goes to the end of its rank. One for which nobody
    waits any more does not begin. Safe to share between threads.

    Args:
        name: Of its threads.
        width: How many jobs run at once.
        limits: How many may wait.
    """

    def __init__(self, name: str, width: int = 1, limits: Limits = NO_LIMITS) -> None:
        self._width, self._limits = width, limits
        self._workers = ThreadPoolExecutor(width, thread_name_prefix=name, initializer=_step_back)
        self._lock = threading.Lock()
        self._waiting: list[_Job[Any]] = []
        self._running: list[_Job[Any]] = []
        self._numbers = itertools.count()
        self._mean_s = _GUESS_S
        self._is_closed = False

    def submit(
        self, steps: Steps[Value], client: Client | None = None, rank: Rank = Rank.LATER
    ) -> "Future[Value]":
        """Have something computed.

        Args:
            steps: The job; `one_step` makes one of a function. It sees the context variables of whoever
                submits it.
            client: Who waits for it; None for the house itself.
            rank: What goes first.

        Raises:
            BusyError: If too much waits already; it says how much, and how long that may take.
        """
        with self._lock:
            if self._is_closed:
                raise BusyError(ENDING)
            if client is not None:
                self._require_room(client)
            # The house's own jobs are nobody's: they see nothing of whoever happened to cause them.
            context = Context() if client is None else copy_context()
            job = _Job(rank, next(self._numbers), steps, [client], context)
            heapq.heappush(self._waiting, job)
            self._workers.submit(self._go_on)
        return job.future

    def join(self, future: "Future[Value]", client: Client | None) -> None:
        """One more waits for a job; it is theirs too."""
        with self._lock:
            for job in (*self._waiting, *self._running):
                if job.future is future:
                    job.clients.append(client)

    def leave(self, future: "Future[Value]", client: Client | None) -> None:
        """One no longer waits for a job; it is given up where nobody does any more."""
        with self._lock:
            for job in (*self._waiting, *self._running):
                if job.future is future:
                    job.clients[:] = [each for each in job.clients if each != client]

    @property
    def length(self) -> int:
        """How many jobs wait, besides those that run."""
        with self._lock:
            return len(self._waiting)

    def close(self, wait: bool = True) -> None:
        """Drop the jobs that wait.

        Args:
            wait: Whether to wait until those that run have come to the end of a step.
        """
        with self._lock:
            self._is_closed = True
            dropped, self._waiting = self._waiting, []
        for job in dropped:
            _drop(job, ENDING)
        self._workers.shutdown(wait=wait, cancel_futures=True)

    def _require_room(self, client: Client) -> None:
        given_up = [job for job in self._waiting if not job.is_wanted]
        if given_up:
            self._waiting = [job for job in self._waiting if job.is_wanted]
            heapq.heapify(self._waiting)
            for job in given_up:
                _drop(job, GIVEN_UP)
        of_clients = [job for job in self._waiting if job.is_bounded]
        own = sum(job.is_of(client) for job in (*self._waiting, *self._running))
        if own >= self._limits.per_client:
            raise TooManyOwn(
                f"{_counted(own)} of yours {'is' if own == 1 else 'are'} already waiting or running, and the "
                f"limit is {self._limits.per_client} per visitor at a time. {self._again()}"
            )
        if len(of_clients) >= self._limits.waiting:
            raise BusyError(
                f"{_counted(len(of_clients))} {'is' if len(of_clients) == 1 else 'are'} already waiting, and "
                f"the limit is {self._limits.waiting}. {self._again()}"
            )
        near = 0 if client.address is None else sum(job.is_from(client.address) for job in of_clients)
        if near >= self._limits.per_address:
            raise BusyError(
                f"{_counted(near)} from your address {'is' if near == 1 else 'are'} already waiting, and the "
                f"limit is {self._limits.per_address} per address. {self._again()}"
            )

    def _again(self) -> str:
        expected_s = (len(self._waiting) + len(self._running)) * self._mean_s / self._width
        return f"Try again in about {max(1, round(expected_s))} s."

    def _go_on(self) -> None:
        """Run a job, or its next step, where one is wanted."""
        job = self._take()
        if job is None:
            return
        begun = time.perf_counter()
        try:
            job.context.run(next, job.steps)
        except StopIteration as end:
            self._end(job, begun)
            job.future.set_result(end.value)
        except Exception as error:
            self._end(job, begun)
            job.future.set_exception(error)
        except BaseException as error:
            # What would end a thread or a loop (`SystemExit` out of a library) is an error.
            self._end(job, begun)
            problem = RuntimeError(f"a job ended by {type(error).__name__}")
            problem.__cause__ = error
            job.future.set_exception(problem)
        else:
            self._give_back(job, begun)

    def _take(self) -> _Job[Any] | None:
        while True:
            with self._lock:
                if not self._waiting:
                    return None
                job = heapq.heappop(self._waiting)
                if job.is_wanted and (job.has_begun or job.future.set_running_or_notify_cancel()):
                    job.has_begun = True
                    self._running.append(job)
                    return job
            _drop(job, GIVEN_UP)

    def _end(self, job: _Job[Any], begun: float) -> None:
        with self._lock:
            self._running = [each for each in self._running if each is not job]
            job.seconds += time.perf_counter() - begun
            self._mean_s += _WEIGHT * (job.seconds - self._mean_s)

    def _give_back(self, job: _Job[Any], begun: float) -> None:
        with self._lock:
            self._running = [each for each in self._running if each is not job]
            job.seconds += time.perf_counter() - begun
            job.number = next(self._numbers)
            if not self._is_closed:
                heapq.heappush(self._waiting, job)
                self._workers.submit(self._go_on)
                return
        _drop(job, ENDING)


def _step_back() -> None:
    """Let those go first who answer; where threads have a priority of their own, which is on Linux alone."""
    if sys.platform == "linux":
        usual = os.getpriority(os.PRIO_PROCESS, os.getpid())
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), usual + _NICENESS)


def _counted(number: int) -> str:
    return f"{number} request" if number == 1 else f"{number} requests"


def one_step(compute: Callable[[], Value]) -> Steps[Value]:
    """A job that keeps its lane until it is done."""
    yield from ()
    return compute()


def at_once(_lane: str, steps: Steps[Value], rank: Rank = Rank.LATER, patience_s: float = 0.0) -> Value:
    """What a job in steps gives, without a lane; nobody waits."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        result: Value = end.value
        return result


def _drop(job: _Job[Any], why: str) -> None:
    """What a job has begun it cleans up; whoever still waits for it is told."""
    job.steps.close()
    if why == ENDING and not job.has_begun:
        job.future.cancel()
    elif not job.future.cancelled():
        job.future.set_exception(BusyError(why))
