"""What the models accept: refused in one sentence where it is known, by an assertion where a graph runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from hubert_demo.errors import InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.tf.libraries import keras, tf


def as_tensor(name: str, value: Any, float_dtype: str) -> Any:
    """A tensor; floats in the precision that the model computes in. What is symbolic stays as it is.

    Raises:
        InputError: If it is ragged.
    """
    if keras.utils.is_keras_tensor(value):
        return value
    if isinstance(value, tf.RaggedTensor):
        filler = "-100" if name == "labels" else ""
        raise InputError(f"{name} is ragged; fill its rows up: to_tensor({filler}).")
    tensor = tf.convert_to_tensor(value)
    return tf.cast(tensor, float_dtype) if tensor.dtype.is_floating else tensor


def check_inputs(config: HubertConfig, given: Mapping[str, Any]) -> list[int]:
    """Refuse what is not a batch of recordings, each long enough for one frame, with masks that fit.

    Eagerly everything is checked. In a graph, types and sizes are as far as they are known when it is traced
    (`tf.function` hands the sentence on in an error of its own), other sizes and masks when it runs
    (`tf.errors.InvalidArgumentError`; XLA drops such checks), and NaN is not: it gives NaN. When a functional
    model is put together, what is known then is checked.

    Args:
        config: The model's.
        given: The model's arguments by name.

    Returns:
        The length of each recording, or of all; nothing where they are not known.

    Raises:
        InputError: If something does not fit.
    """
    if ("input_values" in given) == ("inputs_embeds" in given):
        raise InputError("Give the model input_values or inputs_embeds, one of the two.")
    name = "input_values" if "input_values" in given else "inputs_embeds"
    values, mask = given[name], given.get("attention_mask")
    unit, least = ("samples", config.min_samples) if name == "input_values" else ("frames", 1)
    _check_types_and_sizes(config, name, given)
    is_symbolic = any(keras.utils.is_keras_tensor(value) for value in given.values())
    if is_symbolic or not tf.executing_eagerly():
        too_short = f"A recording is shorter than one frame; this HuBERT needs at least {least} {unit}."
        if values.shape[1] is not None and values.shape[1] < least:
            raise InputError(too_short)
        if not is_symbolic:
            _assert_in_graph(config, name, given, least, too_short)
        return []
    lengths = [int(values.shape[1])] if mask is None else np.sum(mask.numpy() != 0, -1).tolist()
    for row, length in enumerate(lengths):
        if length < least:
            which = "Recording" if mask is None else f"Recording {row} of the batch"
            duration = f" ({least / 16:g} ms)" if unit == "samples" else ""
            raise InputError(
                f"{which} is {length} {unit}; this HuBERT needs at least {least} {unit}{duration}. Record "
                "longer."
            )
    if not np.isfinite(values.numpy()).all():
        raise InputError(f"{name} has NaN or infinity; record or convert the audio again.")
    return lengths


def _check_types_and_sizes(config: HubertConfig, name: str, given: Mapping[str, Any]) -> None:
    """Refuse what can be seen without the values; sizes that are not known yet fit."""
    values, mask = given[name], given.get("attention_mask")
    shape = tf.TensorShape(values.shape)
    _check_values(config, name, shape, tf.as_dtype(values.dtype))
    if mask is not None and not shape[:2].is_compatible_with(mask.shape):
        raise InputError(
            f"attention_mask has shape {tf.TensorShape(mask.shape)} and {name} {shape[:2]}; they must be the "
            "same."
        )
    _check_head_mask(config, given.get("head_mask"))
    _check_mask_time_indices(config, given.get("mask_time_indices"), _frames_shape(config, name, shape))
    if given.get("labels") is not None:
        check_labels(config, given["labels"], values)


def _check_values(config: HubertConfig, name: str, shape: Any, dtype: Any) -> None:
    """Refuse what is no batch, and what holds no floats."""
    wanted = "(batch, samples)" if name == "input_values" else f"(batch, frames, {config.hidden_size})"
    fits = shape.rank == (2 if name == "input_values" else 3) and shape[0] != 0
    if not fits or (name == "inputs_embeds" and shape[2] not in (None, config.hidden_size)):
        raise InputError(f"{name} has shape {shape}; HuBERT needs {wanted}.")
    if not dtype.is_floating:
        raise InputError(
            f"{name} is {dtype.name}; HuBERT needs the floats that Wav2Vec2FeatureExtractor makes."
        )


def _check_head_mask(config: HubertConfig, head_mask: Any) -> None:
    allowed = ((config.num_attention_heads,), (config.num_hidden_layers, config.num_attention_heads))
    if head_mask is None:
        return
    shape = tf.TensorShape(head_mask.shape)
    if shape.rank is None or not any(shape.is_compatible_with(one) for one in allowed):
        raise InputError(f"head_mask has shape {shape}; give {allowed[0]} or {allowed[1]}.")


def _frames_shape(config: HubertConfig, name: str, shape: Any) -> Any:
    """The shape (batch, frames) of what a batch becomes, as far as it is known."""
    if name == "inputs_embeds" or shape[1] is None:
        return shape[:2]
    return tf.TensorShape((shape[0], max(_num_frames(config, shape[1]), 0)))


def _num_frames(config: HubertConfig, num_samples: Any) -> Any:
    return (num_samples - config.min_samples) // config.inputs_to_logits_ratio + 1


def _check_mask_time_indices(config: HubertConfig, indices: Any, frames_shape: Any) -> None:
    if indices is None:
        return
    if not config.has_masked_spec_embed:
        raise InputError(
            "This HuBERT takes no mask_time_indices: with mask_time_prob and mask_feature_prob of 0 there "
            "is no vector for masked frames."
        )
    if not frames_shape.is_compatible_with(indices.shape):
        raise InputError(
            f"mask_time_indices has shape {tf.TensorShape(indices.shape)}; give {frames_shape}, a value for "
            "every frame."
        )


def check_labels(config: HubertConfig, labels: Any, values: Any) -> None:
    """Refuse labels of another shape or above the last class; negative ones are padding.

    Args:
        config: The model's.
        labels: Token ids (batch, characters).
        values: Anything with as many rows as there are recordings.

    Raises:
        InputError: If they do not fit. In a graph, rows and ids are checked when it runs, by
            `tf.errors.InvalidArgumentError`.
    """
    limit, shape, batch = config.vocab_size, tf.TensorShape(labels.shape), values.shape[0]
    if shape.rank != 2 or not shape[:1].is_compatible_with((batch,)):
        length = shape[-1] if shape.rank else "characters"
        raise InputError(f"Labels have shape {shape}; give ({batch}, {length}), one row per recording.")
    dtype = tf.as_dtype(labels.dtype)
    if not dtype.is_integer:
        raise InputError(f"Labels are {dtype.name}; give integers.")
    if keras.utils.is_keras_tensor(labels):
        return
    if not tf.executing_eagerly():
        rows = tf.shape(labels)[0], tf.shape(values)[0]
        tf.debugging.assert_equal(*rows, "Give one row of labels per recording.")
        # As int64, because a vocabulary may be larger than the labels' own type.
        tf.debugging.assert_less(
            tf.cast(labels, tf.int64),
            tf.constant(limit, tf.int64),
            f"Labels must be below vocab_size={limit}.",
        )
    elif shape[1] and int(tf.reduce_max(labels)) >= limit:
        raise InputError(f"Labels must be below vocab_size={limit}, got {int(tf.reduce_max(labels))}.")


def _assert_in_graph(
    config: HubertConfig, name: str, given: Mapping[str, Any], least: int, too_short: str
) -> None:
    """What is known only when the graph runs."""
    shape, mask, indices = (
        tf.shape(given[name])[:2],
        given.get("attention_mask"),
        given.get("mask_time_indices"),
    )
    tf.debugging.assert_positive(shape[0], f"{name} has no rows; HuBERT needs at least one recording.")
    tf.debugging.assert_greater_equal(shape[1], least, too_short)
    if mask is not None:
        tf.debugging.assert_equal(
            tf.shape(mask), shape, "attention_mask has another shape than what it masks."
        )
        lengths = tf.math.count_nonzero(mask, axis=-1, dtype=tf.int32)
        tf.debugging.assert_greater_equal(lengths, least, too_short)
    if indices is not None:
        frames = shape[1] if name == "inputs_embeds" else _num_frames(config, shape[1])
        message = "mask_time_indices needs one value per frame."
        tf.debugging.assert_equal(tf.shape(indices), tf.stack([shape[0], frames]), message)
    if "head_mask" in given:
        heads = (config.num_hidden_layers, config.num_attention_heads)[-given["head_mask"].shape.rank :]
        tf.debugging.assert_equal(tf.shape(given["head_mask"]), heads, f"head_mask must be {heads}.")
