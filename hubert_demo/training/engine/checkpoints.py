"""The architecture that the recipe trains, the letters it writes with, and how its folders are written."""

from __future__ import annotations

from pathlib import Path

import torch

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import CheckpointError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)

_TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")


def small_config() -> HubertConfig:
    """Architecture of the embedded checkpoint: a slim front end and eight post-norm layers of width 288."""
    return HubertConfig(
        vocab_size=len(_TOKENS),
        hidden_size=288,
        num_hidden_layers=8,
        num_attention_heads=6,
        intermediate_size=1152,
        conv_dim=(64, 64, 128, 128, 256, 256, 256),
        num_conv_pos_embeddings=31,
        hidden_dropout=0.0,
        activation_dropout=0.0,
        attention_dropout=0.0,
        final_dropout=0.0,
        layerdrop=0.0,
        mask_time_prob=0.05,
        ctc_zero_infinity=True,
    )


def character_tokenizer() -> Wav2Vec2CTCTokenizer:
    """The 32 tokens of hubert-large-ls960-ft's vocabulary, in frequency order."""
    return Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(_TOKENS)})


def save_ctc_checkpoint(model: HubertForCTC, directory: Path) -> None:
    """Write the complete CTC folder in transformers' layout, weights in half precision."""
    model.save_pretrained(directory, dtype=torch.float16)
    _save_feature_extractor(directory)
    character_tokenizer().save_pretrained(directory)


def save_encoder_checkpoint(encoder: HubertModel, directory: Path) -> None:
    """Write an encoder that has seen no text: weights in half precision, and the feature extractor."""
    encoder.save_pretrained(directory, dtype=torch.float16)
    _save_feature_extractor(directory)


def save_classifier(loaded: LoadedCheckpoint, directory: Path) -> None:
    """Write encoder and keyword head as one `HubertForSequenceClassification` folder.

    Raises:
        CheckpointError: If the checkpoint has no keyword head.
    """
    if loaded.keyword_head is None:
        raise CheckpointError(f"{loaded.spec.name} has no keyword head; train one with `keywords` first.")
    loaded.keyword_head.with_encoder(loaded.encoder).save_pretrained(directory)
    loaded.feature_extractor.save_pretrained(directory)


def _save_feature_extractor(directory: Path) -> None:
    """Write the settings of the feature extractor."""
    Wav2Vec2FeatureExtractor(sampling_rate=SAMPLE_RATE_HZ).save_pretrained(directory)
