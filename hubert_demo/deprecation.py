"""Old names that still work, and say what they are called now."""

import warnings
from collections.abc import Callable
from typing import Any


def warn_renamed(old: str, new: str, stacklevel: int = 2) -> None:
    """Warn that a function, method or attribute has a new name; what keeps the old name calls this.

    Args:
        old: The name that was used, as a user writes it (`"KeywordHead.load"`).
        new: The name to use instead.
        stacklevel: Whose line the warning shows, as in `warnings.warn`: 1 for the function that calls
            `warn_renamed`, 2 for the code that used the old name.
    """
    message = f"{old} is now called {new}; the old name will be removed."
    warnings.warn(message, DeprecationWarning, stacklevel=stacklevel + 1)


class Renamed:
    """The old name of an attribute, method or class method, assigned to in the body of its class.

    Args:
        new: The name to use instead; with dots if a part of the object has it now (`"ctc.logits"`).
        absent: Gives what the old name said of an object that lacks that part.
    """

    def __init__(self, new: str, absent: Callable[[Any], object] = lambda _: None) -> None:
        self._new, self._absent = new, absent

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the old name."""
        self._class, self._old = owner.__name__, name

    def __get__(self, instance: object, owner: type) -> Any:
        """Warn at the line that used the old name, and give what the new one has."""
        warn_renamed(f"{self._class}.{self._old}", f"{self._class}.{self._new}")
        found: Any = owner if instance is None else instance
        *parts, name = self._new.split(".")
        for part in parts:
            found = getattr(found, part)
        return self._absent(instance) if found is None else getattr(found, name)
