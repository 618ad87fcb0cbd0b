"""`Wav2Vec2FeatureExtractor`: waveforms to normalised, padded model input."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, samples_to_float
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.batch import (
    Batch,
    PaddedLength,
    as_list,
    as_tensors,
    is_tensor,
    padded_length,
    rows_by_name,
)
from hubert_demo.model.files import (
    CheckpointFiles,
    read_json,
    shown_path,
    shown_value,
    write_json,
)
from hubert_demo.model.options import hub_options
from hubert_demo.model.upload import push_saved, repository_to_push

PREPROCESSOR_NAME = "preprocessor_config.json"
PROCESSOR_NAME = "processor_config.json"
_EPS = 1e-7
_MAX_RATE_HZ = 768_000
_MAX_PADDING = 1e30


class Wav2Vec2FeatureExtractor:
    """Scale each recording to zero mean and unit variance, and pad a batch on the right.

    The statistics never include the padding, whether or not a mask is returned.

    Args:
        feature_size: Always 1, a waveform.
        sampling_rate: Sampling rate of the speech that the checkpoint was trained on, in Hz.
        padding_value: What to pad with, after normalisation.
        return_attention_mask: Whether the model needs the mask (layer-norm models do, group-norm models
            were trained without it).
        do_normalize: Whether to normalise at all.
        padding_side: Always `"right"`: HuBERT's masks count from the left.
        **others: Kept, readable as attributes, and written back.

    Raises:
        InputError: If a value is of another kind.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2FeatureExtractor
    """

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16_000,
        padding_value: float = 0.0,
        return_attention_mask: bool = False,
        do_normalize: bool = True,
        padding_side: str = "right",
        **others: Any,
    ) -> None:
        self.feature_size, self.sampling_rate = feature_size, sampling_rate
        self.padding_value, self.padding_side = padding_value, padding_side
        self.return_attention_mask, self.do_normalize = return_attention_mask, do_normalize
        self.others = {name: value for name, value in others.items() if name not in _NOT_SETTINGS}
        for name, (is_allowed, allowed) in _ALLOWED.items():
            if not is_allowed(getattr(self, name)):
                raise InputError(f"{name} is {shown_value(getattr(self, name))}; it must be {allowed}.")

    def __getattr__(self, name: str) -> Any:
        # Only for what is no attribute of its own; `others` is none yet while a copy is being made.
        others = vars(self).get("others", {})
        if name not in others:
            raise AttributeError(f"Wav2Vec2FeatureExtractor has no attribute {name!r}")
        return others[name]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Wav2Vec2FeatureExtractor) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # Its settings can be changed.

    def __repr__(self) -> str:
        return f"Wav2Vec2FeatureExtractor {self.to_json_string()}"

    def __call__(
        self,
        raw_speech: npt.ArrayLike | Sequence[npt.ArrayLike],
        padding: bool | str = False,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
        sampling_rate: int | None = None,
    ) -> Batch:
        """Prepare one recording or a list of them.

        Args:
            raw_speech: One recording (samples,) as an array, a tensor or a list of numbers; or several, as a
                list of those or (batch, samples). Floats are used unchanged; integers are PCM and are scaled
                to -1..1.
            padding: `True` or `"longest"`, `"max_length"`, or `False` / `"do_not_pad"`.
            max_length: Samples to pad or truncate to.
            truncation: Cut recordings longer than `max_length`.
            pad_to_multiple_of: Round the padded length up to a multiple of this.
            return_attention_mask: Overrides the attribute of that name.
            return_tensors: `"pt"`, `"tf"`, `"np"` or None for a list of arrays.
            sampling_rate: Rate of the recordings in Hz; checked against the checkpoint's.

        Returns:
            `input_values` float32 (batch, samples) and, if asked for, `attention_mask` int32 of that shape.

        Raises:
            InputError: If the sampling rate is another one, a recording is not one channel of finite numbers,
                or the options contradict each other.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise InputError(
                f"Recording is sampled at {sampling_rate} Hz; this checkpoint needs {self.sampling_rate} Hz. "
                "Resample it."
            )
        rows = [_waveform(recording) for recording in _recordings(raw_speech)]
        length = padded_length(rows, padding, max_length, truncation, pad_to_multiple_of, "samples")
        rows = [row[: length.truncated] for row in rows]
        if self.do_normalize:
            rows = [(row - row.mean()) / np.sqrt(row.var() + _EPS) for row in rows]
        return self._batch(rows, length, return_attention_mask, return_tensors, {})

    def pad(
        self,
        processed_features: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        padding: bool | str = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
    ) -> Batch:
        """Pad recordings that `__call__` has prepared, as a data collator does.

        Args:
            processed_features: Examples with `input_values` (samples,), or one mapping to a list of those. An
                `attention_mask` among them is kept; whatever else they have stays as it is.
            padding: As in `__call__`, like all the arguments that follow.
            max_length: As in `__call__`.
            truncation: As in `__call__`.
            pad_to_multiple_of: As in `__call__`.
            return_attention_mask: As in `__call__`.
            return_tensors: As in `__call__`.
        """
        given = rows_by_name(processed_features, "input_values")
        rows = [_waveform(row) for row in given["input_values"]]
        length = padded_length(rows, padding, max_length, truncation, pad_to_multiple_of, "samples")
        rows = [row[: length.truncated] for row in rows]
        others = {name: each for name, each in given.items() if name != "input_values"}
        return self._batch(rows, length, return_attention_mask, return_tensors, others)

    def _batch(
        self,
        rows: list[FloatArray],
        length: PaddedLength,
        return_attention_mask: bool | None,
        return_tensors: str | None,
        others: dict[str, Sequence[Any]],
    ) -> Batch:
        batch: dict[str, list[Any]] = {"input_values": [length.pad(row, self.padding_value) for row in rows]}
        wants_mask = self.return_attention_mask if return_attention_mask is None else return_attention_mask
        given = others.pop("attention_mask", None)
        if wants_mask or (given is not None and return_attention_mask is None):
            masks = [np.ones(len(row)) for row in rows] if given is None else map(as_list, given)
            batch["attention_mask"] = [
                length.pad(np.asarray(mask, np.int32)[: length.truncated], 0) for mask in masks
            ]
        return as_tensors(batch | {name: list(each) for name, each in others.items()}, return_tensors)

    @property
    def model_input_names(self) -> list[str]:
        """Which parts of a batch the model takes."""
        return ["input_values", "attention_mask"]

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **options: Any
    ) -> Wav2Vec2FeatureExtractor:
        """Read `processor_config.json`, as transformers 5 writes it, or `preprocessor_config.json`.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **options: `revision` (branch, tag or commit of the repository), `subfolder` (of the directory or
                repository), `local_files_only` (do not ask the hub; use files fetched earlier), `cache_dir`
                (where to keep fetched files), `token` (access token for the hub); any other replaces what the
                file says.

        Raises:
            CheckpointError: If the file cannot be fetched or is damaged, or there is none.
        """
        where, overrides = hub_options(options)
        files = CheckpointFiles(pretrained_model_name_or_path, **where)
        path, values = _settings_of(files)
        if path is None:
            raise CheckpointError(
                f"{files.shown_name} has no {PREPROCESSOR_NAME} and no {PROCESSOR_NAME} with a feature "
                "extractor; save one beside the model with Wav2Vec2FeatureExtractor(…).save_pretrained."
            )
        return _checked(values, path, overrides)

    @staticmethod
    def is_in(files: CheckpointFiles) -> bool:
        """Whether a checkpoint has a file that `from_pretrained` can read."""
        return _settings_of(files)[0] is not None

    @classmethod
    def from_norm(cls, feat_extract_norm: str) -> Wav2Vec2FeatureExtractor:
        """The settings that checkpoints with such a front end are published with, for one without a file.

        16 kHz and normalised; with the mask under a layer norm. Under a group norm, which evens out level and
        offset itself, normalising hardly matters.
        """
        return cls(return_attention_mask=feat_extract_norm == "layer")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], **overrides: Any) -> Wav2Vec2FeatureExtractor:
        """From what `to_dict` gives, with some of it replaced."""
        values = {**values, **overrides}
        made = cls(**{name: values[name] for name in _ALLOWED if name in values})
        # Not as arguments: a file may call a setting by any name.
        made.others = {n: v for n, v in values.items() if n not in _ALLOWED and n not in _NOT_SETTINGS}
        return made

    @classmethod
    def from_json_file(cls, json_file: str | Path) -> Wav2Vec2FeatureExtractor:
        """Read a file that `to_json_file` wrote.

        Raises:
            CheckpointError: If it is damaged.
        """
        return _checked(read_json(Path(json_file)), Path(json_file), {})

    def to_dict(self) -> dict[str, Any]:
        """The settings, as they are in a preprocessor_config.json."""
        own = {name: getattr(self, name) for name in _ALLOWED}
        return {**self.others, **own, "feature_extractor_type": "Wav2Vec2FeatureExtractor"}

    def to_json_string(self) -> str:
        """The settings as JSON."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"

    def to_json_file(self, json_file_path: str | Path) -> None:
        """Write the settings into a file of this name."""
        write_json(Path(json_file_path), self.to_dict(), sort_keys=True)

    def save_pretrained(
        self, save_directory: str | Path, push_to_hub: bool = False, **push_options: Any
    ) -> list[str]:
        """Write `preprocessor_config.json`, as transformers reads it.

        Where a processor was saved before, the settings in its file, which come first, are replaced too.

        Args:
            save_directory: Created if it does not exist.
            push_to_hub: Also put the file on the hub, as `push_to_hub` does.
            **push_options: Those of `push_to_hub`; `repo_id` is the folder's name unless given.

        Returns:
            The path of the file.
        """
        repo_id = repository_to_push(save_directory, push_to_hub, push_options)
        path, processor = (Path(save_directory) / name for name in (PREPROCESSOR_NAME, PROCESSOR_NAME))
        self.to_json_file(path)
        if processor.is_file():
            write_json(
                processor, read_json(processor) | {"feature_extractor": self.to_dict()}, sort_keys=True
            )
        if repo_id is not None:
            self.push_to_hub(repo_id, **push_options)
        return [str(path)]

    def push_to_hub(self, repo_id: str, **options: Any) -> Any:
        """Save into a repository on the hub; options as of `push_saved`."""
        return push_saved(self.save_pretrained, repo_id, **options)


def _settings_of(files: CheckpointFiles) -> tuple[Path | None, dict[str, Any]]:
    """The file that describes a checkpoint's feature extractor, None if none does, and what it says."""
    path = files.find(PROCESSOR_NAME, optional=True)
    if path is not None:
        values = read_json(path).get("feature_extractor")
        if isinstance(values, dict):
            return path, values
        if values is not None:
            raise CheckpointError(
                f"feature_extractor is {shown_value(values)} in {shown_path(path)}; it must be an object."
            )
    path = files.find(PREPROCESSOR_NAME)
    return path, {} if path is None else read_json(path)


def _checked(values: Mapping[str, Any], path: Path, overrides: Mapping[str, Any]) -> Wav2Vec2FeatureExtractor:
    """A feature extractor from what a file says, which anybody may have written."""
    if values.get("padding_side", "right") != "right":
        raise CheckpointError(
            f"{shown_path(path)} pads on the {str(values['padding_side'])[:20]}; HuBERT's masks need padding "
            "on the right. Set padding_side to 'right'."
        )
    for name, (is_allowed, allowed) in _ALLOWED.items():
        if name in values and not is_allowed(values[name]):
            raise CheckpointError(
                f"{name} is {shown_value(values[name])} in {shown_path(path)}; it must be {allowed}."
            )
    return Wav2Vec2FeatureExtractor.from_dict(values, **overrides)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_rate(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_RATE_HZ


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MAX_PADDING


# What each setting may be, and how a message calls that.
_ALLOWED: dict[str, tuple[Callable[[object], bool], str]] = {
    "feature_size": (lambda value: value == 1, "1, a waveform"),
    "sampling_rate": (_is_rate, f"a whole number of hertz, at most {_MAX_RATE_HZ}"),
    "padding_value": (_is_finite, "a finite number"),
    "return_attention_mask": (_is_bool, "true or false"),
    "do_normalize": (_is_bool, "true or false"),
    "padding_side": (lambda value: value == "right", "'right', as HuBERT's masks need it"),
}

SETTING_NAMES = frozenset(_ALLOWED)
"""The settings that a feature extractor has."""

# Keys of the files that are no settings of a feature extractor.
_NOT_SETTINGS = {"feature_extractor_type", "processor_class"}


def _recordings(raw_speech: Any) -> Sequence[Any]:
    """The recordings in what a caller gave: one, a list of them, or an array (batch, samples)."""
    if isinstance(raw_speech, (list, tuple)):
        return raw_speech if len(raw_speech) > 0 and not np.isscalar(raw_speech[0]) else [raw_speech]
    return list(raw_speech) if getattr(raw_speech, "ndim", 1) == 2 else [raw_speech]


def _waveform(recording: Any) -> FloatArray:
    """One recording as float32 (samples,)."""
    array = recording.detach().cpu().numpy() if is_tensor(recording) else np.asarray(recording)
    if array.ndim != 1 or not array.size:
        raise InputError(
            f"A recording has shape {array.shape}; give one non-empty channel (samples,), or a list of them."
        )
    array = samples_to_float(array)
    if not np.isfinite(array).all():
        raise InputError("A recording has NaN or infinite samples; record or convert it again.")
    waveform: FloatArray = array.astype(np.float32)
    return waveform
