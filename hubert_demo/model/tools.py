"""What tools that work with transformers' models ask of a model and of its results."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from hubert_demo.errors import InputError
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.outputs import HubertHeadOutput, HubertModelOutput, ModelOutput
from hubert_demo.model.placement import named_dtype


class ModelForTools(nn.Module):
    """Names under which `Trainer`, `pipeline`, peft and accelerate look for what they need."""

    config_class: ClassVar[type[HubertConfig]] = HubertConfig
    base_model_prefix: ClassVar[str] = "hubert"
    main_input_name: ClassVar[str] = "input_values"
    input_modalities: ClassVar[str] = "audio"
    supports_gradient_checkpointing: ClassVar[bool] = True
    _supports_sdpa: ClassVar[bool] = True
    _supports_flash_attn: ClassVar[bool] = True
    _no_split_modules: ClassVar[list[str]] = ["HubertEncoderLayer"]
    _tied_weights_keys: ClassVar[None] = None
    _keep_in_fp32_modules: ClassVar[frozenset[str]] = frozenset()
    _keys_to_ignore_on_save: ClassVar[None] = None
    _keys_to_ignore_on_load_missing: ClassVar[None] = None
    _keys_to_ignore_on_load_unexpected: ClassVar[None] = None

    config: HubertConfig

    @classmethod
    def _from_config(
        cls,
        config: HubertConfig,
        *,
        attn_implementation: str | None = None,
        dtype: torch.dtype | str | None = None,
        torch_dtype: torch.dtype | str | None = None,
    ) -> Self:
        """A model with random weights, and with a copy of a configuration.

        Args:
            config: Architecture.
            attn_implementation: As for `HubertModel`.
            dtype: Precision of the weights, as a dtype or its name; float32 when None.
            torch_dtype: Older name of `dtype`.
        """
        made: Any = cls
        wanted = named_dtype(dtype if dtype is not None else torch_dtype)
        model: Self = made(copy.deepcopy(config), attn_implementation).to(wanted or torch.float32)
        return model

    def gradient_checkpointing_enable(
        self, gradient_checkpointing_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Recompute each layer in the backward pass instead of keeping its states: slower, far smaller.

        Args:
            gradient_checkpointing_kwargs: Options of `torch.utils.checkpoint.checkpoint`; `use_reentrant` is
                false unless they say otherwise.
        """
        self._set_gradient_checkpointing(True, dict(gradient_checkpointing_kwargs or {}))

    def gradient_checkpointing_disable(self) -> None:
        """Keep the states of all layers for the backward pass again."""
        self._set_gradient_checkpointing(False, {})

    def activation_checkpointing_enable(
        self,
        activation_checkpointing_kwargs: Mapping[str, Any] | None = None,
        every_n_layers: int = 1,
        offload: bool = False,
    ) -> None:
        """The name that `gradient_checkpointing_enable` has in transformers from 5.24 on.

        Raises:
            InputError: If only some layers are meant, or states are to be kept in another memory.
        """
        if every_n_layers != 1 or offload:
            raise InputError(
                "HuBERT's layers are recomputed all or not at all, from states on their own device: leave "
                "out every_n_layers and offload."
            )
        self.gradient_checkpointing_enable(activation_checkpointing_kwargs)

    def activation_checkpointing_disable(self) -> None:
        """The name that `gradient_checkpointing_disable` has in transformers from 5.24 on."""
        self.gradient_checkpointing_disable()

    @property
    def is_gradient_checkpointing(self) -> bool:
        """Whether layers are recomputed in the backward pass."""
        return any(getattr(module, "gradient_checkpointing", False) for module in self.modules())

    @property
    def is_activation_checkpointing(self) -> bool:
        """The name that `is_gradient_checkpointing` has in transformers from 5.24 on."""
        return self.is_gradient_checkpointing

    def _set_gradient_checkpointing(self, value: bool, options: dict[str, Any]) -> None:
        for module in self.modules():
            if hasattr(module, "gradient_checkpointing"):
                vars(module).update(gradient_checkpointing=value, checkpoint_options=options)

    @classmethod
    def _can_set_attn_implementation(cls) -> bool:
        """Whether a model's `set_attn_implementation` works, which it always does."""
        return True

    @property
    def base_model(self) -> nn.Module:
        """The encoder: of a model with a head `hubert`, else the model itself."""
        return getattr(self, self.base_model_prefix, self)

    def get_encoder(self) -> nn.Module:
        """The Transformer layers, without the front end and its projection."""
        encoder: nn.Module = self.base_model.encoder  # type: ignore[assignment]
        return encoder

    def enable_input_require_grads(self) -> None:
        """Give what enters the first layer gradients, although everything before it is frozen.

        Checkpointing with `use_reentrant` needs that, where only adapters in the layers are trained.
        """
        self.disable_input_require_grads()
        vars(self)["_gives_gradients"] = self.base_model.feature_projection.register_forward_hook(  # type: ignore[union-attr]
            _with_gradients
        )

    def disable_input_require_grads(self) -> None:
        """Undo `enable_input_require_grads`."""
        hook = vars(self).pop("_gives_gradients", None)
        if hook is not None:
            hook.remove()

    @classmethod
    def can_generate(cls) -> bool:
        """Whether the model writes token after token, which no HuBERT does."""
        return False

    def num_parameters(self, only_trainable: bool = False, exclude_embeddings: bool = False) -> int:
        """How many weights there are.

        Args:
            only_trainable: Without those that are frozen.
            exclude_embeddings: Without embeddings of tokens; HuBERT, which hears, has none.
        """
        return sum(p.numel() for p in self.parameters() if p.requires_grad or not only_trainable)

    def get_memory_footprint(self, return_buffers: bool = True) -> int:
        """Bytes that the weights take, and the buffers unless `return_buffers` is false."""
        kept = [*self.parameters(), *(self.buffers() if return_buffers else ())]
        return sum(tensor.nbytes for tensor in kept)

    def get_output_embeddings(self) -> nn.Module | None:
        """The layer over characters, of a model that has one."""
        return None

    def _get_feat_extract_output_lengths(self, input_lengths: int | Tensor) -> int | Tensor:
        """What transformers calls `HubertModel.num_frames`."""
        frames: int | Tensor = self.base_model.num_frames(input_lengths)  # type: ignore[operator]
        return frames

    def _get_feature_vector_attention_mask(
        self, feature_vector_length: int, attention_mask: Tensor
    ) -> Tensor:
        """What transformers calls `HubertModel.frame_mask`."""
        mask: Tensor = self.base_model.frame_mask(attention_mask, feature_vector_length)  # type: ignore[operator]
        return mask


def _with_gradients(module: nn.Module, given: Any, states: Tensor) -> Tensor:
    return states.requires_grad_(True)


def _flattened(output: ModelOutput) -> tuple[list[Any], list[str]]:
    parts = output.parts()
    return list(parts.values()), list(parts)


def _flattened_with_keys(output: ModelOutput) -> tuple[list[tuple[pytree.KeyEntry, Any]], list[str]]:
    parts = output.parts()
    keys: list[pytree.KeyEntry] = [pytree.MappingKey(name) for name in parts]
    return list(zip(keys, parts.values(), strict=True)), list(parts)


def _register(kind: type[ModelOutput]) -> None:
    """Let torch look into results: to export a model, and to map over tensors."""
    pytree.register_pytree_node(
        kind,
        _flattened,
        lambda values, names: kind.from_parts(names, values),
        serialized_type_name=f"{kind.__module__}.{kind.__name__}",
        flatten_with_keys_fn=_flattened_with_keys,
    )


_register(HubertModelOutput)
_register(HubertHeadOutput)
