"""What each setting of a `HubertConfig` may be, alone and together with the others."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hubert_demo.errors import ConfigError
from hubert_demo.model.files import shown_value

ACTIVATION_FORMULAS = {
    "gelu": "gelu",
    "gelu_fast": "gelu_tanh",
    "gelu_new": "gelu_tanh",
    "gelu_python": "gelu",
    "gelu_pytorch_tanh": "gelu_tanh",
    "leaky_relu": "leaky_relu",
    "linear": "linear",
    "mish": "mish",
    "quick_gelu": "quick_gelu",
    "relu": "relu",
    "relu6": "relu6",
    "selu": "selu",
    "sigmoid": "sigmoid",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
}
"""The names that a config.json may give an activation function, and the function each one means."""

MAX_LAYERS = 1000
"""Of the encoder, and of its front end: many times what any HuBERT has."""

MAX_LABELS = 1_000_000

CONVOLUTIONS = ("conv_dim", "conv_stride", "conv_kernel")
"""One value for each convolution of the front end."""

ACTIVATIONS = ("hidden_act", "feat_extract_activation")
"""The settings that name an activation function, or are one."""

LABELS = ("id2label", "label2id", "num_labels")
PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")
"""Each follows from either of the others."""

_GROUP_NORM_WARNING = (
    "The front end's group norm includes the padding in its statistics, so that a padded recording gives "
    "another result than it would alone. Run one recording at a time, without padding, or use a checkpoint "
    "with feat_extract_norm='layer'."
)
_BATCH_NORM_WARNING = (
    "The batch norm before the positional convolution makes other values of the padding's zeros, so that a "
    "padded recording gives another result than it would alone. Run one recording at a time, without "
    "padding, or use a checkpoint with conv_pos_batch_norm=False."
)

# Which fields must lie in which range.
_POSITIVE = {
    "vocab_size",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "num_conv_pos_embeddings",
    "num_conv_pos_embedding_groups",
    "mask_time_length",
    "mask_feature_length",
    "classifier_proj_size",
    "layer_norm_eps",
    "initializer_range",
}
_NOT_NEGATIVE = {"num_hidden_layers", "mask_time_min_masks", "mask_feature_min_masks"}
_PROBABILITIES = {
    "hidden_dropout",
    "activation_dropout",
    "attention_dropout",
    "feat_proj_dropout",
    "final_dropout",
    "layerdrop",
    "mask_time_prob",
    "mask_feature_prob",
}
_CHOICES = {"feat_extract_norm": ("group", "layer"), "ctc_loss_reduction": ("sum", "mean")}
_MAY_BE_MISSING = {"num_labels", "pad_token_id", "bos_token_id", "eos_token_id"}

_MAX_LISTED = 5


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_list_of_whole(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_whole, value))


_TYPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "int": (_is_whole, "a whole number"),
    "float": (_is_number, "a finite number"),
    "bool": (lambda value: isinstance(value, bool | int), "true or false"),
    "str": (lambda value: isinstance(value, str), "a text"),
    "str | Callable[..., Any]": (lambda value: isinstance(value, str) or callable(value), "a text"),
    "tuple[int, ...]": (_is_list_of_whole, "a list of whole numbers"),
}
"""What a field of an annotation may hold, and how a message calls that; None is left to who reads it."""


def check_types(annotations: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Refuse what is of another type than its field, as a damaged or foreign config.json may have it.

    Args:
        annotations: The type of each field to check, as it is written.
        values: By the same names, and others.

    Raises:
        ConfigError: The message names the first few offending fields.
    """
    problems = []
    for name, annotation in annotations.items():
        value, allowed = values[name], _TYPES.get(annotation)
        if allowed is None or (value is None and name in _MAY_BE_MISSING):
            continue
        if not allowed[0](value):
            problems.append(f"{name}={shown_value(value)} must be {allowed[1]}")
    _refuse(problems[:_MAX_LISTED])


def check_ranges(names: Sequence[str], values: Mapping[str, Any]) -> None:
    """Refuse what is impossible by itself.

    Raises:
        ConfigError: The message names every offending field.
    """
    _refuse(_problems(_ranges(names, values)))


def check_labels(values: Mapping[str, Any]) -> None:
    """Refuse labels that do not fit each other.

    Raises:
        ConfigError: The message says how.
    """
    _refuse(_problems(_label_rules(values)))


def check_everything(names: Sequence[str], values: Mapping[str, Any]) -> None:
    """Refuse what is impossible by itself or contradicts something else.

    Raises:
        ConfigError: The message names every offending field.
    """
    _refuse(_problems((*_ranges(names, values), *_rules_together(values), *_label_rules(values))))


def completed_labels(id2label: Any, label2id: Any, num_labels: Any) -> dict[str, Any]:
    """All three of `LABELS`, from those that are not None; two numbered labels if all are.

    Raises:
        ConfigError: If they name no classes.
    """
    try:
        return _derived_labels(id2label, label2id, num_labels)
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"Inconsistent HuBERT configuration: id2label={shown_value(id2label)} and "
            f"label2id={shown_value(label2id)} must name a class for every index."
        ) from error


def _derived_labels(id2label: Any, label2id: Any, num_labels: Any) -> dict[str, Any]:
    if id2label is None and label2id is not None:
        id2label = {int(index): label for label, index in label2id.items()}
    if id2label is None:
        if num_labels is not None and num_labels > MAX_LABELS:
            raise ConfigError(f"num_labels={shown_value(num_labels)} must be at most {MAX_LABELS}.")
        id2label = {index: f"LABEL_{index}" for index in range(2 if num_labels is None else num_labels)}
    id2label = {int(index): str(label) for index, label in id2label.items()}
    if label2id is None:
        label2id = {label: index for index, label in id2label.items()}
    num_labels = len(id2label) if num_labels is None else num_labels
    return {"id2label": id2label, "label2id": dict(label2id), "num_labels": num_labels}


Rules = Iterator[tuple[bool, str]]
"""Whether each requirement is met, and what to say where it is not."""


def _ranges(names: Sequence[str], values: Mapping[str, Any]) -> Rules:
    for name in names:
        value = values[name]
        shown = f"{name}={shown_value(value)}"
        if name in _POSITIVE:
            yield value > 0, f"{shown} must be above 0"
        elif name in _NOT_NEGATIVE:
            yield value >= 0, f"{shown} must not be negative"
        elif name in _PROBABILITIES:
            yield 0 <= value <= 1, f"{shown} must be 0 to 1"
        elif name in CONVOLUTIONS:
            yield len(value) <= MAX_LAYERS, f"{name} must have at most {MAX_LAYERS} values"
            yield min(value, default=1) > 0, f"{shown} must all be above 0"
        elif name in ACTIVATIONS:
            known = ", ".join(ACTIVATION_FORMULAS)
            is_known = callable(value) or value in ACTIVATION_FORMULAS
            yield is_known, f"{shown} must be callable or one of {known}"
        elif name in _CHOICES:
            one, other = _CHOICES[name]
            yield value in (one, other), f"{shown} must be {one!r} or {other!r}"
        if name == "num_hidden_layers":
            yield value <= MAX_LAYERS, f"{name} must be at most {MAX_LAYERS}"


def _rules_together(values: Mapping[str, Any]) -> Rules:
    dims, strides, kernels = (len(values[name]) for name in CONVOLUTIONS)
    yield (
        dims == strides == kernels > 0,
        "conv_dim, conv_stride and conv_kernel must have equal lengths above 0, got "
        f"{dims}, {strides} and {kernels}",
    )
    width = values["hidden_size"]
    for name in ("num_attention_heads", "num_conv_pos_embedding_groups"):
        fits = values[name] <= 0 or width % values[name] == 0
        yield (
            fits,
            f"hidden_size={shown_value(width)} must be a multiple of {name}={shown_value(values[name])}",
        )


def _label_rules(values: Mapping[str, Any]) -> Rules:
    id2label, label2id, num_labels = (values[name] for name in LABELS)
    count, reverse = len(id2label), {label: index for index, label in id2label.items()}
    yield num_labels == count, f"num_labels={num_labels} must be {count}, as in id2label"
    yield (
        dict(label2id) == reverse,
        f"label2id={shown_value(label2id)} must be the reverse of id2label={shown_value(id2label)}",
    )
    stated = values.get("extra", {}).get("problem_type")
    yield (
        stated is None or stated in PROBLEM_TYPES,
        f"problem_type={shown_value(stated)} must be one of {', '.join(PROBLEM_TYPES)}",
    )


def check_json(values: Mapping[str, Any]) -> None:
    """Refuse what a JSON file cannot hold.

    Raises:
        ConfigError: The message names the setting.
    """
    for name, value in values.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"{shown_value(name)} of the configuration is {shown_value(value)}, which a JSON file "
                "cannot hold; use texts, numbers, lists and dicts."
            ) from error


def padding_warning(feat_extract_norm: str, conv_pos_batch_norm: bool) -> str | None:
    """What a model with these norms says once about padding; None where padding changes nothing."""
    if feat_extract_norm == "group":
        return _GROUP_NORM_WARNING
    return _BATCH_NORM_WARNING if conv_pos_batch_norm else None


def _problems(rules: Iterator[tuple[bool, str]] | Sequence[tuple[bool, str]]) -> list[str]:
    return [problem for is_met, problem in rules if not is_met]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise ConfigError("Inconsistent HuBERT configuration: " + "; ".join(problems) + ".")
