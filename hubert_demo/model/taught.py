"""What was taught on the states of one encoder: a file beside its checkpoint that says which encoder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from hubert_demo.errors import DamagedFileError
from hubert_demo.model.faults import is_out_of_memory
from hubert_demo.model.files import shown_folder

_ENCODER, _TAUGHT = "encoder", "taught"


@dataclass(frozen=True)
class Origin:
    """Where something taught comes from.

    Attributes:
        encoder: Fingerprint of the encoder it was taught on (`encoder_fingerprint`).
        taught: How it was taught: hours of speech, seed, passes, whatever its maker noted.
    """

    encoder: str
    taught: Mapping[str, Any]


def save_taught(path: Path, tensors: Mapping[str, Tensor], origin: Origin) -> None:
    """Write tensors in half precision, and where they come from."""
    stored = {name: tensor.half().cpu().contiguous() for name, tensor in tensors.items()}
    metadata = {"format": "pt", _ENCODER: origin.encoder, _TAUGHT: json.dumps(dict(origin.taught))}
    save_file(stored, path, metadata=metadata)


def read_taught(path: Path) -> tuple[dict[str, Tensor], Origin]:
    """What `save_taught` wrote, in float32.

    Raises:
        DamagedFileError: If the file is damaged, or says nothing of its encoder.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        taught = json.loads(metadata[_TAUGHT])
        origin = Origin(metadata[_ENCODER], taught)
        is_finite = all(bool(torch.isfinite(each).all()) for each in tensors.values())
        if not isinstance(taught, dict) or not is_finite:
            raise ValueError("settings, and numbers that are finite")
    except Exception as error:  # Damaged files raise anything.
        if is_out_of_memory(error):
            raise
        raise damaged(path) from error
    return tensors, origin


def damaged(path: Path) -> DamagedFileError:
    """The sentence about a file that is not what `save_taught` writes."""
    return DamagedFileError(
        f"{path.name} in {shown_folder(path.parent)} cannot be read: it is damaged, or not what `python -m "
        "hubert_demo.training` writes. Fetch the checkpoint again, make the file again, or remove it.",
        path,
    )
