"""Heads on the encoder: CTC transcription, and classification of whole recordings."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import ConfigError, InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.encoder import HubertModel
from hubert_demo.model.inputs import check_labels, is_traced
from hubert_demo.model.outputs import HubertHeadOutput
from hubert_demo.model.pretrained import PretrainedModel
from hubert_demo.model.weights import ENCODER_PREFIX


class _HeadedModel(PretrainedModel):
    """A model whose encoder is `self.hubert`."""

    base_prefix = ENCODER_PREFIX

    def __init__(self, config: HubertConfig, attn_implementation: str | None = None) -> None:
        super().__init__(config, attn_implementation)
        self.hubert = HubertModel(config, self.attn_implementation)

    def freeze_feature_encoder(self) -> None:
        """Stop gradients into the convolutional front end."""
        self.hubert.feature_extractor.requires_grad_(False)

    def freeze_feature_extractor(self) -> None:
        """The name that `freeze_feature_encoder` had before transformers 5."""
        self.freeze_feature_encoder()

    def freeze_base_model(self) -> None:
        """Stop gradients into the whole encoder, so that only the head learns."""
        self.hubert.requires_grad_(False)


class HubertForCTC(_HeadedModel):
    """HuBERT with a linear layer over characters, trained with CTC.

    Args:
        config: Architecture; there are `vocab_size` outputs, and the blank is `pad_token_id`.
        attn_implementation: As for `HubertModel`.
        target_lang: Refused: HuBERT has no language adapters.

    Raises:
        ConfigError: If `target_lang` is given.
    """

    def __init__(
        self, config: HubertConfig, attn_implementation: str | None = None, target_lang: str | None = None
    ) -> None:
        if target_lang is not None:
            raise ConfigError(
                f"target_lang={target_lang!r} asks for a language adapter, which HuBERT does not have; "
                "load a checkpoint trained for that language and leave target_lang out."
            )
        super().__init__(config, attn_implementation)
        self.dropout = nn.Dropout(config.final_dropout)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size)
        self._initialise_linear(self.lm_head, config.initializer_range)

    @classmethod
    def _min_head_parameters(cls, config: HubertConfig) -> int:
        return config.vocab_size * config.hidden_size

    def forward(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        labels: Tensor | None = None,
    ) -> HubertHeadOutput | tuple[Any, ...]:
        """Character logits, and the CTC loss if labels are given.

        Args:
            input_values: (batch, samples), as for `HubertModel`.
            attention_mask: (batch, samples), as for `HubertModel`.
            output_attentions: As for `HubertModel`.
            output_hidden_states: As for `HubertModel`.
            return_dict: False for a plain tuple.
            labels: Token ids (batch, characters), padded with -100.

        Returns:
            `logits` (batch, frames, vocab_size); `loss` a float32 scalar.

        Raises:
            InputError: If a label is outside the vocabulary, or there is not one row of labels per recording.
        """
        encoded = self.hubert.encode(
            input_values, attention_mask, None, output_attentions, output_hidden_states
        )
        logits = self.lm_head(self.dropout(encoded.last_hidden_state))
        loss = None
        if labels is not None:
            check_labels(labels, (len(logits), labels.shape[-1]), logits.shape[-1], "vocab_size")
            loss = self._ctc_loss(logits, labels, encoded.frame_mask)
        output = HubertHeadOutput(
            loss=loss,
            logits=logits,
            hidden_states=encoded.hidden_states,
            attentions=encoded.attentions,
            frame_mask=encoded.frame_mask,
        )
        returned: HubertHeadOutput | tuple[Any, ...] = self._returned(output, return_dict)
        return returned

    def _ctc_loss(self, logits: Tensor, labels: Tensor, frame_mask: Tensor | None) -> Tensor:
        if frame_mask is None:
            input_lengths = logits.new_full((logits.shape[0],), logits.shape[1], dtype=torch.long)
        else:
            input_lengths = frame_mask.sum(-1)
        is_label = labels >= 0
        # Labels first, padding behind it, so that their lengths say all.
        order = is_label.logical_not().to(torch.uint8).argsort(stable=True, dim=-1)
        with torch.autocast(logits.device.type, enabled=False):
            return F.ctc_loss(
                logits.float().log_softmax(-1).transpose(0, 1),
                labels.gather(-1, order).clamp(min=0),
                input_lengths,
                is_label.sum(-1),
                blank=self.config.pad_token_id,
                reduction=self.config.ctc_loss_reduction,
                zero_infinity=self.config.ctc_zero_infinity,
            )

    def get_output_embeddings(self) -> nn.Linear:
        """The layer over characters."""
        return self.lm_head

    def set_output_embeddings(self, new_embeddings: nn.Linear) -> None:
        """Put another layer over characters in place of the present one; `vocab_size` becomes its own."""
        self.lm_head = new_embeddings
        self.config.vocab_size = new_embeddings.out_features

    def resize_token_embeddings(
        self, new_num_tokens: int | None = None, pad_to_multiple_of: int | None = None
    ) -> nn.Linear:
        """Give the head another number of characters, as after `tokenizer.add_tokens`; the first ones stay.

        Args:
            new_num_tokens: `vocab_size` from now on; as it is when None.
            pad_to_multiple_of: The number is rounded up to a multiple of this.

        Returns:
            The head. A new character has the mean weights of the old ones, so that it is no more likely than
            they are before it is trained.

        Raises:
            InputError: If it is not a number of characters.
        """
        old = self.lm_head
        count = old.out_features if new_num_tokens is None else new_num_tokens
        multiple = 1 if pad_to_multiple_of is None else pad_to_multiple_of
        if count < 1 or multiple < 1:
            raise InputError(
                f"{count} characters, rounded up to a multiple of {multiple}: give numbers above 0."
            )
        count = -(-count // multiple) * multiple
        if count == old.out_features:
            return old
        new = nn.Linear(old.in_features, count, device=old.weight.device, dtype=old.weight.dtype)
        kept = min(count, old.out_features)
        with torch.no_grad():
            for name, parameter in new.named_parameters():
                before = getattr(old, name)
                parameter[:kept] = before[:kept]
                parameter[kept:] = before.mean(0)
                parameter.requires_grad_(before.requires_grad)
        self.set_output_embeddings(new)
        return new


class HubertForSequenceClassification(_HeadedModel):
    """HuBERT with mean pooling and a linear classifier, as in SUPERB's keyword spotting.

    Args:
        config: Architecture; there are `num_labels` classes, and `use_weighted_layer_sum` mixes the states of
            all layers.
        attn_implementation: As for `HubertModel`.
    """

    def __init__(self, config: HubertConfig, attn_implementation: str | None = None) -> None:
        super().__init__(config, attn_implementation)
        if config.use_weighted_layer_sum:
            num_states = config.num_hidden_layers + 1
            self.layer_weights = nn.Parameter(torch.ones(num_states) / num_states)
        self.projector = nn.Linear(config.hidden_size, config.classifier_proj_size)
        self.classifier = nn.Linear(config.classifier_proj_size, config.num_labels)
        for linear in (self.projector, self.classifier):
            self._initialise_linear(linear, config.initializer_range)

    @classmethod
    def _min_head_parameters(cls, config: HubertConfig) -> int:
        return config.classifier_proj_size * (config.hidden_size + config.num_labels)

    def forward(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
        labels: Tensor | None = None,
    ) -> HubertHeadOutput | tuple[Any, ...]:
        """Class logits of whole recordings, and the loss if labels are given.

        Args:
            input_values: (batch, samples), as for `HubertModel`.
            attention_mask: (batch, samples), as for `HubertModel`.
            output_attentions: As for `HubertModel`.
            output_hidden_states: As for `HubertModel`.
            return_dict: False for a plain tuple.
            labels: (batch,) class indices, or values when there is a single label (then the loss is
                the mean squared error).

        Returns:
            `logits` (batch, num_labels).

        Raises:
            InputError: If a label is not a class, or there is not one label per recording.
        """
        wants_states = self._chosen("output_hidden_states", output_hidden_states)
        has_weights = hasattr(self, "layer_weights")
        needs_states = wants_states or has_weights
        encoded = self.hubert.encode(input_values, attention_mask, None, output_attentions, needs_states)
        states = encoded.last_hidden_state
        if has_weights:
            assert encoded.hidden_states is not None
            states = weighted_sum(torch.stack(encoded.hidden_states), self.layer_weights)
        logits = self.classifier(_pooled(self.projector(states), encoded.frame_mask))
        output = HubertHeadOutput(
            loss=None if labels is None else _classification_loss(logits, labels),
            logits=logits,
            hidden_states=encoded.hidden_states if wants_states else None,
            attentions=encoded.attentions,
            frame_mask=encoded.frame_mask,
        )
        returned: HubertHeadOutput | tuple[Any, ...] = self._returned(output, return_dict)
        return returned


def _pooled(projected: Tensor, frame_mask: Tensor | None) -> Tensor:
    """Mean of (batch, frames, width) over the frames that are not padding."""
    if frame_mask is None:
        return projected.mean(1)
    return projected.masked_fill(~frame_mask[..., None], 0.0).sum(1) / frame_mask.sum(1, keepdim=True)


def _classification_loss(logits: Tensor, labels: Tensor) -> Tensor:
    num_labels = logits.shape[-1]
    if num_labels == 1:
        return F.mse_loss(logits.view(-1), labels.view(-1).to(logits.dtype))
    one_each = labels.view(-1)
    if not is_traced() and len(one_each) != len(logits):
        raise InputError(
            f"Labels have shape {tuple(labels.shape)} for {len(logits)} recordings; give one class each. "
            "Several labels at once and several numbers can be recognised, but not taught, here."
        )
    check_labels(one_each, (len(logits),), num_labels, "num_labels")
    return F.cross_entropy(logits, one_each)


def weighted_sum(states: Tensor, layer_weights: Tensor) -> Tensor:
    """Mix the states (layers + 1, …) by the softmax of one weight for each, in the states' precision."""
    mixed: Tensor = torch.tensordot(layer_weights.softmax(-1).to(states.dtype), states, dims=1)
    return mixed
