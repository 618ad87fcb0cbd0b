"""How often words of a certain confidence are right, for one encoder and its CTC head."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import read_json, shown_path, shown_value, write_json

CONFIDENCE_NAME = "confidence.json"

MAX_PARAMETER = 100
"""No curve is steeper, or lies further off: every word would have the same confidence."""

_WITH_LANGUAGE_MODEL = "with_language_model"


@dataclass(frozen=True)
class ConfidenceCurve:
    """A logistic curve over the logarithm of the product of a word's letters' probabilities.

    And where there is a language model, another one for the words that it helps to read, over what
    `analysis.transcript.confidence.support` says of them.

    Attributes:
        slope: Above 0, so that the surer word stays the surer one.
        offset: Log-odds of a word whose product is 1.
        encoder: Fingerprint of the encoder it was fitted on (`encoder_fingerprint`); None where nobody noted
            it.
        with_language_model: Slope, likewise above 0, and offset of the other curve; None where none was
            fitted, as in older files.
    """

    slope: float
    offset: float
    encoder: str | None = None
    with_language_model: tuple[float, float] | None = None

    @classmethod
    def from_file(cls, path: Path) -> ConfidenceCurve:
        """Read what `save` wrote.

        Raises:
            CheckpointError: If the file is damaged.
        """
        values = read_json(path)
        encoder, other = values.get("encoder"), values.get(_WITH_LANGUAGE_MODEL)
        slope, offset = _curve(path, values)
        if not isinstance(encoder, str | None) or not isinstance(other, dict | None):
            raise CheckpointError(
                f"{shown_path(path)} cannot be read: encoder is {shown_value(encoder)} and "
                f"{_WITH_LANGUAGE_MODEL} {shown_value(other)}; the first must be a text, the other an object "
                "with slope and offset. Fetch the checkpoint again."
            )
        return cls(slope, offset, encoder, None if other is None else _curve(path, other))

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        values: dict[str, Any] = {"slope": self.slope, "offset": self.offset, "encoder": self.encoder}
        if self.with_language_model is not None:
            values[_WITH_LANGUAGE_MODEL] = dict(
                zip(("slope", "offset"), self.with_language_model, strict=True)
            )
        write_json(path, values)


def _curve(path: Path, values: Mapping[str, Any]) -> tuple[float, float]:
    """Slope and offset among values of a file."""
    slope, offset = values.get("slope"), values.get("offset")
    if not (_is_number(slope) and slope > 0 and _is_number(offset)):
        raise CheckpointError(
            f"{shown_path(path)} cannot be read: slope is {shown_value(slope)} and offset "
            f"{shown_value(offset)}; the first must be a number above 0, up to {MAX_PARAMETER}, the "
            f"other one from -{MAX_PARAMETER} to {MAX_PARAMETER}. Fetch the checkpoint again."
        )
    return float(slope), float(offset)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_PARAMETER
