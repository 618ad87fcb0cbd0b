"""Fetching a checkpoint's files, and loading it with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.checkpoints.confidence import CONFIDENCE_NAME, ConfidenceCurve
from hubert_demo.checkpoints.decoding import DECODING_NAME, DecodingWeights
from hubert_demo.checkpoints.downloads import require_fit_for_download
from hubert_demo.checkpoints.specs import CheckpointSpec, HubRepository
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import CheckpointError, ConfigError, DamagedFileError, InputError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertForSequenceClassification,
    HubertModel,
    KeywordHead,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)
from hubert_demo.model.config import CONFIG_NAME
from hubert_demo.model.faults import machine_faults
from hubert_demo.model.feature_extractor import PREPROCESSOR_NAME, PROCESSOR_NAME
from hubert_demo.model.files import (
    CheckpointFiles,
    Progress,
    read_json,
    shown_folder,
    shown_text,
    shown_value,
)
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.labels import settled_labels
from hubert_demo.model.readouts import READOUTS_NAME, Readouts
from hubert_demo.model.sound_decoders import DECODERS_NAME, SoundDecoders
from hubert_demo.model.tokenizer import ADDED_TOKENS_NAME, VOCAB_NAME
from hubert_demo.model.weights import weight_files

COMMANDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
"""What keyword spotters are trained to hear: the ten commands of Speech Commands."""

_KEYWORD_CLASSES = {*COMMANDS, "_unknown_", "_silence_"}

MIN_HOP_S, MAX_HOP_S = 0.005, 1.0
"""How far the frames of a checkpoint may be apart: published HuBERTs have 0.02 s."""

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
        classifier_head: Likewise, of a classifier whose classes are not the commands; None where there is
            none.
        decoding: Weights of beam search with a language model, None where none were chosen for this encoder.
        confidence: How often words are right, by the probabilities of their letters; None where that was not
            fitted.
        notes: What its files leave open or say twice, and how that was read; a sentence each.
        readouts: What reads every layer, None where it was not taught for this encoder.
        read_sound_decoders: Reads what makes sound of every layer; None where there is nothing to read.
        sound_decoders_bytes: Memory that it takes once it is read.
    """

    spec: CheckpointSpec
    encoder: HubertModel
    ctc_model: HubertForCTC | None
    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer | None
    keyword_head: KeywordHead | None
    decoding: DecodingWeights | None = None
    confidence: ConfidenceCurve | None = None
    classifier_head: KeywordHead | None = None
    notes: tuple[str, ...] = ()
    readouts: Readouts | None = None
    read_sound_decoders: Callable[[], SoundDecoders] | None = None
    sound_decoders_bytes: int = 0

    @cached_property
    def sound_decoders(self) -> SoundDecoders | None:
        """What makes sound of every layer, read when it is first asked for; None where it was not taught.

        Raises:
            CheckpointError: If its file is damaged, or was made for another encoder.
            MachineError: If the machine's memory or its graphics card fails.
        """
        if self.read_sound_decoders is None:
            return None
        with machine_faults(f"The sound of layers of {self.spec.title}"):
            return self.read_sound_decoders()

    @property
    def num_parameters(self) -> int:
        """Weights of the encoder and its heads."""
        modules = [self.ctc_model or self.encoder, self.keyword_head, self.classifier_head]
        return sum(weights.numel() for module in modules if module for weights in module.parameters())

    model = Renamed("ctc_model")

    @property
    def num_bytes(self) -> int:
        """Memory that the weights take, with those of what reads its layers and makes sound of them."""
        of_readouts = self.readouts.parameters() if self.readouts else ()
        num_weights = self.num_parameters + sum(weights.numel() for weights in of_readouts)
        return num_weights * self.encoder.dtype.itemsize + self.sound_decoders_bytes


def fetch(spec: CheckpointSpec, progress: Progress | None = None) -> Path:
    """The folder of a checkpoint's files. What was fetched from the hub once is used without asking again.

    Args:
        spec: The checkpoint.
        progress: Told how far each file is that has to be fetched.

    Raises:
        CheckpointError: If a file cannot be had.
    """
    return _folder_here(spec) or _folder_of(spec, progress=progress)


def examine(spec: CheckpointSpec) -> None:
    """Ask the hub whether a checkpoint is a HuBERT that this machine can load, before it is downloaded.

    Args:
        spec: The checkpoint; one in a folder is not looked at.

    Raises:
        CheckpointError: If there is no such repository, or it is no HuBERT, or too large.
    """
    if isinstance(spec.source, HubRepository):
        with _forgetting_what_is_damaged(spec):
            require_fit_for_download(_on_hub(spec.source))


def _on_hub(repository: HubRepository, **options: Any) -> CheckpointFiles:
    if repository.is_public:
        options["token"] = False
    return CheckpointFiles(repository.repo_id, repository.revision, is_on_hub=True, **options)


@contextmanager
def _forgetting_what_is_damaged(spec: CheckpointSpec) -> Iterator[None]:
    """The hub has it whole: what is thrown away here is fetched when the checkpoint is next chosen."""
    try:
        yield
    except DamagedFileError as error:
        if isinstance(spec.source, Path):
            raise
        _forget(error.path)
        raise CheckpointError(f"{error} Choosing it again does that.") from error


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
        if not spec.source.is_dir():
            raise CheckpointError(f"The folder of {spec.name} no longer exists; choose another checkpoint.")
        return spec.source
    files = _on_hub(spec.source, **options)
    folder = files.require("config.json").parent
    # The rest from the same commit, also if the branch moves on meanwhile.
    files = replace(files, revision=folder.name)
    if not files.local_files_only:
        require_fit_for_download(files)
    # Transformers 5 writes the second of these, older versions the first; either one is enough.
    has_older = files.find(PREPROCESSOR_NAME) is not None
    files.find(PROCESSOR_NAME, optional=has_older)
    for name in _OTHER_FILES:
        files.find(name)
    files.find(ADDED_TOKENS_NAME, optional=True)
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
        MachineError: If the machine's memory or its graphics card fails.
    """
    with _forgetting_what_is_damaged(spec):
        folder = fetch(spec, progress)
        try:
            with machine_faults(spec.title):
                loaded = _read(spec, folder, device)
            _require_fit(loaded)
        except (ConfigError, InputError) as error:
            raise CheckpointError(f"{spec.name} cannot be loaded. {error}") from error
    return loaded


def _read(spec: CheckpointSpec, folder: Path, device: str) -> LoadedCheckpoint:
    """What the files in a folder hold."""
    files = CheckpointFiles(folder)
    notes = []
    ctc_model: HubertForCTC | None = None
    tokenizer: Wav2Vec2CTCTokenizer | None = None
    keyword_head: KeywordHead | None = None
    classifier_head: KeywordHead | None = None
    architecture = _architecture(folder)
    if architecture == "HubertForCTC":
        ctc_model = HubertForCTC.from_pretrained(folder, require_head=True).to(device)
        encoder = ctc_model.hubert
        if files.find(VOCAB_NAME) is None:
            ctc_model = None
            notes.append(
                f"{spec.title} has no {VOCAB_NAME}, so it is unknown which letters its CTC head writes."
            )
        else:
            tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder)
    elif architecture == "HubertForSequenceClassification":
        classifier = HubertForSequenceClassification.from_pretrained(folder, require_head=True).to(device)
        head = KeywordHead.from_classifier(classifier).to(device)
        if _KEYWORD_CLASSES.issuperset(head.labels):
            keyword_head = head
        else:
            classifier_head = head
        encoder = classifier.hubert
        _, note = settled_labels(read_json(files.require(CONFIG_NAME)))
        notes += [] if note is None else [f"{spec.title}: {note}"]
    else:
        encoder = HubertModel.from_pretrained(folder).to(device)
    if Wav2Vec2FeatureExtractor.is_in(files):
        feature_extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    else:
        feature_extractor = Wav2Vec2FeatureExtractor.from_norm(encoder.config.feat_extract_norm)
        notes.append(
            f"{spec.title} does not say what audio it expects; 16 kHz, scaled to zero mean and unit "
            "variance, is assumed."
        )

    @cache
    def fingerprint() -> str:
        return encoder_fingerprint(encoder)

    if (folder / KeywordHead.settings_name).exists():
        keyword_head = KeywordHead.from_directory(folder).to(device)
        _refuse_another_encoder(folder / KeywordHead.settings_name, keyword_head.encoder, fingerprint)
    decoding: DecodingWeights | None = None
    if (folder / DECODING_NAME).exists():
        decoding = DecodingWeights.from_file(folder / DECODING_NAME)
        _refuse_another_encoder(folder / DECODING_NAME, decoding.encoder, fingerprint)
    confidence: ConfidenceCurve | None = None
    if (folder / CONFIDENCE_NAME).exists():
        confidence = ConfidenceCurve.from_file(folder / CONFIDENCE_NAME)
        _refuse_another_encoder(folder / CONFIDENCE_NAME, confidence.encoder, fingerprint)
    config = encoder.config
    readouts: Readouts | None = None
    if ctc_model is not None and (folder / READOUTS_NAME).exists():
        readouts = Readouts.from_directory(folder).to(device)
        _refuse_another_encoder(folder / READOUTS_NAME, readouts.origin.encoder, fingerprint)
        readouts.require_fit(config.num_hidden_layers + 1, config.hidden_size, config.vocab_size)
    decoders_file = folder / DECODERS_NAME
    has_decoders = decoders_file.exists()

    def read_sound_decoders() -> SoundDecoders:
        decoders = SoundDecoders.from_directory(folder).to(device)
        _refuse_another_encoder(decoders_file, decoders.origin.encoder, fingerprint)
        decoders.require_fit(config.num_hidden_layers + 1, config.hidden_size)
        return decoders

    return LoadedCheckpoint(
        spec,
        encoder,
        ctc_model,
        feature_extractor,
        tokenizer,
        keyword_head,
        decoding,
        confidence,
        classifier_head,
        notes=tuple(notes),
        readouts=readouts,
        read_sound_decoders=read_sound_decoders if has_decoders else None,
        # They are stored in half precision.
        sound_decoders_bytes=2 * decoders_file.stat().st_size if has_decoders else 0,
    )


def _require_fit(loaded: LoadedCheckpoint) -> None:
    """Refuse parts that are sound each, but of different models."""
    config, tokenizer, head = loaded.encoder.config, loaded.tokenizer, loaded.keyword_head
    name = loaded.spec.name
    if config.num_hidden_layers < 1:
        raise CheckpointError(
            f"{name} has no layers, so there is nothing to show. Choose another checkpoint."
        )
    rate_hz = loaded.feature_extractor.sampling_rate
    if rate_hz != SAMPLE_RATE_HZ:
        raise CheckpointError(
            f"{name} was made for sound of {shown_value(rate_hz)} Hz; every recording is turned into one of "
            f"{SAMPLE_RATE_HZ} Hz here. Choose another checkpoint."
        )
    hop_s = config.inputs_to_logits_ratio / rate_hz
    if not MIN_HOP_S <= hop_s <= MAX_HOP_S:
        raise CheckpointError(
            f"{name} has strides of {shown_value(config.conv_stride)}; its frames must be {MIN_HOP_S:g} to "
            f"{MAX_HOP_S:g} s apart. Choose another checkpoint."
        )
    if tokenizer is not None:
        if not tokenizer.encoder:
            raise CheckpointError(f"The vocabulary of {name} is empty. Fetch the checkpoint again.")
        highest = max(tokenizer.encoder.values())
        if highest >= config.vocab_size:
            raise CheckpointError(
                f"The vocabulary of {name} has ids up to {shown_value(highest)}, but its CTC head has only "
                f"{config.vocab_size} outputs. Fetch the checkpoint again."
            )
        needed = (tokenizer.pad_token, tokenizer.unk_token, tokenizer.word_delimiter_token)
        ids = tokenizer.get_vocab()
        if None in needed:
            raise CheckpointError(
                f"The tokenizer of {name} says of no token that it is the blank (pad_token), the unknown one "
                "(unk_token) or the end of a word (word_delimiter_token); a CTC head is read by all three."
            )
        without = [str(token) for token in needed if ids.get(token, config.vocab_size) >= config.vocab_size]
        if without:
            raise CheckpointError(
                f"The vocabulary of {name} lacks {', '.join(map(shown_text, without))}, without which a CTC "
                "head cannot be read. Fetch the checkpoint again."
            )
    if head is None:
        return
    taught_on = len(head.layer_weights), head.projector.in_features
    own = config.num_hidden_layers + 1, config.hidden_size
    if taught_on != own:
        raise CheckpointError(
            f"The keyword head of {name} was made for {taught_on[0]} layers of width {taught_on[1]}, but its "
            f"encoder has {own[0]} of width {own[1]}. Make it again for this encoder, or remove it."
        )


def _forget(path: Path) -> None:
    """Remove a fetched file; what the cache keeps it as is where its link leads."""
    for each in (path.resolve(), path):
        each.unlink(missing_ok=True)


def _refuse_another_encoder(file: Path, taught_on: str | None, fingerprint: Callable[[], str]) -> None:
    """What was taught on one encoder means nothing on another, however well the shapes fit."""
    if taught_on is None or taught_on == (own := fingerprint()):
        return
    raise CheckpointError(
        f"{file.name} in {shown_folder(file.parent)} was made for another encoder "
        f"({shown_text(taught_on, 32)}) than the one beside it ({own}). Make it again for this one with "
        "`python -m hubert_demo.training`, or remove it."
    )


def _architecture(folder: Path) -> str:
    """Class that a checkpoint was saved from; if it does not say, a vocabulary means a CTC head."""
    stated = HubertConfig.from_pretrained(folder).extra.get("architectures") or []
    if not isinstance(stated, list) or not all(isinstance(name, str) for name in stated):
        raise CheckpointError(
            f"architectures is {shown_value(stated)} in the config.json of {folder.name}; it must be a list "
            "of names, such as HubertForCTC."
        )
    if stated:
        return str(stated[0])
    return "HubertForCTC" if (folder / "vocab.json").exists() else "HubertModel"
