"""What the operator's variables say, checked before Gradio is imported, which reads them as it is."""

import os
import re
import socket
import sys
from collections.abc import Mapping
from typing import NoReturn

from hubert_demo.errors import MachineError
from hubert_demo.model.files import shown_value

HOST_VARIABLE = "GRADIO_SERVER_NAME"
PORT_VARIABLE = "GRADIO_SERVER_PORT"
ROOT_VARIABLE = "GRADIO_ROOT_PATH"
ANY_MODEL_VARIABLE = "HUBERT_DEMO_ANY_MODEL"
SPACE_VARIABLE = "SPACE_ID"
"""Hugging Face sets it on a Space."""
DEFAULT_HOST = "127.0.0.1"
MAX_PORT = 65_535

_SWITCH = {"1": True, "on": True, "0": False, "off": False}
_ROOT = re.compile(r"(/|https?://[^/\s])\S*")


def check(environment: Mapping[str, str]) -> None:
    """Find fault with host, port and path.

    Args:
        environment: The operator's variables.

    Raises:
        MachineError: If one makes no sense, in a sentence that names it.
    """
    port(environment)
    any_model(environment)
    if (host := environment.get(HOST_VARIABLE)) is not None:
        try:
            # As Gradio looks for a free port, whichever address it listens on.
            _bind(socket.AF_INET, (host, 0))
        except (OSError, UnicodeError) as error:
            raise MachineError(
                f"{HOST_VARIABLE} is {shown_value(host)}, but this machine cannot listen there: "
                f"{_why(error)}. Give one of its IPv4 addresses or names, such as 127.0.0.1; 0.0.0.0 means "
                "all."
            ) from error
    root = environment.get(ROOT_VARIABLE, "")
    if root and not _ROOT.fullmatch(root):
        raise MachineError(
            f"{ROOT_VARIABLE} is {shown_value(root)}; give a path that begins with a slash, such as "
            "/rooms/hear, or a whole address."
        )


def any_model(environment: Mapping[str, str]) -> bool:
    """Whether visitors may have any HuBERT fetched from the hub: not on a Space, unless a variable says so.

    Args:
        environment: The operator's variables.

    Raises:
        MachineError: If the variable says neither on nor off.
    """
    given = environment.get(ANY_MODEL_VARIABLE)
    if given is None:
        return SPACE_VARIABLE not in environment
    if given.lower() not in _SWITCH:
        raise MachineError(f"{ANY_MODEL_VARIABLE} is {shown_value(given)}; give one of {', '.join(_SWITCH)}.")
    return _SWITCH[given.lower()]


def refuse(error: MachineError) -> NoReturn:
    """End the program with a sentence and status 2, as where an argument is wrong."""
    print(f"python app.py: error: {error}", file=sys.stderr)
    raise SystemExit(2) from error


def check_or_end() -> None:
    """`check` the process's own variables, for the program."""
    try:
        check(os.environ)
    except MachineError as error:
        refuse(error)


def port(environment: Mapping[str, str]) -> int | None:
    """The port that a variable asks for, None where it is left to Gradio.

    Args:
        environment: The operator's variables.

    Raises:
        MachineError: If it is none.
    """
    given = environment.get(PORT_VARIABLE)
    if given is None:
        return None
    try:
        return read_port(given)
    except ValueError as error:
        raise MachineError(f"{PORT_VARIABLE} is {shown_value(given)}; give {error}.") from error


def read_port(text: str) -> int:
    """The number of a port.

    Args:
        text: As it was written.

    Raises:
        ValueError: If it is none; it says what would be.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= MAX_PORT):
        raise ValueError(f"a whole number of 1 to {MAX_PORT}")
    return int(text)


def require_free(host: str | None, wanted: int | None) -> None:
    """Make sure that this machine can listen at an address.

    Args:
        host: Name or address; None for the one that Gradio takes then.
        wanted: The port; None for any.

    Raises:
        MachineError: If it cannot.
    """
    host = host or os.environ.get(HOST_VARIABLE, DEFAULT_HOST)
    try:
        found = socket.getaddrinfo(
            host.strip("[]") or None, wanted or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, *_, address = found[0]
        _bind(family, address)
    except (OSError, UnicodeError) as error:
        where = f"at {shown_value(host)}" if wanted is None else f"at {shown_value(host)}, port {wanted}"
        raise MachineError(
            f"This machine cannot listen {where}: {_why(error)}. Choose another host or port."
        ) from error


def _bind(family: int, address: tuple[object, ...]) -> None:
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tried.bind(address)


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
