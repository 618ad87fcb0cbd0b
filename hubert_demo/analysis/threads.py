"""Small matrices on one thread: several spend seconds waiting for each other where cores are busy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import OpenBLASController, threadpool_limits


class _OneBlasThread:
    """BLAS's limit holds for the whole process: the first to come sets it, the last to leave lifts it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limits: threadpool_limits | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._limits is None:
                with _any_thread_may_set():
                    self._limits = threadpool_limits(1, "blas")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._limits is not None:
                with _any_thread_may_set():
                    self._limits.restore_original_limits()
                self._limits = None


@contextmanager
def _any_thread_may_set() -> Iterator[None]:
    """Otherwise only the thread that was the first in the process to set OpenBLAS's limit may do so again."""
    OpenBLASController.clear_controlling_thread(force=True)
    try:
        yield
    finally:
        OpenBLASController.clear_controlling_thread(force=True)


_ONE_BLAS_THREAD = _OneBlasThread()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and OpenMP work on one thread within the block. Safe to use from several threads at once."""
    # OpenMP's limit, unlike that of BLAS, is the calling thread's own.
    with _ONE_BLAS_THREAD, threadpool_limits(1, "openmp"):
        yield
