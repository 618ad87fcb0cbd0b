"""flash-attn's functions, computed by torch's own copy of its kernel where the package is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

PACKAGE = "the flash-attn package"
TORCHS_KERNEL = "torch.ops.aten._flash_attention_forward in place of the flash-attn package"

_PACKAGE_NAME = "flash_attn"
# Without "flash": transformers would look for a package of that name.
_NAME_IN_TRANSFORMERS = "kernel_of_torch"


@contextmanager
def flash_kernels() -> Iterator[str]:
    """Let `import flash_attn` find torch's kernel if the package is not installed.

    Yields:
        `PACKAGE` or `TORCHS_KERNEL`: what computes flash_attention_2 meanwhile.
    """
    if find_spec(_PACKAGE_NAME) is not None:
        yield PACKAGE
        return
    sys.modules[_PACKAGE_NAME] = _STAND_IN
    try:
        yield TORCHS_KERNEL
    finally:
        del sys.modules[_PACKAGE_NAME]


def name_in_transformers(hf: Any, implementation: str) -> str:
    """What transformers calls an implementation; it would take torch's kernel for no flash-attn.

    Args:
        hf: The module transformers.
        implementation: `"eager"`, `"sdpa"` or `"flash_attention_2"`.
    """
    if implementation != "flash_attention_2" or sys.modules.get(_PACKAGE_NAME) is not _STAND_IN:
        return implementation
    hf.AttentionInterface.register(_NAME_IN_TRANSFORMERS, _attend_in_transformers)
    return _NAME_IN_TRANSFORMERS


def _flash_attn_func(query: Tensor, key: Tensor, value: Tensor, dropout_p: float, causal: bool) -> Tensor:
    """Attention of (batch, frames, heads, head_dim)."""
    longest = (query.shape[1], key.shape[1])
    return _forward(query, key, value, None, None, *longest, dropout_p, causal, False)


def _flash_attn_varlen_func(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cu_seqlens_q: Tensor,
    cu_seqlens_k: Tensor,
    max_seqlen_q: int,
    max_seqlen_k: int,
    dropout_p: float,
    causal: bool,
) -> Tensor:
    """Attention of (frames of all sequences, heads, head_dim), each sequence within itself."""
    starts, longest = (cu_seqlens_q, cu_seqlens_k), (max_seqlen_q, max_seqlen_k)
    return _forward(query, key, value, *starts, *longest, dropout_p, causal, False)


def _forward(*arguments: Any) -> Tensor:
    context: Tensor = torch.ops.aten._flash_attention_forward(*arguments)[0]
    return context


def _attend_in_transformers(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[Tensor, None]:
    """What its flash_attention_2 does for a batch without padding."""
    assert attention_mask is None
    query, key, value = (states.transpose(1, 2) for states in (query, key, value))
    return _flash_attn_func(query, key, value, dropout_p=dropout, causal=False), None


def _stand_in() -> ModuleType:
    module: Any = ModuleType(_PACKAGE_NAME)
    module.__spec__ = ModuleSpec(_PACKAGE_NAME, None)
    module.flash_attn_func = _flash_attn_func
    module.flash_attn_varlen_func = _flash_attn_varlen_func
    return module  # type: ignore[no-any-return]


_STAND_IN = _stand_in()
