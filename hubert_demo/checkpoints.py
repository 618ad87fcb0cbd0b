"""The registry of checkpoints, and loading one of them with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from hubert_demo.errors import CheckpointError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertForSequenceClassification,
    HubertModel,
    KeywordHead,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)
from hubert_demo.model.files import CheckpointFiles, Progress
from hubert_demo.model.pretrained import weight_files

DEFAULT_CHECKPOINT = "hubert-explorer"
PRETRAINED_CHECKPOINT = "hubert-explorer-pretrained"
LANGUAGE_MODEL_NAME = "language_model.npz"

_NOT_STATED = "not stated"
# What is read of a repository where it is there.
_OTHER_FILES = ("vocab.json", "tokenizer_config.json", "special_tokens_map.json")

_PACKAGE_DIR = Path(__file__).resolve().parent
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
    """

    repo_id: str
    revision: str = "main"


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
        keyword_companion: Name of the checkpoint that tells the keywords where this one has no keyword head.
    """

    name: str
    title: str
    source: Path | HubRepository
    trained_on: str
    licence: str
    language_model: Path | None = None
    ctc_companion: str = DEFAULT_CHECKPOINT
    keyword_companion: str = DEFAULT_CHECKPOINT


@dataclass(frozen=True, eq=False)
class LoadedCheckpoint:
    """A checkpoint ready to run; read-only, in eval mode.

    Attributes:
        spec: Where it came from.
        encoder: The encoder, which every checkpoint has.
        model: The encoder with its CTC head, None where none was trained.
        feature_extractor: Makes the encoder's input.
        tokenizer: Reads the CTC head's output; None without one.
        keyword_head: Frame-wise keyword classifier, None where none was trained.
    """

    spec: CheckpointSpec
    encoder: HubertModel
    model: HubertForCTC | None
    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer | None
    keyword_head: KeywordHead | None

    @property
    def num_parameters(self) -> int:
        """Weights of the encoder and its heads."""
        heads = [] if self.keyword_head is None else list(self.keyword_head.parameters())
        return sum(parameter.numel() for parameter in [*(self.model or self.encoder).parameters(), *heads])

    @property
    def num_bytes(self) -> int:
        """Memory that the weights take."""
        return self.num_parameters * self.encoder.dtype.itemsize


def _embedded(
    name: str, title: str, trained_on: str, language_model: Path | None = None
) -> tuple[CheckpointSpec, ...]:
    """A checkpoint under `assets/`; none where its folder is missing."""
    folder = ASSETS_DIR / name
    spec = CheckpointSpec(name, title, folder, trained_on, "CC BY 4.0", language_model)
    return (spec,) if folder.is_dir() or name == DEFAULT_CHECKPOINT else ()


def _on_hub(repo_id: str, trained_on: str, licence: str = "Apache 2.0") -> CheckpointSpec:
    return CheckpointSpec(repo_id, repo_id, HubRepository(repo_id), trained_on, licence)


def registry() -> tuple[CheckpointSpec, ...]:
    """The checkpoints on offer, the default one first; adding one is one entry here.

    Companions are the embedded checkpoint, which is small and needs no network.
    """
    return (
        *_embedded(
            DEFAULT_CHECKPOINT,
            "HuBERT Explorer, small English",
            "14 h of English: read aloud, spelled, ordered, single words, synthetic voices",
            ASSETS_DIR / DEFAULT_CHECKPOINT / LANGUAGE_MODEL_NAME,
        ),
        *_embedded(
            PRETRAINED_CHECKPOINT,
            "HuBERT Explorer, before fine-tuning",
            "14 h of English without texts, distilled from Whisper-base units",
        ),
        _on_hub("facebook/hubert-base-ls960", "960 h of read English, without texts"),
        _on_hub("facebook/hubert-large-ls960-ft", "60,000 h of read English, then 960 h with texts"),
        _on_hub("facebook/hubert-xlarge-ls960-ft", "60,000 h of read English, then 960 h with texts"),
        _on_hub("superb/hubert-base-superb-ks", "960 h of read English, then spoken commands"),
    )


CHECKPOINTS: tuple[CheckpointSpec, ...] = registry()
"""The checkpoints on offer when this package was imported."""


def resolve(checkpoint: str | Path | CheckpointSpec) -> CheckpointSpec:
    """The registered checkpoint of that name, or one for a local directory.

    Raises:
        CheckpointError: If it is neither.
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
        return CheckpointSpec(
            name,
            name,
            directory,
            _NOT_STATED,
            _NOT_STATED,
            language_model if language_model.exists() else None,
        )
    raise CheckpointError(
        f"Checkpoint {str(checkpoint)!r} is neither registered nor a directory; "
        f"choose {', '.join(specs)} or give a directory that save_pretrained wrote."
    )


def offer(checkpoints: Iterable[str | Path | CheckpointSpec]) -> tuple[CheckpointSpec, ...]:
    """The registry and further checkpoints, each under a name of its own.

    Args:
        checkpoints: Directories, or names that are registered anyway.

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


def fetch(spec: CheckpointSpec, progress: Progress | None = None) -> Path:
    """The folder of a checkpoint's files. What was fetched from the hub once is used without asking again.

    Args:
        spec: The checkpoint.
        progress: Told how far each file is that has to be fetched.

    Raises:
        CheckpointError: If a file cannot be had.
    """
    if isinstance(spec.source, Path):
        return spec.source
    files = CheckpointFiles(spec.source.repo_id, spec.source.revision, progress=progress)
    try:
        return _folder_of(replace(files, local_files_only=True))
    except CheckpointError:
        return _folder_of(files)


def _folder_of(files: CheckpointFiles) -> Path:
    """The folder of a repository's files, after they have all been found."""
    folder = files.require("config.json").parent
    # The rest from the same commit, also if the branch moves on meanwhile.
    files = replace(files, revision=folder.name)
    files.require("preprocessor_config.json")
    for name in _OTHER_FILES:
        files.find(name)
    weight_files(files)
    return folder


def is_here(spec: CheckpointSpec) -> bool:
    """Whether a checkpoint can be loaded without asking the hub."""
    if isinstance(spec.source, Path):
        return True
    files = CheckpointFiles(spec.source.repo_id, spec.source.revision, local_files_only=True)
    try:
        _folder_of(files)
    except CheckpointError:
        return False
    return True


def load(spec: CheckpointSpec, device: str = "cpu", progress: Progress | None = None) -> LoadedCheckpoint:
    """Read a checkpoint's files and move its weights to `device`.

    Its config.json says by `architectures` which head the checkpoint has: what other classes load it as would
    have a newly initialised head, and is never used.

    Args:
        spec: The checkpoint.
        device: Where its weights shall be.
        progress: Told how far each file is that has to be fetched.

    Raises:
        CheckpointError: If a file cannot be had, is damaged or does not fit.
    """
    folder = fetch(spec, progress)
    feature_extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    model: HubertForCTC | None = None
    tokenizer: Wav2Vec2CTCTokenizer | None = None
    keyword_head: KeywordHead | None = None
    architecture = _architecture(folder)
    if architecture == "HubertForCTC":
        model = HubertForCTC.from_pretrained(folder, require_head=True).to(device)
        tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder)
        encoder = model.hubert
    elif architecture == "HubertForSequenceClassification":
        classifier = HubertForSequenceClassification.from_pretrained(folder, require_head=True).to(device)
        keyword_head = KeywordHead.of_classifier(classifier).to(device)
        encoder = classifier.hubert
    else:
        encoder = HubertModel.from_pretrained(folder).to(device)
    if (folder / KeywordHead.settings_name).exists():
        keyword_head = KeywordHead.load(folder).to(device)
    return LoadedCheckpoint(spec, encoder, model, feature_extractor, tokenizer, keyword_head)


def _architecture(folder: Path) -> str:
    """Class that a checkpoint was saved from; where it does not say, a vocabulary tells a CTC head."""
    stated = HubertConfig.from_pretrained(folder).extra.get("architectures") or []
    if stated:
        return str(stated[0])
    return "HubertForCTC" if (folder / "vocab.json").exists() else "HubertModel"
