"""The checkpoints on offer: what is known of each before it is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hubert_demo.errors import CheckpointError

DEFAULT_CHECKPOINT = "hubert-explorer"
PRETRAINED_CHECKPOINT = "hubert-explorer-pretrained"
LANGUAGE_MODEL_NAME = "language_model.npz"

_PART = r"[A-Za-z0-9][\w.-]{0,95}"
_HUB_NAME = re.compile(rf"(?P<repo_id>{_PART}/{_PART})(@(?P<revision>[A-Za-z0-9][\w./-]{{0,95}}))?", re.ASCII)

_PACKAGE_DIR = Path(__file__).resolve().parents[1]
ASSETS_DIR = next(
    (folder for folder in (_PACKAGE_DIR / "assets", _PACKAGE_DIR.parent / "assets") if folder.is_dir()),
    _PACKAGE_DIR / "assets",
)
"""The folder of embedded files: inside an installed package, beside it in a source tree."""


@dataclass(frozen=True)
class HubRepository:
    """A checkpoint on the Hugging Face Hub.

    Attributes:
        repo_id: Owner and name.
        revision: Commit, tag or branch. Only a commit is the same on every machine; of a branch, what was
            its latest when it was first fetched.
        is_public: Whether the hub is asked without this machine's access token, as for strangers.
    """

    repo_id: str
    revision: str = "main"
    is_public: bool = False


@dataclass(frozen=True)
class CheckpointSpec:
    """What the registry knows of a checkpoint before loading it.

    Attributes:
        name: Key in the registry.
        title: Shown to people.
        source: Folder in transformers' layout, a keyword head beside it if there is one; or a repository on
            the hub.
        trained_on: Its training data, in a few words.
        licence: Of the weights.
        language_model: File of a language model for its language, None where there is none.
        ctc_companion: Name of the checkpoint that transcribes where this one has no CTC head.
        keyword_companion: Name of the checkpoint that recognises keywords where this one has no keyword head.
    """

    name: str
    title: str
    source: Path | HubRepository
    trained_on: str = "not stated"
    licence: str = "not stated"
    language_model: Path | None = None
    ctc_companion: str = DEFAULT_CHECKPOINT
    keyword_companion: str = DEFAULT_CHECKPOINT


def _embedded(
    folder: Path, title: str, trained_on: str, language_model: Path | None = None
) -> tuple[CheckpointSpec, ...]:
    """A checkpoint under `assets/`; none where its folder is missing."""
    name = folder.name
    spec = CheckpointSpec(name, title, folder, trained_on, "CC BY 4.0", language_model)
    return (spec,) if folder.is_dir() or name == DEFAULT_CHECKPOINT else ()


def _on_hub(repo_id: str, trained_on: str, licence: str = "Apache 2.0") -> CheckpointSpec:
    return CheckpointSpec(repo_id, repo_id, HubRepository(repo_id), trained_on, licence)


def registry(assets_dir: Path = ASSETS_DIR) -> tuple[CheckpointSpec, ...]:
    """The checkpoints on offer, the default one first; adding one is one entry here.

    Companions are the embedded checkpoint, which is small and needs no network.

    Args:
        assets_dir: Where the embedded checkpoints are.
    """
    return (
        *_embedded(
            assets_dir / DEFAULT_CHECKPOINT,
            "HuBERT Explorer (small English)",
            "14 h of English: read aloud, spelled out, spoken orders, single words, synthetic voices",
            assets_dir / DEFAULT_CHECKPOINT / LANGUAGE_MODEL_NAME,
        ),
        *_embedded(
            assets_dir / PRETRAINED_CHECKPOINT,
            "HuBERT Explorer (before fine-tuning)",
            "14 h of English without transcripts, distilled from Whisper-base units",
        ),
        _on_hub("facebook/hubert-base-ls960", "960 h of read English, without transcripts"),
        _on_hub("facebook/hubert-large-ls960-ft", "60,000 h of read English, then 960 h with transcripts"),
        _on_hub("facebook/hubert-xlarge-ls960-ft", "60,000 h of read English, then 960 h with transcripts"),
        _on_hub("superb/hubert-base-superb-ks", "960 h of read English, then spoken commands"),
    )


CHECKPOINTS: tuple[CheckpointSpec, ...] = registry()
"""The checkpoints on offer when this package was imported."""


def on_hub(name: str, is_public: bool = False) -> CheckpointSpec | None:
    """The checkpoint of a repository on the hub, whether there is one or not.

    Args:
        name: `owner/name`, or `owner/name@revision`.
        is_public: As of `HubRepository`.

    Returns:
        None if the name is not written like that.
    """
    found = _HUB_NAME.fullmatch(name)
    if found is None:
        return None
    repository = HubRepository(found["repo_id"], found["revision"] or "main", is_public)
    known = {spec.name: spec for spec in CHECKPOINTS}.get(repository.repo_id)
    if known is not None:
        return replace(known, name=name, title=name, source=repository)
    return CheckpointSpec(name, name, repository)


def resolve(checkpoint: str | Path | CheckpointSpec) -> CheckpointSpec:
    """The registered checkpoint of that name, or one for a local directory or a repository on the hub.

    Raises:
        CheckpointError: If it is none of them.
    """
    if isinstance(checkpoint, CheckpointSpec):
        return checkpoint
    specs = {spec.name: spec for spec in CHECKPOINTS}
    if str(checkpoint) in specs:
        return specs[str(checkpoint)]
    directory = Path(checkpoint)
    if directory.is_dir():
        name = directory.resolve().name
        language_model = directory / LANGUAGE_MODEL_NAME
        found = language_model if language_model.exists() else None
        return CheckpointSpec(name, name, directory, language_model=found)
    repository = on_hub(str(checkpoint))
    if repository is not None:
        return repository
    raise CheckpointError(
        f"Checkpoint {str(checkpoint)!r} is neither registered nor a directory; choose {', '.join(specs)}, "
        "or give a directory that save_pretrained wrote, or the name of a repository on the hub (owner/name)."
    )


def offer(checkpoints: Iterable[str | Path | CheckpointSpec]) -> tuple[CheckpointSpec, ...]:
    """The registry and further checkpoints, each under a name of its own.

    Args:
        checkpoints: Directories, names of repositories on the hub, or names that are registered anyway.

    Raises:
        CheckpointError: If one is neither.
    """
    offered = {spec.name: spec for spec in CHECKPOINTS}
    for spec in map(resolve, checkpoints):
        if spec in offered.values():
            continue
        name, number = spec.name, 2
        while name in offered:
            name, number = f"{spec.name} ({number})", number + 1
        offered[name] = replace(spec, name=name, title=name if name != spec.name else spec.title)
    return tuple(offered.values())
