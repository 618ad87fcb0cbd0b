"""Results that are computed when first asked for, and then remembered, within bounds."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Slot(Generic[Value]):
    """Room for one result, and the lock under which it is computed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: list[Value] = []


class Memo(Generic[Key, Value]):
    """The results last asked for, by key. Safe to share between threads.

    Whoever asks for something that is being computed waits for it; nobody else waits.

    Args:
        max_results: How many are remembered at most; the one not asked for longest leaves first.
        max_bytes: How much memory they may take together; the largest leaves first, since one of them makes
            room where many small ones would have to go. The one last computed is always remembered.
        size_of: Gives the bytes that a result takes; needed with `max_bytes`.
    """

    def __init__(
        self,
        max_results: float = math.inf,
        max_bytes: float = math.inf,
        size_of: Callable[[Value], int] = lambda _: 0,
    ) -> None:
        self._max_results = max_results
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._slots: OrderedDict[Key, _Slot[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key, compute: Callable[[], Value]) -> Value:
        """The result under a key: the same object at every call while it is remembered.

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
                self._make_room(key)
            return slot.values[0]

    def known(self, key: Key) -> Value | None:
        """The result under a key; None where it would have to be computed, or waited for."""
        with self._lock:
            slot = self._slots.get(key)
        return slot.values[0] if slot is not None and slot.values else None

    def _make_room(self, newest: Key) -> None:
        """Forget results until the bytes of those that are computed fit."""
        with self._lock:
            sizes = {key: self._size_of(slot.values[0]) for key, slot in self._slots.items() if slot.values}
            while sum(sizes.values()) > self._max_bytes and sizes.keys() != {newest}:
                largest = max(sizes.keys() - {newest}, key=sizes.__getitem__)
                del self._slots[largest], sizes[largest]


class Locks(Generic[Key]):
    """A lock for every key, as long as somebody holds it or waits for it. Safe to share between threads.

    For results that are kept elsewhere: whoever wants one that is being computed waits, and finds it.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Key, threading.Lock] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, key: Key) -> threading.Lock:
        """The lock of a key: the same for everybody meanwhile."""
        with self._lock:
            return self._locks.setdefault(key, threading.Lock())
