"""What the models accept: refused in one sentence where it is known, by an assertion where a graph runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hubert_demo.errors import InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.libraries import keras, tf


def as_tensor(value: Any, float_dtype: str) -> Any:
    """A tensor; floats in the precision that the model computes in. What is symbolic stays as it is."""
    if keras.utils.is_keras_tensor(value):
        return value
    tensor = tf.convert_to_tensor(value)
    return tf.cast(tensor, float_dtype) if tensor.dtype.is_floating else tensor


def check_inputs(config: HubertConfig, given: Mapping[str, Any]) -> list[int]:
    """Refuse what is not a batch of recordings, each long enough for one frame, with masks that fit.

    Eagerly everything is checked. In a graph, types and sizes are as far as they are known when it is traced
    (`tf.function` hands the sentence on in an error of its own), other sizes and masks when it runs
    (`tf.errors.InvalidArgumentError`; XLA drops such checks), and NaN is not: it gives NaN.

    Args:
        config: The model's.
        given: The model's arguments by name.

    Returns:
        The length of each recording, or of all; nothing where they are not known.

    Raises:
        InputError: If something does not fit.
    """
    if any(keras.utils.is_keras_tensor(value) for value in given.values()):
        return []
    waveforms, embeds = given.get("input_values"), given.get("inputs_embeds")
    if (waveforms is None) == (embeds is None):
        raise InputError("Give the model input_values or inputs_embeds, one of the two.")
    values: Any = waveforms if embeds is None else embeds
    name = "input_values" if embeds is None else "inputs_embeds"
    _check_shape(config, name, values)
    mask = given.get("attention_mask")
    if mask is not None and not mask.shape.is_compatible_with(values.shape[:2]):
        raise InputError(
            f"attention_mask has shape {mask.shape} and {name} {values.shape[:2]}; they must be the same."
        )
    _check_head_mask(config, given.get("head_mask"))
    if given.get("labels") is not None:
        check_labels(config, given["labels"], values)
    least = config.min_samples if embeds is None else 1
    if not tf.executing_eagerly():
        _assert_in_graph(values, mask, least)
        return []
    lengths = [int(values.shape[1])] if mask is None else np.sum(mask.numpy() != 0, -1).tolist()
    for row, length in enumerate(lengths):
        if length < least:
            which = "Recording" if mask is None else f"Recording {row} of the batch"
            raise InputError(
                f"{which} is {length} samples; this HuBERT needs at least {least} "
                f"samples ({least / 16:g} ms). Record longer."
            )
    if not np.isfinite(values.numpy()).all():
        raise InputError(f"{name} has NaN or infinity; record or convert the audio again.")
    return lengths


def _check_shape(config: HubertConfig, name: str, values: Any) -> None:
    """Refuse what is no batch, and what holds no floats."""
    wanted = "(batch, samples)" if name == "input_values" else f"(batch, frames, {config.hidden_size})"
    fits = values.shape.rank == (2 if name == "input_values" else 3) and values.shape[0] != 0
    if not fits or (name == "inputs_embeds" and values.shape[2] not in (None, config.hidden_size)):
        raise InputError(f"{name} has shape {values.shape}; HuBERT needs {wanted}.")
    if not values.dtype.is_floating:
        raise InputError(
            f"{name} is {values.dtype.name}; HuBERT needs the floats that Wav2Vec2FeatureExtractor makes."
        )


def _check_head_mask(config: HubertConfig, head_mask: Any) -> None:
    allowed = ((config.num_attention_heads,), (config.num_hidden_layers, config.num_attention_heads))
    if head_mask is not None and not any(head_mask.shape.is_compatible_with(shape) for shape in allowed):
        raise InputError(f"head_mask has shape {head_mask.shape}; give {allowed[0]} or {allowed[1]}.")


def check_labels(config: HubertConfig, labels: Any, values: Any) -> None:
    """Refuse labels of another shape or above the last class; negative ones are padding.

    Args:
        config: The model's.
        labels: Token ids (batch, characters).
        values: Anything with as many rows as there are recordings.

    Raises:
        InputError: If they do not fit. In a graph, ids are checked when it runs, by
            `tf.errors.InvalidArgumentError`.
    """
    limit, batch = config.vocab_size, values.shape[0]
    if labels.shape.rank != 2 or not labels.shape[:1].is_compatible_with(values.shape[:1]):
        length = labels.shape[-1] if labels.shape.rank else "characters"
        raise InputError(
            f"Labels have shape {labels.shape}; give ({batch}, {length}), one row per recording."
        )
    if not labels.dtype.is_integer:
        raise InputError(f"Labels are {labels.dtype.name}; give integers.")
    if not tf.executing_eagerly():
        sentence = f"Labels must be below vocab_size={limit}."
        tf.debugging.assert_less(labels, tf.cast(limit, labels.dtype), sentence)
    elif labels.shape[1] and int(tf.reduce_max(labels)) >= limit:
        raise InputError(f"Labels must be below vocab_size={limit}, got {int(tf.reduce_max(labels))}.")


def _assert_in_graph(values: Any, mask: Any, least: int) -> None:
    """What is known only when the graph runs."""
    too_short = f"A recording is shorter than one frame; this HuBERT needs at least {least} samples."
    if values.shape[1] is not None and values.shape[1] < least:
        raise InputError(too_short)
    tf.debugging.assert_greater_equal(tf.shape(values)[1], least, too_short)
    if mask is not None:
        message = "attention_mask has another shape than what it masks."
        tf.debugging.assert_equal(tf.shape(mask), tf.shape(values)[:2], message)
        lengths = tf.math.count_nonzero(mask, axis=-1, dtype=tf.int32)
        tf.debugging.assert_greater_equal(lengths, least, too_short)
