"""Activation functions in torch, by the names that `config` knows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from hubert_demo.model.config import ACTIVATION_FORMULAS


def _tanh_gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def _quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _linear(x: Tensor) -> Tensor:
    return x


_FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": _tanh_gelu,
    "leaky_relu": F.leaky_relu,
    "linear": _linear,
    "mish": F.mish,
    "quick_gelu": _quick_gelu,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "tanh": torch.tanh,
}

ACTIVATIONS = {name: _FUNCTIONS[formula] for name, formula in ACTIVATION_FORMULAS.items()}


def activation(choice: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The activation with this name (which `HubertConfig` has checked); a callable is returned unchanged."""
    return choice if callable(choice) else ACTIVATIONS[choice]
