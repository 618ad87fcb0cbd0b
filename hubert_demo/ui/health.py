"""What `/healthz` answers to whoever watches over the page."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubert_demo.ui.views.base import Json

HEALTH = "/healthz"
_HTTP_UNAVAILABLE = 503


def health(checkpoint: str, greeting: "Future[Any] | None", queues: dict[str, int]) -> Json:
    """What is told.

    Args:
        checkpoint: The one that greets.
        greeting: The analysis that greets, which needs all that the others need; None before it begins.
        queues: How many wait in each lane.

    Returns:
        `alive`, always true; `ready`, once the greeting is there; `failed`, if it cannot be had; and the rest
        as given.
    """
    has_ended = greeting is not None and greeting.done()
    failed = has_ended and greeting is not None and (greeting.cancelled() or greeting.exception() is not None)
    return {
        "alive": True,
        "ready": has_ended and not failed,
        "failed": failed,
        "checkpoint": checkpoint,
        "waiting": queues,
    }


def health_route(report: Callable[[], Json]) -> Route:
    """Tells it: with status 200, also while the page is starting; with 503 where nothing can be analysed.

    Args:
        report: Gives what `health` gives.
    """

    async def answer(_: Request) -> Response:
        told = report()
        status = _HTTP_UNAVAILABLE if told["failed"] else 200
        return JSONResponse(told, status, headers={"Cache-Control": "no-store"})

    return Route(HEALTH, answer)
