"""The states of every layer over hours of clips, on disk, and the sound that goes with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ, samples_to_float
from hubert_demo.encoding import FrameGrid
from hubert_demo.experiments.mel import NUM_BANDS, at_level, columns_per_frame, frame_columns, log_mel
from hubert_demo.model import HubertModel
from hubert_demo.model.files import read_json, write_json
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.engine.encode import encoded

_SETTINGS, _STATES, _SOUND = "states.json", "states.npy", "sound.npy"
_CLIPS_BETWEEN_NOTES = 50

Half = npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class LayerStates:
    """States of clips, one behind the other.

    Attributes:
        states: float16 `(layers + 1, frames, hidden)`, read from disk as needed.
        sound: float16 `(frames, columns * NUM_BANDS)`, the log-mel columns of each frame, every clip at one
            level.
        ends: The frame behind the last one of each clip.
    """

    states: Half
    sound: Half
    ends: tuple[int, ...]

    @property
    def num_frames(self) -> int:
        """Of all clips together."""
        return int(self.states.shape[1])

    def clips(self) -> Iterator[slice]:
        """The frames of each clip."""
        for start, end in zip((0, *self.ends), self.ends, strict=False):
            yield slice(start, end)


def grid_of(encoder: HubertModel) -> FrameGrid:
    """Where an encoder's frames lie in time."""
    return FrameGrid(encoder.config.inputs_to_logits_ratio, encoder.config.min_samples)


def layer_states(encoder: HubertModel, clips: Sequence[Clip], folder: Path) -> LayerStates:
    """Run an encoder over clips; what is on disk already, of the same encoder and clips, is not made again.

    Args:
        encoder: In eval mode.
        clips: With samples.
        folder: Receives the files: for every hour and layer 360 kB times the width.
    """
    folder.mkdir(parents=True, exist_ok=True)
    grid = grid_of(encoder)
    counts = [grid.num_frames(len(clip.samples)) for clip in clips]
    ends = np.cumsum(counts).tolist()
    config = encoder.config
    shapes = {
        _STATES: (config.num_hidden_layers + 1, ends[-1], config.hidden_size),
        _SOUND: (ends[-1], columns_per_frame(grid) * NUM_BANDS),
    }
    wanted = {"encoder": encoder_fingerprint(encoder), "clips": _fingerprint(clips)}
    known = read_json(folder / _SETTINGS) if (folder / _SETTINGS).exists() else {}
    num_done = int(known.pop("num_done", 0)) if {**known, "num_done": 0} == {**wanted, "num_done": 0} else 0
    arrays = {
        name: np.lib.format.open_memmap(
            folder / name, "r+" if num_done else "w+", np.float16, None if num_done else shape
        )
        for name, shape in shapes.items()
    }
    for number in tqdm(range(num_done, len(clips)), desc="encode", unit="clip", mininterval=10):
        frames = slice(ends[number] - counts[number], ends[number])
        samples = clips[number].samples
        arrays[_STATES][:, frames] = encoded(encoder, samples).cpu().numpy()
        arrays[_SOUND][frames] = sound_columns(samples, grid)
        if (number + 1) % _CLIPS_BETWEEN_NOTES == 0 or number + 1 == len(clips):
            for array in arrays.values():
                array.flush()
            write_json(folder / _SETTINGS, {**wanted, "num_done": number + 1})
    return LayerStates(arrays[_STATES], arrays[_SOUND], tuple(ends))


def sound_columns(samples: npt.NDArray[np.int16], grid: FrameGrid) -> npt.NDArray[np.float32]:
    """The log-mel columns of each frame of a recording at one level: `(frames, columns * NUM_BANDS)`."""
    logarithm = log_mel(at_level(samples_to_float(samples)))
    return frame_columns(logarithm, grid, grid.num_frames(len(samples)))


def amount(asked_hours: float, clips: Sequence[Clip]) -> dict[str, float]:
    """What is noted of the clips that something was taught on, so that they can be found again."""
    num_samples = sum(len(clip.samples) for clip in clips)
    return {
        "asked_hours": asked_hours,
        "hours": round(num_samples / SAMPLE_RATE_HZ / 3600, 2),
        "clips": len(clips),
    }


def _fingerprint(clips: Sequence[Clip]) -> str:
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(f"{clip.corpus} {clip.file} {len(clip.samples)}\n".encode())
    return digest.hexdigest()[:16]
