"""Heads on the encoder: CTC transcription, classification of whole recordings, and the keyword head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.deprecation import Renamed
from hubert_demo.errors import CheckpointError, ConfigError, DamagedFileError, InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.encoder import HubertModel
from hubert_demo.model.faults import is_out_of_memory
from hubert_demo.model.files import read_json, shown_value, write_json
from hubert_demo.model.outputs import HubertHeadOutput
from hubert_demo.model.pretrained import PretrainedModel
from hubert_demo.model.weights import ENCODER_PREFIX


class _HeadedModel(PretrainedModel):
    """A model whose encoder is `self.hubert`."""

    base_prefix = ENCODER_PREFIX

    def __init__(self, config: HubertConfig, attn_implementation: str = "sdpa") -> None:
        super().__init__(config, attn_implementation)
        self.hubert = HubertModel(config, attn_implementation)

    def freeze_feature_encoder(self) -> None:
        """Stop gradients into the convolutional front end."""
        self.hubert.feature_extractor.requires_grad_(False)

    def freeze_base_model(self) -> None:
        """Stop gradients into the whole encoder, so that only the head learns."""
        self.hubert.requires_grad_(False)


class HubertForCTC(_HeadedModel):
    """HuBERT with a linear layer over characters, trained with CTC.

    Args:
        config: Architecture; there are `vocab_size` outputs, and the blank is `pad_token_id`.
        attn_implementation: `"sdpa"` (default), `"eager"` or `"flash_attention_2"`.
        target_lang: Refused: HuBERT has no language adapters.

    Raises:
        ConfigError: If `target_lang` is given.
    """

    def __init__(
        self, config: HubertConfig, attn_implementation: str = "sdpa", target_lang: str | None = None
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
        if labels is not None:
            _check_labels(labels, (len(input_values), labels.shape[-1]), self.config.vocab_size, "vocab_size")
        encoded = self.hubert.encode(
            input_values, attention_mask, None, output_attentions, output_hidden_states
        )
        logits = self.lm_head(self.dropout(encoded.last_hidden_state))
        loss = None if labels is None else self._ctc_loss(logits, labels, input_values, attention_mask)
        output = HubertHeadOutput(loss, logits, encoded.hidden_states, encoded.attentions)
        return output if self._chosen("return_dict", return_dict) else output.to_tuple()

    def _ctc_loss(
        self, logits: Tensor, labels: Tensor, input_values: Tensor, attention_mask: Tensor | None
    ) -> Tensor:
        if attention_mask is None:
            attention_mask = torch.ones_like(input_values, dtype=torch.long)
        input_lengths = torch.as_tensor(self.hubert.num_frames(attention_mask.sum(-1).long()))
        is_label = labels >= 0
        with torch.autocast(logits.device.type, enabled=False):
            return F.ctc_loss(
                logits.float().log_softmax(-1).transpose(0, 1),
                labels[is_label],
                input_lengths,
                is_label.sum(-1),
                blank=self.config.pad_token_id,
                reduction=self.config.ctc_loss_reduction,
                zero_infinity=self.config.ctc_zero_infinity,
            )


class HubertForSequenceClassification(_HeadedModel):
    """HuBERT with mean pooling and a linear classifier, as in SUPERB's keyword spotting.

    Args:
        config: Architecture; there are `num_labels` classes, and `use_weighted_layer_sum` mixes the states of
            all layers.
        attn_implementation: `"sdpa"` (default), `"eager"` or `"flash_attention_2"`.
    """

    def __init__(self, config: HubertConfig, attn_implementation: str = "sdpa") -> None:
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
        config = self.config
        if labels is not None and config.num_labels > 1:
            _check_labels(labels.view(-1), (len(input_values),), config.num_labels, "num_labels")
        wants_states = self._chosen("output_hidden_states", output_hidden_states)
        needs_states = wants_states or config.use_weighted_layer_sum
        encoded = self.hubert.encode(input_values, attention_mask, None, output_attentions, needs_states)
        states = encoded.last_hidden_state
        if config.use_weighted_layer_sum:
            assert encoded.hidden_states is not None
            states = _weighted_sum(torch.stack(encoded.hidden_states), self.layer_weights)
        logits = self.classifier(self._pool(self.projector(states), attention_mask))
        loss = None
        if labels is not None and config.num_labels == 1:
            loss = F.mse_loss(logits.view(-1), labels.view(-1).to(logits.dtype))
        elif labels is not None:
            loss = F.cross_entropy(logits, labels.view(-1))
        kept = encoded.hidden_states if wants_states else None
        output = HubertHeadOutput(loss, logits, kept, encoded.attentions)
        return output if self._chosen("return_dict", return_dict) else output.to_tuple()

    def _pool(self, projected: Tensor, attention_mask: Tensor | None) -> Tensor:
        """Mean of (batch, frames, width) over the frames that are not padding."""
        if attention_mask is None:
            return projected.mean(1)
        mask = self.hubert.frame_mask(attention_mask, projected.shape[1])
        return projected.masked_fill(~mask[..., None], 0.0).sum(1) / mask.sum(1, keepdim=True)


def _are_labels(labels: object) -> TypeGuard[list[str]]:
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        return False
    return len(set(labels)) == len(labels)


def _is_threshold(threshold: object) -> bool:
    if threshold is None:
        return True
    return isinstance(threshold, int | float) and not isinstance(threshold, bool) and 0 <= threshold <= 1


def _check_labels(labels: Tensor, shape: tuple[int, ...], limit: int, limit_name: str) -> None:
    """Refuse labels of another shape or above the last class; negative ones are padding."""
    if tuple(labels.shape) != shape:
        raise InputError(f"Labels have shape {tuple(labels.shape)}; give {shape}, one row per recording.")
    if labels.is_floating_point():
        raise InputError(f"Labels are {labels.dtype}; give integers.")
    if labels.numel() and int(labels.max()) >= limit:
        raise InputError(f"Labels must be below {limit_name}={limit}, got {int(labels.max())}.")


def _weighted_sum(states: Tensor, layer_weights: Tensor) -> Tensor:
    """Mix the states (layers + 1, …) by the softmax of one weight for each."""
    mixed: Tensor = torch.tensordot(layer_weights.softmax(-1), states, dims=1)
    return mixed


class KeywordHead(nn.Module):
    """The classifier of `HubertForSequenceClassification` without its encoder, frame by frame.

    Projection, mean pooling and classification are all affine, so the mean of this head's frame logits
    over a recording equals that model's logits, and the mean over any window equals the logits of the window.

    Args:
        labels: Class names.
        num_states: Encoder layers + 1.
        hidden_size: Width of the encoder's states.
        proj_size: Width of the projector.
        threshold: Smallest probability, 0..1, at which a command counts as heard; None where none was chosen.
        encoder: Fingerprint of the encoder it was taught on (`encoder_fingerprint`), None if nobody noted it.
    """

    weights_name = "keyword_head.safetensors"
    settings_name = "keyword_head.json"

    def __init__(
        self,
        labels: tuple[str, ...],
        num_states: int,
        hidden_size: int,
        proj_size: int,
        threshold: float | None = None,
        encoder: str | None = None,
    ) -> None:
        super().__init__()
        self.labels, self.threshold, self.encoder = labels, threshold, encoder
        self.layer_weights = nn.Parameter(torch.zeros(num_states))
        self.projector = nn.Linear(hidden_size, proj_size)
        self.classifier = nn.Linear(proj_size, len(labels))

    @property
    def layer_probabilities(self) -> Tensor:
        """Share of each layer's states in the mix, (layers + 1,), summing to one."""
        return self.layer_weights.detach().softmax(-1)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """(layers + 1, …, frames, hidden) to frame logits (…, frames, labels)."""
        logits: Tensor = self.classifier(self.projector(_weighted_sum(hidden_states, self.layer_weights)))
        return logits

    def save(self, directory: str | Path) -> None:
        """Write the head into the directory of a CTC checkpoint, with weights in half precision."""
        directory = Path(directory)
        save_file(
            {name: tensor.half().contiguous() for name, tensor in self.state_dict().items()},
            directory / self.weights_name,
            metadata={"format": "pt"},
        )
        settings = {"labels": list(self.labels), "threshold": self.threshold, "encoder": self.encoder}
        write_json(directory / self.settings_name, settings)

    @classmethod
    def from_directory(cls, directory: str | Path) -> KeywordHead:
        """Read the head that `save` wrote, in float32 and eval mode.

        Raises:
            CheckpointError: If a file is missing or damaged.
        """
        directory = Path(directory)
        try:
            settings = read_json(directory / cls.settings_name)
        except DamagedFileError as error:
            text = f"The keyword head in {directory.name} cannot be read: {error}"
            raise DamagedFileError(text, error.path) from error
        labels, threshold, encoder = (settings.get(name) for name in ("labels", "threshold", "encoder"))
        if not _are_labels(labels) or not _is_threshold(threshold) or not isinstance(encoder, str | None):
            raise CheckpointError(
                f"The keyword head in {directory.name} cannot be read: its labels, threshold or encoder are "
                "not what `save` writes. Fetch the checkpoint again."
            )
        try:
            tensors = {k: v.float() for k, v in load_file(directory / cls.weights_name).items()}
            proj_size, hidden_size = tensors["projector.weight"].shape
            num_states = len(tensors["layer_weights"])
            # In this order, so that no more memory is taken than the file's size.
            if tensors["classifier.weight"].shape != (len(labels), proj_size):
                raise ValueError("as many labels as classes")
            head = cls(tuple(labels), num_states, hidden_size, proj_size, threshold, encoder)
            head.load_state_dict(tensors)
        except Exception as error:  # Damaged files raise anything.
            if is_out_of_memory(error):
                raise
            raise DamagedFileError(
                f"The keyword head in {directory.name} cannot be read: {cls.weights_name} is missing, "
                "damaged, or does not fit its labels. Fetch the checkpoint again.",
                directory / cls.weights_name,
            ) from error
        return head.eval()

    @classmethod
    def from_classifier(cls, model: HubertForSequenceClassification) -> KeywordHead:
        """The head of a complete classifier, for use frame by frame on the encoder's states.

        Args:
            model: Its `id2label` names the classes. If it has no weights for the layers, only the states of
                the last one count.

        Raises:
            CheckpointError: If the classes are not numbered from 0.
        """
        config = model.config
        if set(config.id2label) != set(range(config.num_labels)):
            raise CheckpointError(
                f"The classes are numbered {shown_value(sorted(config.id2label))}; they must be numbered "
                "from 0."
            )
        labels = tuple(config.id2label[index] for index in range(config.num_labels))
        head = cls(labels, config.num_hidden_layers + 1, config.hidden_size, config.classifier_proj_size)
        with torch.no_grad():
            if config.use_weighted_layer_sum:
                head.layer_weights.copy_(model.layer_weights)
            else:
                head.layer_weights[:-1] = -torch.inf
        head.projector.load_state_dict(model.projector.state_dict())
        head.classifier.load_state_dict(model.classifier.state_dict())
        return head.eval()

    load = Renamed("from_directory")
    of_classifier = Renamed("from_classifier")

    def with_encoder(self, encoder: HubertModel) -> HubertForSequenceClassification:
        """A complete classifier, made of `encoder` and this head, ready for `save_pretrained`."""
        config = replace(
            encoder.config.with_labels(self.labels),
            use_weighted_layer_sum=True,
            classifier_proj_size=self.projector.out_features,
        )
        model = HubertForSequenceClassification(config)
        model.hubert.load_state_dict(encoder.state_dict())
        model.load_state_dict(self.state_dict(), strict=False)
        return model.eval()
