"""SpecAugment: spans of frames and features that are masked in training, drawn anew for every batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hubert_demo.model.config import HubertConfig
from hubert_demo.model.inputs import is_traced
from hubert_demo.model.masking import span_mask


def time_mask(config: HubertConfig, hidden_states: Tensor, frame_mask: Tensor | None) -> Tensor | None:
    """Frames to mask: boolean (batch, frames), never in padding; None if none ever are.

    Args:
        config: Says how many there are and how long.
        hidden_states: (batch, frames, hidden), what is masked.
        frame_mask: Boolean (batch, frames), false for padding; None when there is none.
    """
    if config.mask_time_prob <= 0:
        return None
    batch, frames, _ = hidden_states.shape
    lengths = _all(batch, frames) if frame_mask is None else frame_mask.sum(-1).cpu()
    spans = config.mask_time_prob, config.mask_time_length, config.mask_time_min_masks
    return _draw(lengths, frames, *spans).to(hidden_states.device)


def feature_mask(config: HubertConfig, hidden_states: Tensor) -> Tensor | None:
    """Features to mask in all frames: boolean (batch, hidden); None if none ever are. Arguments as above."""
    if config.mask_feature_prob <= 0:
        return None
    batch, _, hidden = hidden_states.shape
    spans = config.mask_feature_prob, config.mask_feature_length, config.mask_feature_min_masks
    return _draw(_all(batch, hidden), hidden, *spans).to(hidden_states.device)


def _all(batch: int, length: int) -> Tensor:
    return torch.full((batch,), length)


def _draw(lengths: Tensor, length: int, prob: float, span_length: int, min_masks: int) -> Tensor:
    # Torch's seed decides, so that training can be repeated.
    seed = torch.randint(2**31, ())
    draw = _drawn_in_a_graph if is_traced() else _drawn
    return draw(seed, lengths, length, prob, span_length, min_masks)


def _drawn(
    seed: Tensor, lengths: Tensor, length: int, prob: float, span_length: int, min_masks: int
) -> Tensor:
    rng = np.random.default_rng(int(seed.item()))
    spans = prob, span_length, min_masks
    return torch.from_numpy(span_mask(len(lengths), length, *spans, rng, lengths.tolist()))


@torch.library.custom_op("hubert_demo::span_mask", mutates_args=())
def _drawn_in_a_graph(
    seed: Tensor, lengths: Tensor, length: int, prob: float, span_length: int, min_masks: int
) -> Tensor:
    """`_drawn` as one step of a graph, which torch does not look into."""
    return _drawn(seed, lengths, length, prob, span_length, min_masks)


@_drawn_in_a_graph.register_fake
def _(seed: Tensor, lengths: Tensor, length: int, prob: float, span_length: int, min_masks: int) -> Tensor:
    return lengths.new_empty((lengths.shape[0], length), dtype=torch.bool)
