"""A small reverse proxy: a page under a path prefix, as a larger site serves it; and a page in a frame."""

import socket
import threading
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route

# What Hugging Face allows the frame of a Space.
SANDBOX = "allow-downloads allow-forms allow-modals allow-popups allow-same-origin allow-scripts"

# These are between two neighbours, not between the ends.
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}


def app_for(page_url, prefix):
    """Serves what `page_url` serves under `prefix`, and at /framed a document with the page in a frame."""
    client = httpx.AsyncClient(timeout=None)

    @asynccontextmanager
    async def closing_the_client(_):
        async with client:
            yield

    async def forward(request):
        url = httpx.URL(page_url).copy_with(
            path="/" + request.path_params["path"], query=request.url.query.encode()
        )
        headers = [(name, value) for name, value in request.headers.items() if name not in HOP_BY_HOP]
        headers += [("x-forwarded-host", request.headers["host"]), ("x-forwarded-proto", "http")]
        asked = client.build_request(request.method, url, headers=headers, content=await request.body())
        answer = await client.send(asked, stream=True)
        passed_on = {
            name: value
            for name, value in answer.headers.items()
            if name not in HOP_BY_HOP or name == "content-length"
        }
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, passed_on, background=Closing(answer)
        )

    def framed(_):
        style = "border:0;width:100vw;height:100vh"
        return HTMLResponse(f'<iframe sandbox="{SANDBOX}" src="{prefix}/" style="{style}"></iframe>')

    return Starlette(
        routes=[
            Route("/framed", framed),
            Route(prefix + "/{path:path}", forward, methods=["GET", "HEAD", "POST", "DELETE"]),
        ],
        lifespan=closing_the_client,
    )


class Closing:
    """Closes an answer once it has been passed on."""

    def __init__(self, answer):
        self._answer = answer

    async def __call__(self):
        await self._answer.aclose()


@contextmanager
def served(app):
    """An ASGI app on a free port of this machine; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
