"""Multi-head self-attention, fused or step by step, and its maps on demand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import ConfigError
from hubert_demo.model.edits import LayerEdit
from hubert_demo.model.flash import check_flash_attention, flash_attention

ATTN_IMPLEMENTATIONS = ("eager", "sdpa", "flash_attention_2")

_QUERY_BLOCK = 512


def check_implementation(name: str) -> None:
    """Refuse an implementation that does not exist or cannot run on this machine.

    Raises:
        ConfigError: The message names the implementations there are, or what flash-attn lacks.
    """
    if name not in ATTN_IMPLEMENTATIONS:
        raise ConfigError(
            f"attn_implementation={name!r} is not available; use one of {', '.join(ATTN_IMPLEMENTATIONS)}."
        )
    if name == "flash_attention_2":
        check_flash_attention()


class HubertAttention(nn.Module):
    """Self-attention of one encoder layer.

    Args:
        hidden_size: Width of the states.
        num_heads: Number of heads; each is `hidden_size // num_heads` wide.
        dropout: Probability of dropping an attention weight in training.
        implementation: `"sdpa"` (torch's fused kernel), `"flash_attention_2"` (the kernel of the flash-attn
            package) or `"eager"` (explicit weights).
    """

    def __init__(self, hidden_size: int, num_heads: int, dropout: float, implementation: str) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_dim = hidden_size // num_heads
        self.dropout = dropout
        self.implementation = implementation
        self.k_proj = nn.Linear(hidden_size, hidden_size)
        self.v_proj = nn.Linear(hidden_size, hidden_size)
        self.q_proj = nn.Linear(hidden_size, hidden_size)
        self.out_proj = nn.Linear(hidden_size, hidden_size)

    def forward(
        self,
        hidden_states: Tensor,
        frame_mask: Tensor | None = None,
        need_weights: bool = False,
        edit: LayerEdit | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Attend from every frame to every frame that is not padding.

        Args:
            hidden_states: (batch, frames, hidden).
            frame_mask: Boolean (batch, frames), false for padding; None when there is none.
            need_weights: Also return the attention map (computed explicitly, whatever the implementation).
            edit: What is changed in the layer; None where nothing is.

        Returns:
            The attended states (batch, frames, hidden), and the map (batch, heads, frames, frames) or None.
        """
        query, key, value = (
            self._split(projection(hidden_states)) for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        dropout = self.dropout if self.training else 0.0
        may_attend = None if edit is None else edit.may_attend
        weights: Tensor | None = None
        if need_weights or self.implementation == "eager":
            weights = _softmax_scores(query, key, frame_mask, may_attend)
            context = F.dropout(weights, dropout, training=self.training) @ value
        # flash-attn knows no mask but that of padding.
        elif self.implementation == "sdpa" or may_attend is not None:
            mask = None if frame_mask is None else frame_mask[:, None, None, :]
            if may_attend is not None:
                mask = may_attend if mask is None else mask & may_attend
            context = F.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
        else:
            context = flash_attention(query, key, value, frame_mask, dropout)
        merged = context.transpose(1, 2).flatten(2)
        if edit is not None and edit.joined_heads is not None:
            merged = edit.joined_heads(merged)
        return self.out_proj(merged), weights if need_weights else None

    def maps(
        self,
        layer_input: Tensor,
        heads: Sequence[int] | None = None,
        queries: slice | None = None,
        frame_mask: Tensor | None = None,
        may_attend: Tensor | None = None,
    ) -> Tensor:
        """Attention maps of chosen heads and query frames, from the input of this attention.

        Args:
            layer_input: (batch, frames, hidden), what `forward` was given.
            heads: Head indices; all when None.
            queries: Range of query frames; all when None.
            frame_mask: As in `forward`.
            may_attend: Boolean (frames, frames), false where a query frame, the row, cannot attend to a key
                frame; None where nothing is cut.

        Returns:
            (batch, heads asked for, query frames asked for, frames); each row sums to one. It is computed
            head by head in blocks of query frames: besides the result, only one block is in memory.
        """
        wanted = list(range(self.num_heads)) if heads is None else list(heads)
        asked = layer_input if queries is None else layer_input[:, queries]
        allowed = may_attend if queries is None or may_attend is None else may_attend[queries]
        shape = (len(asked), len(wanted), asked.shape[1], layer_input.shape[1])
        maps = layer_input.new_empty(shape)
        for position, head in enumerate(wanted):
            rows = slice(head * self.head_dim, (head + 1) * self.head_dim)
            query = F.linear(asked, self.q_proj.weight[rows], self.q_proj.bias[rows])
            key = F.linear(layer_input, self.k_proj.weight[rows], self.k_proj.bias[rows])
            for start in range(0, query.shape[1], _QUERY_BLOCK):
                block = slice(start, start + _QUERY_BLOCK)
                uncut = None if allowed is None else allowed[block]
                scores = _softmax_scores(query[:, None, block], key[:, None], frame_mask, uncut)
                maps[:, position, block] = scores[:, 0]
        return maps

    def _split(self, states: Tensor) -> Tensor:
        """(batch, frames, n * head_dim) to (batch, n, frames, head_dim)."""
        batch, frames, _ = states.shape
        return states.view(batch, frames, -1, self.head_dim).transpose(1, 2)


def _softmax_scores(
    query: Tensor, key: Tensor, frame_mask: Tensor | None, may_attend: Tensor | None = None
) -> Tensor:
    """Scaled dot products of (batch, heads, frames, head_dim), normalised over the valid keys."""
    scores = (query * (1.0 / math.sqrt(query.shape[-1]))) @ key.transpose(-1, -2)
    if frame_mask is not None:
        scores = scores.masked_fill(~frame_mask[:, None, None, :], torch.finfo(scores.dtype).min)
    if may_attend is not None:
        scores = scores.masked_fill(~may_attend, -torch.inf)
    return scores.softmax(-1)
