"""Who asks: a page by its session, a program by its address; and whether they are still there."""

import hmac
import math
import os
import secrets
import threading
import time
from collections import OrderedDict

import gradio as gr
from gradio.context import LocalContext
from gradio.queueing import Event
from starlette.types import ASGIApp, Receive, Scope, Send

from hubert_demo.ui.lanes import Client
from hubert_demo.ui.settings import SPACE_VARIABLE

_MAX_LEFT = 1000
STAYS_S = 15.0
"""How long a page counts as being there that asks after it seemed to have left. One whose connection was lost
asks again all the time; of one that was closed, its last question may come after its end."""
_PROXIES_VARIABLE = "FORWARDED_ALLOW_IPS"


def trust_proxy_of_spaces() -> None:
    """On Hugging Face Spaces all requests come through its proxy, which names who sent them."""
    if SPACE_VARIABLE in os.environ:
        os.environ.setdefault(_PROXIES_VARIABLE, "*")


class Clients:
    """Tells who causes what is running now, and remembers which pages were closed.

    A program's address is the one that connects; or what a proxy's `X-Forwarded-For` names, where uvicorn's
    `FORWARDED_ALLOW_IPS` lists that proxy. Safe to share between threads.
    """

    def __init__(self) -> None:
        # Until when they count as being there nonetheless, by the monotonic clock.
        self._left: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def leave(self, request: gr.Request) -> None:
        """A page was closed or reloaded; for Gradio's `unload`."""
        with self._lock:
            self._left[str(request.session_hash)] = -math.inf
            while len(self._left) > _MAX_LEFT:
                self._left.popitem(last=False)

    def current(self) -> Client | None:
        """Whoever is served by this thread or task; None where that is nobody, but the house itself."""
        request = LocalContext.request.get(None)
        if request is None:
            return None
        if (event := _event()) is None:
            return self._page(request)
        address = _address(request)
        is_program = event.fn.api_visibility == "public"
        name = str(address) if is_program else event.session_hash
        return Client(name, lambda: event.alive, is_program, address)

    def _page(self, request: object) -> Client:
        """The page that calls a server function, whose session stands in what it sent."""
        # Read and kept by Starlette before the function was called.
        sent = getattr(request, "_json", None)
        session = str(sent.get("session_hash") if isinstance(sent, dict) else None)
        with self._lock:
            if session in self._left:
                self._left[session] = time.monotonic() + STAYS_S
        return Client(session, lambda: self._is_here(session), address=_address(request))

    def _is_here(self, session: str) -> bool:
        until = self._left.get(session)
        return until is None or time.monotonic() < until


def _event() -> Event | None:
    """The event of Gradio's queue that is being answered."""
    blocks, event_id = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if blocks is None or event_id is None:
        return None
    return blocks._queue.event_ids_to_events.get(event_id)


def _address(request: object) -> str | None:
    host = getattr(getattr(request, "client", None), "host", None)
    return None if host is None else str(host)


_HEADER = b"x-hubert-demo-address"


class SignedAddresses:
    """ASGI middleware by which what the page asks of itself counts for whoever is behind it.

    Gradio's MCP server answers an assistant by a request to the page, which comes from this machine and has a
    copy of the assistant's headers. So every request gets one that says its address and is signed; one that
    comes with such a header is from the address in it. Nobody else can sign, and what a visitor puts there is
    thrown away.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._secret = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its address."""
        if scope["type"] == "http" and scope.get("client"):
            told = next((value for name, value in scope["headers"] if name == _HEADER), b"")
            address, port = scope["client"]
            signed = self._signed(address)
            if hmac.compare_digest(told, self._signed(read := _read(told))):
                address, port, signed = read, 0, told
            others = [(name, value) for name, value in scope["headers"] if name != _HEADER]
            scope = {**scope, "client": (address, port), "headers": [*others, (_HEADER, signed)]}
        await self._app(scope, receive, send)

    def _signed(self, address: str) -> bytes:
        told = address.encode().hex()
        return f"{told}.{hmac.new(self._secret, told.encode(), 'sha256').hexdigest()}".encode()


def _read(told: bytes) -> str:
    """The address in a header, which may be anything."""
    try:
        return bytes.fromhex(told.partition(b".")[0].decode()).decode()
    except ValueError:
        return ""
