"""What the front door says in place of an answer."""

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

API = "/gradio_api"
"""What the addresses of Gradio's own begin with."""


async def refuse(status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request with a sentence.

    As FastAPI says why, where Gradio's scripts and clients look for it.

    Args:
        status: Of the answer, 400 or more.
        why: The sentence.
        scope: The request's, as ASGI has it.
        receive: Likewise.
        send: Likewise.
    """
    await JSONResponse({"detail": why}, status)(scope, receive, send)
