"""`HubertModel`: front end, positional convolution and Transformer encoder.

Module attributes have the names of transformers' state dict, so that checkpoint files load strictly.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from hubert_demo.errors import InputError, no_such
from hubert_demo.model.activations import activation
from hubert_demo.model.attention import HubertAttention
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.edits import LayerEdit
from hubert_demo.model.front_end import HubertFeatureEncoder, HubertFeatureProjection
from hubert_demo.model.inputs import check_recordings, is_traced
from hubert_demo.model.outputs import HubertModelOutput
from hubert_demo.model.pretrained import PretrainedModel
from hubert_demo.model.spec_augment import feature_mask, time_mask

logger = logging.getLogger(__name__)


class HubertPositionalConvEmbedding(nn.Module):
    """Relative positions, by a wide grouped convolution over the states."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        width, kernel = config.hidden_size, config.num_conv_pos_embeddings
        groups = config.num_conv_pos_embedding_groups
        conv = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups)
        has_batch_norm = config.conv_pos_batch_norm
        self.batch_norm = nn.BatchNorm1d(width) if has_batch_norm else nn.Identity()
        self.conv = conv if has_batch_norm else parametrizations.weight_norm(conv, dim=2)
        self.activation = activation(config.feat_extract_activation)

    def forward(self, hidden_states: Tensor) -> Tensor:
        """(batch, frames, hidden) to the same shape."""
        # An even kernel gives one frame more than it was given.
        x = self.conv(self.batch_norm(hidden_states.mT))[..., : hidden_states.shape[1]]
        return self.activation(x).mT


class HubertFeedForward(nn.Module):
    """The two dense layers after the attention."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.intermediate_dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.activation = activation(config.hidden_act)
        self.intermediate_dropout = nn.Dropout(config.activation_dropout)
        self.output_dense = nn.Linear(config.intermediate_size, config.hidden_size)
        self.output_dropout = nn.Dropout(config.hidden_dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frames, hidden) to the same shape."""
        x = self.intermediate_dropout(self.activation(self.intermediate_dense(x)))
        out: Tensor = self.output_dropout(self.output_dense(x))
        return out


class HubertEncoderLayer(nn.Module):
    """Attention and feed-forward; norms after them (base) or before them (stable)."""

    def __init__(self, config: HubertConfig, implementation: str) -> None:
        super().__init__()
        self.attention = HubertAttention(
            config.hidden_size, config.num_attention_heads, config.attention_dropout, implementation
        )
        self.dropout = nn.Dropout(config.hidden_dropout)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.feed_forward = HubertFeedForward(config)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.is_pre_norm = config.do_stable_layer_norm

    def attention_input(self, hidden_states: Tensor) -> Tensor:
        """What this layer's attention reads, from the layer's input (batch, frames, hidden)."""
        normed: Tensor = self.layer_norm(hidden_states) if self.is_pre_norm else hidden_states
        return normed

    def forward(
        self,
        hidden_states: Tensor,
        frame_mask: Tensor | None,
        need_weights: bool,
        edit: LayerEdit | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """(batch, frames, hidden) to the same shape, and the attention map if it is needed."""
        attention_input = self.attention_input(hidden_states)
        attended, weights = self.attention(attention_input, frame_mask, need_weights, edit)
        x = hidden_states + self.dropout(attended)
        has_feed_forward = edit is None or edit.has_feed_forward
        if self.is_pre_norm:
            return x + self.feed_forward(self.final_layer_norm(x)) if has_feed_forward else x, weights
        x = self.layer_norm(x)
        return self.final_layer_norm(x + self.feed_forward(x) if has_feed_forward else x), weights


class HubertEncoder(nn.Module):
    """Positional convolution and the stack of layers, in either norm order."""

    def __init__(self, config: HubertConfig, implementation: str) -> None:
        super().__init__()
        self.pos_conv_embed = HubertPositionalConvEmbedding(config)
        self.layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout)
        self.layers = nn.ModuleList(
            HubertEncoderLayer(config, implementation) for _ in range(config.num_hidden_layers)
        )
        self.config = config
        self.gradient_checkpointing = False
        self.checkpoint_options: dict[str, Any] = {}
        self.is_pre_norm = config.do_stable_layer_norm

    def forward(
        self,
        hidden_states: Tensor,
        frame_mask: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> HubertModelOutput:
        """Run all layers.

        Args:
            hidden_states: (batch, frames, hidden).
            frame_mask: Boolean (batch, frames), false for padding; None when there is none.
            output_attentions: Keep every layer's map.
            output_hidden_states: Keep every layer's input and the last output.
        """
        x = self.first_input(hidden_states, frame_mask)
        states: list[Tensor] = []
        maps: list[Tensor] = []
        for layer in self.layers:
            states.append(x)
            is_dropped = torch.rand(()) < self.config.layerdrop if self.training else None
            if is_dropped is not None and not is_traced() and is_dropped.item():
                continue
            if self.gradient_checkpointing and self.training:
                options = {"use_reentrant": False, **self.checkpoint_options}
                x, weights = checkpoint(layer, x, frame_mask, output_attentions, **options)
            else:
                x, weights = layer(x, frame_mask, output_attentions)
            if is_dropped is not None and is_traced():
                # A graph cannot leave the layer out, only its result.
                x = torch.where(is_dropped.to(x.device), states[-1], x)
            if weights is not None:
                maps.append(weights)
        if self.is_pre_norm:
            x = self.layer_norm(x)
        states.append(x)
        return HubertModelOutput(
            last_hidden_state=x,
            hidden_states=tuple(states) if output_hidden_states else None,
            attentions=tuple(maps) if output_attentions else None,
            frame_mask=frame_mask,
        )

    def first_input(self, hidden_states: Tensor, frame_mask: Tensor | None = None) -> Tensor:
        """What the first layer is given, (batch, frames, hidden), from what `forward` is given."""
        if frame_mask is not None:
            hidden_states = hidden_states.masked_fill(~frame_mask[..., None], 0.0)
        x = hidden_states + self.pos_conv_embed(hidden_states)
        first: Tensor = self.dropout(x if self.is_pre_norm else self.layer_norm(x))
        return first

    def resume(
        self,
        hidden_state: Tensor,
        layer: int,
        frame_mask: Tensor | None = None,
        edits: Mapping[int, LayerEdit] | None = None,
    ) -> tuple[Tensor, ...]:
        """Run the layers from one of them on, in eval mode, with changes if there are any.

        Args:
            hidden_state: (batch, frames, hidden), `hidden_states[layer]` of a pass.
            layer: 0 to `num_hidden_layers`.
            frame_mask: As that pass had it.
            edits: What is changed in each layer; by `num_hidden_layers` what is changed behind the last one.

        Returns:
            `hidden_states[layer:]` of the whole pass with these changes.
        """
        edits, num_layers = edits or {}, len(self.layers)
        x, states = hidden_state, []
        for index in range(layer, num_layers):
            edit = edits.get(index)
            if edit is not None and edit.states is not None:
                x = edit.states(x)
            states.append(x)
            if edit is None or not edit.is_skipped:
                x, _ = self.layers[index](x, frame_mask, False, edit)
        if self.is_pre_norm and layer < num_layers:
            x = self.layer_norm(x)
        last = edits.get(num_layers)
        if last is not None and last.states is not None:
            x = last.states(x)
        return (*states, x)


class HubertModel(PretrainedModel):
    """The bare HuBERT encoder: a waveform in, one vector for every frame and layer out.

    Args:
        config: Architecture.
        attn_implementation: `"sdpa"`, `"eager"` or `"flash_attention_2"`; as the configuration says when
            None, `"sdpa"` where it says nothing.

    Source: Hsu et al. 2021, "HuBERT", section III; argument and result names as Hugging Face documents them.
    """

    base_prefix = ""

    def __init__(self, config: HubertConfig, attn_implementation: str | None = None) -> None:
        super().__init__(config, attn_implementation)
        self.feature_extractor = HubertFeatureEncoder(config)
        self.feature_projection = HubertFeatureProjection(config)
        if config.has_masked_spec_embed:
            self.masked_spec_embed = nn.Parameter(torch.empty(config.hidden_size).uniform_())
        self.encoder = HubertEncoder(config, self.attn_implementation)
        self._warned = False
        self._initialise(config.initializer_range)

    def forward(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        mask_time_indices: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        return_dict: bool | None = None,
    ) -> HubertModelOutput | tuple[Tensor | tuple[Tensor, ...], ...]:
        """Encode waveforms.

        Args:
            input_values: Normalised waveforms, float (batch, samples), at least 400 samples.
            attention_mask: (batch, samples), 1 for the recording and 0 for padding, on the right.
            mask_time_indices: Boolean (batch, frames): frames to replace by the learned mask vector,
                also in eval mode.
            output_attentions: Return the maps of all layers; the configuration decides when None.
            output_hidden_states: Return the states of all layers; the configuration decides when None.
            return_dict: False for a plain tuple; the configuration decides when None.

        Raises:
            InputError: If `input_values` is not (batch, samples) of finite floats, a recording is shorter
                than one frame, `attention_mask` or `mask_time_indices` has another shape, or the latter is
                given to a model without a mask vector.
        """
        output = self.encode(
            input_values, attention_mask, mask_time_indices, output_attentions, output_hidden_states
        )
        returned: HubertModelOutput | tuple[Any, ...] = self._returned(output, return_dict)
        return returned

    def encode(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        mask_time_indices: Tensor | None = None,
        output_attentions: bool | None = False,
        output_hidden_states: bool | None = False,
    ) -> HubertModelOutput:
        """`forward` with one type of result, for the heads."""
        hidden_states, frame_mask = self.front_end(input_values, attention_mask, mask_time_indices)
        output: HubertModelOutput = self.encoder(
            hidden_states,
            frame_mask,
            self._chosen("output_attentions", output_attentions),
            self._chosen("output_hidden_states", output_hidden_states),
        )
        return output

    def front_end(
        self,
        input_values: Tensor,
        attention_mask: Tensor | None = None,
        mask_time_indices: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """`forward` as far as the encoder: what it is given, (batch, frames, hidden), and the frame mask."""
        if check_recordings(self.config, input_values, attention_mask):
            self._warn_of_padding()
        features = self.feature_extractor(input_values).mT
        frame_mask = None
        if attention_mask is not None:
            frame_mask = self.frame_mask(attention_mask, features.shape[1])
        hidden_states = self.feature_projection(features)
        return self._mask_hidden_states(hidden_states, mask_time_indices, frame_mask), frame_mask

    def _warn_of_padding(self) -> None:
        if self.config.padding_warning is not None and not self._warned:
            self._warned = True
            logger.warning(self.config.padding_warning)

    def num_frames(self, num_samples: int | Tensor) -> int | Tensor:
        """Number of frames that the front end makes from this many samples (0 if too few for one)."""
        frames = (num_samples - self.config.min_samples) // self.config.inputs_to_logits_ratio + 1
        return frames.clamp(min=0) if isinstance(frames, Tensor) else max(frames, 0)

    def frame_mask(self, attention_mask: Tensor, num_frames: int) -> Tensor:
        """Boolean (batch, num_frames) from a sample mask (batch, samples) with padding on the right."""
        valid = torch.as_tensor(self.num_frames(attention_mask.sum(-1).long()))
        return torch.arange(num_frames, device=attention_mask.device)[None] < valid[:, None]

    def attention_maps(
        self,
        hidden_state: Tensor,
        layer: int,
        heads: Sequence[int] | None = None,
        queries: slice | None = None,
        frame_mask: Tensor | None = None,
        may_attend: Tensor | None = None,
    ) -> Tensor:
        """Attention maps of one layer, recomputed from its stored input without running the encoder.

        Args:
            hidden_state: (batch, frames, hidden): `hidden_states[layer]` of a forward pass.
            layer: Layer index, 0 to `num_hidden_layers - 1`.
            heads: Head indices; all when None.
            queries: Range of query frames; all when None.
            frame_mask: Boolean (batch, frames), false for padding; None when there is none.
            may_attend: As in `HubertAttention.maps`.

        Returns:
            (batch, heads, queries, frames), equal to the map of an eager forward pass.

        Raises:
            InputError: If there is no such layer or head.
        """
        num_layers, num_heads = self.config.num_hidden_layers, self.config.num_attention_heads
        if not 0 <= layer < num_layers:
            raise no_such("Layer", layer, num_layers)
        if heads is not None and not all(0 <= head < num_heads for head in heads):
            raise InputError(f"Heads {list(heads)} do not all exist; choose from 0 to {num_heads - 1}.")
        block = self.encoder.layers[layer]
        assert isinstance(block, HubertEncoderLayer)
        layer_input = block.attention_input(hidden_state)
        return block.attention.maps(layer_input, heads, queries, frame_mask, may_attend)

    def _mask_hidden_states(
        self, hidden_states: Tensor, mask_time_indices: Tensor | None, frame_mask: Tensor | None
    ) -> Tensor:
        """Mask the given frames; in training also what SpecAugment draws (frames only if none are given)."""
        feature_indices = None
        if mask_time_indices is not None:
            self._check_mask_time_indices(mask_time_indices, hidden_states.shape)
        if self.training and self.config.apply_spec_augment:
            if mask_time_indices is None:
                mask_time_indices = time_mask(self.config, hidden_states, frame_mask)
            feature_indices = feature_mask(self.config, hidden_states)
        if mask_time_indices is not None:
            learned = self._vector_for_masked_frames().to(hidden_states.dtype)
            is_masked = mask_time_indices.to(hidden_states.device, torch.bool)
            hidden_states = torch.where(is_masked[..., None], learned, hidden_states)
        if feature_indices is not None:
            hidden_states = hidden_states.masked_fill(feature_indices[:, None], 0.0)
        return hidden_states

    def _check_mask_time_indices(self, indices: Tensor, states_shape: Sequence[int]) -> None:
        self._vector_for_masked_frames()
        shape = tuple(states_shape[:2])
        if not is_traced() and tuple(indices.shape) != shape:
            raise InputError(
                f"mask_time_indices has shape {tuple(indices.shape)}; give {shape}, a value for every frame."
            )

    def _vector_for_masked_frames(self) -> Tensor:
        if not hasattr(self, "masked_spec_embed"):
            raise InputError(
                "This HuBERT was made with mask_time_prob and mask_feature_prob of 0, so that there is no "
                "vector for masked frames: give it no mask_time_indices, and leave mask_time_prob at 0."
            )
        return self.masked_spec_embed
