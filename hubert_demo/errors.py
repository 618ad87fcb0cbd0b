"""The errors that HuBERT Explorer raises on purpose.

Each carries one sentence (or two) for a person: what came, what is allowed, what to do. Anything else that
escapes from the package is a bug.
"""

import operator
import sys
from collections.abc import Callable
from pathlib import Path


class HubertDemoError(Exception):
    """Base of every error raised on purpose; ``str(error)`` may be shown to a user as it is."""


class InputError(HubertDemoError, ValueError):
    """A recording or an argument that cannot be used."""


class CheckpointError(HubertDemoError):
    """A checkpoint that is missing, incomplete or does not fit its configuration."""


class DamagedFileError(CheckpointError):
    """A file of a checkpoint that cannot be read: fetched again, it may be whole.

    Args:
        message: For a person.
        path: The file.
    """

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


class TooLongError(InputError):
    """A recording is longer than can be analysed at once; a part of it can be."""


class ConfigError(HubertDemoError, ValueError):
    """A model configuration whose values are impossible or contradict each other."""


class MachineError(HubertDemoError):
    """The machine failed, not what was asked of it: no memory, no graphics card, no room on its disk."""


class BusyError(HubertDemoError):
    """More is asked for than the server computes; the sentence says the limit and the expected wait."""


def no_such(what: str, value: object, count: int) -> InputError:
    """The sentence about an index that does not exist.

    Args:
        what: What is counted, such as `"Layer"`.
        value: The index that was given.
        count: How many there are.
    """
    return InputError(f"{what} {str(value)[:20]} does not exist; choose 0 to {count - 1}.")


def require_index(what: str, value: object, count: int) -> int:
    """An index as a plain number; arguments as for `no_such`.

    Raises:
        InputError: If it is no whole number of 0 to `count` - 1.
    """
    try:
        index = operator.index(value)  # type: ignore[arg-type]  # What is none is refused.
    except TypeError:
        index = -1
    if not 0 <= index < count:
        raise no_such(what, value, count)
    return index


def require_text(what: str, value: object) -> str:
    """A text, for what may be given anything.

    Args:
        what: Its name, such as `"Keyword"`.
        value: What was given.

    Raises:
        InputError: If it is none.
    """
    if not isinstance(value, str):
        raise InputError(f"{what} {str(value)[:20]} is not a text; write it in quotes.")
    return value


def exit_status(run: Callable[[], object]) -> int:
    """Run a command for a shell: 0, or 2 after a `HubertDemoError`, which is one line on standard error."""
    try:
        run()
    except HubertDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
