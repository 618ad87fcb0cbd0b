"""Fine-tuning with CTC: the encoder learns to write characters.

Source: Hsu et al. 2021, "HuBERT", section III-D: a new linear layer on the encoder, trained with CTC, the
encoder held still for the first steps. SpecAugment is the encoder's own (`HubertConfig.mask_time_prob`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)
from hubert_demo.training.engine.trainer import Batch, Objective

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


class Reading(Objective):
    """Write the clips' texts.

    Args:
        lm_head: Of the model that is being trained, (hidden) to (vocabulary).
        tokenizer: Spells the texts; its padding token is the blank.
        weight: Of this loss beside others.
    """

    def __init__(self, lm_head: nn.Linear, tokenizer: Wav2Vec2CTCTokenizer, weight: float = 1.0) -> None:
        super().__init__()
        self.lm_head, self.weight = lm_head, weight
        self._tokenizer = tokenizer

    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """CTC loss per character; clips without a text or with one too long for them count nothing."""
        is_read = torch.tensor([bool(clip.text) for clip in batch.clips])
        logits = self.lm_head(batch.states[-1][is_read.to(batch.states[-1].device)])
        labels = [self._tokenizer.encode(clip.text) for clip in batch.clips if clip.text]
        if not labels:
            # Gradients of nought, not none: every process must bring as many to their mean.
            nothing: Tensor = logits.sum()
            return nothing
        lengths = torch.tensor([len(row) for row in labels])
        loss = F.ctc_loss(
            logits.float().log_softmax(-1).transpose(0, 1),
            torch.tensor([token_id for row in labels for token_id in row], device=logits.device),
            torch.full((len(labels),), logits.shape[1]),
            lengths,
            blank=self._tokenizer.pad_token_id,
            reduction="sum",
            zero_infinity=True,
        )
        return loss / lengths.sum().clamp(min=1)


def save_ctc_checkpoint(model: HubertForCTC, directory: Path) -> None:
    """Write the complete CTC folder in transformers' layout, weights in half precision."""
    model.save_pretrained(directory, dtype=torch.float16)
    _save_feature_extractor(directory)
    character_tokenizer().save_pretrained(directory)


def save_encoder_checkpoint(encoder: HubertModel, directory: Path) -> None:
    """Write an encoder that has seen no text: weights in half precision, and the feature extractor."""
    encoder.save_pretrained(directory, dtype=torch.float16)
    _save_feature_extractor(directory)


def _save_feature_extractor(directory: Path) -> None:
    """Write the settings of the feature extractor."""
    Wav2Vec2FeatureExtractor(sampling_rate=SAMPLE_RATE_HZ).save_pretrained(directory)
