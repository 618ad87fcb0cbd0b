"""The folder for uploads: the page's own, with room in it, and empty when the page ends."""

import errno
import logging
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import gradio.mcp
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.errors import MachineError
from hubert_demo.ui.views.base import NO_ROOM, NO_ROOM_ERRNOS

FOLDER_VARIABLE = "GRADIO_TEMP_DIR"
RESERVE_BYTES = 16 << 20
"""What is left free on the disk of the uploads, for files to take away."""

HTTP_NO_ROOM = 507
_PREFIX = "hubert-explorer-"
_OURS = re.compile(rf"{_PREFIX}(\d+)-\w+")
_UPLOAD_PATH = "/gradio_api/upload"

_LOGGER = logging.getLogger(__name__)


def own_folder() -> Path:
    """A new folder for uploads that nobody else reads or fills, in `GRADIO_TEMP_DIR` or the system's.

    Gradio keeps uploads there from now on. Folders that earlier pages could not remove, because they were
    killed, are removed.

    Raises:
        MachineError: If none can be made.
    """
    try:
        parent = Path(os.environ.get(FOLDER_VARIABLE) or tempfile.gettempdir())
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    except OSError as error:
        raise MachineError(
            f"There is no folder for uploads: {error.strerror or error}. Set {FOLDER_VARIABLE} to a folder "
            "that can be written."
        ) from error
    _remove_left(parent)
    os.environ[FOLDER_VARIABLE] = str(folder)
    # Read when it was imported; what assistants send inside an address is kept there.
    gradio.mcp.DEFAULT_TEMP_DIR = str(folder)
    return folder


def _remove_left(parent: Path) -> None:
    """Remove the folders of pages that run no more."""
    for folder in parent.glob(f"{_PREFIX}*-*"):
        found = _OURS.fullmatch(folder.name)
        if found and not _is_running(int(found[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def end_on_signals(folder: Path) -> None:
    """On SIGTERM and SIGINT remove the folder of uploads and end the process at once.

    Nothing is waited for: a map that is being computed may take longer than whoever sends the signal waits.
    The exit status is 128 and the signal's number.

    Args:
        folder: What `own_folder` gave.
    """
    page = os.getpid()

    def end(number: int, _: FrameType | None) -> None:
        if os.getpid() != page:
            # A fork, as those that borrow a graphics card: the folder is not its own.
            os._exit(128 + number)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def room_problem(needed_bytes: int) -> OSError | None:
    """Why so many bytes cannot be uploaded; None where they can."""
    try:
        folder = Path(get_upload_folder())
        folder.mkdir(parents=True, exist_ok=True)
        # Writing is tried: permissions and free space do not tell of quotas and read-only disks.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room")
        if shutil.disk_usage(folder).free < needed_bytes + RESERVE_BYTES:
            return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    except OSError as error:
        return error
    return None


class Uploads:
    """ASGI middleware that refuses uploads for which there is no room, and removes halves of broken ones.

    Gradio leaves what has come of an upload when the disk is full or the visitor goes away.

    Args:
        app: What answers.
        problem: Tells why so many bytes cannot be kept, as `room_problem` does.
    """

    def __init__(self, app: ASGIApp, problem: Callable[[int], OSError | None] = room_problem) -> None:
        self._app, self._problem = app, problem
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is an upload for which there is no room."""
        is_upload = scope["type"] == "http" and scope["method"] == "POST"
        if not is_upload or not scope["path"].endswith(_UPLOAD_PATH):
            await self._app(scope, receive, send)
            return
        problem = await run_in_threadpool(self._problem, told_length(scope))
        if problem is not None:
            _LOGGER.error("an upload was refused: %s", problem)
            await _refuse(scope, receive, send)
            return
        await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        self._under_way += 1
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            _LOGGER.info("a visitor left during an upload")
        except OSError as error:
            if has_begun or error.errno not in NO_ROOM_ERRNOS:
                raise
            _LOGGER.error("an upload failed: %s", error)
            await _refuse(scope, receive, send)
        finally:
            self._under_way -= 1
            if self._under_way == 0:
                await run_in_threadpool(_remove_halves, Path(get_upload_folder()))


def told_length(scope: Scope) -> int:
    """How many bytes a request says that it has; 0 where it says nothing of the kind."""
    told = Headers(scope=scope).get("content-length", "0")
    return int(told) if told.isdecimal() and len(told) < 20 else 0


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(NO_ROOM, HTTP_NO_ROOM)(scope, receive, send)


def _remove_halves(folder: Path) -> None:
    """Remove uploads that have not been moved to a folder of their own: none is under way any more."""
    # Only the page's own folder: elsewhere other programs' uploads may be under way.
    if not _OURS.fullmatch(folder.name):
        return
    for path in folder.glob("tmp*"):
        if path.is_file():
            # Gradio may hold it open for a while, and as long its room would stay taken.
            os.truncate(path, 0)
            path.unlink(missing_ok=True)
