"""How often words of a certain confidence are right, for one encoder and its CTC head."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeGuard

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import read_json, shown_path, shown_value, write_json

CONFIDENCE_NAME = "confidence.json"

MAX_PARAMETER = 100
"""No curve is steeper, or lies further off: every word would have the same confidence."""


@dataclass(frozen=True)
class ConfidenceCurve:
    """A logistic curve over the logarithm of the product of a word's letters' probabilities.

    Attributes:
        slope: Above 0, so that the surer word stays the surer one.
        offset: Log-odds of a word whose product is 1.
        encoder: Fingerprint of the encoder it was fitted on (`encoder_fingerprint`); None where nobody noted
            it.
    """

    slope: float
    offset: float
    encoder: str | None = None

    @classmethod
    def from_file(cls, path: Path) -> ConfidenceCurve:
        """Read what `save` wrote.

        Raises:
            CheckpointError: If the file is damaged.
        """
        values = read_json(path)
        slope, offset, encoder = (values.get(name) for name in ("slope", "offset", "encoder"))
        if not (_is_number(slope) and slope > 0 and _is_number(offset) and isinstance(encoder, str | None)):
            raise CheckpointError(
                f"{shown_path(path)} cannot be read: slope is {shown_value(slope)} and offset "
                f"{shown_value(offset)}; the slope must be a number above 0, up to {MAX_PARAMETER}, the "
                f"offset a number from -{MAX_PARAMETER} to {MAX_PARAMETER}. Fetch the checkpoint again."
            )
        return cls(float(slope), float(offset), encoder)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        write_json(path, asdict(self))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_PARAMETER
