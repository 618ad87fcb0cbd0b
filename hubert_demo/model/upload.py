"""Saving into a repository on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.files import shown_text


def repository_to_push(
    save_directory: str | Path, push_to_hub: bool, push_options: dict[str, Any]
) -> str | None:
    """The repository that a `save_pretrained` shall push to as well, or None.

    Args:
        save_directory: Where it saves; the folder's name is the repository's unless another is given.
        push_to_hub: Whether it shall.
        push_options: Options for `push_saved`, and `repo_id`, which is taken out.

    Raises:
        InputError: If it shall not, and has options for it.
    """
    if push_options and not push_to_hub:
        raise InputError(
            f"save_pretrained has no use for {', '.join(map(shown_text, sorted(push_options)[:12]))}, unless "
            "with push_to_hub=True; leave that out."
        )
    return str(push_options.pop("repo_id", Path(save_directory).name)) if push_to_hub else None


def push_saved(
    save: Callable[[Path], Any],
    repo_id: str,
    *,
    commit_message: str | None = None,
    commit_description: str | None = None,
    private: bool | None = None,
    token: str | None = None,
    revision: str | None = None,
    create_pr: bool = False,
) -> Any:
    """Save into a repository on the hub, which is created if it does not exist.

    Args:
        save: Writes the files into a folder.
        repo_id: Name of the repository (`"owner/name"`).
        commit_message: What the commit is called; the hub's own words when None.
        commit_description: More about the commit.
        private: Whether a repository that is created is private; the account's own choice when None.
        token: Access token for the hub; the one from `hf auth login` when None.
        revision: Branch to commit to; the main one when None.
        create_pr: Open a pull request instead of committing.

    Returns:
        What the hub says of the commit: its `commit_url` and more.

    Raises:
        CheckpointError: If the hub refuses or cannot be reached.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    api = HfApi(token=token)
    with TemporaryDirectory() as folder:
        save(Path(folder))
        try:
            created = api.create_repo(repo_id, private=private, exist_ok=True)
            return api.upload_folder(
                repo_id=created.repo_id,
                folder_path=folder,
                commit_message=commit_message,
                commit_description=commit_description,
                revision=revision,
                create_pr=create_pr,
            )
        except HFValidationError as error:
            raise CheckpointError(
                f"{shown_text(repo_id)!r} is no name of a repository; it should look like "
                "'your-name/your-hubert'."
            ) from error
        except HfHubHTTPError as error:
            raise CheckpointError(
                f"The hub refuses to write to {shown_text(repo_id)} ({error.response.status_code}). Check "
                "the name, and that token= or `hf auth login` may write there."
            ) from error
        except Exception as error:  # The client's transport has errors of its own.
            raise CheckpointError(
                f"{shown_text(repo_id)} cannot be written: the hub cannot be reached from this machine. "
                "Check the network (and HF_HUB_OFFLINE)."
            ) from error
