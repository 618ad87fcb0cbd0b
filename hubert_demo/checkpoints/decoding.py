"""How much a language model has to say beside one encoder's CTC head."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import write_json

DECODING_NAME = "decoding.json"


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
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(float(values["lm_weight"]), float(values["character_bonus"]), values.get("encoder"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f"{path} cannot be read ({error}). Fetch the checkpoint again.") from error

    def save(self, path: Path) -> None:
        """Write them as JSON."""
        write_json(path, asdict(self))
