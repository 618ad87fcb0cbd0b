"""The front end: activations, convolutions over the waveform and their projection to the encoder's width."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import ConfigError
from hubert_demo.model.config import HubertConfig

_CONV_NORM_EPS = 1e-5

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "relu": F.relu,
    "silu": F.silu,
    "swish": F.silu,
    "tanh": torch.tanh,
}


def activation(name: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The activation function of that name; a callable is returned as it is.

    Raises:
        ConfigError: If the name is not known.
    """
    if callable(name):
        return name
    if name not in _ACTIVATIONS:
        raise ConfigError(f"Activation {name!r} is not known; use one of {', '.join(_ACTIVATIONS)}.")
    return _ACTIVATIONS[name]


class HubertConvLayer(nn.Module):
    """One convolution of the front end with its norm and activation."""

    def __init__(self, config: HubertConfig, index: int) -> None:
        super().__init__()
        channels_in = config.conv_dim[index - 1] if index else 1
        channels = config.conv_dim[index]
        self.conv = nn.Conv1d(
            channels_in, channels, config.conv_kernel[index], config.conv_stride[index], bias=config.conv_bias
        )
        self.layer_norm: nn.Module | None = None
        self.is_group_norm = config.feat_extract_norm == "group"
        if self.is_group_norm and index == 0:
            self.layer_norm = nn.GroupNorm(channels, channels, eps=_CONV_NORM_EPS)
        elif not self.is_group_norm:
            self.layer_norm = nn.LayerNorm(channels, eps=_CONV_NORM_EPS)
        self.activation = activation(config.feat_extract_activation)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels in, time) to (batch, channels out, shorter time)."""
        x = self.conv(x)
        if self.layer_norm is not None:
            x = self.layer_norm(x) if self.is_group_norm else self.layer_norm(x.mT).mT
        return self.activation(x)


class HubertFeatureEncoder(nn.Module):
    """The convolutional front end: one vector per 20 ms from the raw waveform."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList(HubertConvLayer(config, i) for i in range(len(config.conv_dim)))

    def forward(self, input_values: Tensor) -> Tensor:
        """(batch, samples) to (batch, channels, frames)."""
        x = input_values[:, None]
        for layer in self.conv_layers:
            x = layer(x)
        return x


class HubertFeatureProjection(nn.Module):
    """Normalise the front end's channels and project them to the encoder's width."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        if config.feat_proj_layer_norm:
            self.layer_norm = nn.LayerNorm(config.conv_dim[-1], eps=config.layer_norm_eps)
        self.projection = nn.Linear(config.conv_dim[-1], config.hidden_size)
        self.dropout = nn.Dropout(config.feat_proj_dropout)
        self.has_norm = config.feat_proj_layer_norm

    def forward(self, features: Tensor) -> Tensor:
        """(batch, frames, channels) to (batch, frames, hidden)."""
        if self.has_norm:
            features = self.layer_norm(features)
        projected: Tensor = self.dropout(self.projection(features))
        return projected
