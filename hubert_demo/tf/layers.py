"""The layers of which the models are made, each with its variables from the start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubert_demo.tf.libraries import keras, tf


def sizes(x: Any) -> list[Any]:
    """The sizes of a tensor's axes: numbers, or scalar tensors where a graph leaves them open."""
    dynamic = tf.shape(x)
    return [dynamic[axis] if size is None else size for axis, size in enumerate(x.shape)]


class Linear(keras.layers.Dense):
    """A dense layer over the last axis.

    The axes before it are taken together, which lets TensorFlow compute product, bias and activation as one.

    Args:
        size_in: Width of the input.
        size_out: Width of the output.
        std: Standard deviation of the random weights.
        activation: Applied to the result.
        dtype: Keras's policy of precision.
    """

    def __init__(
        self,
        size_in: int,
        size_out: int,
        std: float,
        activation: Callable[[Any], Any] | None = None,
        *,
        dtype: Any,
        name: str,
    ) -> None:
        initializer = keras.initializers.RandomNormal(stddev=std)
        super().__init__(size_out, activation, kernel_initializer=initializer, dtype=dtype, name=name)
        self.build((None, size_in))

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """(…, size in) to (…, size out)."""
        flat = super().call(tf.reshape(inputs, (-1, inputs.shape[-1])), training=training)
        return tf.reshape(flat, [*sizes(inputs)[:-1], self.units])


def layer_norm(width: int, eps: float, dtype: Any, name: str) -> Any:
    """A layer norm over the last axis, with its variables."""
    layer = keras.layers.LayerNormalization(epsilon=eps, dtype=dtype, name=name)
    layer.build((None, None, width))
    return layer


class BatchNorm(keras.layers.Layer):
    """Batch norm as in PyTorch, whose running variance is the unbiased one and which counts its batches.

    Args:
        width: Number of channels, on the last axis.
        dtype: Keras's policy of precision.
    """

    momentum = 0.1
    epsilon = 1e-5

    def __init__(self, width: int, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.gamma = self.add_weight(shape=(width,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(width,), initializer="zeros", name="beta")
        kept = {"trainable": False, "autocast": False}
        self.running_mean = self.add_weight(shape=(width,), initializer="zeros", name="running_mean", **kept)
        self.running_var = self.add_weight(shape=(width,), initializer="ones", name="running_var", **kept)
        self.num_batches_tracked = self.add_weight(
            shape=(), initializer="zeros", name="num_batches_tracked", dtype="int64", **kept
        )
        self.built = True

    def call(self, x: Any, training: bool | None = None) -> Any:
        """(batch, frames, channels) to the same shape; the statistics in training are of this batch."""
        mean, variance = self.running_mean.value, self.running_var.value
        wide = tf.cast(x, mean.dtype)
        if training:
            mean, variance = tf.nn.moments(wide, axes=[0, 1])
            batch, frames, _ = sizes(x)
            count = tf.cast(batch * frames, mean.dtype)
            self._follow(self.running_mean, mean)
            self._follow(self.running_var, variance * count / tf.maximum(count - 1, 1))
            self.num_batches_tracked.assign_add(1)
        scale = tf.math.rsqrt(variance + self.epsilon) * tf.cast(self.gamma, mean.dtype)
        return tf.cast(wide * scale + (tf.cast(self.beta, mean.dtype) - mean * scale), x.dtype)

    def _follow(self, running: Any, value: Any) -> None:
        running.assign(running.value * (1 - self.momentum) + value * self.momentum)
