"""What the models return: a dict of named tensors with attribute and index access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Self

import optree

from hubert_demo.tf.libraries import tf


class TFModelOutput(dict[str, Any]):
    """A result whose tensors are read by key, by attribute, or by position among those that are there.

    Args:
        values: What a dict is made of: tensors and tuples of tensors by name; those that are None are left
            out, and read as None by attribute.
        **named: The same.
    """

    names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, values: Iterable[Any] = (), /, **named: Any) -> None:
        given = dict(values, **named)
        super().__init__({name: value for name, value in given.items() if value is not None})

    def to_tuple(self) -> tuple[Any, ...]:
        """The values that are there, in order."""
        return tuple(self.get(name) for name in self.names if name in self)

    def stacked(self) -> Self:
        """The same with one tensor in place of each tuple, the layers on its first axis."""
        given = {name: value for name, value in self.items() if not isinstance(value, tuple) or value}
        return type(self)({n: tf.stack(v) if isinstance(v, tuple) else v for n, v in given.items()})

    def __getitem__(self, key: Any) -> Any:
        return self.to_tuple()[key] if isinstance(key, int | slice) else super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if name not in self.names:
            raise AttributeError(f"{type(self).__name__} has no {name!r}, only {', '.join(self.names)}")
        return self.get(name)

    def _parts(self) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[str, ...]]:
        there = tuple(name for name in self.names if name in self)
        return self.to_tuple(), there, there

    @classmethod
    def _from_parts(cls, names: tuple[str, ...], values: Iterator[Any]) -> Self:
        made = cls()
        # Keras keeps its own things in results too, None among them.
        made.update(zip(names, values, strict=True))
        return made


class TFHubertModelOutput(TFModelOutput):
    """Result of `TFHubertModel`.

    Attributes:
        last_hidden_state: (batch, frames, hidden).
        hidden_states: The input of the first layer and the output of every layer, (batch, frames, hidden)
            each, or None; the last one equals `last_hidden_state`.
        attentions: Each layer's map (batch, heads, frames, frames), or None; a layer dropped in training has
            zeros.
    """

    names = ("last_hidden_state", "hidden_states", "attentions")


class TFHubertForCTCOutput(TFModelOutput):
    """Result of `TFHubertForCTC`.

    Attributes:
        loss: (1,) when labels were given, else None.
        logits: (batch, frames, vocabulary).
        hidden_states: As in `TFHubertModelOutput`.
        attentions: As in `TFHubertModelOutput`.
    """

    names = ("loss", "logits", "hidden_states", "attentions")


# Keras looks into results (to make symbolic ones of them, to put batches together) through this.
for _kind in (TFHubertModelOutput, TFHubertForCTCOutput):
    optree.register_pytree_node(_kind, _kind._parts, _kind._from_parts, namespace="keras")
