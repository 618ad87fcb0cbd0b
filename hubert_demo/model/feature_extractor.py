"""`Wav2Vec2FeatureExtractor`: waveforms to normalised, padded model input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray, samples_to_float
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.batch import Batch, PaddedLength, as_tensors, is_tensor, padded_length, rows_of
from hubert_demo.model.files import CheckpointFiles, HubOptions, read_json, shown_value, write_json

PREPROCESSOR_NAME = "preprocessor_config.json"
_EPS = 1e-7
_MAX_RATE_HZ = 768_000
_MAX_PADDING = 1e30


@dataclass(frozen=True)
class Wav2Vec2FeatureExtractor:
    """Scale each recording to zero mean and unit variance, and pad a batch on the right.

    The statistics never include the padding, whether or not a mask is returned.

    Attributes:
        feature_size: Always 1, a waveform.
        sampling_rate: Sampling rate of the speech that the checkpoint was trained on, in Hz.
        padding_value: What to pad with, after normalisation.
        return_attention_mask: Whether the model needs the mask (layer-norm models do, group-norm models
            were trained without it).
        do_normalize: Whether to normalise at all.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2FeatureExtractor
    """

    feature_size: int = 1
    sampling_rate: int = 16_000
    padding_value: float = 0.0
    return_attention_mask: bool = False
    do_normalize: bool = True

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
            raw_speech: One recording (samples,) as an array, a tensor or a list of numbers; or a list of
                recordings. Floats are used unchanged; integers are PCM and are scaled to -1..1.
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
        recordings = raw_speech if _is_batch(raw_speech) else [raw_speech]
        assert isinstance(recordings, Sequence)
        rows = [_waveform(recording) for recording in recordings]
        length = padded_length(rows, padding, max_length, truncation, pad_to_multiple_of, "samples")
        rows = [row[: length.truncated] for row in rows]
        if self.do_normalize:
            rows = [(row - row.mean()) / np.sqrt(row.var() + _EPS) for row in rows]
        return self._batch(rows, length, return_attention_mask, return_tensors)

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
            processed_features: Examples with `input_values` (samples,), or one mapping to a list of those.
            padding: As in `__call__`, like all the arguments that follow.
            max_length: As in `__call__`.
            truncation: As in `__call__`.
            pad_to_multiple_of: As in `__call__`.
            return_attention_mask: As in `__call__`.
            return_tensors: As in `__call__`.
        """
        rows = [_waveform(row) for row in rows_of(processed_features, "input_values")]
        length = padded_length(rows, padding, max_length, truncation, pad_to_multiple_of, "samples")
        rows = [row[: length.truncated] for row in rows]
        return self._batch(rows, length, return_attention_mask, return_tensors)

    def _batch(
        self,
        rows: list[FloatArray],
        length: PaddedLength,
        return_attention_mask: bool | None,
        return_tensors: str | None,
    ) -> Batch:
        batch: dict[str, list[Any]] = {"input_values": [length.pad(row, self.padding_value) for row in rows]}
        wants_mask = self.return_attention_mask if return_attention_mask is None else return_attention_mask
        if wants_mask:
            batch["attention_mask"] = [length.pad(np.ones(len(row), np.int32), 0) for row in rows]
        return as_tensors(batch, return_tensors)

    @property
    def model_input_names(self) -> list[str]:
        """Which parts of a batch the model takes."""
        return ["input_values", "attention_mask"]

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **hub_options: Unpack[HubOptions]
    ) -> Wav2Vec2FeatureExtractor:
        """Read `preprocessor_config.json`; keys that are not attributes of this class are ignored.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **hub_options: `revision` (branch, tag or commit of the repository), `local_files_only` (do not
                ask the hub; use files fetched earlier), `cache_dir` (where to keep fetched files), `token`
                (access token for the hub).

        Raises:
            CheckpointError: If the file cannot be fetched or is damaged.
        """
        files = CheckpointFiles(pretrained_model_name_or_path, **hub_options)
        values = read_json(files.require(PREPROCESSOR_NAME))
        if values.get("padding_side", "right") != "right":
            raise CheckpointError(
                f"{files.shown_name} pads on the {str(values['padding_side'])[:20]}; HuBERT's masks "
                "need padding on the right. Set padding_side to 'right' in " + PREPROCESSOR_NAME + "."
            )
        known = {k: v for k, v in values.items() if k in cls.__dataclass_fields__}
        for name, value in known.items():
            is_allowed, allowed = _ALLOWED[name]
            if not is_allowed(value):
                raise CheckpointError(
                    f"{name} is {shown_value(value)} in {PREPROCESSOR_NAME} of {files.shown_name}; it must "
                    f"be {allowed}."
                )
        return cls(**known)

    def save_pretrained(self, save_directory: str | Path) -> None:
        """Write `preprocessor_config.json`, as transformers reads it."""
        values = {
            **asdict(self),
            "feature_extractor_type": "Wav2Vec2FeatureExtractor",
            "padding_side": "right",
        }
        write_json(Path(save_directory) / PREPROCESSOR_NAME, values, sort_keys=True)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_rate(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_RATE_HZ


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MAX_PADDING


# What a preprocessor_config.json may say of each attribute, and how a message calls that.
_ALLOWED: dict[str, tuple[Callable[[object], bool], str]] = {
    "feature_size": (lambda value: value == 1, "1, a waveform"),
    "sampling_rate": (_is_rate, f"a whole number of hertz, at most {_MAX_RATE_HZ}"),
    "padding_value": (_is_finite, "a finite number"),
    "return_attention_mask": (_is_bool, "true or false"),
    "do_normalize": (_is_bool, "true or false"),
}


def _is_batch(raw_speech: Any) -> bool:
    """Whether this is a list of recordings rather than one."""
    if not isinstance(raw_speech, (list, tuple)):
        return False
    return len(raw_speech) > 0 and not np.isscalar(raw_speech[0])


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
