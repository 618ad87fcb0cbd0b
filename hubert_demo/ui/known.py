"""Names that requests bring along: those of functions and events have to be known, and all are short.

Gradio would look for an unknown one in vain and apologise as for a bug, and remember a session's name however
long it is.
"""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.ui.blocks import ForgivingBlocks
from hubert_demo.ui.json_bodies import JSON_BODY
from hubert_demo.ui.refusals import API, refuse

MAX_NAME = 100
"""How many characters a session's name may have. The page's have about a dozen, `gradio_client`'s 36."""

BAD_NAME = f"The name of a session or an upload must have 1 to {MAX_NAME} characters."
NO_FUNCTION = "This page has no such function."
NO_COMPONENT = "This page has no such component."
NO_EVENT = (
    "There is no such event: it was never requested, its answer was already fetched, or it expired after "
    "five minutes."
)
TAKES = "{name} takes these named parameters: {parameters}."
IN_NO_FORM = "Something in this request is missing or has the wrong form: {places}."


class Known:
    """ASGI middleware that refuses names that are too long or that the page does not know.

    Args:
        app: What answers the rest; inside a Gradio app, whose functions and events are looked up.
        name: Gives the kind of address that a request is for; None where there is nothing.
    """

    def __init__(self, app: ASGIApp, name: Callable[[Scope], str | None]) -> None:
        self._app, self._name = app, name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on whose names are known."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = self._name(scope) or ""
        if not all(0 < len(each) <= MAX_NAME for each in _sessions(address, scope)):
            await refuse(400, BAD_NAME, scope, receive, send)
            return
        refusal = _unknown(address, scope)
        if refusal is not None:
            await refuse(*refusal, scope, receive, send)
            return
        await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a stream about a session that is forgotten ends as others do.

        Gradio says in it that there is none, and then breaks it off.
        """
        has_begun = False

        async def pass_back(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, pass_back)
        except RuntimeError as error:
            if not has_begun or not isinstance(error.__cause__, HTTPException):
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _sessions(address: str, scope: Scope) -> Iterator[str]:
    """What a request calls a session or an upload: Gradio remembers it."""
    body = scope.get(JSON_BODY)
    if isinstance(body, dict) and isinstance(body.get("session_hash"), str):
        yield body["session_hash"]
    query = QueryParams(scope["query_string"])
    yield from query.getlist("session_hash") + query.getlist("upload_id")
    if address.endswith("{session}"):
        yield _path_parts(scope)[-1]


def _unknown(address: str, scope: Scope) -> tuple[int, str] | None:
    """Status and sentence for a name that the page does not know."""
    if address not in _LOOK_UP:
        return None
    body = scope.get(JSON_BODY)
    return _LOOK_UP[address](
        scope["app"].get_blocks(), _path_parts(scope), body if isinstance(body, dict) else {}
    )


def _function(blocks: ForgivingBlocks, _: list[str], body: dict[str, Any]) -> tuple[int, str] | None:
    return None if _is_in(body.get("fn_index"), blocks.fns) else (404, NO_FUNCTION)


def _component(blocks: ForgivingBlocks, _: list[str], body: dict[str, Any]) -> tuple[int, str] | None:
    return None if _is_in(body.get("component_id"), blocks.blocks) else (404, NO_COMPONENT)


def _endpoint(blocks: ForgivingBlocks, path: list[str], _: dict[str, Any]) -> tuple[int, str] | None:
    return None if path[-1] in blocks.parameters else (404, NO_FUNCTION)


def _endpoint_by_names(
    blocks: ForgivingBlocks, path: list[str], body: dict[str, Any]
) -> tuple[int, str] | None:
    parameters = blocks.parameters.get(path[-1])
    if parameters is None:
        return 404, NO_FUNCTION
    needed = {name for name, has_default in parameters.items() if not has_default}
    if needed <= set(body) <= set(parameters):
        return None
    told = ", ".join(f"{name} (needed)" if name in needed else name for name in parameters)
    return 400, TAKES.format(name=path[-1], parameters=told)


def _event(blocks: ForgivingBlocks, path: list[str], _: dict[str, Any]) -> tuple[int, str] | None:
    return None if blocks.has_event(path[-1]) else (404, NO_EVENT)


_LOOK_UP = {
    f"{API}/queue/join": _function,
    f"{API}/component_server": _component,
    f"{API}/call/{{name}}": _endpoint,
    f"{API}/call/v2/{{name}}": _endpoint_by_names,
    f"{API}/call/{{name}}/{{event}}": _event,
    f"{API}/call/v2/{{name}}/{{event}}": _event,
}


def _is_in(number: object, numbers: dict[int, Any]) -> bool:
    """Whether something has a number, which may be written as a text; Gradio tells who gives none."""
    return number is None or str(number) in map(str, numbers)


def _path_parts(scope: Scope) -> list[str]:
    return str(scope["path"]).removesuffix("/").split("/")


async def in_no_form(request: Request, error: Exception) -> JSONResponse:
    """What FastAPI finds wrong with a request, without what it holds, which may not even be text.

    Args:
        request: Any.
        error: A `RequestValidationError`.
    """
    assert isinstance(error, RequestValidationError)
    places = (f"{'.'.join(map(str, each['loc']))} ({each['msg']})" for each in error.errors())
    told = ", ".join(places).encode("ascii", "backslashreplace").decode()[:500]
    return JSONResponse({"detail": IN_NO_FORM.format(places=told)}, 400)
