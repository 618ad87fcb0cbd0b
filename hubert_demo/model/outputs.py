"""What the models return: named tensors, read by attribute, by key and by position.

Nothing here loads torch; `tools` tells torch what these results are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from torch import Tensor


class ModelOutput(Mapping[str, Any]):
    """A result whose fields are read by attribute, by key, or by position among those that are not None.

    A field that is None is no key. Not a dict, since transformers' pipelines make dicts without attributes of
    those; a frozen dataclass, in which torch's `DistributedDataParallel` looks for tensors.

    Args:
        values: What a dict is made of, by the names of fields.
        **named: The same.

    Raises:
        TypeError: If there is no such field.
    """

    only_by_name: ClassVar[tuple[str, ...]] = ()
    """Fields without a position: those that transformers' results do not have."""

    unlisted: ClassVar[tuple[str, ...]] = ()
    """Fields that are keys, but are not counted and listed among them."""

    def __init__(self, values: Mapping[str, Any] | Iterable[Any] = (), /, **named: Any) -> None:
        given = dict(values, **named)
        for field in fields(self):  # type: ignore[arg-type]  # All subclasses are dataclasses.
            object.__setattr__(self, field.name, given.pop(field.name, None))
        if given:
            raise TypeError(f"{type(self).__name__} has no {', '.join(map(repr, given))}.")

    def to_tuple(self) -> tuple[Any, ...]:
        """The fields that are not None, in order, but for those that are read only by their names."""
        return tuple(value for name, value in self.parts().items() if name not in self.only_by_name)

    def parts(self) -> dict[str, Any]:
        """The fields that are not None, in order, unlisted ones too."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return {name: value for name, value in given.items() if value is not None}

    @classmethod
    def from_parts(cls, names: Iterable[str], values: Iterable[Any]) -> Self:
        """The result that has these fields."""
        return cls(zip(names, values, strict=True))

    def __getitem__(self, key: str | int | slice) -> Any:
        return self.parts()[key] if isinstance(key, str) else self.to_tuple()[key]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name in self.parts() if name not in self.unlisted])

    def __len__(self) -> int:
        return len(list(iter(self)))


@dataclass(init=False, frozen=True, eq=False)
class HubertModelOutput(ModelOutput):
    """Result of `HubertModel`.

    Attributes:
        last_hidden_state: (batch, frames, hidden).
        hidden_states: The input of the first layer and the output of every layer, (batch, frames, hidden)
            each, or None; the last one equals `last_hidden_state`.
        attentions: Each layer's map (batch, heads, frames, frames), or None.
        frame_mask: Boolean (batch, frames), false for padding; None without an `attention_mask`. It has no
            position and is no part of a plain tuple, since transformers has no such output.
    """

    only_by_name = ("frame_mask",)

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    frame_mask: Tensor | None = None


@dataclass(init=False, frozen=True, eq=False)
class HubertHeadOutput(ModelOutput):
    """Result of `HubertForCTC` and `HubertForSequenceClassification`.

    Attributes:
        loss: Scalar when labels were given, else None.
        logits: (batch, frames, vocabulary) for CTC, (batch, labels) for classification.
        hidden_states: As in `HubertModelOutput`.
        attentions: As in `HubertModelOutput`.
        frame_mask: As in `HubertModelOutput`; not listed among the keys, so that transformers' `Trainer` does
            not take it for a prediction.
    """

    only_by_name = ("frame_mask",)
    unlisted = ("frame_mask",)

    loss: Tensor | None
    logits: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
    frame_mask: Tensor | None = None
