"""HuBERT in PyTorch, compatible with Hugging Face checkpoints in both directions.

Importing this package is cheap: each name is loaded when it is first used, and only the models need torch.
"""

from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.model.config import HubertConfig
    from hubert_demo.model.encoder import HubertModel
    from hubert_demo.model.feature_extractor import Wav2Vec2FeatureExtractor
    from hubert_demo.model.heads import HubertForCTC, HubertForSequenceClassification, KeywordHead
    from hubert_demo.model.processor import Wav2Vec2Processor
    from hubert_demo.model.tokenizer import Wav2Vec2CTCTokenizer

__all__ = [
    "HubertConfig",
    "HubertForCTC",
    "HubertForSequenceClassification",
    "HubertModel",
    "KeywordHead",
    "Wav2Vec2CTCTokenizer",
    "Wav2Vec2FeatureExtractor",
    "Wav2Vec2Processor",
]

__getattr__ = hand_out(
    __name__,
    {
        "HubertConfig": "config",
        "HubertForCTC": "heads",
        "HubertForSequenceClassification": "heads",
        "HubertModel": "encoder",
        "KeywordHead": "heads",
        "Wav2Vec2CTCTokenizer": "tokenizer",
        "Wav2Vec2FeatureExtractor": "feature_extractor",
        "Wav2Vec2Processor": "processor",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
