"""What is served besides Gradio's own addresses: the page's scripts and styles."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.plotting import palette
from hubert_demo.ui.janitor import Janitor, Uploads
from hubert_demo.ui.views.base import STATIC_DIR

# What all views need, in the order in which their styles apply.
_SHARED = ("core", "page")

STYLES = "styles.css"

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # A frame that is sandboxed has an origin of its own, and scripts are fetched from it.
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}

# Not before Gradio's own scripts: nothing of ours is on show until those have mounted it.
_AHEAD = 'rel="modulepreload" fetchpriority="low"'

# Components that mount before the modules are there wait in a queue.
_QUEUE = "<script>window.hx = [];</script>"


@dataclass(frozen=True)
class StaticFiles:
    """The page's scripts and styles, in memory, under an address that changes when one of them does.

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
            for folder in (*(static_dir / name for name in _SHARED), *folders)
            for path in sorted(folder.iterdir())
        ]
        styles = [_palette_css().encode(), *(path.read_bytes() for path in paths if path.suffix == ".css")]
        scripts = {
            f"{path.parent.name}/{path.name}": path.read_bytes() for path in paths if path.suffix == ".js"
        }
        return cls({STYLES: b"\n".join(styles), **scripts}, tuple(folder.name for folder in folders))

    @cached_property
    def address(self) -> str:
        """Where they are served, relative to the page: `hx/` and a hash of all of them."""
        digest = hashlib.sha256()
        for path, content in self.files.items():
            digest.update(f"{path} {len(content)} ".encode() + content)
        return f"hx/{digest.hexdigest()[:16]}"

    def app_kwargs(self, facts: Mapping[str, object], janitor: Janitor) -> dict[str, Any]:
        """What makes the server that `gr.Blocks.launch` starts serve them, and name them in its pages.

        Args:
            facts: As for `head`.
            janitor: Is told of every upload.
        """
        return {
            "routes": [self.route()],
            "middleware": [
                Middleware(PageHead, html=self.head(facts)),
                Middleware(Uploads, came=janitor.came),
            ],
        }

    def head(self, facts: Mapping[str, object]) -> str:
        """HTML for the page's head: the queue, styles, scripts, and what both halves of the page say alike.

        The first tab's scripts come with those that all share; those of the others when the page is there.

        Args:
            facts: Small JSON values by name, read by `facts` in `static/core/store.js`.
        """
        soon = (*_SHARED, *self.views[:1])
        scripts = [path for path in self.files if path != STYLES and path.split("/")[0] in soon]
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

    What `launch(head=…)` is given, Gradio's scripts put there once they run: a third of a second later.

    Args:
        app: What answers.
        html: To put there.
    """

    def __init__(self, app: ASGIApp, html: str) -> None:
        self._app, self._html = app, html.encode()

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
                changed = body.replace(b"</head>", self._html + b"</head>", 1)
                MutableHeaders(scope=begun)["content-length"] = str(len(changed))
                await send(begun)
                await send({**message, "body": changed})

        await self._app(scope, receive, pass_back)


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
