"""`HubertProcessor`: feature extractor and tokenizer of one checkpoint, together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from hubert_demo.model.feature_extractor import HubertFeatureExtractor
from hubert_demo.model.tokenizer import HubertCTCTokenizer


@dataclass(frozen=True)
class HubertProcessor:
    """Waveforms in, text out: the two ends of a CTC checkpoint.

    Attributes:
        feature_extractor: Makes the model's input.
        tokenizer: Reads the model's output.
    """

    feature_extractor: HubertFeatureExtractor
    tokenizer: HubertCTCTokenizer

    def __call__(
        self, audio: np.ndarray | Sequence[np.ndarray], sampling_rate: int | None = None
    ) -> dict[str, Tensor]:
        """Model input of recordings; see `HubertFeatureExtractor.__call__`."""
        return self.feature_extractor(audio, sampling_rate)

    def batch_decode(self, token_ids: Iterable[Iterable[int]]) -> list[str]:
        """Texts of a batch of CTC outputs (batch, frames)."""
        return [self.tokenizer.decode(row) for row in token_ids]

    @classmethod
    def from_pretrained(cls, directory: str | Path) -> HubertProcessor:
        """Read both parts of a checkpoint directory.

        Raises:
            CheckpointError: If a file is missing or damaged.
        """
        return cls(
            HubertFeatureExtractor.from_pretrained(directory), HubertCTCTokenizer.from_pretrained(directory)
        )

    def save_pretrained(self, directory: str | Path) -> None:
        """Write both parts."""
        self.feature_extractor.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)
