"""The log: one line of JSON for each request and each fault, without anything that visitors brought or said.

Recordings are of people. So a line holds no transcript, no file name, no path and no address of a visitor: of
a request its kind of address, status, sizes and time; of a fault its type and where in the code it happened.
Of what libraries log there are place, type and constant words.
"""

import json
import logging
import os
import re
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn.config
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.errors import MachineError
from hubert_demo.ui.views.base import APOLOGY

FILE_VARIABLE = "HUBERT_DEMO_LOG_FILE"
MEGABYTES_VARIABLE = "HUBERT_DEMO_LOG_MB"
LEVEL_VARIABLE = "HUBERT_DEMO_LOG_LEVEL"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
DEFAULT_MB = 20
MAX_MB = 10_000

# The file, and four older ones.
_NUM_FILES = 5
_MAX_TEXT = 500
_MAX_FRAMES = 30

REQUEST_ID = "hubert_demo.request_id"
"""Where a request carries its number, in its ASGI scope."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The number of the request that this thread or task works for."""

# A proxy's own number is kept, so that one request has one number in both logs.
_GIVEN_ID = re.compile(rb"[0-9A-Za-z-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
# A line for each script of each visit, or each look at the page's health, tells nobody anything.
_USUAL = ("/hx/", "/assets/", "/static/", "/theme.css", "/manifest.json", "/favicon.ico", "/healthz")

_ADDRESS = re.compile(r"\b[a-z]{2,9}://\S+")
# From the first mark to the last: what is quoted may hold marks of both kinds.
_QUOTED = re.compile(r"""(?<!\w)['"](?:.*['"](?!\w)|.*)""", re.S)
_PATH = re.compile(r"(?<![\w<])~?(?:/[^\s/:,;)\]}]+)+/?")
_FRAME = re.compile(r'^ +File "([^"]*)", line (\d+), in (\S+)', re.M)
_LEFT_OUT = "…"
_OURS = "hubert_demo"
_WARNINGS = "py.warnings"
_WARNING = re.compile(r"(.*?):(\d+): (\w+): ")
# What libraries say in the same words each time; other texts without values are made of what they are about.
_CONSTANT = frozenset(
    {
        "Exception in ASGI application",
        "ASGI callable returned without starting response.",
        "ASGI callable returned without completing response.",
        "Application startup failed. Exiting.",
        "Invalid HTTP request received.",
        "Unsupported upgrade request.",
    }
)
_TRACEBACK = "Traceback (most recent call last):"

_LOGGER = logging.getLogger(__name__)


class JsonLines(logging.Formatter):
    """Log records as lines of JSON, each of a few thousand bytes at most.

    Texts are cut; what is quoted in them, paths and addresses are left out. Of an exception there are its
    type and the places in the code, not what it says: that may be a visitor's words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        message, frames = _told(record)
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        number = getattr(record, "request_id", None) or request_id.get()
        if number is not None:
            told["request_id"] = number
        told.update(getattr(record, "fields", {}))
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told["error"], frames = named(error), _frames(error.__traceback__)
        if frames:
            told["where"] = frames[-_MAX_FRAMES:]
        return json.dumps(told, ensure_ascii=True)


def named(error: BaseException) -> str:
    """An exception's type, and what the system says of it."""
    name = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        return f"{name}: {os.strerror(error.errno)}"
    return name


def _told(record: logging.LogRecord) -> tuple[str, list[str]]:
    """A record's text and places in the code."""
    if record.name.split(".")[0] == _OURS:
        return _split(_message(record))
    warning = _WARNING.match(record.getMessage()) if record.name == _WARNINGS else None
    if warning is not None:
        return warning[3], [_place(warning[1], int(warning[2]), "")]
    text = str(record.msg).strip()
    # With values of its own it is a pattern: the same each time.
    words, _ = _split(text) if record.args or text in _CONSTANT else (_LEFT_OUT, [])
    return words, [_place(record.pathname, record.lineno, str(record.funcName))]


def _message(record: logging.LogRecord) -> str:
    """The text of a record of ours; of an exception in it what it is."""
    text = str(record.msg)
    if not record.args or not isinstance(record.args, tuple):
        return text
    return text % tuple(named(each) if isinstance(each, BaseException) else each for each in record.args)


def _split(text: str) -> tuple[str, list[str]]:
    """A text without what may be a visitor's; and the places in it, where it holds a traceback."""
    before, is_there, after = text.partition(_TRACEBACK)
    frames = [_place(path, int(line), name) for path, line, name in _FRAME.findall(after)] if is_there else []
    for pattern in (_ADDRESS, _QUOTED, _PATH):
        before = pattern.sub(_LEFT_OUT, before)
    return before.strip()[:_MAX_TEXT], frames


def _frames(trace: TracebackType | None) -> list[str]:
    return [
        _place(frame.filename, frame.lineno or 0, frame.name)
        for frame in traceback.extract_tb(trace)[-_MAX_FRAMES:]
    ]


def _place(path: str, line: int, name: str) -> str:
    """Where in the code, without where the code is installed."""
    return f"{'/'.join(Path(path).parts[-3:])}:{line} {name}".rstrip()[:_MAX_TEXT]


class Requests:
    """ASGI middleware that numbers requests, writes a line about each, and answers for what goes wrong.

    The number goes back to whoever asked, in the header `X-Request-ID`.

    Args:
        app: What answers.
        name: Gives the kind of address that a request is for; None where there is nothing.
    """

    def __init__(self, app: ASGIApp, name: Callable[[Scope], str | None]) -> None:
        self._app, self._name = app, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what answers it back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = _number(scope)
        scope[REQUEST_ID] = number
        token = request_id.set(number)
        try:
            await self._answer(scope, receive, send, number)
        finally:
            request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, number: str) -> None:
        started, status, received, sent = time.perf_counter(), 0, 0, 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def pass_back(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = number
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, counted, pass_back)
        except Exception as error:
            _LOGGER.error("unexpected error in a request", exc_info=error)
            if status:
                # Half an answer cannot become an apology; the server breaks it off.
                raise
            await PlainTextResponse(APOLOGY, 500)(scope, receive, pass_back)
        finally:
            address = self._name(scope)
            fields = {
                "method": scope["method"] if scope["method"] in _METHODS else "other",
                "address": address or "none",
                "status": status,
                "seconds": round(time.perf_counter() - started, 3),
                "received_bytes": received,
                "sent_bytes": sent,
            }
            is_usual = (address or "").startswith(_USUAL) and status < 400
            level = logging.DEBUG if is_usual else logging.INFO
            _LOGGER.log(level, "request", extra={"fields": fields})


def _number(scope: Scope) -> str:
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)


def handler(environment: Mapping[str, str]) -> logging.Handler:
    """Where the log goes: to stderr, or to a file that makes room for itself.

    Args:
        environment: The operator's variables.

    Raises:
        MachineError: If the file cannot be written, or a variable makes no sense.
    """
    path, max_bytes = environment.get(FILE_VARIABLE), (_megabytes(environment) << 20) // _NUM_FILES
    made: logging.Handler
    if path:
        try:
            made = RotatingFileHandler(path, maxBytes=max_bytes, backupCount=_NUM_FILES - 1, encoding="ascii")
        except OSError as error:
            raise MachineError(f"{FILE_VARIABLE}: no log can be written there: {named(error)}.") from error
    else:
        made = logging.StreamHandler(sys.stderr)
    made.setFormatter(JsonLines())
    return made


def configure(environment: Mapping[str, str] = os.environ) -> None:
    """Send everything that is logged in this process to one place, in one form.

    Args:
        environment: The operator's variables.

    Raises:
        MachineError: As `handler` raises it.
    """
    level = environment.get(LEVEL_VARIABLE, "INFO").upper()
    if level not in LEVELS:
        raise MachineError(f"{LEVEL_VARIABLE} is {level[:40]!r}; give one of {', '.join(LEVELS)}.")
    # Of libraries, warnings and worse.
    others = max(logging.WARNING, logging.getLevelNamesMapping()[level])
    logging.basicConfig(handlers=[handler(environment)], level=others, force=True)
    logging.getLogger("hubert_demo").setLevel(level)
    logging.captureWarnings(True)
    # Its own handlers would write in another form, and its log of requests holds paths.
    uvicorn.config.LOGGING_CONFIG["loggers"] = {}
    threading.excepthook = _of_a_thread


def _of_a_thread(ended: threading.ExceptHookArgs) -> None:
    """What ends a thread, which Python would print with all that it says."""
    if ended.exc_value is not None:
        _LOGGER.error("unexpected error in a thread", exc_info=ended.exc_value)


def _megabytes(environment: Mapping[str, str]) -> int:
    given = environment.get(MEGABYTES_VARIABLE, str(DEFAULT_MB))
    if not given.isdecimal() or not 1 <= int(given[:9]) <= MAX_MB:
        raise MachineError(f"{MEGABYTES_VARIABLE} is {given[:40]!r}; give a whole number of 1 to {MAX_MB}.")
    return int(given[:9])
