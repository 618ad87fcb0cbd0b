"""The front end: convolutions over the waveform, and their projection to the encoder's width."""

from __future__ import annotations

from typing import Any

from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.activations import activation
from hubert_demo.tf.layers import Linear, layer_norm, sizes
from hubert_demo.tf.libraries import keras, tf

_CONV_NORM_EPS = 1e-5


class ChannelNorm(keras.layers.Layer):
    """The group norm of the first convolution, each channel a group, with statistics given from outside."""

    def __init__(self, channels: int, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.gamma = self.add_weight(shape=(channels,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(channels,), initializer="zeros", name="beta")
        self.built = True

    def call(self, x: Any, mean: Any, variance: Any) -> Any:
        """(batch, time, channels) to the same shape; mean and variance are float32 (batch, channels)."""
        scale = tf.math.rsqrt(variance + _CONV_NORM_EPS) * tf.cast(self.gamma, variance.dtype)
        shift = tf.cast(self.beta, mean.dtype) - mean * scale
        wide = tf.cast(x, scale.dtype)
        return tf.cast(wide * scale[:, None] + shift[:, None], x.dtype)


class HubertConvLayer(keras.layers.Layer):
    """One convolution of the front end, with its norm and activation."""

    def __init__(self, config: HubertConfig, index: int, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        channels_in = config.conv_dim[index - 1] if index else 1
        channels = config.conv_dim[index]
        self.conv = keras.layers.Conv1D(
            channels,
            config.conv_kernel[index],
            config.conv_stride[index],
            use_bias=config.conv_bias,
            kernel_initializer="he_normal",
            data_format="channels_last",
            dtype=dtype,
            name="conv",
        )
        self.conv.build((None, None, channels_in))
        self.layer_norm: Any = None
        if config.feat_extract_norm == "layer":
            self.layer_norm = layer_norm(channels, _CONV_NORM_EPS, dtype, "layer_norm")
        elif index == 0:
            self.layer_norm = ChannelNorm(channels, dtype=dtype, name="layer_norm")
        self.activation = activation(config.feat_extract_activation)
        self.built = True

    def call(self, x: Any, statistics: tuple[Any, Any] | None = None) -> Any:
        """(batch, time, channels in) to (batch, less time, channels out); see `channel_statistics`."""
        x = self.conv(x)
        if statistics is not None:
            x = self.layer_norm(x, *statistics)
        elif self.layer_norm is not None:
            x = self.layer_norm(x)
        return self.activation(x)

    def channel_statistics(self, input_values: Any) -> tuple[Any, Any] | None:
        """Mean and variance (batch, channels) of this convolution's output, if its norm is a group norm.

        A channel is a weighted sum of the samples under the kernel: the samples' covariances hold its
        variance, and the output itself, thousands of times as large, need not be there.

        Args:
            input_values: (batch, samples).
        """
        if not isinstance(self.layer_norm, ChannelNorm):
            return None
        samples = tf.cast(input_values, tf.float64)
        kernel = tf.cast(self.conv.kernel, tf.float64)[:, 0]
        windows = tf.signal.frame(samples, self.conv.kernel_size[0], self.conv.strides[0])
        middle = tf.reduce_mean(windows, axis=1)
        centred = windows - middle[:, None]
        covariance = tf.matmul(centred, centred, transpose_a=True) / tf.cast(sizes(windows)[1], tf.float64)
        mean = tf.matmul(middle, kernel)
        if self.conv.bias is not None:
            mean += tf.cast(self.conv.bias, tf.float64)
        variance = tf.einsum("kc,bkl,lc->bc", kernel, covariance, kernel)
        return tf.cast(mean, tf.float32), tf.cast(tf.maximum(variance, 0.0), tf.float32)


class HubertFeatureEncoder(keras.layers.Layer):
    """The convolutional front end: from the raw waveform to one vector for every frame.

    Outside training, recordings of more than `whole_frames` frames are computed in pieces, so that memory
    does not grow with the output of the first convolutions (512 channels at 3.2 kHz in a base model). A piece
    starts on a multiple of the hop and overlaps the next by as much as the kernels need; the group norm's
    statistics are those of the whole recording. Up to rounding, the result is the same as in one piece.
    """

    whole_frames = 500
    piece_frames = 50

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        self.conv_layers = [
            HubertConvLayer(config, index, dtype=dtype, name=f"conv_layers.{index}")
            for index in range(len(config.conv_dim))
        ]
        self.hop_samples = config.inputs_to_logits_ratio
        self.window_samples = config.min_samples
        self.built = True

    def call(self, input_values: Any, training: bool | None = None) -> Any:
        """(batch, samples) to (batch, frames, channels)."""
        statistics = self.conv_layers[0].channel_statistics(input_values)
        if training:
            return self._piece(input_values, statistics)
        num_frames = (sizes(input_values)[1] - self.window_samples) // self.hop_samples + 1
        is_long = num_frames > self.whole_frames
        if isinstance(is_long, bool):
            return (self._pieces if is_long else self._whole)(input_values, statistics, num_frames)
        return tf.cond(
            is_long,
            lambda: self._pieces(input_values, statistics, num_frames),
            lambda: self._whole(input_values, statistics, num_frames),
        )

    def _piece(self, input_values: Any, statistics: tuple[Any, Any] | None) -> Any:
        first, *others = self.conv_layers
        x = first(input_values[..., None], statistics)
        for layer in others:
            x = layer(x)
        return x

    def _whole(self, input_values: Any, statistics: tuple[Any, Any] | None, num_frames: Any) -> Any:
        return self._piece(input_values, statistics)

    def _pieces(self, input_values: Any, statistics: tuple[Any, Any] | None, num_frames: Any) -> Any:
        """All frames, in pieces of one length; the last is filled up with zeros, whose frames are cut off."""
        hop, length = self.hop_samples, (self.piece_frames - 1) * self.hop_samples + self.window_samples
        num_pieces = (num_frames + self.piece_frames - 1) // self.piece_frames
        filled = tf.pad(input_values, [[0, 0], [0, self.piece_frames * hop]])

        def piece(number: Any) -> Any:
            return self._piece(
                tf.slice(filled, [0, number * self.piece_frames * hop], [-1, length]), statistics
            )

        pieces = tf.map_fn(
            piece, tf.range(num_pieces), fn_output_signature=input_values.dtype, parallel_iterations=1
        )
        channels = self.conv_layers[-1].conv.filters
        in_order = tf.reshape(tf.transpose(pieces, (1, 0, 2, 3)), (sizes(input_values)[0], -1, channels))
        return in_order[:, :num_frames]


class HubertFeatureProjection(keras.layers.Layer):
    """Normalise the front end's channels and project them to the encoder's width."""

    def __init__(self, config: HubertConfig, *, dtype: Any, name: str) -> None:
        super().__init__(dtype=dtype, name=name)
        width = config.conv_dim[-1]
        self.layer_norm = None
        if config.feat_proj_layer_norm:
            self.layer_norm = layer_norm(width, config.layer_norm_eps, dtype, "layer_norm")
        self.projection = Linear(
            width, config.hidden_size, config.initializer_range, dtype=dtype, name="projection"
        )
        self.dropout = keras.layers.Dropout(config.feat_proj_dropout, dtype=dtype, name="dropout")
        self.built = True

    def call(self, features: Any, training: bool | None = None) -> Any:
        """(batch, frames, channels) to (batch, frames, hidden)."""
        normed = features if self.layer_norm is None else self.layer_norm(features)
        return self.dropout(self.projection(normed), training=training)
