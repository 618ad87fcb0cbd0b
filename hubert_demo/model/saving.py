"""Writing a model's weights, whole or in shards."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from hubert_demo.errors import InputError
from hubert_demo.model.weights import OLD_WEIGHTS_NAME, WEIGHTS_NAME


def write_weights(
    directory: Path, tensors: Mapping[str, Tensor], max_shard_size: int | str, safe_serialization: bool
) -> None:
    """Write tensors in transformers' layout; files of weights that lie there already are replaced.

    Args:
        directory: Exists.
        tensors: By their names in the file.
        max_shard_size: Largest file, in bytes or as a text like `"500MB"`; more are written in shards.
        safe_serialization: Safetensors; else a pickle, as old versions of transformers read.

    Raises:
        InputError: If that is no size.
    """
    from huggingface_hub import save_torch_state_dict

    try:
        save_torch_state_dict(
            dict(tensors), directory, max_shard_size=max_shard_size, safe_serialization=safe_serialization
        )
    except ValueError as error:
        raise InputError(
            f"max_shard_size={max_shard_size!r} is no size; give a number of bytes, or a text like '500MB'."
        ) from error
    # Where both formats lie, readers prefer one, which may be what was saved before.
    other = OLD_WEIGHTS_NAME if safe_serialization else WEIGHTS_NAME
    for path in directory.iterdir():
        if _is_weights(path.name, other):
            path.unlink()


def _is_weights(file: str, name: str) -> bool:
    """Whether a file is the one of this name, its index, or a shard of it."""
    stem, dot, suffix = name.rpartition(".")
    return file in (name, f"{name}.index.json") or (
        file.startswith(f"{stem}-0") and "-of-" in file and file.endswith(dot + suffix)
    )
