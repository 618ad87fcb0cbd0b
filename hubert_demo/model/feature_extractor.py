"""`HubertFeatureExtractor`: waveforms to normalised, padded model input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hubert_demo.errors import CheckpointError, InputError

PREPROCESSOR_NAME = "preprocessor_config.json"
_EPS = 1e-7


@dataclass(frozen=True)
class HubertFeatureExtractor:
    """Scale each recording to zero mean and unit variance, and pad a batch on the right.

    Attributes:
        sampling_rate: Rate that the checkpoint was trained at, in Hz.
        feature_size: Always 1, a waveform.
        padding_value: Value of padding, after normalisation.
        do_normalize: Whether to normalise at all.
        return_attention_mask: Whether the model wants the mask (layer-norm models do).
    """

    sampling_rate: int = 16_000
    feature_size: int = 1
    padding_value: float = 0.0
    do_normalize: bool = True
    return_attention_mask: bool = False

    def __call__(
        self,
        raw_speech: np.ndarray | Sequence[np.ndarray],
        sampling_rate: int | None = None,
        return_tensors: str = "pt",
        return_attention_mask: bool | None = None,
    ) -> dict[str, Tensor]:
        """Prepare one recording or a list of them.

        Args:
            raw_speech: Float array (samples,), or a list of such arrays.
            sampling_rate: Rate of the recordings in Hz; checked against the checkpoint's.
            return_tensors: Only `"pt"`.
            return_attention_mask: Overrides the checkpoint's choice.

        Returns:
            `input_values` float32 (batch, samples) and, if wanted, `attention_mask` int32 of that shape.

        Raises:
            InputError: If the rate differs, an array is not one-dimensional, or it is not floating point.
        """
        if sampling_rate is not None and sampling_rate != self.sampling_rate:
            raise InputError(
                f"Recording has {sampling_rate} Hz; this checkpoint needs {self.sampling_rate} Hz. "
                "Resample it."
            )
        if return_tensors != "pt":
            raise InputError(f"return_tensors={return_tensors!r} is not supported; use 'pt'.")
        recordings = [raw_speech] if isinstance(raw_speech, np.ndarray) else raw_speech
        rows = [self._prepare(recording) for recording in recordings]
        lengths = torch.tensor([len(row) for row in rows])
        values = torch.full((len(rows), int(lengths.max())), self.padding_value)
        for index, row in enumerate(rows):
            values[index, : len(row)] = row
        batch = {"input_values": values}
        wants_mask = self.return_attention_mask if return_attention_mask is None else return_attention_mask
        if wants_mask:
            batch["attention_mask"] = (torch.arange(values.shape[1]) < lengths[:, None]).int()
        return batch

    def _prepare(self, waveform: np.ndarray) -> Tensor:
        if waveform.ndim != 1 or not waveform.size:
            raise InputError(
                f"Recording has shape {waveform.shape}; give one non-empty channel (samples,), "
                "or a list of them."
            )
        if not np.issubdtype(waveform.dtype, np.floating):
            raise InputError(
                f"Recording is {waveform.dtype}; give floats between -1 and 1 (Waveform.from_array converts)."
            )
        x = np.asarray(waveform, dtype=np.float32)
        if self.do_normalize:
            x = (x - x.mean()) / np.sqrt(x.var() + _EPS)
        return torch.from_numpy(x)

    @classmethod
    def from_pretrained(cls, directory: str | Path) -> HubertFeatureExtractor:
        """Read `preprocessor_config.json`; its unknown keys do not matter here.

        Raises:
            CheckpointError: If the file is missing or not JSON.
        """
        path = Path(directory) / PREPROCESSOR_NAME
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path} cannot be read: {error}. Fetch the checkpoint again.") from error
        return cls(**{k: v for k, v in values.items() if k in cls.__dataclass_fields__})

    def save_pretrained(self, directory: str | Path) -> None:
        """Write `preprocessor_config.json` as transformers reads it."""
        values = {
            **asdict(self),
            "feature_extractor_type": "Wav2Vec2FeatureExtractor",
            "padding_side": "right",
        }
        Path(directory).mkdir(parents=True, exist_ok=True)
        text = json.dumps(values, indent=2, sort_keys=True) + "\n"
        (Path(directory) / PREPROCESSOR_NAME).write_text(text, encoding="utf-8")
