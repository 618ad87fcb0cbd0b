"""`HubertConfig`: every architectural choice of a HuBERT checkpoint, read from and written to config.json."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model.files import CheckpointFiles, read_json

CONFIG_NAME = "config.json"

_NOT_FIELDS = {"transformers_version", "extra"}


@dataclass(frozen=True)
class HubertConfig:
    """Configuration of `HubertModel` and its heads; the defaults are those of hubert-base-ls960.

    Every field has the name, meaning and default that Hugging Face documents for HuBERT. Keys of a
    config.json that are not fields are kept in `extra` and written back by `to_dict`.

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
    feat_extract_activation: str = "gelu"
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
    id2label: Mapping[int, str] = field(default_factory=lambda: {0: "LABEL_0", 1: "LABEL_1"})
    extra: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Normalise sequence types and refuse contradictory values."""
        for name in ("conv_dim", "conv_stride", "conv_kernel"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "id2label", {int(k): str(v) for k, v in self.id2label.items()})
        problems = self._problems()
        if problems:
            raise ConfigError("Inconsistent HuBERT configuration: " + "; ".join(problems) + ".")

    def _problems(self) -> list[str]:
        problems = []
        if not len(self.conv_dim) == len(self.conv_stride) == len(self.conv_kernel):
            problems.append(
                "conv_dim, conv_stride and conv_kernel must have equal lengths, got "
                f"{len(self.conv_dim)}, {len(self.conv_stride)} and {len(self.conv_kernel)}"
            )
        if self.hidden_size % self.num_attention_heads:
            problems.append(
                f"hidden_size={self.hidden_size} must be a multiple of "
                f"num_attention_heads={self.num_attention_heads}"
            )
        if self.hidden_size % self.num_conv_pos_embedding_groups:
            problems.append(
                f"hidden_size={self.hidden_size} must be a multiple of "
                f"num_conv_pos_embedding_groups={self.num_conv_pos_embedding_groups}"
            )
        if self.feat_extract_norm not in ("group", "layer"):
            problems.append(f"feat_extract_norm={self.feat_extract_norm!r} must be 'group' or 'layer'")
        if self.ctc_loss_reduction not in ("sum", "mean"):
            problems.append(f"ctc_loss_reduction={self.ctc_loss_reduction!r} must be 'sum' or 'mean'")
        return problems

    @property
    def num_labels(self) -> int:
        """Number of classes of a sequence classifier."""
        return len(self.id2label)

    @property
    def label2id(self) -> dict[str, int]:
        """Class index of every label."""
        return {label: index for index, label in self.id2label.items()}

    @property
    def num_feat_extract_layers(self) -> int:
        """Number of convolutions in the front end."""
        return len(self.conv_dim)

    @property
    def inputs_to_logits_ratio(self) -> int:
        """Hop of the front end in samples (320 for every published HuBERT)."""
        ratio = 1
        for stride in self.conv_stride:
            ratio *= stride
        return ratio

    @property
    def min_samples(self) -> int:
        """Samples that one frame is made of (400 for every published HuBERT)."""
        samples = 1
        for kernel, stride in zip(reversed(self.conv_kernel), reversed(self.conv_stride), strict=True):
            samples = (samples - 1) * stride + kernel
        return samples

    @property
    def has_masked_spec_embed(self) -> bool:
        """Whether the encoder owns a learned vector for masked frames."""
        return self.mask_time_prob > 0.0 or self.mask_feature_prob > 0.0

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HubertConfig:
        """Build a configuration from the contents of a config.json.

        Args:
            values: Parsed JSON; unknown keys are kept in `extra`, `num_labels` and `label2id` are derived.

        Raises:
            ConfigError: If values contradict each other.
        """
        known = {f.name for f in fields(cls)} - _NOT_FIELDS
        chosen = {k: v for k, v in values.items() if k in known and v is not None}
        derived = {"num_labels", "label2id", "num_feat_extract_layers", "transformers_version"}
        extra = {k: v for k, v in values.items() if k not in known and k not in derived}
        if "num_labels" in values and "id2label" not in values:
            chosen["id2label"] = {i: f"LABEL_{i}" for i in range(int(values["num_labels"]))}
        return cls(**chosen, extra=extra)

    def to_dict(self) -> dict[str, Any]:
        """Contents of a config.json that transformers reads back to the same architecture."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NOT_FIELDS}
        for name in ("conv_dim", "conv_stride", "conv_kernel"):
            values[name] = list(values[name])
        if callable(self.hidden_act):
            values["hidden_act"] = self.hidden_act.__name__
        values["id2label"] = {str(i): label for i, label in self.id2label.items()}
        values["label2id"] = self.label2id
        return {**self.extra, "model_type": "hubert", **values}

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        revision: str | None = None,
        local_files_only: bool = False,
        cache_dir: str | Path | None = None,
        token: str | None = None,
    ) -> HubertConfig:
        """Read `config.json` of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            revision: Branch, tag or commit of that repository.
            local_files_only: Never ask the hub; use what was fetched before.
            cache_dir: Where fetched files are kept.
            token: Access token for the hub.

        Raises:
            CheckpointError: If there is no readable config.json of a HuBERT.
        """
        files = CheckpointFiles(pretrained_model_name_or_path, revision, local_files_only, cache_dir, token)
        path = files.require(CONFIG_NAME)
        values = read_json(path)
        if values.get("model_type", "hubert") != "hubert":
            raise CheckpointError(
                f"{path} describes a {values['model_type']!r} model; only model_type 'hubert' can be loaded."
            )
        return cls.from_dict(values)

    def save_pretrained(self, directory: str | Path) -> None:
        """Write `config.json` into `directory`, which is created if need be."""
        Path(directory).mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"
        (Path(directory) / CONFIG_NAME).write_text(text, encoding="utf-8")

    def with_labels(self, labels: tuple[str, ...]) -> HubertConfig:
        """The same configuration for a classifier of these classes."""
        return replace(self, id2label=dict(enumerate(labels)))
