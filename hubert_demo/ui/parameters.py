"""What a named endpoint may be asked for: values of any type in, converted, or refused in a sentence."""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from reprlib import Repr
from typing import Any

from hubert_demo.errors import InputError

_MAX_DIGITS = 20
_WHOLE = re.compile(rf"[+-]?[0-9]{{1,{_MAX_DIGITS}}}(\.0{{0,{_MAX_DIGITS}}})?")

# Values come from strangers: what is shown of one is short, however large it is.
_SHOWN = Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 40
_SHOWN.maxlist = _SHOWN.maxdict = 3
_SHOWN.maxlevel = 2


class Parameter(ABC):
    """What values a parameter of an endpoint may have."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """Goes on from "give …"."""

    @abstractmethod
    def convert(self, value: object) -> object | None:
        """The value as the endpoint wants it, None if it cannot be that."""

    def read(self, name: str, value: object) -> object:
        """The value as the endpoint wants it.

        Raises:
            InputError: If it cannot be that; the sentence names what is allowed.
        """
        found = self.convert(value)
        if found is None:
            raise InputError(f"{name} is {shown(value)}; give {self.allowed}.")
        return found


@dataclass(frozen=True)
class Whole(Parameter):
    """A whole number, also written as `"3"` or `3.0`.

    Attributes:
        low: The smallest.
        high: The largest, None where that depends on the checkpoint or the recording.
    """

    low: int
    high: int | None = None

    @property
    def allowed(self) -> str:
        """Goes on from "give …"."""
        within = f"from {self.low}" if self.high is None else f"of {self.low} to {self.high}"
        return f"a whole number {within}"

    def convert(self, value: object) -> int | None:
        """The number; None for anything else, true and false included."""
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            value = int(value.strip().partition(".")[0])
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < self.low:
            return None
        return None if value > (10**_MAX_DIGITS if self.high is None else self.high) else value


@dataclass(frozen=True)
class Text(Parameter):
    """A text.

    Attributes:
        longest: How many characters it may have.
    """

    longest: int

    @property
    def allowed(self) -> str:
        """Goes on from "give …"."""
        return f"a text of at most {self.longest} characters"

    def convert(self, value: object) -> str | None:
        """The text itself; None for half characters too, which no file can hold."""
        if not isinstance(value, str) or len(value) > self.longest:
            return None
        return None if any("\ud800" <= character <= "\udfff" for character in value) else value

    def read(self, name: str, value: object) -> object:
        """As `Parameter.read`; of a text that is too long, the length is said."""
        if isinstance(value, str) and len(value) > self.longest:
            raise InputError(f"{name} has {len(value)} characters; give {self.allowed}.")
        return super().read(name, value)


@dataclass(frozen=True)
class OneOf(Parameter):
    """One of a few names.

    Attributes:
        names: All of them.
    """

    names: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """Goes on from "give …"."""
        return f"one of {', '.join(self.names)}"

    def convert(self, value: object) -> str | None:
        """The name itself, whatever stands around it and in whichever case."""
        if not isinstance(value, str) or len(value) > 100:
            return None
        return next((name for name in self.names if name == value.strip().lower()), None)


def reading(
    function: Callable[..., Any], parameters: Mapping[str, Parameter]
) -> Callable[..., dict[str, Any]]:
    """What turns an endpoint's arguments, of any type, into those it wants, by name.

    Args:
        function: The endpoint. Where a parameter has a default, null stands for that.
        parameters: What is allowed, by name; arguments that are not listed pass as they are.
    """
    signature = inspect.signature(function)

    def read(*arguments: Any, **named: Any) -> dict[str, Any]:
        bound = signature.bind(*arguments, **named)
        bound.apply_defaults()
        found = dict(bound.arguments)
        for name, parameter in parameters.items():
            if name not in found:
                continue
            default = signature.parameters[name].default
            if found[name] is None and default is not inspect.Parameter.empty:
                found[name] = default
            else:
                found[name] = parameter.read(name, found[name])
        return found

    return read


def shown(value: object) -> str:
    """A value as a sentence shows it: its beginning, and nothing that could not be written."""
    if value is None:
        return "null"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MAX_DIGITS:
        return "a number of too many digits"
    return _SHOWN.repr(value).encode("utf-8", "backslashreplace").decode()
