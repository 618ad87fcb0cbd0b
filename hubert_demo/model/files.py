"""Finding a checkpoint's files: in a local directory, or in a repository on the Hugging Face hub."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from reprlib import Repr
from threading import Thread
from typing import Any, TypedDict

from hubert_demo.errors import CheckpointError, DamagedFileError

MAX_JSON_BYTES = 16 << 20
"""No JSON file of a checkpoint is larger than this; the largest vocabularies have a tenth of it."""

SILENCE_S = 12.0
"""How long the hub may say nothing before a fetch is given up; its own client waits a minute or longer."""

# Values come from strangers: what a message shows of one is short, however large it is.
_SHOWN = Repr()
_SHOWN.maxstring = _SHOWN.maxother = _SHOWN.maxlong = 60
_SHOWN.maxdict = _SHOWN.maxlist = _SHOWN.maxtuple = 8
_SHOWN.maxlevel = 2

Progress = Callable[[int, int], None]
"""Called while a file is fetched, with the bytes received so far and the bytes in total."""


class HubOptions(TypedDict, total=False):
    """Keyword arguments of every `from_pretrained`: those attributes of `CheckpointFiles`."""

    revision: str | None
    subfolder: str
    local_files_only: bool
    force_download: bool
    cache_dir: str | Path | None
    token: str | bool | None


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of one checkpoint; those on the hub are fetched when asked for, and kept.

    Attributes:
        name_or_path: Directory, or name of a hub repository (`"facebook/hubert-base-ls960"`).
        revision: Branch, tag or commit of the repository; its main branch when None.
        subfolder: Folder of the directory or repository that the files are in.
        local_files_only: Do not ask the hub; use files fetched earlier.
        force_download: Fetch what was fetched earlier again.
        cache_dir: Where to keep fetched files; huggingface-hub's own cache when None.
        token: Access token for the hub; the one from `hf auth login` when None, none at all when False.
        progress: Called as each file is fetched.
        silence_s: How long the hub may say nothing before a fetch is given up.
        is_on_hub: Whether it is the repository that is meant, also where a directory here has its name.
    """

    name_or_path: str | Path
    revision: str | None = None
    subfolder: str = ""
    local_files_only: bool = False
    force_download: bool = False
    cache_dir: str | Path | None = None
    token: str | bool | None = None
    progress: Progress | None = None
    silence_s: float = SILENCE_S
    is_on_hub: bool = False

    def find(self, name: str, optional: bool = False) -> Path | None:
        """The local path of a file, or None if the checkpoint has no such file.

        Args:
            name: Of the file.
            optional: Few checkpoints have it, so that one which was fetched without asking for it counts as
                having none where the hub cannot be asked.

        Raises:
            CheckpointError: If there is no such checkpoint, or the hub cannot be reached.
        """
        directory = Path(self.name_or_path)
        try:
            if not self.is_on_hub and directory.is_dir():
                path = self._folder_in(directory) / name
                return path if path.is_file() else None
        except OSError as error:
            raise CheckpointError(
                f"{name} of {self.shown_name} cannot be opened: {error.strerror}."
            ) from error
        return self._fetch(name, optional)

    def _folder_in(self, directory: Path) -> Path:
        """The folder of a local directory that the files are in.

        Raises:
            CheckpointError: If there is no such folder, or it is outside the directory.
        """
        folder = directory / self.subfolder
        if not folder.resolve().is_relative_to(directory.resolve()) or not folder.is_dir():
            raise CheckpointError(
                f"{self.shown_name} has no folder {shown_value(self.subfolder)}; subfolder= names one inside "
                "it."
            )
        return folder

    @property
    def shown_name(self) -> str:
        """The checkpoint as messages name it: of a directory its last part, since strangers may read them."""
        name = str(self.name_or_path)
        return shown_path(Path(name)) if Path(name).is_absolute() else name

    def require(self, name: str) -> Path:
        """The local path of a file that a checkpoint must have.

        Raises:
            CheckpointError: If it has no such file, or for the same reasons as in `find`.
        """
        path = self.find(name)
        if path is None:
            is_of_trainer = (Path(self.name_or_path) / self.subfolder / "training_args.bin").is_file()
            hint = " Trainer saves weights alone; save_pretrained saves all." if is_of_trainer else ""
            raise CheckpointError(
                f"{self.shown_name} has no {name}; this is not a complete HuBERT checkpoint.{hint}"
            )
        return path

    def _fetch(self, name: str, optional: bool) -> Path | None:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import (
            EntryNotFoundError,
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        repository = str(self.name_or_path)
        heard = _Heard(self.progress)
        try:
            return _unless_silent(
                lambda: Path(
                    hf_hub_download(
                        repository,
                        name,
                        revision=self.revision,
                        subfolder=self.subfolder or None,
                        cache_dir=self.cache_dir,
                        local_files_only=self.local_files_only,
                        force_download=self.force_download,
                        token=self.token,
                        tqdm_class=_reporting_bar(heard),
                    )
                ),
                heard,
                # What was fetched earlier is on this machine's disk.
                math.inf if self.local_files_only else self.silence_s,
            )
        except _SilentError as error:
            raise CheckpointError(
                f"{self.shown_name} cannot be fetched ({name}): the hub has not answered for "
                f"{self.silence_s:.0f} s. Try again in a minute, or give a local directory."
            ) from error
        except HFValidationError as error:
            raise CheckpointError(
                f"{self.shown_name!r} is neither a directory here nor a name like "
                "'facebook/hubert-base-ls960' on the hub; check the spelling."
            ) from error
        except LocalEntryNotFoundError as error:
            if self._is_known_to_lack(name) or (optional and self._was_fetched()):
                return None
            raise CheckpointError(self._unreachable(name)) from error
        except EntryNotFoundError:
            return None
        except GatedRepoError as error:
            way = (
                f"accept its terms on https://huggingface.co/{repository} and pass token= or run "
                "`hf auth login`"
                if self.token is not False
                else "choose one that is open to everybody"
            )
            raise CheckpointError(f"{repository} is gated; {way}.") from error
        except RepositoryNotFoundError as error:
            raise CheckpointError(
                f"There is no directory {repository!r} here and no such public repository on the hub; check "
                f"the spelling{', or pass token= if it is private' if self.token is not False else ''}."
            ) from error
        except RevisionNotFoundError as error:
            raise CheckpointError(f"{repository} has no revision {self.revision!r} on the hub.") from error
        except HfHubHTTPError as error:
            raise CheckpointError(f"{self._unreachable(name)} ({error})") from error
        except OSError as error:
            # With a number it is this machine's own, such as a full disk, otherwise the connection's.
            if error.errno is not None and error.strerror:
                raise CheckpointError(f"{name} of {repository} cannot be saved: {error.strerror}.") from error
            raise CheckpointError(self._broken_off(name)) from error
        except CheckpointError:
            raise
        except Exception as error:  # The client's transport has errors of its own.
            raise CheckpointError(self._broken_off(name)) from error

    def _is_known_to_lack(self, name: str) -> bool:
        """Whether the hub said, when last asked, that there is no such file."""
        from huggingface_hub import _CACHED_NO_EXIST

        return self._kept(name) is _CACHED_NO_EXIST

    def _was_fetched(self) -> bool:
        """Whether files of this checkpoint are kept here."""
        return any(isinstance(self._kept(name), str) for name in ("config.json", "vocab.json"))

    def _kept(self, name: str) -> object:
        """What the hub client's cache knows of a file: where it is, that there is none, or nothing."""
        from huggingface_hub import try_to_load_from_cache

        in_repository = f"{self.subfolder}/{name}" if self.subfolder else name
        return try_to_load_from_cache(
            str(self.name_or_path), in_repository, cache_dir=self.cache_dir, revision=self.revision
        )

    def _broken_off(self, name: str) -> str:
        return (
            f"{self.shown_name} cannot be fetched ({name}): the connection to the hub broke off. Try again: "
            "what was received is kept."
        )

    def _unreachable(self, name: str) -> str:
        repository = self.name_or_path
        if self.local_files_only:
            return (
                f"{name} of {repository} was never fetched; allow access to the hub once "
                "(local_files_only=False)."
            )
        return (
            f"{repository} cannot be fetched ({name}): the hub cannot be reached from this machine. Check "
            "the network (and HF_HUB_OFFLINE), or give a local directory."
        )


class _SilentError(Exception):
    """The hub says nothing."""


class _Heard:
    """When something last came from the hub; passes progress on.

    Args:
        progress: Told of it, if anybody wants to know.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self.last_s = time.monotonic()

    def __call__(self, num_received: int, num_expected: int) -> None:
        self.last_s = time.monotonic()
        if self._progress is not None:
            self._progress(num_received, num_expected)


def _unless_silent(fetch: Callable[[], Path], heard: _Heard, silence_s: float) -> Path:
    """What `fetch` gives, unless the hub says nothing for too long.

    A fetch that is given up comes to its own end in the background: its client tries again and again.
    """
    if silence_s == math.inf:
        return fetch()
    answer: Future[Path] = Future()

    def run() -> None:
        try:
            answer.set_result(fetch())
        except BaseException as error:  # Whatever it is, it is raised where the result is wanted.
            answer.set_exception(error)

    Thread(target=run, name="hub", daemon=True).start()
    while True:
        try:
            return answer.result(max(0.0, heard.last_s + silence_s - time.monotonic()))
        except TimeoutError as error:
            if answer.done():
                raise
            if time.monotonic() >= heard.last_s + silence_s:
                raise _SilentError from error


def _reporting_bar(progress: Progress) -> Any:
    """A class for the hub client's progress bars that draws nothing and calls `progress`."""
    from huggingface_hub.utils import tqdm  # type: ignore[attr-defined]

    furthest = 0

    class Bar(tqdm):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.num_received = int(options.get("initial") or 0)
            self.num_expected = int(options.get("total") or 0)
            with open(os.devnull, "w", encoding="utf-8") as nowhere:
                silent = {**options, "file": nowhere, "disable": True}
                super().__init__(*arguments, **silent)  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> bool | None:
            # One file may have two bars: for the bytes received, and for those already written.
            nonlocal furthest
            self.num_received += int(n or 0)
            furthest = max(furthest, self.num_received)
            progress(furthest, max(furthest, self.num_expected))
            return None

    return Bar


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DamagedFileError: If the file is damaged.
    """
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise DamagedFileError(f"{shown_path(path)} is larger than {MAX_JSON_BYTES >> 20} MB.", path)
        values = json.loads(path.read_text(encoding="utf-8"))
        # Half a character can be written as an escape, but never be sent to anybody.
        json.dumps(values, ensure_ascii=False).encode()
    except OSError as error:
        raise DamagedFileError(f"{shown_path(path)} cannot be read: {error.strerror}.", path) from error
    except RecursionError as error:
        raise DamagedFileError(
            f"{shown_path(path)} cannot be read as JSON: it is nested too deeply.", path
        ) from error
    except UnicodeError as error:
        raise DamagedFileError(
            f"{shown_path(path)} cannot be read as JSON: it is not UTF-8 text. Fetch the checkpoint again.",
            path,
        ) from error
    except ValueError as error:
        raise DamagedFileError(
            f"{shown_path(path)} cannot be read as JSON: {str(error)[:100]}. Fetch the checkpoint again.",
            path,
        ) from error
    if not isinstance(values, dict):
        raise DamagedFileError(
            f"{shown_path(path)} holds a {type(values).__name__}, not an object; fetch it again.", path
        )
    return values


def shown_path(path: Path) -> str:
    """A path as messages name it: its last part and the folder's, since strangers may read them."""
    return shown_text(path.name if path.suffix == "" else f"{path.name} of {shown_folder(path.parent)}", 200)


def shown_folder(folder: Path) -> str:
    """A folder as messages name it; by the repository where the hub's cache calls it by its commit."""
    if folder.parent.name != "snapshots":
        return folder.name
    return folder.parents[1].name.removeprefix("models--").replace("--", "/")


def shown_text(text: str, longest: int = 100) -> str:
    """A text as messages show it: its beginning, and nothing that could not be written."""
    return text[:longest].encode("utf-8", "backslashreplace").decode()


def shown_value(value: object) -> str:
    """A value as messages show it: its beginning, and nothing that could not be written."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**30:
        return "a number of too many digits"
    return shown_text(_SHOWN.repr(value), 1000)


def write_json(path: Path, values: Mapping[str, Any], sort_keys: bool = False) -> None:
    """Write an object as `read_json` reads it, into a folder that is created if it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=sort_keys)
    path.write_text(text + "\n", encoding="utf-8")
