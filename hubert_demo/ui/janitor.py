"""The folder for uploads: the page's own, with room in it, cleared up now and then, and empty at the end."""

import errno
import json
import logging
import os
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import TypeVar

import gradio.mcp
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubert_demo.errors import BusyError, InputError, MachineError, TooLongError
from hubert_demo.ui import folders
from hubert_demo.ui.views.base import NO_ROOM, NO_ROOM_ERRNOS

Value = TypeVar("Value")

REMOVED = (
    "This upload is no longer kept on the server: uploads are removed once the page has read them, or after "
    "a few minutes. Upload it again."
)
FOLDER_VARIABLE = "GRADIO_TEMP_DIR"
RESERVE_BYTES = 16 << 20
"""What is left free on the disk of the uploads, for downloads."""

KEPT_S = 600.0
"""How long a file is kept that nobody uses: uploads, recordings, downloads."""
UNFINISHED = "."
"""What the name of a file begins with that is being written, step by step: it may lie for an hour."""
_UNFINISHED_S = 3600.0
LINGERS_S = 10.0
"""How long an upload stays once it is read: Gradio's player, which is hidden, fetches what was sent."""
MAX_BYTES = 2 << 30
"""What all of them may take together."""
_SWEEP_S = 10.0

HTTP_OK, HTTP_NO_ROOM = 200, 507
_UPLOAD_PATH = "/gradio_api/upload"

_LOGGER = logging.getLogger(__name__)


def own_folder() -> Path:
    """A new folder for uploads that nobody else reads or fills, in `GRADIO_TEMP_DIR` or the system's.

    Gradio keeps uploads there from now on. It is locked as long as this process runs, which tells other pages
    to leave it alone. Folders that earlier pages could not remove, because they were killed, are removed.

    Raises:
        MachineError: If none can be made.
    """
    try:
        parent = Path(os.environ.get(FOLDER_VARIABLE) or tempfile.gettempdir())
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=folders.prefix(), dir=parent))
    except OSError as error:
        raise MachineError(
            f"There is no folder for uploads: {error.strerror or error}. Set {FOLDER_VARIABLE} to a folder "
            "that can be written to."
        ) from error
    folders.lock(folder)
    _remove_left(parent, folder)
    os.environ[FOLDER_VARIABLE] = str(folder)
    # Read when it was imported; what assistants send inside an address is kept there.
    gradio.mcp.DEFAULT_TEMP_DIR = str(folder)
    return folder


def _remove_left(parent: Path, own: Path) -> None:
    """Remove the folders of pages that run no more."""
    for folder, process in folders.left(parent, own):
        # One that is just starting has yet to lock its folder.
        if not folders.is_running_elsewhere(process):
            shutil.rmtree(folder, ignore_errors=True)


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


class Janitor:
    """Removes uploads that the page has read, and whatever lies in its folder too long. Safe between threads.

    Args:
        kept_s: How long a file is kept that nobody uses.
        max_bytes: What all files may take together; the oldest leave first.
        clock: Gives the time in seconds, as files' times are.
        lingers_s: How long an upload stays once the page has read it.

    Attributes:
        kept_s: As given.
        lingers_s: As given.
    """

    def __init__(
        self,
        kept_s: float = KEPT_S,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = time.time,
        lingers_s: float = LINGERS_S,
    ) -> None:
        self.kept_s, self.lingers_s = kept_s, lingers_s
        self._max_bytes, self._clock = max_bytes, clock
        # How often a file was uploaded and not yet read: Gradio keeps equal files in one place.
        self._unread: Counter[str] = Counter()
        # When the last of them was read.
        self._read: dict[str, float] = {}
        self._lock = threading.Lock()
        self._is_closing = threading.Event()
        self._worker: threading.Thread | None = None

    def came(self, paths: Iterable[str]) -> None:
        """Files were uploaded."""
        with self._lock:
            for path in paths:
                self._unread[path] += 1
                self._read.pop(path, None)

    def consume(self, path: Path, read: Callable[[Path], Value]) -> Value:
        """Read a file, which is removed soon if it is an upload; not where it may be read in a later try.

        That is where it was too busy, or the file is so long that a part of it has to be chosen.

        Args:
            path: The file.
            read: Reads it.

        Raises:
            InputError: If it was removed already.
        """
        self.require(path)
        try:
            value = read(path)
        except (BusyError, TooLongError):
            raise
        except Exception:
            self._used(path)
            raise
        self._used(path)
        return value

    def require(self, path: Path) -> None:
        """Find a file still there.

        Raises:
            InputError: If it was an upload, and was removed already.
        """
        if path.is_relative_to(get_upload_folder()) and not path.exists():
            raise InputError(REMOVED)

    def start(self, *more: Callable[[], None], every_s: float = _SWEEP_S) -> None:
        """Clear up now and then, until `close`.

        Args:
            more: What else to do each time.
            every_s: How often, in seconds.
        """

        def work() -> None:
            while not self._is_closing.wait(every_s):
                for chore in (self.sweep, *more):
                    try:
                        chore()
                    except Exception:
                        _LOGGER.exception("clearing up failed")

        self._worker = threading.Thread(target=work, name="janitor", daemon=True)
        self._worker.start()

    def close(self) -> None:
        """Clear up no more."""
        self._is_closing.set()
        if self._worker is not None:
            self._worker.join()

    def sweep(self) -> None:
        """Remove what was read or is too old, earlier pages' too, and the oldest of what takes too much."""
        self._remove_read()
        folder = Path(get_upload_folder())
        # Only pages' own folders: elsewhere other programs' files lie.
        if folders.is_a_page_s(folder):
            self._clear(folder)
            for left, _ in folders.left(folder.parent, folder):
                self._clear(left)

    def _used(self, path: Path) -> None:
        """An upload may go, unless somebody else has sent the very same one, which is yet to be read."""
        with self._lock:
            if str(path) not in self._unread:
                return
            self._unread[str(path)] -= 1
            if self._unread[str(path)] <= 0:
                del self._unread[str(path)]
                self._read[str(path)] = self._clock()

    def _remove_read(self) -> None:
        now_s = self._clock()
        # Under the lock: the very same file may be coming again.
        with self._lock:
            for path in [path for path, read_s in self._read.items() if now_s - read_s >= self.lingers_s]:
                Path(path).unlink(missing_ok=True)
                del self._read[path]

    def _clear(self, folder: Path) -> None:
        now_s = self._clock()
        found = sorted(folders.statuses(folder.rglob("*")), key=lambda each: each[1].st_mtime)
        files = [(path, status) for path, status in found if not stat.S_ISDIR(status.st_mode)]
        num_bytes = sum(status.st_size for _, status in files)
        for path, status in files:
            kept_s = max(self.kept_s, _UNFINISHED_S) if path.name.startswith(UNFINISHED) else self.kept_s
            if now_s - status.st_mtime > kept_s or num_bytes > self._max_bytes:
                path.unlink(missing_ok=True)
                num_bytes -= status.st_size
                with self._lock:
                    self._unread.pop(str(path), None)
        for path, status in found:
            # A new folder may be about to be filled.
            if (
                stat.S_ISDIR(status.st_mode)
                and now_s - status.st_mtime > _SWEEP_S
                and not any(path.iterdir())
            ):
                path.rmdir()


class Uploads:
    """ASGI middleware that refuses uploads for which there is no room, and removes halves of broken ones.

    Gradio leaves what has come of an upload when the disk is full or the visitor goes away.

    Args:
        app: What answers.
        problem: Tells why so many bytes cannot be kept, as `room_problem` does.
        came: Is told the paths of what was uploaded.
    """

    def __init__(
        self,
        app: ASGIApp,
        problem: Callable[[int], OSError | None] = room_problem,
        came: Callable[[Iterable[str]], None] = lambda paths: None,
    ) -> None:
        self._app, self._problem, self._came = app, problem, came
        self._under_way = 0
        self._has_broken = False

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
        has_begun = is_whole = False

        async def watched(message: Message) -> None:
            nonlocal has_begun, is_whole
            has_begun = True
            is_whole = is_whole or message.get("status") == HTTP_OK
            # A short list of paths, in one message; before the visitor can ask for the file to be read.
            self._came(_paths(message.get("body", b"")))
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
            self._has_broken = self._has_broken or not is_whole
            if self._has_broken and self._under_way == 0:
                self._has_broken = False
                # Listed here, where no other can begin meanwhile: the files of the next are not halves.
                halves = _halves(Path(get_upload_folder()))
                await run_in_threadpool(_remove, halves)


def _paths(answer: bytes) -> list[str]:
    """The paths in what Gradio answers to an upload; none in a refusal."""
    return [str(path) for path in json.loads(answer)] if answer.startswith(b"[") else []


def told_length(scope: Scope) -> int:
    """How many bytes a request says that it has; 0 where it says nothing of the kind."""
    told = Headers(scope=scope).get("content-length", "0")
    return int(told) if told.isdecimal() and len(told) < 20 else 0


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(NO_ROOM, HTTP_NO_ROOM)(scope, receive, send)


def _halves(folder: Path) -> list[Path]:
    """Uploads that have not been moved to a folder of their own, when none is under way any more."""
    # Only the page's own folder: elsewhere other programs' uploads may be under way.
    return list(folder.glob("tmp*")) if folders.is_a_page_s(folder) else []


def _remove(halves: Iterable[Path]) -> None:
    for path in halves:
        if path.is_file():
            # Gradio may hold it open for a while, and as long its room would stay taken.
            os.truncate(path, 0)
            path.unlink(missing_ok=True)
