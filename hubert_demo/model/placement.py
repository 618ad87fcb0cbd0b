"""Where a model goes, and in which precision, as `from_pretrained` is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from hubert_demo.errors import InputError
from hubert_demo.model.files import shown_value


def named_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """The dtype with this name; float32 for None, and None for "auto"."""
    if dtype == "auto":
        return None
    found = getattr(torch, dtype, None) if isinstance(dtype, str) else (dtype or torch.float32)
    if not isinstance(found, torch.dtype):
        raise InputError(f"There is no dtype {dtype!r}; use 'float32', 'float16', 'bfloat16' or 'auto'.")
    return found


def whole_device(device_map: Any) -> torch.device | None:
    """The device that `device_map` puts a whole model on; None leaves it where it is made."""
    if isinstance(device_map, Mapping) and len(device_map) == 1:
        device_map = device_map.get("", device_map)
    if device_map == "auto":
        device_map = "cuda" if torch.cuda.is_available() else "cpu"
    if device_map is None or isinstance(device_map, torch.device):
        return device_map
    try:
        return torch.device(device_map)
    except (RuntimeError, TypeError) as error:
        raise InputError(
            f"device_map={shown_value(device_map)} would split the model or is not a device; HuBERT stays in "
            "one piece: give 'auto', 'cpu' or 'cuda:0'."
        ) from error
