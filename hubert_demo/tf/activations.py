"""Activation functions in TensorFlow, by the names that `model.config` knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubert_demo.model.config_checks import ACTIVATION_FORMULAS
from hubert_demo.tf.libraries import tf

_FORMULAS: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda x: tf.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda x: tf.nn.gelu(x, approximate=True),
    # The slope that PyTorch takes; TensorFlow's own is 0.2.
    "leaky_relu": lambda x: tf.nn.leaky_relu(x, alpha=0.01),
    "linear": lambda x: x,
    "mish": lambda x: x * tf.tanh(tf.nn.softplus(x)),
    "quick_gelu": lambda x: x * tf.sigmoid(1.702 * x),
    "relu": tf.nn.relu,
    "relu6": tf.nn.relu6,
    "selu": tf.nn.selu,
    "sigmoid": tf.sigmoid,
    "silu": tf.nn.silu,
    "tanh": tf.tanh,
}


def activation(choice: str | Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The activation with this name (which `HubertConfig` has checked); a callable is returned unchanged."""
    return choice if callable(choice) else _FORMULAS[ACTIVATION_FORMULAS[choice]]
