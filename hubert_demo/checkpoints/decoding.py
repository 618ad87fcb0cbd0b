"""How much a language model has to say beside one encoder's CTC head."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeGuard

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import read_json, shown_path, shown_value, write_json

DECODING_NAME = "decoding.json"

MAX_WEIGHT = 100
"""No weight is chosen beyond this: the model of the sound would have no say."""


@dataclass(frozen=True)
class DecodingWeights:
    """Weights of beam search, chosen for one encoder; they mean what `BeamSettings` says.

    Attributes:
        lm_weight: Of the language model's log-probabilities beside the CTC's.
        character_bonus: Added for every character.
        encoder: Fingerprint of that encoder (`encoder_fingerprint`); None where nobody noted it.
    """

    lm_weight: float
    character_bonus: float
    encoder: str | None = None

    @classmethod
    def from_file(cls, path: Path) -> DecodingWeights:
        """Read what `save` wrote.

        Raises:
            CheckpointError: If the file is damaged.
        """
        values = read_json(path)
        lm_weight, character_bonus = values.get("lm_weight"), values.get("character_bonus")
        encoder = values.get("encoder")
        if not (_is_weight(lm_weight) and _is_weight(character_bonus) and isinstance(encoder, str | None)):
            raise CheckpointError(
                f"{shown_path(path)} cannot be read: lm_weight is {shown_value(lm_weight)} and "
                f"character_bonus {shown_value(character_bonus)}; both must be numbers from -{MAX_WEIGHT} to "
                f"{MAX_WEIGHT}. Fetch the checkpoint again."
            )
        return cls(float(lm_weight), float(character_bonus), encoder)

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        write_json(path, asdict(self))


def _is_weight(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_WEIGHT
