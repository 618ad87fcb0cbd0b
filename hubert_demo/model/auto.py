"""The names that transformers has for "whatever class fits": here each stands for the one there is.

With them, an example of HuBERT's documentation differs only in the line that imports from transformers.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubert_demo.model.config import HubertConfig
from hubert_demo.model.feature_extractor import Wav2Vec2FeatureExtractor
from hubert_demo.model.files import CheckpointFiles
from hubert_demo.model.options import hub_options
from hubert_demo.model.processor import Wav2Vec2Processor
from hubert_demo.model.tokenizer import VOCAB_NAME, Wav2Vec2CTCTokenizer

if TYPE_CHECKING:
    from hubert_demo.model.pretrained import PretrainedModel

AutoConfig = HubertConfig
AutoFeatureExtractor = Wav2Vec2FeatureExtractor
AutoTokenizer = Wav2Vec2CTCTokenizer


class AutoProcessor:
    """`Wav2Vec2Processor`, or of a checkpoint that writes no text, `Wav2Vec2FeatureExtractor`."""

    @staticmethod
    def from_pretrained(
        pretrained_model_name_or_path: str | Path, **options: Any
    ) -> Wav2Vec2Processor | Wav2Vec2FeatureExtractor:
        """Read what prepares a checkpoint's input; options as of `Wav2Vec2Processor.from_pretrained`.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged.
        """
        where, _ = hub_options(options)
        has_text = CheckpointFiles(pretrained_model_name_or_path, **where).find(VOCAB_NAME) is not None
        kind = Wav2Vec2Processor if has_text else Wav2Vec2FeatureExtractor
        return kind.from_pretrained(pretrained_model_name_or_path, **options)


class _AutoModel:
    """One of the models; torch is loaded when it is first made."""

    home: tuple[str, str]

    @classmethod
    def _model(cls) -> type[PretrainedModel]:
        module, name = cls.home
        model: type[PretrainedModel] = getattr(import_module(f"hubert_demo.model.{module}"), name)
        return model

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> Any:
        """Load a checkpoint; options as of `HubertModel.from_pretrained`."""
        return cls._model().from_pretrained(pretrained_model_name_or_path, **options)

    @classmethod
    def from_config(cls, config: HubertConfig, **options: Any) -> Any:
        """A model with random weights; options are `attn_implementation` and `dtype`."""
        return cls._model()._from_config(config, **options)


class AutoModel(_AutoModel):
    """`HubertModel`."""

    home = ("encoder", "HubertModel")


class AutoModelForCTC(_AutoModel):
    """`HubertForCTC`."""

    home = ("heads", "HubertForCTC")


class AutoModelForAudioClassification(_AutoModel):
    """`HubertForSequenceClassification`."""

    home = ("heads", "HubertForSequenceClassification")
