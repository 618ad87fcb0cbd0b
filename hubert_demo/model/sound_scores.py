"""How much of sound, pitch and voice each layer's decoder keeps, measured on readers who trained nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.files import read_json, shown_path, write_json
from hubert_demo.model.taught import Origin, damaged

SCORES_NAME = "sound_scores.json"

_BY_LAYER = ("share", "pitch", "speaker")


@dataclass(frozen=True)
class SoundScores:
    """What is left of the sound in each layer, the layers' input first.

    Attributes:
        share: Of the variance of the log-mel spectrogram, what the decoder explains, up to 1; 0 by chance.
        pitch: Correlation of the pitch of the layer's sound with the original's; 0 by chance.
        speaker: Share of frames whose speaker a linear probe of the layer's states tells.
        speaker_by_chance: The commonest speaker's share of the frames.
        num_clips: How many clips it was measured on.
        num_speakers: How many people read them.
    """

    share: tuple[float, ...]
    pitch: tuple[float, ...]
    speaker: tuple[float, ...]
    speaker_by_chance: float
    num_clips: int
    num_speakers: int

    def save(self, directory: str | Path, origin: Origin) -> None:
        """Write them as JSON beside the decoders that were measured.

        Args:
            directory: Of the checkpoint.
            origin: Of the decoders.

        Raises:
            InputError: If the pitch could not be measured.
        """
        if not all(map(isfinite, self.pitch)):
            raise InputError("The clips have too little voice to tell their pitch, so nothing was saved.")
        values = {**asdict(self), "encoder": origin.encoder, "taught": dict(origin.taught)}
        write_json(Path(directory) / SCORES_NAME, values)

    @classmethod
    def from_directory(cls, directory: str | Path, origin: Origin, num_states: int) -> SoundScores | None:
        """Read what `save` wrote; None where there is no such file.

        Args:
            directory: Of the checkpoint.
            origin: Of the decoders beside it.
            num_states: Encoder layers + 1.

        Raises:
            CheckpointError: If the file is damaged, or is of other decoders.
        """
        path = Path(directory) / SCORES_NAME
        if not path.exists():
            return None
        values = read_json(path)
        if (values.get("encoder"), values.get("taught")) != (origin.encoder, dict(origin.taught)):
            raise CheckpointError(
                f"{shown_path(path)} was measured with other sound decoders than those beside it. Make it "
                "again with `python -m hubert_demo.training evaluate --only resynthesis --save-scores`, or "
                "remove it."
            )
        try:
            share, pitch, speaker = (_by_layer(values[name], num_states) for name in _BY_LAYER)
            num_clips, num_speakers = _count(values["num_clips"]), _count(values["num_speakers"])
            return cls(share, pitch, speaker, _number(values["speaker_by_chance"]), num_clips, num_speakers)
        except (KeyError, ValueError) as error:
            raise damaged(path) from error


def _by_layer(value: object, num_states: int) -> tuple[float, ...]:
    if not isinstance(value, list) or len(value) != num_states:
        raise ValueError("a number for each layer")
    return tuple(_number(each) for each in value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise ValueError("a share or a correlation")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a number of clips or speakers")
    return value
