"""Gradio's Blocks, which take what strangers send: addresses of uploads, and refusals in sentences."""

import time
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import gradio as gr
from gradio.exceptions import InvalidPathError
from gradio.state_holder import SessionState
from gradio.utils import get_upload_folder

from hubert_demo.errors import InputError
from hubert_demo.ui.log import REQUEST_ID, request_id
from hubert_demo.ui.views.base import sentence

HAND_OVER = (
    "The recording is not an uploaded file. Send it with gradio_client.handle_file, or POST it to "
    "/gradio_api/upload and give the address /gradio_api/file= followed by the path in the reply."
)
TOO_FEW = "{name} takes {needed} values but was given {given}. Give null to use a default."
_KEPT_S = 300.0
_MAX_KEPT = 32
_SERVED_AS = "/gradio_api/file="
_REMOTE = ("http://", "https://")


class ForgivingBlocks(gr.Blocks):
    """Blocks whose functions are called by strangers.

    An uploaded file may be named by the address under which the page serves it, as assistants do. Files of
    other servers are not fetched: nobody knows how large they are. What Gradio itself would refuse with a
    traceback is refused in a sentence.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._uncollected: dict[str, float] = {}

    def queue(self, *arguments: Any, **options: Any) -> "ForgivingBlocks":
        """As Gradio does it; statistics on events, which nobody reads, stay small."""
        super().queue(*arguments, **options)
        self._queue.ANALYTICS_MAX_EVENTS = 100
        return self

    def forget_uncollected(self, now_s: float | None = None) -> None:
        """Forget answers that nobody fetches: all but the latest few at once, those after five minutes.

        Gradio keeps them for 2000 sessions, and what it knows of a session without end.

        Args:
            now_s: The time in seconds by any clock; None asks one.
        """
        now_s = time.monotonic() if now_s is None else now_s
        answers, unfinished = self._queue.pending_messages_per_session, self._queue.event_ids_to_events
        known = self._queue.pending_event_ids_session
        ended = [
            session
            for session, event_ids in list(known.items())
            if not any(event_id in unfinished for event_id in list(event_ids))
        ]
        # Whoever listens to a session has emptied it long before it is seen here twice.
        self._uncollected = {session: self._uncollected.get(session, now_s) for session in ended}
        seen_before = [session for session, since_s in self._uncollected.items() if since_s < now_s]
        seen_before.sort(key=self._uncollected.__getitem__)
        full = [session for session in seen_before if session in answers and not answers[session].empty()]
        for session in seen_before:
            is_old = now_s - self._uncollected[session] > _KEPT_S
            if session not in full or is_old or session not in full[-_MAX_KEPT:]:
                answers.pop(session, None)
                known.pop(session, None)
                del self._uncollected[session]

    @cached_property
    def parameters(self) -> dict[str, dict[str, bool]]:
        """Of each named endpoint its parameters, and whether they have a default."""
        return {
            name.removeprefix("/"): {
                str(each["parameter_name"]): bool(each.get("parameter_has_default"))
                for each in about["parameters"]
            }
            for name, about in self.get_api_info()["named_endpoints"].items()
        }

    def has_event(self, event_id: str) -> bool:
        """Whether an event was asked for whose answer has not been fetched yet."""
        return any(event_id in ids for ids in list(self._queue.pending_event_ids_session.values()))

    async def process_api(
        self,
        block_fn: Any,
        inputs: list[Any],
        state: SessionState | None = None,
        request: Any = None,
        *args: Any,
        **named: Any,
    ) -> dict[str, Any]:
        """As Gradio does it, under the number of the request that asked for it.

        Raises:
            gr.Error: If anything goes wrong: Gradio would print it, with whatever it says.
        """
        asked = getattr(request, "request", None)
        request_id.set(None if asked is None else asked.scope.get(REQUEST_ID))
        try:
            return await super().process_api(block_fn, inputs, state, request, *args, **named)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from error

    async def preprocess_data(
        self,
        block_fn: Any,
        inputs: list[Any],
        state: SessionState | None,
        explicit_call: bool = False,
    ) -> Any:
        """As Gradio does it.

        Raises:
            gr.Error: If values are missing, or a file was not uploaded.
        """
        needed, given = len(block_fn.inputs), len(inputs)
        if given < needed:
            text = TOO_FEW.format(name=block_fn.api_name, needed=needed, given=given)
            raise gr.Error(text, print_exception=False)
        try:
            local = _with_paths(inputs)
            return await super().preprocess_data(block_fn, local, state, explicit_call)
        except (InputError, InvalidPathError, ValueError, TypeError, OSError, RecursionError) as error:
            raise gr.Error(HAND_OVER, print_exception=False) from error


def uploaded_path(file: Any) -> Path:
    """Path of an uploaded file; no other file of this machine may be asked for, and no other machine's.

    Args:
        file: What Gradio makes of a file, or what a stranger sent in its place.

    Raises:
        InputError: If it is no uploaded file.
    """
    path = file.get("path") if isinstance(file, dict) else getattr(file, "path", None)
    if isinstance(path, str) and path.startswith(_REMOTE):
        path = _path_of_address(path)
    if not isinstance(path, str) or not _is_upload(Path(path)):
        raise InputError(HAND_OVER)
    return Path(path)


def _with_paths(value: Any) -> Any:
    """What a stranger sent, with their paths on this machine for all files that are named by an address.

    At any depth, inside other files too: Gradio looks for files everywhere, and would fetch an address.
    """
    if isinstance(value, list):
        return [_with_paths(each) for each in value]
    if not isinstance(value, dict):
        return value
    local = {name: _with_paths(each) for name, each in value.items()}
    path = value.get("path")
    if isinstance(path, str):
        if path.startswith(_REMOTE):
            local["path"] = str(uploaded_path(value))
        if not isinstance(value.get("meta", {}), dict):
            raise InputError(HAND_OVER)
    return local


def _path_of_address(address: str) -> str | None:
    """The path in the address of an uploaded file, by whichever name the page is known; else None."""
    _, found, path = urlsplit(address).path.partition(_SERVED_AS)
    return unquote(path) if found else None


def _is_upload(path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(Path(get_upload_folder()).resolve())
    except (OSError, ValueError, RuntimeError):
        return False
