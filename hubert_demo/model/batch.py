"""Model input by name, padded: what the feature extractor, tokenizer and processor return.

Torch and TensorFlow are loaded only when a tensor of theirs is made or moved.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from hubert_demo.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor


def is_tensor(value: object) -> TypeGuard[Tensor]:
    """Whether a value is a torch tensor; torch is not loaded to find out, since without it there are none."""
    # The class is missing while another thread is still loading torch.
    tensor_class = getattr(sys.modules.get("torch"), "Tensor", None)
    return tensor_class is not None and isinstance(value, tensor_class)


def as_list(values: Any) -> list[Any]:
    """The numbers of a sequence, an array, or a tensor of torch (on whatever device) or TensorFlow."""
    if is_tensor(values):
        return list(values.tolist())
    return list(np.asarray(values).tolist() if hasattr(values, "__array__") else values)


class Batch(dict[str, Any]):
    """A dict whose keys are attributes too: `model(**batch)`, `batch.input_values`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error

    @property
    def data(self) -> dict[str, Any]:
        """The batch itself, by the name that transformers has for the dict in it."""
        return self

    def convert_to_tensors(self, tensor_type: str | None = None) -> Self:
        """Make tensors of everything in it: `"pt"`, `"tf"`, `"np"`, or None to leave it as it is.

        Raises:
            InputError: If the rows to stack have different lengths, or there is no such type.
        """
        self.update(as_tensors(self, tensor_type))
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move every tensor, as `Tensor.to` does; a dtype changes only the floating-point ones."""
        import torch

        moved = torch.empty(0).to(*args, **kwargs)
        for name, value in self.items():
            if is_tensor(value):
                dtype = moved.dtype if value.is_floating_point() else value.dtype
                self[name] = value.to(moved.device, dtype)
        return self


@dataclass(frozen=True)
class PaddedLength:
    """The lengths to cut and pad rows to.

    Attributes:
        truncated: How many elements a row keeps at most; all when None.
        padded: How many elements every row has after padding; rows are not padded when None.
    """

    truncated: int | None
    padded: int | None

    def pad(self, row: npt.NDArray[Any], value: float, side: str = "right") -> npt.NDArray[Any]:
        """The row (n,), filled up with `value` on one side."""
        missing = max((self.padded or 0) - len(row), 0)
        widths = (0, missing) if side == "right" else (missing, 0)
        return np.pad(row, widths, constant_values=value) if missing else row


def padded_length(
    rows: Sequence[Sized],
    padding: bool | str,
    max_length: int | None,
    truncation: bool,
    pad_to_multiple_of: int | None,
    unit: str,
) -> PaddedLength:
    """Work out the lengths that the padding options ask for.

    Args:
        rows: What to cut and pad.
        padding: `True` or `"longest"`, `"max_length"`, `False` or `"do_not_pad"`.
        max_length: Length to pad or truncate to.
        truncation: Whether longer rows are cut to `max_length`.
        pad_to_multiple_of: Both lengths are rounded up to a multiple of this.
        unit: What the elements are called in messages (`"samples"`).

    Raises:
        InputError: If an option is unknown, or needs `max_length` and does not have it.
    """
    strategy = padding if isinstance(padding, str) else ("longest" if padding else "do_not_pad")
    if strategy not in ("longest", "max_length", "do_not_pad"):
        raise InputError(
            f"padding={padding!r} is not known; use True ('longest'), 'max_length' or False ('do_not_pad')."
        )
    if max_length is None and (truncation or strategy == "max_length"):
        raise InputError(f"Truncation and padding='max_length' need max_length, in {unit}.")

    def rounded(length: int) -> int:
        return -(-length // (pad_to_multiple_of or 1)) * (pad_to_multiple_of or 1)

    truncated = rounded(max_length) if truncation and max_length is not None else None
    if strategy == "do_not_pad":
        return PaddedLength(truncated, None)
    longest = max(map(len, rows), default=0)
    longest = longest if truncated is None else min(longest, truncated)
    wanted = max_length if strategy == "max_length" and max_length is not None else longest
    return PaddedLength(truncated, rounded(wanted))


def rows_by_name(
    examples: Mapping[str, Any] | Sequence[Mapping[str, Any]], needed: str
) -> dict[str, Sequence[Any]]:
    """The rows of every name, from several examples or from one mapping to lists of them.

    Raises:
        InputError: If there are no rows of the name that is needed, or not as many of each.
    """
    if isinstance(examples, Mapping):
        rows: dict[str, Sequence[Any]] = dict(examples)
    else:
        names = examples[0].keys() if examples else (needed,)
        try:
            rows = {name: [example[name] for example in examples] for name in names}
        except KeyError as error:
            raise InputError(
                f"One of the examples to pad has no {error.args[0]!r}, which the first one has."
            ) from error
    if needed not in rows:
        raise InputError(f"There is no {needed} to pad, only {', '.join(map(str, rows)) or 'nothing'}.")
    if len({len(each) for each in rows.values()}) > 1:
        raise InputError(f"{', '.join(map(str, rows))} must have the same number of rows.")
    return rows


def as_tensors(rows: Mapping[str, list[Any]], return_tensors: str | None) -> Batch:
    """Stack rows of equal length.

    Args:
        rows: Arrays (n,) by name.
        return_tensors: `"pt"`, `"tf"`, `"np"`, or None to leave the rows as they are.

    Returns:
        Tensors by name; an array of arrays where `"np"` is asked for and lengths differ.

    Raises:
        InputError: If the rows to stack have different lengths, or the type is unknown.
    """
    if return_tensors is None:
        return Batch(rows)
    if return_tensors not in ("pt", "tf", "np"):
        raise InputError(f"return_tensors={return_tensors!r} is not supported; use 'pt', 'tf', 'np' or None.")
    stacked: dict[str, Any] = {}
    for name, values in rows.items():
        arrays = [np.asarray(as_list(value) if is_tensor(value) else value) for value in values]
        # An empty list says nothing about its type; only token ids can be none.
        arrays = [array if array.size else array.astype(np.int64) for array in arrays]
        if len({array.shape for array in arrays}) > 1:
            if return_tensors == "np":
                stacked[name] = np.empty(len(arrays), object)
                stacked[name][:] = arrays
                continue
            raise InputError(
                f"{name} has rows of {sorted({array.size for array in arrays})} elements, which cannot be "
                "stacked; pass padding=True."
            )
        stacked[name] = np.stack(arrays)
    if return_tensors == "pt":
        import torch

        return Batch({name: torch.from_numpy(array) for name, array in stacked.items()})
    if return_tensors == "tf":
        import tensorflow as tf

        return Batch({name: tf.convert_to_tensor(array) for name, array in stacked.items()})
    return Batch(stacked)
