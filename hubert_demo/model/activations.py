"""Activation functions in torch, by the names that `config_checks` knows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from hubert_demo.model.config_checks import ACTIVATION_FORMULAS


def _tanh_gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


def _quick_gelu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(1.702 * x)


def _linear(x: Tensor) -> Tensor:
    return x


# The others have their names in torch.
_OWN = {"gelu_tanh": _tanh_gelu, "linear": _linear, "quick_gelu": _quick_gelu}

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    name: _OWN.get(formula) or getattr(F, formula) for name, formula in ACTIVATION_FORMULAS.items()
}


def activation(choice: str | Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The activation with this name (which `HubertConfig` has checked); a callable is returned unchanged."""
    return choice if callable(choice) else ACTIVATIONS[choice]
