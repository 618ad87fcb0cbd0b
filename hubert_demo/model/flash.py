"""Attention by the flash-attn package: its variable-length kernel gets batches without their padding."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from hubert_demo.errors import ConfigError

_OLDEST = (8, 0)
"""Compute capability of Ampere, the oldest cards that flash-attn 2 has kernels for."""


def check_flash_attention(device: torch.device | None = None, dtype: torch.dtype | None = None) -> None:
    """Refuse what flash-attn cannot do, before it fails with a message of its own.

    Args:
        device: Where attention runs; one CUDA device that can do it is enough when None.
        dtype: Precision of its input; not checked when None.

    Raises:
        ConfigError: If the package, a CUDA device, one that is new enough, or half precision is missing.
    """
    missing = []
    if find_spec("flash_attn") is None:
        missing.append("the flash-attn package (pip install -U flash-attn --no-build-isolation)")
    if not torch.cuda.is_available() or (device is not None and device.type != "cuda"):
        missing.append("a CUDA device that the model is on")
    elif old := _too_old(device):
        missing.append(f"a CUDA device of compute capability 8.0 or higher, Ampere or newer ({old})")
    if dtype not in (None, torch.float16, torch.bfloat16):
        missing.append(f"half precision (dtype=torch.float16 or torch.bfloat16; it is {dtype})")
    if missing:
        raise ConfigError(
            f"flash_attention_2 also needs {', and '.join(missing)}. Use attn_implementation='sdpa', which "
            "needs none of these."
        )


def _too_old(device: torch.device | None) -> str:
    """Names and compute capabilities of the cards in question; empty if one of them is new enough."""
    cards = range(torch.cuda.device_count()) if device is None else [device]
    capabilities = [torch.cuda.get_device_capability(card) for card in cards]
    if any(capability >= _OLDEST for capability in capabilities):
        return ""
    named = zip(map(torch.cuda.get_device_name, cards), capabilities, strict=True)
    return ", ".join(f"{name} has {major}.{minor}" for name, (major, minor) in named)


def flash_attention(
    query: Tensor, key: Tensor, value: Tensor, frame_mask: Tensor | None, dropout: float
) -> Tensor:
    """Scaled dot-product attention by flash-attn.

    Args:
        query: Half-precision (batch, heads, frames, head_dim) on a CUDA device, like `key` and `value`.
        key: As `query`.
        value: As `query`.
        frame_mask: Boolean (batch, frames), false for padding; None when there is none.
        dropout: Probability of dropping an attention weight.

    Returns:
        (batch, heads, frames, head_dim); zero in padded frames.

    Raises:
        ConfigError: If flash-attn cannot run here.

    Source: Dao 2023, "FlashAttention-2"; sequences packed end to end, their starts in `cu_seqlens`.
    """
    check_flash_attention(query.device, query.dtype)
    kernels: Any = import_module("flash_attn")
    query, key, value = (states.transpose(1, 2) for states in (query, key, value))
    if frame_mask is None:
        return _transposed(kernels.flash_attn_func(query, key, value, dropout_p=dropout, causal=False))
    lengths = frame_mask.sum(-1, dtype=torch.int32)
    starts = F.pad(lengths.cumsum(0, dtype=torch.int32), (1, 0))
    longest = int(lengths.max())
    packed = kernels.flash_attn_varlen_func(
        query[frame_mask],
        key[frame_mask],
        value[frame_mask],
        cu_seqlens_q=starts,
        cu_seqlens_k=starts,
        max_seqlen_q=longest,
        max_seqlen_k=longest,
        dropout_p=dropout,
        causal=False,
    )
    context = torch.zeros_like(query)
    context[frame_mask] = packed
    return _transposed(context)


def _transposed(context: Tensor) -> Tensor:
    return context.transpose(1, 2)
