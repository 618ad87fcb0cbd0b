"""TensorFlow and Keras, once it is certain that they work together."""

from __future__ import annotations

import keras
import tensorflow as tf

from hubert_demo.errors import ConfigError

__all__ = ["keras", "tf"]

if keras.backend.backend() != "tensorflow":
    raise ConfigError(
        f"Keras computes with {keras.backend.backend()}; these models need TensorFlow. Set "
        "KERAS_BACKEND=tensorflow before Keras is imported."
    )
