"""Pages' folders for uploads: whose they are, and which were left behind."""

import fcntl
import logging
import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_PREFIX = "hubert-explorer-"
_OURS = re.compile(rf"{_PREFIX}(\d+)-\w+")
_AS_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW

_LOGGER = logging.getLogger(__name__)


def prefix() -> str:
    """What the name of a folder of this process begins with."""
    return f"{_PREFIX}{os.getpid()}-"


def is_a_page_s(folder: Path) -> bool:
    """Whether a folder has the name of a page's own."""
    return _OURS.fullmatch(folder.name) is not None


def left(parent: Path, own: Path) -> Iterator[tuple[Path, int]]:
    """Folders that pages have left here, and their processes' numbers; not those of pages that run.

    Others may write here too. So links are not followed, and what is another user's is left alone, who could
    put a link into it at any time.
    """
    for folder, status in statuses(parent.glob(f"{_PREFIX}*-*")):
        found = _OURS.fullmatch(folder.name)
        is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
        if found and is_ours and folder != own and not _is_in_use(folder, int(found[1])):
            yield folder, int(found[1])


def is_running_elsewhere(process: int) -> bool:
    """Whether a number is that of another process, which runs."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def lock(folder: Path) -> None:
    """Lock a folder until this process ends, however it ends."""
    try:
        # Never closed. Others may be looking whether it is locked, which is soon over.
        fcntl.flock(os.open(folder, _AS_FOLDER), fcntl.LOCK_EX)
    except OSError as error:
        _LOGGER.warning("the folder of uploads cannot be locked: %s", error)


def _is_in_use(folder: Path, process: int) -> bool:
    """Whether a page that runs has locked its folder; its process's number says little in containers."""
    try:
        descriptor = os.open(folder, _AS_FOLDER)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        finally:
            os.close(descriptor)
    except BlockingIOError:
        return True
    except OSError:
        # Some disks of other machines know no locks.
        return is_running_elsewhere(process)
    return False


def statuses(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Paths with what is known of them; not those that were removed meanwhile."""
    for path in paths:
        try:
            yield path, path.lstat()
        except FileNotFoundError:
            continue
