"""HuBERT in PyTorch, compatible with Hugging Face checkpoints in both directions."""

from hubert_demo.model.config import HubertConfig
from hubert_demo.model.encoder import HubertModel
from hubert_demo.model.feature_extractor import HubertFeatureExtractor
from hubert_demo.model.heads import HubertForCTC, HubertForSequenceClassification, KeywordHead
from hubert_demo.model.processor import HubertProcessor
from hubert_demo.model.tokenizer import HubertCTCTokenizer

__all__ = [
    "HubertCTCTokenizer",
    "HubertConfig",
    "HubertFeatureExtractor",
    "HubertForCTC",
    "HubertForSequenceClassification",
    "HubertModel",
    "HubertProcessor",
    "KeywordHead",
]
