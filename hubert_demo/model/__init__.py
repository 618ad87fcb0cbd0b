"""HuBERT in PyTorch, compatible with Hugging Face checkpoints in both directions.

Importing this package is cheap: each name is loaded when it is first used, and only the models need torch.
"""

from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.model.auto import AutoConfig as AutoConfig
    from hubert_demo.model.auto import AutoFeatureExtractor as AutoFeatureExtractor
    from hubert_demo.model.auto import AutoModel as AutoModel
    from hubert_demo.model.auto import AutoModelForAudioClassification as AutoModelForAudioClassification
    from hubert_demo.model.auto import AutoModelForCTC as AutoModelForCTC
    from hubert_demo.model.auto import AutoProcessor as AutoProcessor
    from hubert_demo.model.auto import AutoTokenizer as AutoTokenizer
    from hubert_demo.model.config import HubertConfig as HubertConfig
    from hubert_demo.model.encoder import HubertModel as HubertModel
    from hubert_demo.model.feature_extractor import Wav2Vec2FeatureExtractor as Wav2Vec2FeatureExtractor
    from hubert_demo.model.heads import HubertForCTC as HubertForCTC
    from hubert_demo.model.heads import HubertForSequenceClassification as HubertForSequenceClassification
    from hubert_demo.model.keyword_head import KeywordHead as KeywordHead
    from hubert_demo.model.processor import Wav2Vec2Processor as Wav2Vec2Processor
    from hubert_demo.model.tokenizer import Wav2Vec2CTCTokenizer as Wav2Vec2CTCTokenizer

_HOMES = {
    "AutoConfig": "auto",
    "AutoFeatureExtractor": "auto",
    "AutoModel": "auto",
    "AutoModelForAudioClassification": "auto",
    "AutoModelForCTC": "auto",
    "AutoProcessor": "auto",
    "AutoTokenizer": "auto",
    "HubertConfig": "config",
    "HubertForCTC": "heads",
    "HubertForSequenceClassification": "heads",
    "HubertModel": "encoder",
    "KeywordHead": "keyword_head",
    "Wav2Vec2CTCTokenizer": "tokenizer",
    "Wav2Vec2FeatureExtractor": "feature_extractor",
    "Wav2Vec2Processor": "processor",
}

__all__ = list(_HOMES)

__getattr__ = hand_out(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
