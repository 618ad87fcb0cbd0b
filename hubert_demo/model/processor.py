"""`Wav2Vec2Processor`: the feature extractor and tokenizer of one checkpoint together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy.typing as npt

from hubert_demo.errors import InputError
from hubert_demo.model.batch import Batch
from hubert_demo.model.feature_extractor import Wav2Vec2FeatureExtractor
from hubert_demo.model.files import HubOptions
from hubert_demo.model.tokenizer import Wav2Vec2CTCTokenizer

_AUDIO_ONLY = {"sampling_rate"}


@dataclass(frozen=True)
class Wav2Vec2Processor:
    """Waveforms in, text out: the two ends of a CTC checkpoint.

    Attributes:
        feature_extractor: Makes the model's input.
        tokenizer: Makes labels from texts, and text from the model's output.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2Processor
    """

    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer

    def __call__(
        self,
        audio: npt.ArrayLike | Sequence[npt.ArrayLike] | None = None,
        text: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Batch:
        """Model input from recordings, labels from texts, or both.

        Args:
            audio: As `Wav2Vec2FeatureExtractor.__call__` takes it.
            text: As `Wav2Vec2CTCTokenizer.__call__` takes it.
            **options: Passed on to both; `sampling_rate` only to the feature extractor.

        Returns:
            The feature extractor's batch, the tokenizer's, or the feature extractor's with the texts' ids as
            `labels`.

        Raises:
            InputError: If neither is given.
        """
        if audio is None and text is None:
            raise InputError("Give the processor audio, text, or both.")
        text_options = {name: value for name, value in options.items() if name not in _AUDIO_ONLY}
        if audio is None:
            assert text is not None
            return self.tokenizer(text, **text_options)
        batch = self.feature_extractor(audio, **options)
        if text is not None:
            batch["labels"] = self.tokenizer(text, **text_options)["input_ids"]
        return batch

    def pad(self, input_features: Any = None, labels: Any = None, **options: Any) -> Batch:
        """Pad prepared recordings, encoded texts, or both; see `pad` of the two parts.

        Raises:
            InputError: If neither is given.
        """
        if input_features is None and labels is None:
            raise InputError("Give pad() input_features, labels, or both.")
        if input_features is None:
            return self.tokenizer.pad(labels, **options)
        batch = self.feature_extractor.pad(input_features, **options)
        if labels is not None:
            batch["labels"] = self.tokenizer.pad(labels, **options)["input_ids"]
        return batch

    def decode(self, token_ids: Any, **options: Any) -> Any:
        """`Wav2Vec2CTCTokenizer.decode`."""
        return self.tokenizer.decode(token_ids, **options)

    def batch_decode(self, sequences: Any, **options: Any) -> Any:
        """`Wav2Vec2CTCTokenizer.batch_decode`."""
        return self.tokenizer.batch_decode(sequences, **options)

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, **hub_options: Unpack[HubOptions]
    ) -> Wav2Vec2Processor:
        """Read both parts of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **hub_options: `revision`, `local_files_only`, `cache_dir`, `token`.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged.
        """
        return cls(
            Wav2Vec2FeatureExtractor.from_pretrained(pretrained_model_name_or_path, **hub_options),
            Wav2Vec2CTCTokenizer.from_pretrained(pretrained_model_name_or_path, **hub_options),
        )

    def save_pretrained(self, save_directory: str | Path) -> None:
        """Write both parts."""
        self.feature_extractor.save_pretrained(save_directory)
        self.tokenizer.save_pretrained(save_directory)
