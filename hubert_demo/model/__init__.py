"""HuBERT in PyTorch, compatible with Hugging Face checkpoints in both directions."""

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
