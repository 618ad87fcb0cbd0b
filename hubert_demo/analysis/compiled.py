"""Where numba keeps what it compiles, when neither the installation nor the user's home can be written."""

import os
import stat
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

CACHE_VARIABLE = "NUMBA_CACHE_DIR"

# They are compiled on first use, and refuse to be imported where that cannot be kept.
_PACKAGES = ("umap", "pynndescent", "librosa")


def keep_compiled(places: Iterable[Path] | None = None) -> None:
    """Give numba a folder for compiled code, unless it has one; call it before numba is imported.

    Args:
        places: Where numba would keep it by itself; the packages' own folders, or one in the user's home, if
            None.
    """
    if CACHE_VARIABLE in os.environ:
        return
    if places is None:
        in_packages = all(map(_can_be_written, _package_folders()))
        if in_packages or _is_home_writable():
            return
    elif all(map(_can_be_written, places)):
        return
    os.environ[CACHE_VARIABLE] = str(_private_folder())


def _package_folders() -> list[Path]:
    specs = [find_spec(name) for name in _PACKAGES]
    return [Path(spec.origin).parent / "__pycache__" for spec in specs if spec and spec.origin]


def _is_home_writable() -> bool:
    """Whether numba finds its second place: a folder in the user's cache, where there is a home at all."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return False
    return _can_be_written(cache / "numba")


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _private_folder() -> Path:
    """The same folder at every start, unless it is not this user's alone: compiled code is run."""
    folder = Path(tempfile.gettempdir()) / f"hubert-explorer-numba-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return Path(tempfile.mkdtemp())
    is_private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if is_private else Path(tempfile.mkdtemp())
