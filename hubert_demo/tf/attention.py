"""Multi-head self-attention: in blocks of queries, or with the whole map where it is asked for."""

from __future__ import annotations

import math
from typing import Any

from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.layers import Linear, sizes
from hubert_demo.tf.libraries import keras, tf


class HubertAttention(keras.layers.Layer):
    """Self-attention of one encoder layer.

    TensorFlow has no fused attention for processors. Outside training and without maps, blocks of
    `block_queries` frames take their turn, so that their scores stay in the processor's cache.
    """

    block_queries = 64

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        width = config.hidden_size
        self.num_heads = config.num_attention_heads
        self.head_dim = width // self.num_heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (
            Linear(width, width, config.initializer_range, dtype=dtype, name=which)
            for which in ("k_proj", "v_proj", "q_proj", "out_proj")
        )
        self.dropout = keras.layers.Dropout(config.attention_dropout, dtype=dtype, name="dropout")
        self.built = True

    def call(
        self,
        hidden_states: Any,
        frame_mask: Any = None,
        head_mask: Any = None,
        need_weights: bool = False,
        training: bool | None = None,
    ) -> tuple[Any, Any]:
        """Attend from every frame to every frame that is not padding.

        Args:
            hidden_states: (batch, frames, hidden).
            frame_mask: Boolean (batch, frames), false for padding; None when there is none.
            head_mask: (heads,): what each head's result is multiplied by; None for ones.
            need_weights: Also return the attention map.
            training: Whether attention weights are dropped.

        Returns:
            The attended states (batch, frames, hidden), and the map (batch, heads, frames, frames) or None.
        """
        query = self._split(self.q_proj(hidden_states)) * (1.0 / math.sqrt(self.head_dim))
        key, value = self._split(self.k_proj(hidden_states)), self._split(self.v_proj(hidden_states))
        weights = None
        if need_weights or training:
            weights = _softmax_scores(query, key, frame_mask)
            context = tf.matmul(self.dropout(weights, training=training), value)
        else:
            context = self._in_blocks(query, key, value, frame_mask)
        if head_mask is not None:
            context *= tf.cast(head_mask, context.dtype)[:, None, None]
        batch, frames, width = sizes(hidden_states)
        merged = tf.reshape(tf.transpose(context, (0, 2, 1, 3)), (batch, frames, width))
        return self.out_proj(merged), weights if need_weights else None

    def _split(self, states: Any) -> Any:
        """(batch, frames, hidden) to (batch, heads, frames, head_dim)."""
        batch, frames, _ = sizes(states)
        return tf.transpose(tf.reshape(states, (batch, frames, self.num_heads, self.head_dim)), (0, 2, 1, 3))

    def _in_blocks(self, query: Any, key: Any, value: Any, frame_mask: Any) -> Any:
        """The context (batch, heads, frames, head_dim), a block of queries after the other."""
        batch, heads, frames, width = sizes(query)
        num_blocks = (frames + self.block_queries - 1) // self.block_queries
        size = (frames + num_blocks - 1) // num_blocks
        filled = tf.pad(query, [[0, 0], [0, 0], [0, num_blocks * size - frames], [0, 0]])
        blocks = tf.transpose(tf.reshape(filled, (batch, heads, num_blocks, size, width)), (2, 0, 1, 3, 4))
        context = tf.map_fn(
            lambda block: tf.matmul(_softmax_scores(block, key, frame_mask), value),
            blocks,
            parallel_iterations=1,
        )
        in_order = tf.reshape(tf.transpose(context, (1, 2, 0, 3, 4)), (batch, heads, -1, width))
        return in_order[:, :, :frames]


def _softmax_scores(query: Any, key: Any, frame_mask: Any) -> Any:
    """Dot products of (batch, heads, frames, head_dim), normalised over the valid keys."""
    scores = tf.matmul(query, key, transpose_b=True)
    if frame_mask is not None:
        scores = tf.where(frame_mask[:, None, None, :], scores, scores.dtype.min)
    return tf.nn.softmax(scores)
