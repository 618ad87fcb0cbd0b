"""Between a model's Keras variables and the PyTorch names and layouts of checkpoint files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import save_file

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.files import CheckpointFiles
from hubert_demo.model.weights import damaged, weight_files
from hubert_demo.tf.encoder import PositionalConv
from hubert_demo.tf.front_end import ChannelNorm
from hubert_demo.tf.layers import BatchNorm
from hubert_demo.tf.libraries import keras, tf


class Parameter(NamedTuple):
    """A variable and its layout in a file.

    Attributes:
        variable: Keras's.
        is_turned: Whether PyTorch has the axes in the opposite order.
    """

    variable: Any
    is_turned: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape in a file."""
        shape = tuple(self.variable.shape)
        return shape[::-1] if self.is_turned else shape

    def read(self) -> npt.NDArray[Any]:
        """The value as it is written to a file."""
        value: npt.NDArray[Any] = np.asarray(self.variable)
        return np.asarray(value.T if self.is_turned else value, order="C")

    def assign(self, value: npt.NDArray[Any]) -> None:
        """Take a value from a file."""
        turned = value.T if self.is_turned else value
        self.variable.assign(turned.astype(self.variable.dtype))


def parameters(layer: Any, prefix: str = "") -> dict[str, Parameter]:
    """Every parameter of a layer and the layers in it, by the name that it has in PyTorch's state dict.

    Args:
        layer: One of ours: its attributes are called as PyTorch's modules are.
        prefix: Name of the layer itself, with a dot after it.
    """
    found = {}
    for name, value in vars(layer).items():
        if name.startswith("_"):
            continue
        if isinstance(value, keras.Variable) and name == "masked_spec_embed":
            found[prefix + name] = Parameter(value)
        for child, child_name in _children(name, value):
            own = dict(_own(child))
            inner = own or parameters(child)
            found |= {f"{prefix}{child_name}.{inner_name}": p for inner_name, p in inner.items()}
    return found


def inner_layers(layer: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The layers in a layer, each before those in it, by the names of PyTorch's modules.

    Args:
        layer: One of ours.
        prefix: Name of the layer itself, with a dot after it.
    """
    for name, value in vars(layer).items():
        if name.startswith("_"):
            continue
        for child, child_name in _children(name, value):
            yield prefix + child_name, child
            yield from inner_layers(child, f"{prefix}{child_name}.")


def _children(name: str, value: Any) -> Iterator[tuple[Any, str]]:
    """The layers that an attribute holds, each with its name."""
    items = enumerate(value) if isinstance(value, list) else ()
    for item, item_name in ((value, name), *((item, f"{name}.{index}") for index, item in items)):
        if isinstance(item, keras.layers.Layer):
            yield item, item_name


def _own(layer: Any) -> Iterator[tuple[str, Parameter]]:
    """The parameters of a layer that has no layers in it, by PyTorch's names."""
    if isinstance(layer, keras.layers.Dense | keras.layers.Conv1D):
        yield "weight", Parameter(layer.kernel, is_turned=True)
        if layer.bias is not None:
            yield "bias", Parameter(layer.bias)
    elif isinstance(layer, keras.layers.LayerNormalization | ChannelNorm | BatchNorm):
        yield "weight", Parameter(layer.gamma)
        yield "bias", Parameter(layer.beta)
        if isinstance(layer, BatchNorm):
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                yield name, Parameter(getattr(layer, name))
    elif isinstance(layer, PositionalConv):
        yield "bias", Parameter(layer.bias)
        if layer.has_weight_norm:
            yield "parametrizations.weight.original0", Parameter(layer.length, is_turned=True)
            yield "parametrizations.weight.original1", Parameter(layer.direction, is_turned=True)
        else:
            yield "weight", Parameter(layer.kernel, is_turned=True)


def read_tensors(files: CheckpointFiles) -> dict[str, npt.NDArray[Any]]:
    """All tensors of a checkpoint, by their names in the file.

    Raises:
        CheckpointError: If a file cannot be fetched or is damaged, or is a pickle and torch is not installed.
    """
    return {name: tensor for path in weight_files(files) for name, tensor in _read_file(path).items()}


def _read_file(path: Path) -> dict[str, npt.NDArray[Any]]:
    if path.suffix != ".safetensors":
        return _read_pickle(path)
    # Numpy has no bfloat16; TensorFlow does.
    from safetensors.tensorflow import load_file

    try:
        return {name: tensor.numpy() for name, tensor in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise damaged(path) from error
    except AttributeError as error:
        # What safetensors' reader for TensorFlow gives of a type that numpy has not (float8).
        raise CheckpointError(
            f"{path.name} has numbers of a kind that TensorFlow cannot read; save it as float32, float16 or "
            "bfloat16 with the PyTorch class."
        ) from error


def _read_pickle(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        import torch
    except ImportError as error:
        raise CheckpointError(
            f"{path.name} is an older file, which only torch can read: pip install torch, or convert it to "
            "safetensors."
        ) from error
    try:
        tensors: Any = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, OSError, EOFError) as error:
        raise damaged(path) from error
    if not (isinstance(tensors, dict) and all(isinstance(t, torch.Tensor) for t in tensors.values())):
        raise CheckpointError(f"{path.name} is not a table of named tensors; fetch the checkpoint again.")
    return {name: (t.float() if t.is_floating_point() else t).numpy() for name, t in tensors.items()}


def write_tensors(path: Path, tensors: dict[str, npt.NDArray[Any]], dtype: str | None) -> str:
    """Write a file of weights.

    Args:
        path: A safetensors file.
        tensors: By name.
        dtype: Precision of the floats in the file, as they are when None.

    Returns:
        The precision of the floats in the file.

    Raises:
        InputError: If there is no such precision.
    """
    if dtype is not None:
        chosen = _float_type(dtype).as_numpy_dtype
        tensors = {n: v.astype(chosen) if _is_float(v) else v for n, v in tensors.items()}
    save_file(tensors, path, metadata={"format": "pt"})
    return next(v.dtype.name for v in tensors.values() if _is_float(v))


def _is_float(value: npt.NDArray[Any]) -> bool:
    # Numpy itself does not take bfloat16 for floats.
    return bool(tf.as_dtype(value.dtype).is_floating)


def _float_type(dtype: Any) -> Any:
    try:
        found = tf.as_dtype(dtype)
    except TypeError:
        found = tf.string
    if not found.is_floating:
        raise InputError(f"There is no dtype {dtype!r} for weights; use 'float32', 'float16' or 'bfloat16'.")
    return found
