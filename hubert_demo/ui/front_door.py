"""The front door: what may come in, how much of it, and what every answer says about itself.

Everything that a stranger sends passes these rules before Gradio sees it. Each stands here once, with its
reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from fastapi.exceptions import RequestValidationError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.audio import MAX_FILE_MB
from hubert_demo.ui.clients import SignedAddresses
from hubert_demo.ui.health import HEALTH, health_route
from hubert_demo.ui.janitor import Janitor, Uploads, told_length
from hubert_demo.ui.json_bodies import JsonBodies
from hubert_demo.ui.known import Known, in_no_form
from hubert_demo.ui.log import Requests
from hubert_demo.ui.preview import IMAGE, preview
from hubert_demo.ui.refusals import API, refuse
from hubert_demo.ui.static_files import KeptFiles, PageHead, StaticFiles
from hubert_demo.ui.views.base import Json

MAX_UPLOAD_MB = MAX_FILE_MB
MAX_FILES = 4
"""In one upload. The page and `gradio_client` send one at a time; Gradio itself would take a thousand."""

# Beside the files: what stands before each of them, and the browser's marks between them.
_UPLOAD_BYTES = (MAX_UPLOAD_MB << 20) + (1 << 16)
# The page's largest request has 500 bytes; a reference text of 2000 letters, each escaped, 12,000. Parsing 20
# MB of JSON kept everybody else waiting for 4.2 s, parsing this takes a few hundredths.
_JSON_BYTES = 1 << 18
# Assistants may send a short recording inside a message, written as text. The MCP library's own limit is the
# same.
_MESSAGE_BYTES = 4 << 20
# A name and a password.
_LOGIN_BYTES = 1 << 13
# What has no body.
_NOTHING = 1 << 10
# What takes time in JSON is not its length but how many values it has: 4 MB of `[],` kept the page busy for
# seconds, one text of 4 MB does not. The page sends a few dozen.
MAX_VALUES = 10_000

HTTP_TOO_LARGE = 413
TOO_LARGE_UPLOAD = (
    f"This upload is too large: the limit is {MAX_UPLOAD_MB} MB and {MAX_FILES} files. Send less at once."
)
TOO_LARGE = (
    "This request is too large: the limit is {most} KB and {values} values. Send recordings to "
    "/gradio_api/upload."
)
CLOSED = "There is nothing at this address."
ELSEWHERE = "This page fetches nothing from other servers. Fetch the file from there and upload it."


@dataclass(frozen=True)
class Open:
    """An address that is answered; all others are not, whatever Gradio would do there.

    Attributes:
        method: GET (HEAD goes with it) or POST.
        path: As Starlette writes it, behind the path under which the page is served; a slash may follow.
        why: Who asks there.
        max_bytes: How long a request's body may be.
        max_values: How many values it may hold, which is JSON; None where it is a form.
    """

    method: str
    path: str
    why: str
    max_bytes: int = _NOTHING
    max_values: int | None = MAX_VALUES

    @cached_property
    def _routes(self) -> tuple[Route, ...]:
        paths = (self.path,) if self.path.endswith(("/", ":path}")) else (self.path, f"{self.path}/")
        return tuple(Route(path, _unreachable, methods=[self.method]) for path in paths)

    def is_asked(self, scope: Scope) -> bool:
        """Whether a request is for it, decided as the router behind decides."""
        return any(route.matches(scope)[0] is Match.FULL for route in self._routes)


def _unreachable(request: Request) -> JSONResponse:
    raise AssertionError(f"a pattern was asked to answer {request.method}")


OPEN = (
    Open("GET", "/", "the page"),
    Open("GET", "/hx/{path:path}", "the page's own scripts and styles"),
    Open("GET", "/assets/{path:path}", "Gradio's scripts and styles"),
    Open("GET", "/static/{path:path}", "Gradio's fonts, icons, and the script that fits frames on Spaces"),
    Open("GET", "/theme.css", "the page's colours, as Gradio writes them"),
    Open("GET", "/manifest.json", "browsers: the page links it"),
    Open("GET", "/favicon.ico", "browsers, unasked"),
    Open("GET", "/robots.txt", "search engines"),
    Open("GET", HEALTH, "whoever watches over the page"),
    # By `launch(auth=…)` an operator may ask for a name and a password.
    Open("POST", "/login", "the form that asks for a name", _LOGIN_BYTES, None),
    Open("GET", "/logout", "who has given one"),
    # The page's conversation with the server, and that of `gradio_client`.
    Open("GET", "/config", "gradio_client: what the page is made of"),
    Open("GET", f"{API}/info", "gradio_client: what the endpoints take"),
    Open("GET", f"{API}/openapi.json", "other programs: the same, in a common format"),
    Open("GET", f"{API}/app_id", "the page, after a lost connection: is it still the same server?"),
    Open("GET", f"{API}/startup-events", "Gradio itself, once, when it has started"),
    Open("GET", f"{API}/heartbeat/{{session}}", "the page: is somebody still there?"),
    Open("POST", f"{API}/queue/join", "the page and gradio_client: an event", _JSON_BYTES),
    Open("GET", f"{API}/queue/data", "the page and gradio_client: what becomes of it"),
    Open("POST", f"{API}/cancel", "gradio_client: an event is no longer wanted", _JSON_BYTES),
    Open("POST", f"{API}/reset", "gradio_client, after it has cancelled", _JSON_BYTES),
    Open("POST", f"{API}/component_server", "the page: its server functions", _JSON_BYTES),
    Open("POST", f"{API}/upload", "recordings", _UPLOAD_BYTES, None),
    Open("GET", f"{API}/upload_progress", "the page: how far an upload is"),
    Open("GET", f"{API}/file={{path:path}}", "downloads, and the sound of what is on show"),
    # The same endpoints for programs without a client: the page's "Use via API" shows how.
    Open("POST", f"{API}/call/{{name}}", "curl: an endpoint", _JSON_BYTES),
    Open("GET", f"{API}/call/{{name}}/{{event}}", "curl: its answer"),
    Open("POST", f"{API}/call/v2/{{name}}", "curl: the same with names", _JSON_BYTES),
    Open("GET", f"{API}/call/v2/{{name}}/{{event}}", "curl: its answer"),
    # MCP. Of the two ways that Gradio offers, the one that its protocol has kept.
    Open("GET", f"{API}/mcp", "assistants, and people who look at the address"),
    Open("POST", f"{API}/mcp", "assistants", _MESSAGE_BYTES),
    Open("DELETE", f"{API}/mcp", "assistants: goodbye"),
    Open("GET", f"{API}/mcp/http", "assistants: an older name of the same"),
    Open("POST", f"{API}/mcp/http", "assistants: an older name of the same", _MESSAGE_BYTES),
    Open("GET", f"{API}/mcp/schema", "Hugging Face's tool server, about Spaces"),
)
"""All that is answered. Of what is not, these did harm or might: `process_recording` ran ffmpeg on anybody's
file, and gave out a video of the server that a manifest named; `deep_link` keeps a visitor's state as a file;
`monitoring` told everybody what is asked for and how long it takes; `run` and `api` go past the queue;
`vibe-…` and `dev/reload` change programs; FastAPI's own `openapi.json` lists all of them. `proxy=`, `stream`,
`custom_component` and `runs` serve what this page has none of."""


_OPENED = "hubert_demo.opened"


def opened(scope: Scope) -> Open | None:
    """What a request asks for, looked up once for each; None where there is nothing."""
    if _OPENED not in scope:
        scope[_OPENED] = next((each for each in OPEN if each.is_asked(scope)), None)
    found: Open | None = scope[_OPENED]
    return found


def app_kwargs(
    static_files: StaticFiles, facts: Mapping[str, object], health: Callable[[], Json], janitor: Janitor
) -> dict[str, Any]:
    """What `gr.Blocks.launch` is given to build the server behind the door; outermost comes first.

    Args:
        static_files: The browser's half of the page.
        facts: What both halves of the page say alike.
        health: What `/healthz` answers.
        janitor: Is told of every upload.
    """
    return {
        "routes": [static_files.route(), health_route(health)],
        "middleware": [
            # First, so that whatever is refused below has a number and a line in the log too.
            Middleware(Requests, name=_name),
            # Around every refusal and every page.
            Middleware(SecurityHeaders),
            Middleware(ClosedAddresses),
            Middleware(BodyLimits),
            Middleware(JsonBodies, is_due=_takes_json),
            Middleware(Known, name=_name),
            Middleware(KeptFiles, is_constant=_is_constant),
            # Nearer to Gradio, which they correct.
            Middleware(
                PageHead,
                html=static_files.head(facts),
                preview=partial(preview, image=f"{static_files.address}/{IMAGE}"),
            ),
            Middleware(Uploads, came=janitor.came),
            # Innermost: of what was let in.
            Middleware(SignedAddresses),
        ],
        "exception_handlers": {RequestValidationError: in_no_form},
    }


def _name(scope: Scope) -> str | None:
    found = opened(scope)
    return None if found is None else found.path


def _is_constant(scope: Scope) -> bool:
    return _name(scope) in ("/assets/{path:path}", "/static/{path:path}")


def _takes_json(scope: Scope) -> bool:
    found = opened(scope)
    return found is not None and found.method == "POST" and found.max_values is not None


class ClosedAddresses:
    """ASGI middleware that answers 404 and a reason where nobody of the page's own asks.

    Args:
        app: What answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it is for an address in `OPEN`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif opened(scope) is None:
            await refuse(404, CLOSED, scope, receive, send)
        elif _is_elsewhere(scope):
            await refuse(404, ELSEWHERE, scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_elsewhere(scope: Scope) -> bool:
    """Whether another server's file is asked for: Gradio would fetch it, of any size, and hand it on."""
    _, asked, path = scope["path"].partition("/file=")
    # What Gradio takes for an address.
    return bool(asked) and path.startswith(("http://", "https://"))


class BodyLimits:
    """ASGI middleware that counts what comes in, and refuses what is longer than its address takes.

    What a request says of its length may be wrong or missing: it is refused early by that, and counted all
    the same. The parts of a form are counted too, because each is a file on the disk before it holds a byte.

    Args:
        app: What answers the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on until it turns out to be too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = opened(scope) or _NOBODY
        if told_length(scope) > asked.max_bytes:
            await refuse(HTTP_TOO_LARGE, _too_large(asked), scope, receive, send)
            return
        incoming = _Incoming(scope, receive, send, asked)
        try:
            await self._app(scope, incoming.receive, incoming.send)
        except Exception:
            # Whoever reads is told that the visitor has left, and may say so.
            if not incoming.is_refused:
                raise
        if incoming.is_refused:
            await refuse(HTTP_TOO_LARGE, _too_large(asked), scope, receive, send)


_NOBODY = Open("GET", "/", "nobody")


class _Incoming:
    """One request, counted while it comes in. Once it is refused, whoever reads it sees the visitor leave."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, asked: Open) -> None:
        self._receive, self._send, self._asked = receive, send, asked
        self._num_bytes = self._num_marks = self._num_values = 0
        self._mark = _mark(scope)
        self._end = b""
        self._has_begun = False
        self._is_over = False

    @property
    def is_refused(self) -> bool:
        """Whether it was too large, and nothing has been answered yet."""
        return self._is_over and not self._has_begun

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._count(message.get("body", b""))
        return {"type": "http.disconnect"} if self._is_over else message

    async def send(self, message: Message) -> None:
        if not self.is_refused:
            self._has_begun = True
            await self._send(message)

    def _count(self, body: bytes) -> None:
        self._num_bytes += len(body)
        self._is_over = self._num_bytes > self._asked.max_bytes or self._is_too_much(body)

    def _is_too_much(self, body: bytes) -> bool:
        if self._asked.max_values is not None:
            # One of these stands before every value but the first, or in a text.
            self._num_values += sum(map(body.count, (b",", b"[", b"{")))
            return self._num_values > self._asked.max_values
        if self._mark is None:
            return False
        # A mark may lie across two pieces. It stands before every part but the first, and behind the last.
        seen = self._end + body
        self._num_marks += seen.count(self._mark)
        self._end = seen[1 - len(self._mark) :]
        return self._num_marks > MAX_FILES


def _mark(scope: Scope) -> bytes | None:
    """What stands between the parts of a form; None where there are none."""
    _, options = parse_options_header(Headers(scope=scope).get("content-type", ""))
    boundary = options.get(b"boundary")
    return b"\r\n--" + boundary if boundary else None


def _too_large(asked: Open) -> str:
    if asked.max_bytes == _UPLOAD_BYTES:
        return TOO_LARGE_UPLOAD
    return TOO_LARGE.format(most=asked.max_bytes >> 10, values=asked.max_values or MAX_FILES)


# Whose pages may show this one in a frame: Spaces are frames on huggingface.co.
_FRAMES = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"
# Gradio shows a Space's name and its owner's picture where the Space is not in a frame.
_HUB = "https://huggingface.co https://*.huggingface.co https://*.hf.co"

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        # Gradio runs components' scripts through `Function`, and its page holds scripts.
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        f"img-src 'self' data: blob: {_HUB}",
        # Sounds and files that the browser makes itself.
        "media-src 'self' data: blob:",
        f"connect-src 'self' data: blob: {_HUB}",
        "worker-src 'self' blob:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        f"frame-ancestors {_FRAMES}",
    )
)

_SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    # What somebody uploaded is what its type says, and no script.
    "X-Content-Type-Options": "nosniff",
    # The addresses of files are secrets.
    "Referrer-Policy": "same-origin",
    # The page needs the microphone, and nothing else that browsers ask people about.
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=(), usb=()",
}


class SecurityHeaders:
    """ASGI middleware by which every answer tells browsers what it may do.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what answers it back."""

        async def pass_back(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    # What an answer says of itself is stricter.
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, pass_back)
