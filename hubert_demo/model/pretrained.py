"""Reading and writing checkpoint directories in transformers' layout."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from hubert_demo.errors import CheckpointError, DamagedFileError
from hubert_demo.model.attention import HubertAttention, check_implementation
from hubert_demo.model.batch import Batch
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.faults import is_out_of_memory
from hubert_demo.model.files import CheckpointFiles, shown_path
from hubert_demo.model.options import hub_options
from hubert_demo.model.outputs import ModelOutput
from hubert_demo.model.placement import named_dtype, whole_device
from hubert_demo.model.saving import write_weights
from hubert_demo.model.tools import ModelForTools
from hubert_demo.model.upload import push_saved, repository_to_push
from hubert_demo.model.weights import (
    check_fit,
    damaged,
    listed,
    rename_parameters,
    weight_files,
)

_LOGGER = logging.getLogger(__name__)


class PretrainedModel(ModelForTools):
    """Base of the models: initialisation, `from_pretrained`, `save_pretrained`.

    Args:
        config: Architecture.
        attn_implementation: How attention is computed; as the configuration says when None, `"sdpa"` where it
            says nothing. It says so from now on.
    """

    base_prefix = ""

    def __init__(self, config: HubertConfig, attn_implementation: str | None = None) -> None:
        super().__init__()
        config.check()
        self.config = config
        self.name_or_path = ""
        self.attn_implementation: str = attn_implementation or config._attn_implementation or "sdpa"
        check_implementation(self.attn_implementation)
        config._attn_implementation = self.attn_implementation

    def set_attn_implementation(self, attn_implementation: str) -> None:
        """Compute attention another way from now on: `"sdpa"`, `"eager"` or `"flash_attention_2"`.

        Raises:
            ConfigError: If there is no such implementation, or flash-attn cannot run here.
        """
        check_implementation(attn_implementation)
        self.attn_implementation = self.config._attn_implementation = attn_implementation
        for module in self.modules():
            if isinstance(module, HubertAttention):
                module.implementation = attn_implementation
            elif isinstance(module, PretrainedModel):
                module.attn_implementation = attn_implementation

    def _chosen(self, name: str, argument: bool | None) -> bool:
        """An argument of `forward`; where it is None, what the configuration says under its name."""
        return bool(getattr(self.config, name)) if argument is None else argument

    def _returned(self, output: ModelOutput, return_dict: bool | None) -> Any:
        """A result as it was asked for."""
        if not self._chosen("return_dict", return_dict):
            return output.to_tuple()
        # `DataParallel` runs copies of a model, and puts dicts together but no other kind of mapping.
        return Batch(output.parts()) if getattr(self, "_is_replica", False) else output

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Precision of the weights."""
        return next(self.parameters()).dtype

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        config: HubertConfig | None = None,
        attn_implementation: str | None = None,
        dtype: torch.dtype | str | None = None,
        torch_dtype: torch.dtype | str | None = None,
        require_head: bool = False,
        ignore_mismatched_sizes: bool = False,
        device_map: Any = None,
        output_loading_info: bool = False,
        **options: Any,
    ) -> Self:
        """Load a checkpoint in transformers' layout, in eval mode.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository. It has `config.json` and
                weights: `model.safetensors`, else `pytorch_model.bin`; whole or in shards.
            config: Used instead of the checkpoint's config.json.
            attn_implementation: `"sdpa"`, `"eager"` or `"flash_attention_2"`; as `config` says when None,
                `"sdpa"` where it says nothing.
            dtype: Precision of the loaded weights, as a dtype or its name (`"float16"`); `"auto"` keeps that
                of the file; float32 when None.
            torch_dtype: Older name of `dtype`.
            require_head: Refuse a file without this model's head, for use without training.
            ignore_mismatched_sizes: Initialise what has another shape in the file newly, such as a head for
                another number of classes or letters, instead of refusing it.
            device_map: Where the model goes, as a whole: a device, or `"auto"` for the graphics card if there
                is one.
            output_loading_info: Also return which parameters were missing, left over or of another shape.
            **options: `revision` (branch, tag or commit of the repository), `subfolder` (of the directory or
                repository), `local_files_only` (do not ask the hub; use files fetched earlier), `cache_dir`
                (where to keep fetched files), `token` (access token for the hub); any other replaces what
                the configuration says, such as `num_labels`, `vocab_size` or `ctc_loss_reduction`.

        Returns:
            The model. A head that the file lacks is newly initialised, one that this class lacks is
            left out; both are logged as a warning. With `output_loading_info` a table beside it, of sets: of
            names under `missing_keys` and `unexpected_keys`, and with both shapes under `mismatched_keys`.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged, or parameters do not match.
            ConfigError: If the configuration contradicts itself, or there is no such attention.
            InputError: If there is no such dtype or device, or an option is not supported here.
        """
        where, overrides = hub_options(options)
        files = CheckpointFiles(pretrained_model_name_or_path, **where)
        wanted = named_dtype(dtype if dtype is not None else torch_dtype)
        device = whole_device(device_map)
        attention = attn_implementation or (None if config is None else config._attn_implementation)
        if config is None:
            config = HubertConfig.from_files(files, **overrides)
        elif overrides:
            config = HubertConfig._from_values(config.to_dict(), overrides)
        else:
            config = replace(config)
        paths = weight_files(files)
        read = _read_tensors(paths)
        # Before memory is taken for it: a few letters can describe a model larger than any machine.
        described = config.min_encoder_parameters + (cls._min_head_parameters(config) if require_head else 0)
        _require_room_for(described, paths, files.shown_name)
        model = cls(config, attention)
        tensors = rename_parameters(read, model.base_prefix)
        info = _loading_info(model, tensors)
        if ignore_mismatched_sizes:
            tensors = _of_fitting_shape(model, tensors, files.shown_name)
        _load_strictly(model, tensors, files.shown_name, require_head)
        if wanted is None:
            wanted = next(t.dtype for t in tensors.values() if t.is_floating_point())
        # Adapters are saved with a note on what they belong to.
        model.name_or_path = config.name_or_path = str(pretrained_model_name_or_path)
        config.dtype = wanted
        model = model.to(device, wanted).eval()
        return cast("Self", (model, info)) if output_loading_info else model

    def save_pretrained(
        self,
        save_directory: str | Path,
        dtype: torch.dtype | None = None,
        *,
        is_main_process: bool = True,
        state_dict: Mapping[str, Tensor] | None = None,
        save_function: object = None,
        push_to_hub: bool = False,
        max_shard_size: int | str = "50GB",
        safe_serialization: bool = True,
        **push_options: Any,
    ) -> None:
        """Write `config.json` and `model.safetensors`, as transformers reads them.

        Files of weights that lie in the folder already are replaced.

        Args:
            save_directory: Created if it does not exist.
            dtype: Precision in the file; that of the model when None.
            is_main_process: False in all but one of several processes that train together: nothing is
                written.
            state_dict: Weights to write, such as those that `accelerate` collected; the model's own when
                None.
            save_function: Without effect; files are written as huggingface-hub writes them.
            push_to_hub: Also put the files on the hub, as `push_to_hub` does.
            max_shard_size: Largest file of weights, in bytes or as a text like `"500MB"`.
            safe_serialization: False for a pickle, `pytorch_model.bin`, as old versions of transformers read.
            **push_options: Those of `push_to_hub`; `repo_id` is the folder's name unless given.

        Raises:
            ConfigError: If the configuration was changed into one that contradicts itself.
            InputError: If `max_shard_size` is no size, or there are options that nothing uses.
            CheckpointError: If the hub refuses the files or cannot be reached.
        """
        repo_id = repository_to_push(save_directory, push_to_hub, push_options)
        if not is_main_process:
            return
        directory = Path(save_directory)
        given = self.state_dict() if state_dict is None else state_dict
        tensors = {
            name: (t.to(dtype) if dtype is not None and t.is_floating_point() else t)
            .detach()
            .cpu()
            .contiguous()
            for name, t in given.items()
        }
        saved_dtype = str(next(t.dtype for t in tensors.values() if t.is_floating_point()))
        extra = {
            **self.config.extra,
            "architectures": [type(self).__name__],
            "dtype": saved_dtype.removeprefix("torch."),
        }
        extra.pop("torch_dtype", None)
        replace(self.config, extra=extra).save_pretrained(directory)
        write_weights(directory, tensors, max_shard_size, safe_serialization)
        if repo_id is not None:
            self.push_to_hub(
                repo_id,
                dtype=dtype,
                state_dict=state_dict,
                max_shard_size=max_shard_size,
                safe_serialization=safe_serialization,
                **push_options,
            )

    def push_to_hub(
        self,
        repo_id: str,
        *,
        commit_message: str = "Upload model",
        commit_description: str | None = None,
        private: bool | None = None,
        token: str | None = None,
        revision: str | None = None,
        create_pr: bool = False,
        **save_options: Any,
    ) -> Any:
        """Put the model on the hub, in the files that `save_pretrained` writes.

        Args:
            repo_id: `"owner/name"`, or a name of one's own; made if there is no such repository.
            commit_message: First line of the commit's message.
            commit_description: The rest of it.
            private: Whether a new repository is private; the account's default when None.
            token: Access token with the right to write; the one from `hf auth login` when None.
            revision: Branch to commit to; the main one when None.
            create_pr: Open a pull request instead.
            **save_options: Those of `save_pretrained`, such as `max_shard_size`.

        Returns:
            What huggingface-hub says about the commit.

        Raises:
            CheckpointError: If the hub refuses it or cannot be reached.
        """
        return push_saved(
            lambda folder: self.save_pretrained(folder, **save_options),
            repo_id,
            commit_message=commit_message,
            commit_description=commit_description,
            private=private,
            token=token,
            revision=revision,
            create_pr=create_pr,
        )

    @classmethod
    def _min_head_parameters(cls, config: HubertConfig) -> int:
        """Weights that a model's head has at least."""
        return 0

    def _initialise(self, std: float) -> None:
        """Random weights for training from scratch, module by module.

        Source: Hugging Face's documented `initializer_range`; Kaiming for convolutions.
        """
        for module in self.modules():
            if isinstance(module, nn.Linear):
                self._initialise_linear(module, std)
            elif isinstance(module, nn.Conv1d):
                nn.init.kaiming_normal_(module.weight.data)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @staticmethod
    def _initialise_linear(linear: nn.Linear, std: float) -> None:
        nn.init.normal_(linear.weight, std=std)
        nn.init.zeros_(linear.bias)


def _loading_info(model: PretrainedModel, tensors: dict[str, Tensor]) -> dict[str, set[Any] | list[Any]]:
    """What `output_loading_info` asks for, as transformers 5 has it."""
    own = model.state_dict()
    both = own.keys() & tensors.keys()
    shapes = {(name, tuple(tensors[name].shape), tuple(own[name].shape)) for name in both}
    return {
        "missing_keys": own.keys() - tensors.keys(),
        "unexpected_keys": tensors.keys() - own.keys(),
        "mismatched_keys": {each for each in shapes if each[1] != each[2]},
        "error_msgs": [],
    }


def _of_fitting_shape(model: PretrainedModel, tensors: dict[str, Tensor], source: str) -> dict[str, Tensor]:
    """The tensors whose shapes are the model's; the others are named in a warning."""
    own = model.state_dict()
    others = sorted(name for name in own.keys() & tensors.keys() if own[name].shape != tensors[name].shape)
    if others:
        _LOGGER.warning(
            "%s: %s of another shape, newly initialised: train before use.", source, listed(others)
        )
    return {name: tensor for name, tensor in tensors.items() if name not in others}


def _require_room_for(described: int, paths: Sequence[Path], name: str) -> None:
    """Refuse a configuration that describes more weights than files of this size can hold."""
    most = sum(path.stat().st_size for path in paths)
    if described > most:
        raise CheckpointError(
            f"The config.json of {name} describes a model with more weights than its files hold, which have "
            f"{most:,} bytes. Fetch the checkpoint again."
        )


def _read_tensors(paths: Sequence[Path]) -> dict[str, Tensor]:
    """All tensors of a checkpoint, by their names in the file."""
    return {name: tensor for path in paths for name, tensor in _read_file(path).items()}


def _read_file(path: Path) -> dict[str, Tensor]:
    """The tensors of one file; a pickle is read without running anything in it."""
    try:
        tensors: Any = (
            load_file(path)
            if path.suffix == ".safetensors"
            else torch.load(path, map_location="cpu", weights_only=True)
        )
    except Exception as error:  # Damaged files raise anything; pickles what their authors wish.
        if is_out_of_memory(error):
            raise
        raise damaged(path) from error
    if not (isinstance(tensors, dict) and all(map(_is_named_tensor, tensors.items()))):
        raise DamagedFileError(
            f"{shown_path(path)} is not a table of named tensors; fetch the checkpoint again.", path
        )
    return tensors


def _is_named_tensor(item: tuple[Any, Any]) -> bool:
    name, tensor = item
    if not (isinstance(name, str) and isinstance(tensor, Tensor)):
        return False
    return tensor.layout is torch.strided and not tensor.is_meta and not tensor.is_quantized


def _load_strictly(
    model: PretrainedModel, tensors: dict[str, Tensor], source: str, require_head: bool
) -> None:
    """Copy tensors into the model; any missing or left over is an error, except those of a head."""
    own = model.state_dict()
    check_fit(
        type(model).__name__,
        {name: tuple(tensor.shape) for name, tensor in own.items()},
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        source,
        require_head,
    )
    kept = {name: tensors[name] for name in tensors if name in own}
    unreal = sorted(name for name, tensor in kept.items() if tensor.is_complex())
    if unreal:
        raise CheckpointError(
            f"{source} does not fit {type(model).__name__}: {listed(unreal)} hold complex numbers."
        )
    model.load_state_dict(kept, strict=False)
