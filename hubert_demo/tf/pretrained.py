"""What both models share: their files, their arguments, and how Keras saves and trains them."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, Unpack

from hubert_demo.model.config import HubertConfig
from hubert_demo.model.files import CheckpointFiles, HubOptions
from hubert_demo.model.weights import WEIGHTS_NAME, check_fit, rename_parameters
from hubert_demo.tf.inputs import as_tensor, check_inputs
from hubert_demo.tf.libraries import keras, tf
from hubert_demo.tf.weights import inner_layers, parameters, read_tensors, write_tensors

logger = logging.getLogger(__name__)

_TENSORS = ("input_values", "attention_mask", "head_mask", "inputs_embeds", "mask_time_indices", "labels")


class PretrainedModel(keras.Model):
    """Base of the models: `from_pretrained`, `save_pretrained`, and how arguments may be given.

    Args:
        config: Architecture.
        dtype: Keras's policy of precision (`"mixed_float16"`); the global one when None.
        name: Keras's name of the model.
    """

    base_prefix = ""

    def __init__(
        self, config: HubertConfig, dtype: Any = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(dtype=dtype, name=name, **kwargs)
        config.check()
        self.config = config
        # Keras would otherwise compile `fit` and `predict` with XLA, anew for every length of recording.
        self.supports_jit = False
        self._has_warned = False
        self._is_exported = False

    # There is nothing to convert: no tensor decides what this code does.
    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the model; see `call` for its arguments.

        Args:
            *args: One tensor of waveforms; or a list or tuple of tensors in the order of `call`; or a dict.
            **kwargs: The arguments of `call`, by name.

        Raises:
            InputError: If the input cannot be used; in a graph see `check_inputs`.
            TypeError: If there is no such argument, or it is given twice.
        """
        given = self.arguments(*args, **kwargs)
        lengths = check_inputs(self.config, given)
        values = given["input_values"] if "input_values" in given else given["inputs_embeds"]
        self._warn_of_padding(lengths, values.shape[1])
        return super().__call__(given.pop("input_values", None), **given)

    def arguments(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The arguments of `call` by name, however they were given; those that are None are left out."""
        if args and isinstance(args[0], Mapping):
            args, kwargs = args[1:], {**args[0], **kwargs}
        elif args and isinstance(args[0], list | tuple):
            args = (*args[0], *args[1:])
        given = inspect.signature(self.call).bind(*args, **kwargs).arguments
        return {
            name: as_tensor(name, value, self.compute_dtype) if name in _TENSORS else value
            for name, value in given.items()
            if value is not None
        }

    def _warn_of_padding(self, lengths: list[int], padded_length: int | None) -> None:
        """Say once that padding changes results; `lengths` is empty where they are not known."""
        warning = self.config.padding_warning
        if warning and lengths and min(lengths) != padded_length and not self._has_warned:
            self._has_warned = True
            logger.warning(warning)

    def _chosen(self, name: str, argument: bool | None) -> bool:
        """An argument of `call`; the configuration's value where it is None, and always in a graph."""
        in_file = bool(getattr(self.config, name))
        return in_file if argument is None or not tf.executing_eagerly() else argument

    def _returned(self, output: Any, return_dict: bool | None) -> Any:
        """A result as it was asked for; in a graph it is always a dict."""
        if self._is_exported:
            return output.stacked()
        wants_dict = not tf.executing_eagerly() or self._chosen("return_dict", return_dict)
        return output if wants_dict else output.to_tuple()

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        config: HubertConfig | None = None,
        dtype: Any = None,
        require_head: bool = False,
        from_pt: bool = True,
        **hub_options: Unpack[HubOptions],
    ) -> Self:
        """Load a checkpoint in transformers' layout: the files of the PyTorch classes.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository. It has `config.json` and
                weights: `model.safetensors`, else `pytorch_model.bin` (which only torch can read); whole or
                in shards.
            config: Used instead of the checkpoint's config.json.
            dtype: Keras's policy of precision (`"mixed_float16"`); the global one when None.
            require_head: Refuse a file without this model's head, for use without training.
            from_pt: Without effect, since all files are PyTorch's.
            **hub_options: `revision` (branch, tag or commit of the repository), `local_files_only` (do not
                ask the hub; use files fetched earlier), `cache_dir` (where to keep fetched files), `token`
                (access token for the hub).

        Returns:
            The model. A head that the file lacks is newly initialised, one that this class lacks is
            left out; both are logged as a warning.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged, or parameters do not match.
            ConfigError: If the configuration contradicts itself.
        """
        files = CheckpointFiles(pretrained_model_name_or_path, **hub_options)
        model = cls(config or HubertConfig.from_files(files), dtype=dtype)
        tensors = rename_parameters(read_tensors(files), cls.base_prefix)
        own = parameters(model)
        check_fit(
            cls.__name__,
            {name: parameter.shape for name, parameter in own.items()},
            {name: tensor.shape for name, tensor in tensors.items()},
            files.shown_name,
            require_head,
        )
        for name, parameter in own.items():
            if name in tensors:
                parameter.assign(tensors[name])
        return model

    def save_pretrained(self, save_directory: str | Path, dtype: str | None = None) -> None:
        """Write `config.json` and `model.safetensors`, as the PyTorch classes and transformers read them.

        Args:
            save_directory: Created if it does not exist.
            dtype: Precision in the file (`"float16"`); that of the variables when None.

        Raises:
            InputError: If there is no such precision.
        """
        directory = Path(save_directory)
        directory.mkdir(parents=True, exist_ok=True)
        tensors = {name: parameter.read() for name, parameter in parameters(self).items()}
        saved_dtype = write_tensors(directory / WEIGHTS_NAME, tensors, dtype)
        architecture = type(self).__name__.removeprefix("TF")
        extra = {**self.config.extra, "architectures": [architecture], "dtype": saved_dtype}
        extra.pop("torch_dtype", None)
        replace(self.config, extra=extra).save_pretrained(directory)

    def export(self, filepath: str | Path, *args: Any, input_signature: Any = None, **kwargs: Any) -> None:
        """Write a SavedModel, which TensorFlow alone loads and runs, for waveforms of any number and length.

        It gives hidden states and maps, where the configuration asks for them, as one tensor each, the layers
        on its first axis.

        Args:
            filepath: Folder to write.
            *args: As in `keras.Model.export`.
            input_signature: As in `keras.Model.export`; float32 (batch, samples) of any size when None.
            **kwargs: As in `keras.Model.export`.
        """
        any_size = keras.InputSpec(dtype="float32", shape=(None, None), name="input_values")
        self._is_exported = True
        try:
            super().export(str(filepath), *args, input_signature=input_signature or [any_size], **kwargs)
        finally:
            self._is_exported = False

    def _trackable_children(self, save_type: str = "checkpoint", **kwargs: Any) -> dict[str, Any]:
        # tf.train.Checkpoint does not look into Keras's lists of layers, and would leave these out unsaid.
        children: dict[str, Any] = dict(super()._trackable_children(save_type, **kwargs))
        if save_type == "checkpoint":
            children |= {name: layer for name, layer in inner_layers(self) if name.split(".")[-1].isdigit()}
        return children

    def get_config(self) -> dict[str, Any]:
        """What `keras.saving` needs to make this model again, frozen layers included."""
        base = super(keras.Model, self).get_config()
        frozen = [name for name, layer in inner_layers(self) if not layer.trainable]
        return {**base, "config": self.config.to_dict(), "frozen": frozen}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """A model with new weights, from what `get_config` gave."""
        config = dict(config)
        frozen = set(config.pop("frozen", ()))
        model = cls(**{**config, "config": HubertConfig.from_dict(config["config"])})
        if frozen:
            for name, layer in inner_layers(model):
                # From the outside in, since a layer hands it on to those in it.
                layer.trainable = name not in frozen
        return model
