"""Recordings as people make them: one clip or several, with quiet and noise around, between and behind.

A model whose front end is normalised over the whole recording (group norm) hears every second of quiet in
every frame; so what it is to cope with has to be in what it learns from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.training.augmentation.channels import at_another_level, through_a_channel, to_int16
from hubert_demo.training.augmentation.sounds import (
    SOUNDS,
    STEADY,
    Samples,
    at_level,
    faded,
)
from hubert_demo.training.data.clips import NO_UNIT, Clip, PlacedWord

LONGEST_PAUSE_S, LONGEST_S = 20.0, 30.0
_MOST_CLIPS = 4
_SHORT_CLIP_S, _MOST_SHORT_CLIPS = 1.6, 8
_LEVELS_DBFS, _SOUND_LEVELS_DBFS = (-80.0, -20.0), (-60.0, -4.0)
"""Root mean square of what lasts, and of what is heard where nobody speaks."""
_LEAST_SNR_DB = 8.0
_UNEVEN_DB = 8.0
_NO_BACKGROUND_SHARE, _SOUND_SHARE = 0.35, 0.4
_SHORTEST_SOUND_SAMPLES = 1600
_LEVEL_SHARE, _CHANNEL_SHARE = 0.15, 0.1
_WITHOUT_SPEECH_S = (0.5, 20.0)


@dataclass(frozen=True)
class Layout:
    """Which clips a recording is put together of.

    Attributes:
        indices: The clips, in order; none for a recording without speech.
        speeds: How many times as fast each is played.
        pauses_s: Before every clip and after the last, (clips + 1,).
    """

    indices: tuple[int, ...]
    speeds: tuple[float, ...]
    pauses_s: tuple[float, ...]

    @classmethod
    def of_one(cls, index: int, speed: float = 1.0) -> Layout:
        """One clip as it is."""
        return cls((index,), (speed,), (0.0, 0.0))

    @property
    def is_plain(self) -> bool:
        """Whether it is one clip as it is."""
        return len(self.indices) == 1 and not any(self.pauses_s)

    def duration_s(self, durations_s: Sequence[float]) -> float:
        """Length, given every clip's."""
        spoken = [durations_s[index] / speed for index, speed in zip(self.indices, self.speeds, strict=True)]
        return sum(spoken) + sum(self.pauses_s)


def lay_out(
    durations_s: Sequence[float],
    speeds: Sequence[float],
    may_join: Sequence[bool],
    pause_share: float,
    empty_share: float,
    rng: np.random.Generator,
) -> list[Layout]:
    """One pass over all clips, each in exactly one recording.

    Args:
        durations_s: Every clip's length.
        speeds: How many times as fast each is played.
        may_join: Which clips may be put together with others.
        pause_share: Share of the recordings of such clips that have pauses, and one to four clips (or up
            to eight, if the first is a single word); the others are one clip as it is.
        empty_share: Recordings without speech, as a share of those with.
        rng: Source of every choice.

    Returns:
        Recordings of at most 30 s, where no clip alone is longer.
    """
    order = [index for index in rng.permutation(len(durations_s)).tolist() if may_join[index]]
    layouts = [
        Layout.of_one(index, speeds[index]) for index in range(len(durations_s)) if not may_join[index]
    ]
    while order:
        first = order.pop()
        if rng.random() >= pause_share:
            layouts.append(Layout.of_one(first, speeds[first]))
            continue
        indices, total_s = [first], durations_s[first] / speeds[first]
        most = _MOST_SHORT_CLIPS if durations_s[first] < _SHORT_CLIP_S else _MOST_CLIPS
        for _ in range(int(rng.integers(most))):
            if not order or total_s + durations_s[order[-1]] / speeds[order[-1]] > LONGEST_S:
                break
            indices.append(order.pop())
            total_s += durations_s[indices[-1]] / speeds[indices[-1]]
        pauses_s = _pauses(len(indices) + 1, max(0.0, LONGEST_S - total_s), rng)
        layouts.append(Layout(tuple(indices), tuple(speeds[index] for index in indices), pauses_s))
    for _ in range(round(empty_share * len(layouts))):
        low, high = np.log(_WITHOUT_SPEECH_S)
        layouts.append(Layout((), (), (float(np.exp(rng.uniform(low, high))),)))
    return layouts


def _pauses(count: int, most_s: float, rng: np.random.Generator) -> tuple[float, ...]:
    """Mostly short, some long, none over 20 s, and not more together than there is room for."""
    kinds = rng.random(count)
    drawn = np.where(
        kinds < 0.45,
        rng.uniform(0, 0.4, count),
        np.where(kinds < 0.75, rng.uniform(0.3, 3, count), rng.uniform(3, LONGEST_PAUSE_S, count)),
    )
    shrunk = drawn * min(1.0, most_s / drawn.sum())
    return tuple(shrunk.tolist())


def put_together(clips: Sequence[Clip], pauses_s: Sequence[float], rng: np.random.Generator) -> Clip:
    """One recording of clips with pauses between and something behind; text, units and words go along.

    Args:
        clips: As they are to be heard; none for a recording without speech, which then says nothing.
        pauses_s: Before every clip and after the last, (clips + 1,).
        rng: Source of levels, backgrounds and channels.
    """
    hop = HUBERT_GRID.hop_samples
    firsts, end = [], 0
    for clip, pause_s in zip(clips, pauses_s, strict=False):
        # On the frame grid, so that the clips' units stay theirs.
        firsts.append(-(-(end + round(pause_s * SAMPLE_RATE_HZ)) // hop) * hop)
        end = firsts[-1] + len(clip.samples)
    num_samples = end + round(pauses_s[-1] * SAMPLE_RATE_HZ)
    speech = np.zeros(num_samples)
    for clip, first in zip(clips, firsts, strict=True):
        gain = 10 ** (rng.uniform(-_UNEVEN_DB, 0) / 20) if len(clips) > 1 else 1.0
        speech[first : first + len(clip.samples)] = clip.samples * gain
    stretches = _quiet_stretches(clips, firsts, num_samples)
    heard = speech + _background(speech, rng) + _between(stretches, num_samples, rng)
    if rng.random() < _CHANNEL_SHARE:
        heard = through_a_channel(heard, rng)
    if rng.random() < _LEVEL_SHARE:
        heard = at_another_level(heard, rng)
    ends = [first + len(clip.samples) for clip, first in zip(clips, firsts, strict=True)]
    return Clip(
        corpus="+".join(dict.fromkeys(clip.corpus for clip in clips)),
        file="+".join(clip.file for clip in clips),
        split="train",
        speaker="+".join(dict.fromkeys(clip.speaker for clip in clips)),
        text=_joined_text(clips),
        duration_s=num_samples / SAMPLE_RATE_HZ,
        samples=to_int16(heard),
        units=_joined_units(clips, firsts, num_samples),
        is_silent=not clips,
        commands=_joined_commands(clips, firsts),
        speech_s=tuple(
            (first / SAMPLE_RATE_HZ, end / SAMPLE_RATE_HZ) for first, end in zip(firsts, ends, strict=True)
        ),
    )


def _quiet_stretches(clips: Sequence[Clip], firsts: Sequence[int], num_samples: int) -> list[tuple[int, int]]:
    """Where no clip is, first and end of each stretch."""
    ends = [0, *(first + len(clip.samples) for clip, first in zip(clips, firsts, strict=True))]
    return list(zip(ends, [*firsts, num_samples], strict=True))


def _background(speech: Samples, rng: np.random.Generator) -> Samples:
    """What lasts through the whole recording: nothing at all, noise or hum, always well below the speech."""
    if rng.random() < _NO_BACKGROUND_SHARE:
        return np.zeros(len(speech))
    level_dbfs = rng.uniform(*_LEVELS_DBFS)
    spoken = speech[speech != 0]
    if len(spoken):
        level_dbfs = min(level_dbfs, 20 * np.log10(spoken.std() / 32768 + 1e-9) - _LEAST_SNR_DB)
    return at_level(SOUNDS[rng.choice(STEADY)](len(speech), rng), level_dbfs)


def _between(stretches: Sequence[tuple[int, int]], num_samples: int, rng: np.random.Generator) -> Samples:
    """Sounds of every kind in some of the stretches where nobody speaks."""
    heard = np.zeros(num_samples)
    for first, end in stretches:
        if end - first < _SHORTEST_SOUND_SAMPLES or rng.random() >= _SOUND_SHARE:
            continue
        if rng.random() < 0.5:
            first, end = sorted(rng.integers(first, end + 1, 2).tolist())
        sound = SOUNDS[rng.choice(list(SOUNDS))](end - first, rng)
        heard[first:end] += at_level(faded(sound), rng.uniform(*_SOUND_LEVELS_DBFS))
    return heard


def _joined_text(clips: Sequence[Clip]) -> str:
    """All texts, one after the other; none where one is not known."""
    return " ".join(clip.text for clip in clips) if all(clip.text for clip in clips) else ""


def _joined_units(clips: Sequence[Clip], firsts: Sequence[int], num_samples: int) -> np.ndarray:
    """Frame targets of every clip in its place, `NO_UNIT` elsewhere; none where no clip has any."""
    codebooks = max((clip.units.shape[1] for clip in clips if len(clip.units)), default=0)
    if not codebooks:
        return np.zeros((0, 1), np.int16)
    units = np.full((num_samples // HUBERT_GRID.hop_samples, codebooks), NO_UNIT, np.int16)
    for clip, first in zip(clips, firsts, strict=True):
        start = first // HUBERT_GRID.hop_samples
        # A frame that reaches beyond the clip is no longer the one that the unit was told of.
        kept = clip.units[: HUBERT_GRID.num_frames(len(clip.samples))]
        units[start : start + len(kept)] = kept
    return units


def _joined_commands(clips: Sequence[Clip], firsts: Sequence[int]) -> tuple[PlacedWord, ...] | None:
    """The commands of every clip in their places; None where nobody looked for those of one."""
    if any(clip.commands is None for clip in clips):
        return None
    return tuple(
        placed.moved(by_s=first / SAMPLE_RATE_HZ)
        for clip, first in zip(clips, firsts, strict=True)
        for placed in clip.commands or ()
    )
