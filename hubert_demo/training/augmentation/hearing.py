"""What the encoder hears of a batch: tempo, voice, microphone, room and pauses drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from hubert_demo.training.augmentation.noise import roughened
from hubert_demo.training.augmentation.recordings import Layout, put_together
from hubert_demo.training.augmentation.speed import change_speed, cropped
from hubert_demo.training.augmentation.voices import another_voice
from hubert_demo.training.data.batches import normalised, pad_waveforms
from hubert_demo.training.data.clips import Clip

_SPEEDS = 0.84, 1.2


@dataclass(frozen=True)
class Augmentation:
    """How clips are changed before they are heard.

    Attributes:
        crop_s: Longest stretch of a clip to hear, drawn anew each time; 0 for whole clips. Attention's cost
            grows with the square of it. Not where texts are to be read.
        speed_share: Share of clips played 0.84 to 1.2 times as fast.
        voice_share: Share of clips heard in another voice, their formants moved.
        rough_share: Share of clips heard through another microphone, a room or noise.
        pause_share: Share of recordings with quiet, noise and sounds in them, and often several clips; the
            others are one clip. Only clips whose words are known are put together.
        empty_share: Recordings in which nobody speaks, as a share of those in which somebody does.
    """

    crop_s: float = 0.0
    speed_share: float = 0.3
    voice_share: float = 0.0
    rough_share: float = 0.0
    pause_share: float = 0.0
    empty_share: float = 0.0


@dataclass(frozen=True)
class BatchKey:
    """A batch of a run.

    Attributes:
        epoch: Pass over all clips that it belongs to.
        position: Among the pass's batches of its process.
        layouts: Its recordings.
        seeds: Of everything drawn for it.
    """

    epoch: int
    position: int
    layouts: tuple[Layout, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Heard:
    """A batch as the encoder hears it.

    Attributes:
        clips: With the length and the frame targets that they have now, without their samples.
        values: float32 (batch, samples), each row normalised, padded with silence.
    """

    clips: list[Clip]
    values: Tensor


class Hearing(Dataset[tuple[BatchKey, Heard]]):
    """Batches by their keys, for a `DataLoader`, whose processes can make them ahead of time."""

    def __init__(self, clips: list[Clip], augmentation: Augmentation) -> None:
        self._clips, self._augmentation = clips, augmentation

    def __getitem__(self, key: BatchKey) -> tuple[BatchKey, Heard]:
        """The key and its batch."""
        return key, hear(self._clips, key.layouts, self._augmentation, np.random.default_rng(key.seeds))


def draw_speeds(count: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """How many times as fast so many clips are to be played, 1 for all but a share of them."""
    return np.where(rng.random(count) < share, rng.uniform(*_SPEEDS, count), 1.0)


def hear(
    clips: Sequence[Clip], layouts: Sequence[Layout], augmentation: Augmentation, rng: np.random.Generator
) -> Heard:
    """These recordings of some of the clips, augmented, as one batch."""
    chosen = [clips[index] for layout in layouts for index in layout.indices]
    speeds = [speed for layout in layouts for speed in layout.speeds]
    changed = iter(augmented(chosen, speeds, augmentation, rng))
    recordings = []
    for layout in layouts:
        own = [next(changed) for _ in layout.indices]
        recordings.append(own[0] if layout.is_plain else put_together(own, layout.pauses_s, rng))
    values = pad_waveforms([normalised(recording.samples) for recording in recordings])
    unheard = np.zeros(0, np.int16)
    return Heard([replace(recording, samples=unheard) for recording in recordings], values)


def augmented(
    clips: list[Clip], speeds: Sequence[float], augmentation: Augmentation, rng: np.random.Generator
) -> list[Clip]:
    """The clips, a stretch of each at its speed, with everything else done to them that was drawn."""
    if augmentation.crop_s:
        clips = [cropped(clip, augmentation.crop_s, rng) for clip in clips]
    clips = [
        change_speed(clip, speed) if speed != 1.0 else clip for clip, speed in zip(clips, speeds, strict=True)
    ]
    for share, change in ((augmentation.voice_share, another_voice), (augmentation.rough_share, roughened)):
        is_changed = rng.random(len(clips)) < share
        clips = [
            clip.with_samples(change(clip.samples, rng)) if changed else clip
            for clip, changed in zip(clips, is_changed, strict=True)
        ]
    return clips
