"""The errors that HuBERT Explorer raises on purpose.

Each carries one sentence (or two) for a person: what came, what is allowed, what to do. Anything else that
escapes from the package is a bug.
"""

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


def exit_status(run: Callable[[], object]) -> int:
    """Run a command for a shell: 0, or 2 after a `HubertDemoError`, which is one line on standard error."""
    try:
        run()
    except HubertDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
