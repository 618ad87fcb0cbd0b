"""Fetching a checkpoint's files, and loading it with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hubert_demo.checkpoints.decoding import DECODING_NAME, DecodingWeights
from hubert_demo.checkpoints.specs import CheckpointSpec
from hubert_demo.deprecation import Renamed
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
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.weights import weight_files

# What is read of a repository where it is there.
_OTHER_FILES = ("vocab.json", "tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True, eq=False)
class LoadedCheckpoint:
    """A checkpoint ready to run; read-only, in eval mode.

    Attributes:
        spec: Where it came from.
        encoder: The encoder, which every checkpoint has.
        ctc_model: The encoder with its CTC head, None where none was trained.
        feature_extractor: Makes the encoder's input.
        tokenizer: Reads the CTC head's output; None without one.
        keyword_head: Frame-wise keyword classifier, None where none was trained.
        decoding: Weights of beam search with a language model, None where none were chosen for this encoder.
    """

    spec: CheckpointSpec
    encoder: HubertModel
    ctc_model: HubertForCTC | None
    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer | None
    keyword_head: KeywordHead | None
    decoding: DecodingWeights | None = None

    @property
    def num_parameters(self) -> int:
        """Weights of the encoder and its heads."""
        modules = [self.ctc_model or self.encoder, self.keyword_head]
        return sum(weights.numel() for module in modules if module for weights in module.parameters())

    model = Renamed("ctc_model")

    @property
    def num_bytes(self) -> int:
        """Memory that the weights take."""
        return self.num_parameters * self.encoder.dtype.itemsize


def fetch(spec: CheckpointSpec, progress: Progress | None = None) -> Path:
    """The folder of a checkpoint's files. What was fetched from the hub once is used without asking again.

    Args:
        spec: The checkpoint.
        progress: Told how far each file is that has to be fetched.

    Raises:
        CheckpointError: If a file cannot be had.
    """
    return _folder_here(spec) or _folder_of(spec, progress=progress)


def is_here(spec: CheckpointSpec) -> bool:
    """Whether a checkpoint can be loaded without asking the hub."""
    return _folder_here(spec) is not None


def _folder_here(spec: CheckpointSpec) -> Path | None:
    """The folder of a checkpoint's files, if none of them has to be fetched."""
    try:
        return _folder_of(spec, local_files_only=True)
    except CheckpointError:
        return None


def _folder_of(spec: CheckpointSpec, **options: Any) -> Path:
    """The folder of a checkpoint's files, after they have all been found; options as of `CheckpointFiles`."""
    if isinstance(spec.source, Path):
        return spec.source
    files = CheckpointFiles(spec.source.repo_id, spec.source.revision, **options)
    folder = files.require("config.json").parent
    # The rest from the same commit, also if the branch moves on meanwhile.
    files = replace(files, revision=folder.name)
    files.require("preprocessor_config.json")
    for name in _OTHER_FILES:
        files.find(name)
    weight_files(files)
    return folder


def load(spec: CheckpointSpec, device: str = "cpu", progress: Progress | None = None) -> LoadedCheckpoint:
    """Read a checkpoint's files and move its weights to `device`.

    Its config.json says by `architectures` which head the checkpoint has: what other classes load it as would
    have a newly initialised head, and is never used.

    Args:
        spec: The checkpoint.
        device: Where its weights go.
        progress: Told how far each file is that has to be fetched.

    Raises:
        CheckpointError: If a file cannot be had, is damaged or does not fit.
    """
    folder = fetch(spec, progress)
    feature_extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    ctc_model: HubertForCTC | None = None
    tokenizer: Wav2Vec2CTCTokenizer | None = None
    keyword_head: KeywordHead | None = None
    architecture = _architecture(folder)
    if architecture == "HubertForCTC":
        ctc_model = HubertForCTC.from_pretrained(folder, require_head=True).to(device)
        tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder)
        encoder = ctc_model.hubert
    elif architecture == "HubertForSequenceClassification":
        classifier = HubertForSequenceClassification.from_pretrained(folder, require_head=True).to(device)
        keyword_head = KeywordHead.from_classifier(classifier).to(device)
        encoder = classifier.hubert
    else:
        encoder = HubertModel.from_pretrained(folder).to(device)
    if (folder / KeywordHead.settings_name).exists():
        keyword_head = KeywordHead.from_directory(folder).to(device)
        _refuse_another_encoder(folder / KeywordHead.settings_name, keyword_head.encoder, encoder)
    decoding: DecodingWeights | None = None
    if (folder / DECODING_NAME).exists():
        decoding = DecodingWeights.from_file(folder / DECODING_NAME)
        _refuse_another_encoder(folder / DECODING_NAME, decoding.encoder, encoder)
    return LoadedCheckpoint(spec, encoder, ctc_model, feature_extractor, tokenizer, keyword_head, decoding)


def _refuse_another_encoder(file: Path, taught_on: str | None, encoder: HubertModel) -> None:
    """What was taught on one encoder means nothing on another, however well the shapes fit."""
    if taught_on is None or taught_on == (own := encoder_fingerprint(encoder)):
        return
    raise CheckpointError(
        f"{file.name} in {file.parent.name} was made for another encoder ({taught_on}) than the one beside "
        f"it ({own}). Make it again for this one with `python -m hubert_demo.training`, or remove it."
    )


def _architecture(folder: Path) -> str:
    """Class that a checkpoint was saved from; if it does not say, a vocabulary means a CTC head."""
    stated = HubertConfig.from_pretrained(folder).extra.get("architectures") or []
    if stated:
        return str(stated[0])
    return "HubertForCTC" if (folder / "vocab.json").exists() else "HubertModel"
