"""The page's scripts, styles and preview image: their address and route, and the head that names them."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.plotting import palette
from hubert_demo.ui.views.base import STATIC_DIR

# What all views need, in the order in which their styles apply.
_SHARED = ("core", "page")
# Fetched once the page is there.
_LATER = ("lessons", "lens")

STYLES = "styles.css"

HTTP_OK = 200

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # A frame that is sandboxed has an origin of its own, and scripts are fetched from it.
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept-Encoding",
}

# Not before Gradio's own scripts: nothing of ours is on show until those have mounted it.
_AHEAD = 'rel="modulepreload" fetchpriority="low"'

# Gradio's whole frontend has 12 MB.
_KEPT_BYTES = 32 << 20
# With these, an answer depends on more than its address.
_DEPENDS_ON = ("range", "origin", "if-none-match", "if-modified-since")

# What Gradio's page says to those who preview a link to it: the library's name and banner.
_GRADIO_S_OWN = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>|<title>[^<]*</title>')

# Components that mount before the modules are there wait in a queue.
_QUEUE = "<script>window.hx = [];</script>"


@dataclass(frozen=True)
class StaticFiles:
    """The page's scripts, styles and preview image, in memory, under an address that changes when they do.

    Attributes:
        files: Their content by path, such as `core/store.js`; all styles are one file, `styles.css`.
        views: The names of the views that have a folder among them, in the order of the tabs.
    """

    files: Mapping[str, bytes]
    views: tuple[str, ...]

    @classmethod
    def from_folders(cls, folders: Iterable[Path], static_dir: Path = STATIC_DIR) -> "StaticFiles":
        """What views need, and what all of them share.

        Args:
            folders: One for each view, by whose name its scripts and styles are addressed.
            static_dir: Holds the folders that all views share.
        """
        folders = tuple(folders)
        paths = [
            path
            for folder in (*(static_dir / name for name in (*_SHARED, *_LATER)), *folders)
            for path in sorted(folder.iterdir())
        ]
        styles = [_palette_css().encode(), *(path.read_bytes() for path in paths if path.suffix == ".css")]
        others = {
            f"{path.parent.name}/{path.name}": path.read_bytes()
            for path in paths
            if path.suffix in (".js", ".png")
        }
        return cls({STYLES: b"\n".join(styles), **others}, tuple(folder.name for folder in folders))

    @cached_property
    def address(self) -> str:
        """Where they are served, relative to the page: `hx/` and a hash of all of them."""
        digest = hashlib.sha256()
        for path, content in self.files.items():
            digest.update(f"{path} {len(content)} ".encode() + content)
        return f"hx/{digest.hexdigest()[:16]}"

    def head(self, facts: Mapping[str, object]) -> str:
        """HTML for the page's head: the queue, styles, scripts, and what both halves of the page say alike.

        The first tab's scripts come with those that all share; those of the others when the page is there.

        Args:
            facts: Small JSON values by name, read by `facts` in `static/core/store.js`.
        """
        soon = (*_SHARED, *self.views[:1])
        scripts = [path for path in self.files if path.endswith(".js") and path.split("/")[0] in soon]
        tabs = [f"{name}/{name}.js" for name in self.views]
        # In JSON, "<" stands in strings alone.
        said = json.dumps({**facts, "tabs": tabs}).replace("<", "\\u003c")
        return "\n".join(
            (
                _QUEUE,
                f'<script type="application/json" id="hx-facts">{said}</script>',
                f'<link rel="stylesheet" href="./{self.address}/{STYLES}">',
                *(f'<link {_AHEAD} href="./{self.address}/{path}">' for path in scripts),
                f'<script type="module" src="./{self.address}/page/main.js"></script>',
            )
        )

    def route(self) -> Route:
        """Serves the files; browsers may keep them for good, because another version has another address."""
        known = {
            f"{self.address}/{path}": (_TYPES[Path(path).suffix], content, gzip.compress(content, mtime=0))
            for path, content in self.files.items()
        }

        async def serve(request: Request) -> Response:
            found = known.get(f"hx/{request.path_params['path']}")
            if found is None:
                return PlainTextResponse("There is no such file in this version of the page.", 404)
            media_type, content, packed = found
            headers = dict(_HEADERS)
            if "gzip" in request.headers.get("accept-encoding", ""):
                content, headers["Content-Encoding"] = packed, "gzip"
            return Response(content, media_type=media_type, headers=headers)

        return Route("/hx/{path:path}", serve)


class PageHead:
    """ASGI middleware that puts HTML at the end of the head of each HTML page.

    What `launch(head=…)` is given, Gradio's scripts put there once they run: a third of a second later. What
    Gradio says there of itself, for previews of links to the page, is left out.

    Args:
        app: What answers.
        html: To put there.
        preview: What else to put there, given the page's own address: only the server that is asked knows it,
            and previews need whole addresses.
    """

    def __init__(self, app: ASGIApp, html: str, preview: Callable[[str], str]) -> None:
        self._app, self._html, self._preview = app, html, preview

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and what answers it back."""
        begun: Message | None = None
        body = b""

        async def pass_back(message: Message) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start" and _is_page(scope, message):
                begun = message
                return
            if begun is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                ours = self._html + self._preview(str(Request(scope).base_url))
                changed = _GRADIO_S_OWN.sub(b"", body).replace(b"</head>", ours.encode() + b"</head>", 1)
                MutableHeaders(scope=begun)["content-length"] = str(len(changed))
                await send(begun)
                await send({**message, "body": changed})

        await self._app(scope, receive, pass_back)


class KeptFiles:
    """ASGI middleware that answers from memory what was asked for before, packed: files that never change.

    A new visitor fetches seventy of Gradio's own. For each, Gradio changes threads four times and compresses
    anew; beside a crowd that made half of the time until the greeting.

    Args:
        app: What answers first.
        is_constant: Whether what a request asks for never changes while the server runs.
        max_bytes: How much is kept; what comes later is answered as if this were not there.
    """

    def __init__(
        self, app: ASGIApp, is_constant: Callable[[Scope], bool], max_bytes: int = _KEPT_BYTES
    ) -> None:
        self._app, self._is_constant, self._max_bytes = app, is_constant, max_bytes
        self._kept: dict[str, tuple[Response, Response]] = {}
        self._num_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass a request on and keep what answers it."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or any(name in headers for name in _DEPENDS_ON)
            or not self._is_constant(scope)
        ):
            await self._app(scope, receive, send)
        elif scope["path"] in self._kept:
            plain, packed = self._kept[scope["path"]]
            takes_gzip = "gzip" in headers.get("accept-encoding", "")
            await (packed if takes_gzip else plain)(scope, receive, send)
        else:
            await self._keep(scope, receive, send)

    async def _keep(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = bytearray()

        async def watched(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
            body.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, watched)
        room = self._max_bytes - self._num_bytes
        if start.get("status") != HTTP_OK or 2 * len(body) > room:
            return
        content = bytes(body)
        packed = await run_in_threadpool(gzip.compress, content, mtime=0)
        if scope["path"] in self._kept:
            return
        self._num_bytes += len(content) + len(packed)
        self._kept[scope["path"]] = (
            _again(start, content),
            _again(start, packed, {"content-encoding": "gzip", "vary": "Accept-Encoding"}),
        )


def _again(start: Message, content: bytes, more: Mapping[str, str] | None = None) -> Response:
    """The same answer with other content."""
    response = Response(content)
    response.raw_headers = list(start["headers"])
    response.headers.update({"content-length": str(len(content)), **(more or {})})
    return response


def _is_page(scope: Scope, start: Message) -> bool:
    media_type = Headers(raw=start["headers"]).get("content-type", "")
    return scope["method"] == "GET" and media_type.startswith("text/html")


def _palette_css() -> str:
    """The figures' colours as custom properties of the light page."""
    named = {
        "ink": palette.INK,
        "ink-2": palette.SECOND_INK,
        "line": palette.HAIRLINE,
        "line-strong": palette.NONE,
        "action": palette.ACTION,
        "now": palette.NOW,
        "waveform": palette.WAVEFORM,
        "ramp-ink": " ".join(palette.INK_STOPS),
        "ramp-time": " ".join(palette.TIME_STOPS),
        **{f"class-{number}": colour for number, colour in enumerate(palette.CLASSES, 1)},
    }
    lines = "\n".join(f"  --hx-{name}: {value};" for name, value in named.items())
    return f":root,\nbody {{\n{lines}\n}}\n"
