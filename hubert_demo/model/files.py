"""Finding a checkpoint's files: in a local directory, or in a repository on the Hugging Face hub."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from hubert_demo.errors import CheckpointError

Progress = Callable[[int, int], None]
"""Called while a file is fetched, with the bytes received so far and the bytes in total."""


class HubOptions(TypedDict, total=False):
    """Keyword arguments of every `from_pretrained`: those attributes of `CheckpointFiles`."""

    revision: str | None
    local_files_only: bool
    cache_dir: str | Path | None
    token: str | None


@dataclass(frozen=True)
class CheckpointFiles:
    """The files of one checkpoint; those on the hub are fetched when asked for, and kept.

    Attributes:
        name_or_path: Directory, or name of a hub repository (`"facebook/hubert-base-ls960"`).
        revision: Branch, tag or commit of the repository; its main branch when None.
        local_files_only: Do not ask the hub; use files fetched earlier.
        cache_dir: Where to keep fetched files; huggingface-hub's own cache when None.
        token: Access token for the hub; the one from `hf auth login` when None.
        progress: Called as each file is fetched.
    """

    name_or_path: str | Path
    revision: str | None = None
    local_files_only: bool = False
    cache_dir: str | Path | None = None
    token: str | None = None
    progress: Progress | None = None

    def find(self, name: str) -> Path | None:
        """The local path of a file, or None if the checkpoint has no such file.

        Raises:
            CheckpointError: If there is no such checkpoint, or the hub cannot be reached.
        """
        directory = Path(self.name_or_path)
        if directory.is_dir():
            path = directory / name
            return path if path.is_file() else None
        return self._fetch(name)

    def require(self, name: str) -> Path:
        """The local path of a file that a checkpoint must have.

        Raises:
            CheckpointError: If it has no such file, or for the same reasons as in `find`.
        """
        path = self.find(name)
        if path is None:
            raise CheckpointError(f"{self.name_or_path} has no {name}; it is not a whole HuBERT checkpoint.")
        return path

    def _fetch(self, name: str) -> Path | None:
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
        try:
            return Path(
                hf_hub_download(
                    repository,
                    name,
                    revision=self.revision,
                    cache_dir=self.cache_dir,
                    local_files_only=self.local_files_only,
                    token=self.token,
                    tqdm_class=None if self.progress is None else _reporting_bar(self.progress),
                )
            )
        except HFValidationError as error:
            raise CheckpointError(
                f"{repository!r} is neither a directory here nor a name like 'facebook/hubert-base-ls960' "
                "on the hub; check the spelling."
            ) from error
        except LocalEntryNotFoundError as error:
            if self._is_known_to_lack(name):
                return None
            raise CheckpointError(self._unreachable(name)) from error
        except EntryNotFoundError:
            return None
        except GatedRepoError as error:
            raise CheckpointError(
                f"{repository} is gated; accept its terms on https://huggingface.co/{repository} and pass "
                "token= or run `hf auth login`."
            ) from error
        except RepositoryNotFoundError as error:
            raise CheckpointError(
                f"There is no directory {repository!r} here and no such public repository on the hub; check "
                "the spelling, or pass token= if it is private."
            ) from error
        except RevisionNotFoundError as error:
            raise CheckpointError(f"{repository} has no revision {self.revision!r} on the hub.") from error
        except (HfHubHTTPError, OSError) as error:
            raise CheckpointError(f"{self._unreachable(name)} ({error})") from error

    def _is_known_to_lack(self, name: str) -> bool:
        """Whether the hub said, when last asked, that there is no such file."""
        from huggingface_hub import _CACHED_NO_EXIST, try_to_load_from_cache

        found = try_to_load_from_cache(
            str(self.name_or_path), name, cache_dir=self.cache_dir, revision=self.revision
        )
        return found is _CACHED_NO_EXIST

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
        CheckpointError: If the file is damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} cannot be read as JSON: {error}. Fetch the checkpoint again."
        ) from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path} holds a {type(values).__name__}, not an object; fetch it again.")
    return values


def write_json(path: Path, values: Mapping[str, Any], sort_keys: bool = False) -> None:
    """Write an object as `read_json` reads it, into a folder that is created if it does not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(values, indent=2, ensure_ascii=False, sort_keys=sort_keys)
    path.write_text(text + "\n", encoding="utf-8")
