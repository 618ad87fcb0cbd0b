"""The front end: convolutions over the waveform, and their projection to the encoder's width."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hubert_demo.model.activations import activation
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.inputs import is_traced

_CONV_NORM_EPS = 1e-5


class HubertConvLayer(nn.Module):
    """One convolution of the front end, with its norm and activation."""

    def __init__(self, config: HubertConfig, index: int) -> None:
        super().__init__()
        channels_in = config.conv_dim[index - 1] if index else 1
        channels = config.conv_dim[index]
        self.conv = nn.Conv1d(
            channels_in, channels, config.conv_kernel[index], config.conv_stride[index], bias=config.conv_bias
        )
        self.layer_norm: nn.GroupNorm | nn.LayerNorm | None = None
        if config.feat_extract_norm == "layer":
            self.layer_norm = nn.LayerNorm(channels, eps=_CONV_NORM_EPS)
        elif index == 0:
            self.layer_norm = nn.GroupNorm(channels, channels, eps=_CONV_NORM_EPS)
        self.activation = activation(config.feat_extract_activation)

    def forward(self, x: Tensor, statistics: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """(batch, channels in, time) to (batch, channels out, less time).

        Args:
            x: Input.
            statistics: For the group norm, when `x` is a piece of a recording: the mean and reciprocal
                standard deviation (batch, channels out, 1) of the whole recording.
        """
        x = self.conv(x)
        if isinstance(self.layer_norm, nn.LayerNorm):
            x = self.layer_norm(x.mT).mT
        elif self.layer_norm is not None and statistics is None:
            x = self.layer_norm(x)
        elif self.layer_norm is not None and statistics is not None:
            mean, scale = statistics
            scale = scale * self.layer_norm.weight[:, None]
            x = torch.addcmul(self.layer_norm.bias[:, None] - mean * scale, x, scale)
        return self.activation(x)


class HubertFeatureEncoder(nn.Module):
    """The convolutional front end: from the raw waveform to one vector for every frame.

    Without gradients, recordings of more than `whole_frames` frames are computed in pieces, so that
    memory does not grow with the output of the first convolutions (512 channels at 3.2 kHz in a base model).
    A piece starts on a multiple of the hop and overlaps the next by as much as the kernels need; the group
    norm's statistics are computed for the whole recording first. Up to rounding, the result is the same as
    in one piece. Pieces have `piece_frames` frames, on CUDA `whole_frames`. A graph of torch's, which may be
    for any length, has it in one piece.
    """

    whole_frames = 500
    piece_frames = 50

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.conv_layers = nn.ModuleList(HubertConvLayer(config, i) for i in range(len(config.conv_dim)))
        self.hop_samples = config.inputs_to_logits_ratio
        self.window_samples = config.min_samples

    def forward(self, input_values: Tensor) -> Tensor:
        """(batch, samples) to (batch, channels, frames)."""
        num_frames = (input_values.shape[1] - self.window_samples) // self.hop_samples + 1
        if is_traced() or torch.is_grad_enabled() or num_frames <= self.whole_frames:
            return self._piece(input_values, None)
        statistics = self._group_statistics(input_values)
        pieces = []
        piece_frames = self._piece_frames(input_values)
        for first in range(0, num_frames, piece_frames):
            last = min(first + piece_frames, num_frames) - 1
            samples = input_values[
                :, first * self.hop_samples : last * self.hop_samples + self.window_samples
            ]
            pieces.append(self._piece(samples, statistics))
        return torch.cat(pieces, dim=2)

    def _piece_frames(self, input_values: Tensor) -> int:
        # On CUDA, launching the kernels of small pieces takes longer than computing them.
        return self.whole_frames if input_values.is_cuda else self.piece_frames

    def _piece(self, input_values: Tensor, statistics: tuple[Tensor, Tensor] | None) -> Tensor:
        first, *others = self.conv_layers
        x: Tensor = first(input_values[:, None], statistics)
        for layer in others:
            x = layer(x)
        return x

    def _group_statistics(self, input_values: Tensor) -> tuple[Tensor, Tensor] | None:
        """Mean and reciprocal standard deviation of the first convolution; None without group norm."""
        layer = self.conv_layers[0]
        assert isinstance(layer, HubertConvLayer)
        if not isinstance(layer.layer_norm, nn.GroupNorm):
            return None
        kernel, stride = layer.conv.kernel_size[0], layer.conv.stride[0]
        total = (input_values.shape[1] - kernel) // stride + 1
        size = self._piece_frames(input_values) * self.hop_samples // stride
        count, mean, squares = 0, torch.zeros(()), torch.zeros(())
        for start in range(0, total, size):
            stop = min(start + size, total)
            piece = layer.conv(input_values[:, None, start * stride : (stop - 1) * stride + kernel])
            variance, middle = torch.var_mean(piece.float(), dim=2, correction=0, keepdim=True)
            variance, middle = variance.double(), middle.double()
            # Chan et al. 1983: merging the moments of two parts.
            added, shift = stop - start, middle - mean.to(middle)
            mean = mean.to(middle) + shift * (added / (count + added))
            squares = squares.to(middle) + variance * added + shift**2 * (count * added / (count + added))
            count += added
        scale = torch.rsqrt(squares / count + layer.layer_norm.eps)
        return mean.to(input_values.dtype), scale.to(input_values.dtype)


class HubertFeatureProjection(nn.Module):
    """Normalise the front end's channels and project them to the encoder's width."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        norm = nn.LayerNorm(config.conv_dim[-1], eps=config.layer_norm_eps)
        self.layer_norm = norm if config.feat_proj_layer_norm else nn.Identity()
        self.projection = nn.Linear(config.conv_dim[-1], config.hidden_size)
        self.dropout = nn.Dropout(config.feat_proj_dropout)

    def forward(self, features: Tensor) -> Tensor:
        """(batch, frames, channels) to (batch, frames, hidden)."""
        projected: Tensor = self.dropout(self.projection(self.layer_norm(features)))
        return projected
