"""Results that are computed when first asked for, and then kept."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Slot(Generic[Value]):
    """Room for one result, and the lock under which it is computed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: list[Value] = []


class Kept(Generic[Key, Value]):
    """The results last asked for, by key. Safe to share between threads.

    Whoever asks for something that is being computed waits for it; nobody else waits.

    Args:
        max_results: How many are kept at most.
    """

    def __init__(self, max_results: int) -> None:
        self._max_results = max_results
        self._slots: OrderedDict[Key, _Slot[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, compute: Callable[[], Value]) -> Value:
        """The result under a key: the same object at every call while it is kept.

        Args:
            key: What distinguishes the result.
            compute: Makes it. What it raises is passed on, and the next call tries again.
        """
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._max_results:
                self._slots.popitem(last=False)
        with slot.lock:
            if not slot.values:
                slot.values.append(compute())
            return slot.values[0]
