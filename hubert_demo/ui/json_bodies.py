"""JSON that comes in: whole, well-formed, and nothing in it that Gradio or FastAPI stumbles over.

They would answer with a bug's apology, deep inside, and each in its own way.
"""

import json
import math
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.ui.refusals import refuse

JSON_BODY = "hubert_demo.json_body"
"""Where a request carries what its body says, in its ASGI scope."""

MAX_DEPTH = 50
"""How deeply lists and objects may be nested. The page's are four deep."""

NO_FORM = "This address takes JSON, not a form. Send recordings to /gradio_api/upload."
NO_JSON = (
    "This is not JSON that can be used here: numbers must be finite, and lists and objects nested at most "
    f"{MAX_DEPTH} deep."
)


class JsonBodies:
    """ASGI middleware that reads the body where JSON is due, and refuses what is none.

    A form is refused before it is read: Gradio would open a file for each of its parts, wherever it is sent.

    Args:
        app: What answers the rest.
        is_due: Tells whether a request's body has to be JSON; its length is limited by others.
    """

    def __init__(self, app: ASGIApp, is_due: Callable[[Scope], bool]) -> None:
        self._app, self._is_due = app, is_due

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its body, and with what that says in the scope."""
        if scope["type"] != "http" or not self._is_due(scope):
            await self._app(scope, receive, send)
            return
        if Headers(scope=scope).get("content-type", "").strip().lower().startswith("multipart/"):
            await refuse(415, NO_FORM, scope, receive, send)
            return
        content = await _read(receive)
        if content is None:
            # Nobody waits for an answer.
            return
        try:
            scope[JSON_BODY] = _parse(content)
        except (ValueError, RecursionError):
            await refuse(400, NO_JSON, scope, receive, send)
            return
        await self._app(scope, _again(content, receive), send)


async def _read(receive: Receive) -> bytes | None:
    """A request's body; None where the visitor leaves before it is whole."""
    pieces = []
    while (message := await receive())["type"] == "http.request":
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
    return None


def _again(content: bytes, receive: Receive) -> Receive:
    """What gives a body that was read already, and then what else comes."""
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


def _parse(content: bytes) -> Any:
    """What JSON says.

    Raises:
        ValueError: If it is none, or has numbers that are none, or is too deep.
        RecursionError: If it is far too deep.
    """
    value = json.loads(content, parse_constant=_finite, parse_float=_finite)
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return value
        level = [part for each in level for part in _parts(each)]
    raise ValueError("too deep")


def _finite(number: str) -> float:
    """A number; `NaN`, `Infinity` and `1e999` are none."""
    if not math.isfinite(value := float(number)):
        raise ValueError("not finite")
    return value


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
