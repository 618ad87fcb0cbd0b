"""The Transformer encoder: positional convolution and layers, in either norm order."""

from __future__ import annotations

from typing import Any

from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.activations import activation
from hubert_demo.tf.attention import HubertAttention
from hubert_demo.tf.layers import BatchNorm, Linear, layer_norm
from hubert_demo.tf.libraries import keras, tf


class PositionalConv(keras.layers.Layer):
    """A grouped convolution over the frames, as many frames out as in; its weight may be normalised.

    Each group is a convolution of its own, because TensorFlow has no gradient of grouped ones on processors.
    """

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        width, size = config.hidden_size, config.num_conv_pos_embeddings
        self.groups, self.has_weight_norm = (
            config.num_conv_pos_embedding_groups,
            not config.conv_pos_batch_norm,
        )
        shape = (size, width // self.groups, width)
        if self.has_weight_norm:
            self.direction = self.add_weight(shape=shape, initializer="he_normal", name="direction")
            length = tf.sqrt(tf.reduce_sum(tf.square(self.direction), (1, 2), keepdims=True))
            self.length = self.add_weight(shape=(size, 1, 1), name="length")
            self.length.assign(length)
        else:
            self.kernel = self.add_weight(shape=shape, initializer="he_normal", name="kernel")
        self.bias = self.add_weight(shape=(width,), initializer="zeros", name="bias")
        self.built = True

    def weight(self) -> Any:
        """The weight (kernel, channels in of a group, channels out)."""
        if not self.has_weight_norm:
            return tf.convert_to_tensor(self.kernel)
        direction = tf.cast(self.direction, tf.float32)
        norm = tf.sqrt(tf.reduce_sum(tf.square(direction), (1, 2), keepdims=True))
        return tf.cast(direction * (tf.cast(self.length, tf.float32) / norm), self.compute_dtype)

    def call(self, x: Any) -> Any:
        """(batch, frames, channels) to the same shape."""
        weight = self.weight()
        before = weight.shape[0] // 2
        # An even kernel gives one frame more than it was given: the last is left out.
        padded = tf.pad(x, [[0, 0], [before, (weight.shape[0] - 1) // 2], [0, 0]])
        parts = zip(tf.split(padded, self.groups, 2), tf.split(weight, self.groups, 2), strict=True)
        made = [tf.nn.conv1d(part, kernel, stride=1, padding="VALID") for part, kernel in parts]
        return tf.nn.bias_add(tf.concat(made, 2), tf.convert_to_tensor(self.bias))


class HubertPositionalConvEmbedding(keras.layers.Layer):
    """Relative positions, by a wide grouped convolution over the states."""

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.batch_norm = None
        if config.conv_pos_batch_norm:
            self.batch_norm = BatchNorm(config.hidden_size, dtype=dtype, name="batch_norm")
        self.conv = PositionalConv(config, dtype=dtype, name="conv")
        self.activation = activation(config.feat_extract_activation)
        self.built = True

    def call(self, hidden_states: Any, training: bool | None = None) -> Any:
        """(batch, frames, hidden) to the same shape."""
        if self.batch_norm is not None:
            hidden_states = self.batch_norm(hidden_states, training=training)
        return self.activation(self.conv(hidden_states))


class HubertFeedForward(keras.layers.Layer):
    """The two dense layers after the attention."""

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        width, inner, std = config.hidden_size, config.intermediate_size, config.initializer_range
        self.intermediate_dense = Linear(
            width, inner, std, activation(config.hidden_act), dtype=dtype, name="intermediate_dense"
        )
        self.intermediate_dropout = keras.layers.Dropout(config.activation_dropout, dtype=dtype)
        self.output_dense = Linear(inner, width, std, dtype=dtype, name="output_dense")
        self.output_dropout = keras.layers.Dropout(config.hidden_dropout, dtype=dtype)
        self.built = True

    def call(self, x: Any, training: bool | None = None) -> Any:
        """(batch, frames, hidden) to the same shape."""
        x = self.intermediate_dropout(self.intermediate_dense(x), training=training)
        return self.output_dropout(self.output_dense(x), training=training)


class HubertEncoderLayer(keras.layers.Layer):
    """Attention and feed-forward; norms after them (base) or before them (stable)."""

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.attention = HubertAttention(config, dtype=dtype, name="attention")
        self.dropout = keras.layers.Dropout(config.hidden_dropout, dtype=dtype, name="dropout")
        self.layer_norm = layer_norm(config.hidden_size, config.layer_norm_eps, dtype, "layer_norm")
        self.feed_forward = HubertFeedForward(config, dtype=dtype, name="feed_forward")
        self.final_layer_norm = layer_norm(
            config.hidden_size, config.layer_norm_eps, dtype, "final_layer_norm"
        )
        self.is_pre_norm = config.do_stable_layer_norm
        self.built = True

    def call(
        self,
        hidden_states: Any,
        frame_mask: Any = None,
        head_mask: Any = None,
        need_weights: bool = False,
        training: bool | None = None,
    ) -> tuple[Any, Any]:
        """(batch, frames, hidden) to the same shape, and the attention map if it is needed."""
        given = self.layer_norm(hidden_states) if self.is_pre_norm else hidden_states
        attended, weights = self.attention(
            given, frame_mask, head_mask, need_weights=need_weights, training=training
        )
        x = hidden_states + self.dropout(attended, training=training)
        if self.is_pre_norm:
            return x + self.feed_forward(self.final_layer_norm(x), training=training), weights
        x = self.layer_norm(x)
        return self.final_layer_norm(x + self.feed_forward(x, training=training)), weights


class HubertEncoder(keras.layers.Layer):
    """Positional convolution and the stack of layers, in either norm order."""

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.pos_conv_embed = HubertPositionalConvEmbedding(config, dtype=dtype, name="pos_conv_embed")
        self.layer_norm = layer_norm(config.hidden_size, config.layer_norm_eps, dtype, "layer_norm")
        self.dropout = keras.layers.Dropout(config.hidden_dropout, dtype=dtype, name="dropout")
        self.layers = [
            HubertEncoderLayer(config, dtype=dtype, name=f"layers.{index}")
            for index in range(config.num_hidden_layers)
        ]
        self.layerdrop = config.layerdrop
        self.is_pre_norm = config.do_stable_layer_norm
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(
        self,
        hidden_states: Any,
        frame_mask: Any = None,
        head_mask: Any = None,
        output_attentions: bool = False,
        training: bool | None = None,
    ) -> tuple[Any, list[Any], list[Any]]:
        """Run all layers.

        Args:
            hidden_states: (batch, frames, hidden).
            frame_mask: Boolean (batch, frames), false for padding; None when there is none.
            head_mask: (layers, heads), what each head's result is multiplied by; None for ones.
            output_attentions: Keep every layer's map.
            training: Whether anything is dropped.

        Returns:
            The result (batch, frames, hidden); every layer's input and the result; and every layer's map
            (zeros where the layer was dropped), or nothing.
        """
        if frame_mask is not None:
            hidden_states = tf.where(frame_mask[..., None], hidden_states, tf.zeros_like(hidden_states))
        x = hidden_states + self.pos_conv_embed(hidden_states, training=training)
        x = self.dropout(x if self.is_pre_norm else self.layer_norm(x), training=training)
        states, maps = [], []
        for index, layer in enumerate(self.layers):
            states.append(x)
            mask = None if head_mask is None else head_mask[index]
            x, weights = self._run(layer, x, frame_mask, mask, output_attentions, training)
            if output_attentions:
                maps.append(weights)
        if self.is_pre_norm:
            x = self.layer_norm(x)
        return x, [*states, x], maps

    def _run(
        self, layer: Any, x: Any, frame_mask: Any, head_mask: Any, need_weights: bool, training: bool | None
    ) -> tuple[Any, Any]:
        """One layer, or in training with the probability `layerdrop` none."""

        def run() -> Any:
            made = layer(x, frame_mask, head_mask, need_weights=need_weights, training=training)
            return made if need_weights else made[:1]

        def skip() -> Any:
            shape = (*tf.unstack(tf.shape(x)[:1]), layer.attention.num_heads, tf.shape(x)[1], tf.shape(x)[1])
            return (tf.identity(x), tf.zeros(shape, x.dtype)) if need_weights else (tf.identity(x),)

        if not training or self.layerdrop == 0:
            made = run()
        else:
            is_dropped = keras.random.uniform((), seed=self.seed_generator) < self.layerdrop
            made = tf.cond(is_dropped, skip, run)
        return made[0], made[1] if need_weights else None
