"""Which files hold a checkpoint's weights, what their parameters are called, and whether they fit a model.

No tensor is read here.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from hubert_demo.errors import CheckpointError, DamagedFileError
from hubert_demo.model.files import CheckpointFiles, read_json, shown_path, shown_text, shown_value

logger = logging.getLogger(__name__)

WEIGHTS_NAME = "model.safetensors"
OLD_WEIGHTS_NAME = "pytorch_model.bin"

_MAX_LISTED = 12

ENCODER_PREFIX = "hubert."
"""What the names of the encoder's parameters start with in a model that has a head."""

# A plain name: no folder, and nothing that a system takes for one.
_SHARD = re.compile(r"[A-Za-z0-9][\w.-]{0,200}")
_HEADS = {"lm_head", "projector", "classifier", "layer_weights"}
_OLD_WEIGHT_NORM = {
    "pos_conv_embed.conv.weight_g": "pos_conv_embed.conv.parametrizations.weight.original0",
    "pos_conv_embed.conv.weight_v": "pos_conv_embed.conv.parametrizations.weight.original1",
}

Parameter = TypeVar("Parameter")


def weight_files(files: CheckpointFiles) -> tuple[Path, ...]:
    """The files that hold a checkpoint's weights: one, or all its shards.

    Args:
        files: The checkpoint; what is on the hub is fetched.

    Returns:
        Paths in order of their names; safetensors where the checkpoint has both formats.

    Raises:
        CheckpointError: If there are none, or one cannot be fetched.
    """
    for name in (WEIGHTS_NAME, OLD_WEIGHTS_NAME):
        path = files.find(name)
        if path is not None:
            return (path,)
        index = files.find(f"{name}.index.json")
        if index is not None:
            return tuple(files.require(shard) for shard in _shards(index, Path(name).suffix))
    raise CheckpointError(
        f"{files.shown_name} has neither {WEIGHTS_NAME} nor {OLD_WEIGHTS_NAME}, whole or in shards; "
        "fetch the checkpoint again."
    )


def _shards(index: Path, suffix: str) -> list[str]:
    """The names of the shards in an index, none of which may lie outside the checkpoint."""
    shards = read_json(index).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise DamagedFileError(f"{shown_path(index)} has no weight_map; fetch the checkpoint again.", index)
    for shard in shards.values():
        if not isinstance(shard, str) or not _SHARD.fullmatch(shard) or Path(shard).suffix != suffix:
            raise DamagedFileError(
                f"{shown_path(index)} names {shown_value(shard)} as a file of weights; only files *{suffix} "
                "beside it are read.",
                index,
            )
    return sorted(set(shards.values()))


def rename_parameters(parameters: Mapping[str, Parameter], base_prefix: str) -> dict[str, Parameter]:
    """Give a file's parameters the names that they have in a model's state dict.

    A checkpoint with a head has the encoder's prefix, one of a bare encoder does not; both load into both
    kinds of model. The old names of the weight norm become the new ones.

    Args:
        parameters: Whatever belongs to each name (a tensor, a shape), by the names in the file.
        base_prefix: `ENCODER_PREFIX` for a model with a head, `""` for a bare encoder.
    """
    has_prefix = any(name.startswith(ENCODER_PREFIX) for name in parameters)
    renamed = {}
    for name, parameter in parameters.items():
        for old, new in _OLD_WEIGHT_NORM.items():
            if name.endswith(old):
                name = name.removesuffix(old) + new
        if has_prefix and not base_prefix:
            name = name.removeprefix(ENCODER_PREFIX)
        elif base_prefix and not has_prefix:
            name = base_prefix + name
        renamed[name] = parameter
    return renamed


def is_head_parameter(name: str) -> bool:
    """Whether a parameter belongs to a head (CTC or classifier) rather than to the encoder."""
    return name.split(".")[0] in _HEADS


def damaged(path: Path) -> DamagedFileError:
    """The sentence about a file of weights that cannot be read.

    Not in the words of whatever failed: those name this machine's folders, and how to open a pickle that runs
    code.
    """
    return DamagedFileError(
        f"{shown_path(path)} is damaged or not a file of weights alone. Fetch the checkpoint again.",
        path,
    )


def check_fit(
    model_name: str,
    own: Mapping[str, tuple[int, ...]],
    given: Mapping[str, tuple[int, ...]],
    source: str | Path,
    require_head: bool,
) -> None:
    """Refuse a checkpoint in which parameters are missing or left over, except those of a head.

    A head that is missing or left over is logged as a warning.

    Args:
        model_name: What the model's class is called in messages.
        own: The shape of each of the model's parameters, by name.
        given: The shape of each of the checkpoint's, by the names that `rename_parameters` gives.
        source: Where the checkpoint is, for messages.
        require_head: Whether a missing head is refused too.

    Raises:
        CheckpointError: If the two do not match; the message names the first dozen parameters of each kind.
    """
    missing = sorted(set(own) - set(given))
    unexpected = sorted(set(given) - set(own))
    wrong = [
        f"{name} {given[name]} for {own[name]}"
        for name in sorted(set(own) & set(given))
        if own[name] != given[name]
    ]
    fatal = [
        f"{what}: {listed(names)}"
        for what, names in (
            ("missing", [n for n in missing if require_head or not is_head_parameter(n)]),
            ("unexpected", [n for n in unexpected if not is_head_parameter(n)]),
            ("of another shape", wrong),
        )
        if names
    ]
    if fatal:
        raise CheckpointError(f"{source} does not fit {model_name}: {'; '.join(fatal)}.")
    if missing:
        logger.warning("%s has no %s: newly initialised, train before use.", source, ", ".join(missing))
    if unexpected:
        logger.warning("%s: %s left out, %s has no such head.", source, listed(unexpected), model_name)


def listed(names: Sequence[str]) -> str:
    """The first names, each within bounds, and how many more there are: a file can name anything."""
    first = ", ".join(map(shown_text, names[:_MAX_LISTED]))
    return first + (f" and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else "")
