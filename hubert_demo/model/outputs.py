"""What the models return: attribute, key and index access to named tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class ModelOutput:
    """A result whose fields are read by attribute, by key, or by position among those that are not None."""

    def to_tuple(self) -> tuple[Any, ...]:
        """The fields that are not None, in order."""
        return tuple(value for f in fields(self) if (value := getattr(self, f.name)) is not None)

    def keys(self) -> tuple[str, ...]:
        """Names of the fields that are not None, in order."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) is not None)

    def __getitem__(self, key: str | int | slice) -> Any:
        if not isinstance(key, str):
            return self.to_tuple()[key]
        if key not in self.keys():
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


@dataclass(frozen=True)
class HubertModelOutput(ModelOutput):
    """Result of `HubertModel`.

    Attributes:
        last_hidden_state: (batch, frames, hidden).
        hidden_states: The input of the first layer and the output of every layer, (batch, frames, hidden)
            each, or None; the last one equals `last_hidden_state`.
        attentions: Each layer's map (batch, heads, frames, frames), or None.
    """

    last_hidden_state: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


@dataclass(frozen=True)
class HubertHeadOutput(ModelOutput):
    """Result of `HubertForCTC` and `HubertForSequenceClassification`.

    Attributes:
        loss: Scalar when labels were given, else None.
        logits: (batch, frames, vocabulary) for CTC, (batch, labels) for classification.
        hidden_states: As in `HubertModelOutput`.
        attentions: As in `HubertModelOutput`.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None
