"""`HubertConfig`: every architectural choice of a HuBERT checkpoint, read from and written to config.json."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model.config_checks import (
    ACTIVATIONS,
    CONVOLUTIONS,
    LABELS,
    check_everything,
    check_json,
    check_labels,
    check_ranges,
    check_types,
    completed_labels,
    padding_warning,
)
from hubert_demo.model.config_tools import USUAL, ConfigForTools, without_torch
from hubert_demo.model.files import (
    CheckpointFiles,
    read_json,
    shown_path,
    shown_value,
    write_json,
)
from hubert_demo.model.labels import settled_labels, without_labels
from hubert_demo.model.options import hub_options
from hubert_demo.model.upload import push_saved, repository_to_push

CONFIG_NAME = "config.json"

_LOGGER = logging.getLogger(__name__)

_NOT_IN_FILE = {"num_labels", "extra"}
_DERIVED = {"num_feat_extract_layers", "transformers_version", "model_type", "num_labels"}


@dataclass(init=False)
class HubertConfig(ConfigForTools):
    """Configuration of `HubertModel` and its heads; the defaults are those of hubert-base-ls960.

    Every field has the name, meaning and default that Hugging Face documents for HuBERT. Other keywords are
    kept in `extra`, can be read as attributes, and are written back by `to_dict`. One of `id2label`,
    `label2id` and `num_labels` is enough; the others follow from it (two labels if none is given).

    A setting can be changed afterwards. Its own value is checked at once; whether the settings fit each other
    is checked by whoever uses them (`check`: a new model, `save_pretrained`). A model that exists keeps the
    architecture that it was made with.

    Args:
        **settings: Fields, and anything else; `attn_implementation`, which is kept in no file, is how models
            made with this configuration compute attention unless they are told otherwise.

    Raises:
        ConfigError: If values contradict each other; the message names every offending field.

    Source: https://huggingface.co/docs/transformers/model_doc/hubert#transformers.HubertConfig
    """

    model_type: ClassVar[str] = "hubert"

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
    extra: dict[str, Any] = field(default_factory=dict, compare=False)

    def __init__(self, /, **settings: Any) -> None:
        own = vars(self)
        own["extra"] = dict(settings.pop("extra", {}))
        self._attn_implementation = settings.pop("attn_implementation", None)
        for each in fields(self):
            if each.name != "extra":
                own[each.name] = settings.pop(each.name, each.default)
        own["extra"] |= {name: value for name, value in settings.items() if name not in _DERIVED}
        check_types(self._annotations(), own)
        own.update(completed_labels(*(own[name] for name in LABELS)))
        own.update({name: tuple(own[name]) for name in CONVOLUTIONS})
        self.check()

    if not TYPE_CHECKING:  # So that mypy still finds misspelt settings.

        def __getattr__(self, name: str) -> Any:
            # Not what Python itself asks for: a file can name anything.
            extra = {} if name.startswith("__") else {**USUAL, **vars(self).get("extra", {})}
            if name in extra:
                return extra[name]
            raise AttributeError(f"HubertConfig has no setting {shown_value(name)}.")

        def __setattr__(self, name: str, value: Any) -> None:
            if name in self._annotations():
                vars(self).update(self._changed(name, value))
            elif getattr(getattr(type(self), name, None), "fset", None) is not None:
                super().__setattr__(name, value)
            elif hasattr(type(self), name):
                raise ConfigError(f"{name} of a HuBERT configuration cannot be set.")
            else:
                self.extra[name] = value

    @classmethod
    def _annotations(cls) -> dict[str, str]:
        """The type of every field, as it is written above."""
        return {each.name: str(each.type) for each in fields(cls)}

    def _changed(self, name: str, value: Any) -> dict[str, Any]:
        """A field with a new value, and those that follow from it."""
        check_types({name: self._annotations()[name]}, {name: value})
        if name in LABELS:
            same = name == "num_labels" and value == self.num_labels
            labels = {} if same else completed_labels(**{**dict.fromkeys(LABELS), name: value})
            if labels:
                check_labels(labels)
            return labels
        changed = {name: tuple(value) if name in CONVOLUTIONS else value}
        check_ranges((name,), changed)
        return changed

    def check(self) -> None:
        """Refuse settings that are impossible or contradict each other.

        Raises:
            ConfigError: The message names every offending field.
        """
        check_everything(tuple(self._annotations()), vars(self))

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

    @property
    def padding_warning(self) -> str | None:
        """What the models say once about padding; None where it changes nothing."""
        return padding_warning(self.feat_extract_norm, self.conv_pos_batch_norm)

    @classmethod
    def from_dict(
        cls, config_dict: Mapping[str, Any], return_unused_kwargs: bool = False, **overrides: Any
    ) -> HubertConfig:
        """Build a configuration from the contents of a config.json.

        Args:
            config_dict: Parsed JSON; unknown keys are kept in `extra`.
            return_unused_kwargs: Also return those of `overrides` that are no settings.
            **overrides: Settings that replace what `config_dict` says.

        Raises:
            ConfigError: If values contradict each other.
        """
        known = {*cls._annotations(), *config_dict, "attn_implementation"}
        used = {name: value for name, value in overrides.items() if name in known}
        unused = {name: value for name, value in overrides.items() if name not in known}
        made = cls._from_values(config_dict, used)
        return cast("HubertConfig", (made, unused)) if return_unused_kwargs else made

    @classmethod
    def _from_values(cls, values: Mapping[str, Any], overrides: Mapping[str, Any]) -> HubertConfig:
        """From the contents of a config.json and what replaces some of them; what is unknown is kept."""
        settings = dict(overrides)
        attention = settings.pop("attn_implementation", None)  # What a file says of it is not meant for us.
        values = {**without_labels(values, settings), **settings}
        known = {*cls._annotations()} - {"extra"}
        chosen = {k: v for k, v in values.items() if k in known and v is not None}
        extra = {k: v for k, v in values.items() if k not in known and k not in _DERIVED}
        return cls(**chosen, extra=extra, attn_implementation=attention)

    def to_dict(self) -> dict[str, Any]:
        """Contents of a config.json that transformers reads back to the same architecture."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NOT_IN_FILE}
        for name in CONVOLUTIONS:
            values[name] = list(values[name])
        for name in ACTIVATIONS:
            if callable(values[name]):
                values[name] = values[name].__name__
        values["id2label"] = {str(i): label for i, label in self.id2label.items()}
        extra = {name: without_torch(value) for name, value in self.extra.items()}
        return {**extra, "model_type": self.model_type, **values}

    def to_diff_dict(self) -> dict[str, Any]:
        """What of `to_dict` differs from a configuration without arguments; `from_dict` reads it back."""
        usual = type(self)().to_dict()
        return {
            name: value
            for name, value in self.to_dict().items()
            if name == "model_type" or name not in usual or usual[name] != value
        }

    def to_json_string(self, use_diff: bool = True) -> str:
        """The text of a config.json.

        Args:
            use_diff: Only what `to_diff_dict` gives, else all of `to_dict`.

        Raises:
            ConfigError: If a value in `extra` is nothing that JSON knows.
        """
        return json.dumps(self._for_json(use_diff), indent=2, ensure_ascii=False, sort_keys=True) + "\n"

    def to_json_file(self, json_file_path: str | Path, use_diff: bool = True) -> None:
        """Write the text that `to_json_string` gives; its folder is created if it does not exist."""
        write_json(Path(json_file_path), self._for_json(use_diff), sort_keys=True)

    def _for_json(self, use_diff: bool) -> dict[str, Any]:
        values = self.to_diff_dict() if use_diff else self.to_dict()
        check_json({name: value for name, value in values.items() if name in self.extra})
        return values

    def update(self, config_dict: Mapping[str, Any]) -> None:
        """Change several settings; all stay as they were if one cannot be used.

        Raises:
            ConfigError: If a value is impossible, or they contradict each other.
        """
        before = {**vars(self), "extra": dict(self.extra)}
        try:
            for name, value in config_dict.items():
                if name not in _DERIVED - {"num_labels"}:
                    setattr(self, name, value)
            self.check()
        except ConfigError:
            vars(self).update(before)
            raise

    @classmethod
    def from_json_file(cls, json_file: str | Path) -> HubertConfig:
        """Read the file that `to_json_file` wrote, or any config.json of a HuBERT.

        Raises:
            CheckpointError: If the file cannot be read.
            ConfigError: If values contradict each other.
        """
        return cls.from_dict(read_json(Path(json_file)))

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> HubertConfig:
        """Read `config.json` of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **options: `revision` (branch, tag or commit of the repository), `subfolder` (of the directory or
                repository), `local_files_only` (do not ask the hub; use files fetched earlier), `cache_dir`
                (where to keep fetched files), `token` (access token for the hub); any other replaces what the
                file says, such as `num_labels`, or is kept. With `return_unused_kwargs` what is no setting is
                not kept, but returned beside the configuration.

        Raises:
            CheckpointError: If there is no readable config.json of a HuBERT.
        """
        where, overrides = hub_options(options)
        return cls.from_files(CheckpointFiles(pretrained_model_name_or_path, **where), **overrides)

    @classmethod
    def get_config_dict(
        cls, pretrained_model_name_or_path: str | Path, **options: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The contents of a checkpoint's `config.json`, and those options that do not say where it is."""
        where, others = hub_options(options)
        return _contents(CheckpointFiles(pretrained_model_name_or_path, **where)), others

    @classmethod
    def from_files(cls, files: CheckpointFiles, **overrides: Any) -> HubertConfig:
        """Read `config.json` as `from_pretrained` does, from files that are already described.

        Args:
            files: The checkpoint.
            **overrides: Settings that replace what the file says.

        Raises:
            CheckpointError: If there is no readable config.json of a HuBERT.
        """
        values, note = settled_labels(_contents(files))
        if note is not None:
            _LOGGER.warning("%s: %s", files.shown_name, note)
        if overrides.pop("return_unused_kwargs", False):
            made, unused = cast("Any", cls.from_dict(values, True, **overrides))
        else:
            made, unused = cls._from_values(values, overrides), None
        made.name_or_path = files.name_or_path
        return made if unused is None else cast("HubertConfig", (made, unused))

    def save_pretrained(
        self, save_directory: str | Path, push_to_hub: bool = False, **push_options: Any
    ) -> None:
        """Write `config.json` into `save_directory`, which is created if it does not exist.

        Args:
            save_directory: The folder.
            push_to_hub: Also put it on the hub, as `push_to_hub` does.
            **push_options: Those of `push_to_hub`; `repo_id` is the folder's name unless given.

        Raises:
            ConfigError: If settings that were changed contradict each other, or JSON has no way to write one.
        """
        self.check()
        repo_id = repository_to_push(save_directory, push_to_hub, push_options)
        self.to_json_file(Path(save_directory) / CONFIG_NAME, use_diff=False)
        if repo_id is not None:
            self.push_to_hub(repo_id, **push_options)

    def push_to_hub(self, repo_id: str, **options: Any) -> Any:
        """Save into a repository on the hub; options as of `push_saved`."""
        return push_saved(self.save_pretrained, repo_id, **options)

    def with_labels(self, labels: tuple[str, ...]) -> HubertConfig:
        """The same configuration, for a classifier with these classes."""
        others: dict[str, Any] = {"label2id": None, "num_labels": None}
        return replace(self, id2label=dict(enumerate(labels)), **others)


def _contents(files: CheckpointFiles) -> dict[str, Any]:
    """What a checkpoint's config.json says, if it is that of a HuBERT."""
    path = files.require(CONFIG_NAME)
    values = read_json(path)
    if values.get("model_type", "hubert") != "hubert":
        raise CheckpointError(
            f"{shown_path(path)} describes a {shown_value(values['model_type'])} model; only model_type "
            "'hubert' can be loaded."
        )
    return values
