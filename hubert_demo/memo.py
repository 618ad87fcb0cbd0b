"""Results that are computed when first asked for, and then remembered, within bounds."""

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


class Memo(Generic[Key, Value]):
    """The results last asked for, by key. Safe to share between threads.

    Whoever asks for something that is being computed waits for it; nobody else waits.

    Args:
        max_results: How many are remembered at most.
        max_bytes: How much memory they may take together; None does not count it. The one last computed is
            always remembered.
        size_of: Gives the bytes that a result takes; needed with `max_bytes`.
    """

    def __init__(
        self,
        max_results: int,
        max_bytes: int | None = None,
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

    def _make_room(self, newest: Key) -> None:
        """Forget the results longest not asked for until the bytes fit."""
        if self._max_bytes is None:
            return
        with self._lock:
            sizes = {key: sum(map(self._size_of, slot.values)) for key, slot in self._slots.items()}
            for key in list(self._slots):
                if sum(sizes.values()) <= self._max_bytes:
                    return
                if key != newest:
                    del self._slots[key], sizes[key]
