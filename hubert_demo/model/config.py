"""`HubertConfig`: every architectural choice of a HuBERT checkpoint, read from and written to config.json."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model.files import (
    CheckpointFiles,
    hub_options,
    read_json,
    shown_path,
    shown_value,
    write_json,
)
from hubert_demo.model.labels import settled_labels, without_labels

CONFIG_NAME = "config.json"

_LOGGER = logging.getLogger(__name__)

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

PADDING_WARNING = (
    "The front end's group norm includes the padding in its statistics, so that a padded recording gives "
    "another result than it would alone. Run one recording at a time, or use a checkpoint with "
    "feat_extract_norm='layer'."
)
"""What the models say once about padding under a group norm."""

_NOT_IN_FILE = {"num_labels", "extra"}
_DERIVED = {"num_feat_extract_layers", "transformers_version", "model_type", "num_labels"}

# One value for each convolution of the front end.
_CONVOLUTIONS = ("conv_dim", "conv_stride", "conv_kernel")

# Which fields must lie in which range.
_POSITIVE = (
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
)
_NOT_NEGATIVE = ("num_hidden_layers", "mask_time_min_masks", "mask_feature_min_masks")
_PROBABILITIES = (
    "hidden_dropout",
    "activation_dropout",
    "attention_dropout",
    "feat_proj_dropout",
    "final_dropout",
    "layerdrop",
    "mask_time_prob",
    "mask_feature_prob",
)

_MAX_LABELS = 1_000_000
_MAY_BE_MISSING = {"num_labels", "pad_token_id", "bos_token_id", "eos_token_id"}


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


@dataclass(frozen=True)
class HubertConfig:
    """Configuration of `HubertModel` and its heads; the defaults are those of hubert-base-ls960.

    Every field has the name, meaning and default that Hugging Face documents for HuBERT. Keys of a
    config.json that are not fields are kept in `extra` and written back by `to_dict`. One of `id2label`,
    `label2id` and `num_labels` is enough; the others follow from it (two labels if none is given).

    Raises:
        ConfigError: If values contradict each other; the message names every offending field.

    Source: https://huggingface.co/docs/transformers/model_doc/hubert#transformers.HubertConfig
    """

    vocab_size: int = 32
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str | Callable[..., Any] = "gelu"
    hidden_dropout: float = 0.1
    activation_dropout: float = 0.1
    attention_dropout: float = 0.1
    feat_proj_layer_norm: bool = True
    feat_proj_dropout: float = 0.0
    final_dropout: float = 0.1
    layerdrop: float = 0.1
    initializer_range: float = 0.02
    layer_norm_eps: float = 1e-5
    feat_extract_norm: str = "group"
    feat_extract_activation: str | Callable[..., Any] = "gelu"
    conv_dim: tuple[int, ...] = (512,) * 7
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_bias: bool = False
    num_conv_pos_embeddings: int = 128
    num_conv_pos_embedding_groups: int = 16
    conv_pos_batch_norm: bool = False
    do_stable_layer_norm: bool = False
    apply_spec_augment: bool = True
    mask_time_prob: float = 0.05
    mask_time_length: int = 10
    mask_time_min_masks: int = 2
    mask_feature_prob: float = 0.0
    mask_feature_length: int = 10
    mask_feature_min_masks: int = 0
    ctc_loss_reduction: str = "sum"
    ctc_zero_infinity: bool = False
    use_weighted_layer_sum: bool = False
    classifier_proj_size: int = 256
    pad_token_id: int = 0
    bos_token_id: int = 1
    eos_token_id: int = 2
    output_attentions: bool = False
    output_hidden_states: bool = False
    return_dict: bool = True
    id2label: Mapping[int, str] = None  # type: ignore[assignment]
    label2id: Mapping[str, int] = None  # type: ignore[assignment]
    num_labels: int = None  # type: ignore[assignment]
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Normalise sequence types and refuse contradictory values."""
        self._check_types()
        for name in _CONVOLUTIONS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._complete_labels()
        problems = [problem for is_met, problem in self._requirements() if not is_met]
        if problems:
            raise ConfigError("Inconsistent HuBERT configuration: " + "; ".join(problems) + ".")

    def _check_types(self) -> None:
        """Refuse what is of another type than its field, as a damaged or foreign config.json may have it."""
        problems = []
        for each in fields(self):
            # Annotations are texts here.
            allowed = _TYPES.get(str(each.type))
            value = getattr(self, each.name)
            if value is None and each.name in _MAY_BE_MISSING:
                continue
            if allowed is not None and not allowed[0](value):
                problems.append(f"{each.name}={shown_value(value)} must be {allowed[1]}")
        if problems:
            raise ConfigError("Inconsistent HuBERT configuration: " + "; ".join(problems[:5]) + ".")

    def _complete_labels(self) -> None:
        """Derive whichever of `id2label`, `label2id` and `num_labels` are missing."""
        try:
            self._derive_labels()
        except ConfigError:
            raise
        except (TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"Inconsistent HuBERT configuration: id2label={shown_value(self.id2label)} and "
                f"label2id={shown_value(self.label2id)} must name a class for every index."
            ) from error

    def _derive_labels(self) -> None:
        given: dict[str, Any] = vars(self)
        id2label, label2id, num_labels = given["id2label"], given["label2id"], given["num_labels"]
        if id2label is None and label2id is not None:
            id2label = {int(index): label for label, index in label2id.items()}
        if id2label is None:
            if num_labels is not None and num_labels > _MAX_LABELS:
                raise ConfigError(f"num_labels={shown_value(num_labels)} must be at most {_MAX_LABELS}.")
            id2label = {index: f"LABEL_{index}" for index in range(2 if num_labels is None else num_labels)}
        id2label = {int(index): str(label) for index, label in id2label.items()}
        if label2id is None:
            label2id = {label: index for index, label in id2label.items()}
        object.__setattr__(self, "id2label", id2label)
        object.__setattr__(self, "label2id", dict(label2id))
        object.__setattr__(self, "num_labels", len(id2label) if num_labels is None else num_labels)

    def _requirements(self) -> Iterator[tuple[bool, str]]:
        """Whether each requirement is met, and what to say where it is not."""
        values: dict[str, Any] = vars(self)
        for name in _POSITIVE:
            yield values[name] > 0, f"{name}={shown_value(values[name])} must be above 0"
        for name in _NOT_NEGATIVE:
            yield values[name] >= 0, f"{name}={shown_value(values[name])} must not be negative"
        for name in _PROBABILITIES:
            yield 0 <= values[name] <= 1, f"{name}={shown_value(values[name])} must be 0 to 1"
        yield self.num_hidden_layers <= MAX_LAYERS, f"num_hidden_layers must be at most {MAX_LAYERS}"
        dims, strides, kernels = (len(values[name]) for name in _CONVOLUTIONS)
        yield (
            dims == strides == kernels > 0,
            "conv_dim, conv_stride and conv_kernel must have equal lengths above 0, got "
            f"{dims}, {strides} and {kernels}",
        )
        yield dims <= MAX_LAYERS, f"conv_dim must have at most {MAX_LAYERS} values"
        for name in _CONVOLUTIONS:
            yield min(values[name], default=1) > 0, f"{name}={shown_value(values[name])} must all be above 0"
        for name in ("num_attention_heads", "num_conv_pos_embedding_groups"):
            fits = values[name] <= 0 or self.hidden_size % values[name] == 0
            shown = shown_value(self.hidden_size), shown_value(values[name])
            yield fits, f"hidden_size={shown[0]} must be a multiple of {name}={shown[1]}"
        for name in ("hidden_act", "feat_extract_activation"):
            is_known = callable(values[name]) or values[name] in ACTIVATION_FORMULAS
            names = ", ".join(ACTIVATION_FORMULAS)
            yield is_known, f"{name}={shown_value(values[name])} must be callable or one of {names}"
        choices = {"feat_extract_norm": ("group", "layer"), "ctc_loss_reduction": ("sum", "mean")}
        for name, (one, other) in choices.items():
            yield (
                values[name] in (one, other),
                f"{name}={shown_value(values[name])} must be {one!r} or {other!r}",
            )
        count, reverse = len(self.id2label), {label: index for index, label in self.id2label.items()}
        yield self.num_labels == count, f"num_labels={self.num_labels} must be {count}, as in id2label"
        yield (
            dict(self.label2id) == reverse,
            f"label2id={shown_value(self.label2id)} must be the reverse of "
            f"id2label={shown_value(self.id2label)}",
        )

    @property
    def num_feat_extract_layers(self) -> int:
        """Number of convolutions in the front end."""
        return len(self.conv_dim)

    @property
    def inputs_to_logits_ratio(self) -> int:
        """Hop of the front end in samples (320 for every published HuBERT)."""
        return math.prod(self.conv_stride)

    @property
    def min_samples(self) -> int:
        """Samples that one frame sees (400 for every published HuBERT)."""
        samples = 1
        for kernel, stride in zip(reversed(self.conv_kernel), reversed(self.conv_stride), strict=True):
            samples = (samples - 1) * stride + kernel
        return samples

    @property
    def min_encoder_parameters(self) -> int:
        """Weights that the encoder has at least: of its convolutions and dense layers, without biases."""
        inputs = (1, *self.conv_dim[:-1])
        front = sum(i * o * k for i, o, k in zip(inputs, self.conv_dim, self.conv_kernel, strict=True))
        width, groups = self.hidden_size, self.num_conv_pos_embedding_groups
        positions = width * (width // groups) * self.num_conv_pos_embeddings
        layer = 4 * width**2 + 2 * width * self.intermediate_size
        return front + self.conv_dim[-1] * width + positions + self.num_hidden_layers * layer

    @property
    def has_masked_spec_embed(self) -> bool:
        """Whether the encoder owns a learned vector for masked frames."""
        return self.mask_time_prob > 0.0 or self.mask_feature_prob > 0.0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HubertConfig:
        """Build a configuration from the contents of a config.json.

        Args:
            values: Parsed JSON; unknown keys are kept in `extra`.

        Raises:
            ConfigError: If values contradict each other.
        """
        known = {f.name for f in fields(cls)} - {"extra"}
        chosen = {k: v for k, v in values.items() if k in known and v is not None}
        extra = {k: v for k, v in values.items() if k not in known and k not in _DERIVED}
        return cls(**chosen, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """Contents of a config.json that transformers reads back to the same architecture."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NOT_IN_FILE}
        for name in _CONVOLUTIONS:
            values[name] = list(values[name])
        for name in ("hidden_act", "feat_extract_activation"):
            if callable(values[name]):
                values[name] = values[name].__name__
        values["id2label"] = {str(i): label for i, label in self.id2label.items()}
        return {**self.extra, "model_type": "hubert", **values}

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> HubertConfig:
        """Read `config.json` of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **options: `revision` (branch, tag or commit of the repository), `subfolder` (of the directory or
                repository), `local_files_only` (do not ask the hub; use files fetched earlier), `cache_dir`
                (where to keep fetched files), `token` (access token for the hub); any other replaces what the
                file says, such as `num_labels`.

        Raises:
            CheckpointError: If there is no readable config.json of a HuBERT.
        """
        where, overrides = hub_options(options)
        return cls.from_files(CheckpointFiles(pretrained_model_name_or_path, **where), **overrides)

    @classmethod
    def from_files(cls, files: CheckpointFiles, **overrides: Any) -> HubertConfig:
        """Read `config.json` as `from_pretrained` does, from files that are already described.

        Args:
            files: The checkpoint.
            **overrides: Settings that replace what the file says.

        Raises:
            CheckpointError: If there is no readable config.json of a HuBERT.
        """
        path = files.require(CONFIG_NAME)
        values = read_json(path)
        if values.get("model_type", "hubert") != "hubert":
            raise CheckpointError(
                f"{shown_path(path)} describes a {shown_value(values['model_type'])} model; only model_type "
                "'hubert' can be loaded."
            )
        values, note = settled_labels(values)
        if note is not None:
            _LOGGER.warning("%s: %s", files.shown_name, note)
        return cls.from_dict({**without_labels(values, overrides), **overrides})

    def save_pretrained(self, directory: str | Path) -> None:
        """Write `config.json` into `directory`, which is created if it does not exist."""
        write_json(Path(directory) / CONFIG_NAME, self.to_dict(), sort_keys=True)

    def with_labels(self, labels: tuple[str, ...]) -> HubertConfig:
        """The same configuration, for a classifier with these classes."""
        others: dict[str, Any] = {"label2id": None, "num_labels": None}
        return replace(self, id2label=dict(enumerate(labels)), **others)
