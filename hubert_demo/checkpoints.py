"""The registry of checkpoints, and loading one of them with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForCTC, KeywordHead, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

DEFAULT_CHECKPOINT = "hubert-explorer"
LANGUAGE_MODEL_NAME = "language_model.npz"


_PACKAGE_DIR = Path(__file__).resolve().parent
ASSETS_DIR = next(
    (folder for folder in (_PACKAGE_DIR / "assets", _PACKAGE_DIR.parent / "assets") if folder.is_dir()),
    _PACKAGE_DIR / "assets",
)
"""The folder of embedded files: inside an installed package, beside it in a source tree."""


@dataclass(frozen=True)
class CheckpointSpec:
    """What the registry knows of a checkpoint before loading it.

    Attributes:
        name: Key in the registry.
        title: Shown to people.
        directory: Folder in transformers' layout, a keyword head beside it if there is one.
        trained_on: Its training data, in a few words.
        licence: Of the weights.
        language_model: File of a character model for its language, None where there is none.
    """

    name: str
    title: str
    directory: Path
    trained_on: str
    licence: str
    language_model: Path | None = None


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A checkpoint ready to run; read-only, in eval mode.

    Attributes:
        spec: Where it came from.
        model: Encoder and CTC head.
        feature_extractor: Makes the model's input.
        tokenizer: Reads the CTC head's output.
        keyword_head: Frame-wise keyword classifier, None where none was trained.
    """

    spec: CheckpointSpec
    model: HubertForCTC
    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer
    keyword_head: KeywordHead | None

    @property
    def num_parameters(self) -> int:
        """Weights of the encoder and its heads."""
        heads = [] if self.keyword_head is None else list(self.keyword_head.parameters())
        return sum(parameter.numel() for parameter in [*self.model.parameters(), *heads])


CHECKPOINTS: tuple[CheckpointSpec, ...] = (
    CheckpointSpec(
        name=DEFAULT_CHECKPOINT,
        title="HuBERT Explorer, small English",
        directory=ASSETS_DIR / DEFAULT_CHECKPOINT,
        trained_on="12 h of English: read aloud, spelled, single words, synthetic voices",
        licence="CC BY 4.0",
        language_model=ASSETS_DIR / DEFAULT_CHECKPOINT / LANGUAGE_MODEL_NAME,
    ),
)
"""The checkpoints on offer; adding one is one `CheckpointSpec` here."""


def resolve(name_or_path: str | Path) -> CheckpointSpec:
    """The registered checkpoint of that name, or one for a local directory.

    Raises:
        CheckpointError: If it is neither.
    """
    specs = {spec.name: spec for spec in CHECKPOINTS}
    if str(name_or_path) in specs:
        return specs[str(name_or_path)]
    directory = Path(name_or_path)
    if directory.is_dir():
        language_model = directory / LANGUAGE_MODEL_NAME
        return CheckpointSpec(
            directory.name,
            directory.name,
            directory,
            "not stated",
            "not stated",
            language_model if language_model.exists() else None,
        )
    raise CheckpointError(
        f"Checkpoint {str(name_or_path)!r} is neither registered nor a directory; "
        f"choose {', '.join(specs)} or give a directory that save_pretrained wrote."
    )


def load(spec: CheckpointSpec, device: str = "cpu") -> LoadedCheckpoint:
    """Read a checkpoint's files and move its weights to `device`.

    Raises:
        CheckpointError: If a file is missing, damaged or does not fit, or the CTC head was never trained.
    """
    has_keywords = (spec.directory / KeywordHead.settings_name).exists()
    return LoadedCheckpoint(
        spec=spec,
        model=HubertForCTC.from_pretrained(spec.directory, require_head=True).to(device),
        feature_extractor=Wav2Vec2FeatureExtractor.from_pretrained(spec.directory),
        tokenizer=Wav2Vec2CTCTokenizer.from_pretrained(spec.directory),
        keyword_head=KeywordHead.load(spec.directory).to(device) if has_keywords else None,
    )
