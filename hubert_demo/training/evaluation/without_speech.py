"""Sounds without speech: nothing should be read in them, and no command found.

Of the twelve kinds, eight are those that training may hear, drawn anew. The other four are made here
alone, so that no training hears them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hubert_demo.analysis.keywords.detection import NOT_COMMANDS, Keywords
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.training.augmentation.sounds import SOUNDS, Samples, Sound, at_level
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.listening import Answer, made_clip
from hubert_demo.training.evaluation.scores import Count

LEVELS_DBFS = (-50.0, -39.0, -28.0, -17.0, -6.0)
DURATIONS_S = (1.0, 5.0, 20.0)

_SEED = 2_003
_KEY_LOW_HZ, _KEY_HIGH_HZ = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)
_FADE_S = 0.005


@dataclass(frozen=True)
class SoundClip:
    """A sound without speech.

    Attributes:
        kind: What makes it.
        level_dbfs: Its root mean square; the loudest peaks are cut off at full scale.
        clip: Its samples.
    """

    kind: str
    level_dbfs: float
    clip: Clip


@dataclass(frozen=True)
class SoundScore:
    """What a checkpoint made of one sound.

    Attributes:
        kind: What makes it.
        has_letters: Whether its greedy transcript holds any.
        has_command: Whether a command reaches the threshold in any window.
    """

    kind: str
    has_letters: bool
    has_command: bool

    @property
    def is_quiet(self) -> bool:
        """Whether there are neither letters nor a command."""
        return not (self.has_letters or self.has_command)


@dataclass(frozen=True)
class WithoutSpeech:
    """What a checkpoint made of the sounds."""

    sounds: tuple[SoundScore, ...]

    @property
    def quiet(self) -> Count:
        """Sounds with no command and no letters."""
        return Count.of(sound.is_quiet for sound in self.sounds)

    @property
    def lines(self) -> list[str]:
        """The scores as lines of text."""
        kinds = dict.fromkeys(sound.kind for sound in self.sounds)
        untrained = [sound for sound in self.sounds if sound.kind in UNTRAINED_SOUNDS]
        lines = [
            f"sounds without speech: {self.quiet} with no command and no letters; letters in "
            f"{Count.of(sound.has_letters for sound in self.sounds)}, commands in "
            f"{Count.of(sound.has_command for sound in self.sounds)}",
            *(f"    {kind:14} {self._of(kind)}" for kind in kinds),
        ]
        if untrained:
            quiet = Count.of(sound.is_quiet for sound in untrained)
            lines.append(f"  kinds not used in training ({', '.join(UNTRAINED_SOUNDS)}): {quiet}")
        return lines

    def _of(self, kind: str) -> Count:
        return Count.of(sound.is_quiet for sound in self.sounds if sound.kind == kind)


def sounds_without_speech(makers: Mapping[str, Sound], seed: int = _SEED) -> list[SoundClip]:
    """Every kind of sound at each of five levels, as often 1 as 5 as 20 s long.

    Args:
        makers: What makes each kind; `ALL_SOUNDS` for the evaluation on test.
        seed: Decides everything.
    """
    return [
        _sound_clip(
            kind, maker, level, DURATIONS_S[(row + column) % 3], np.random.default_rng((seed, row, column))
        )
        for row, (kind, maker) in enumerate(makers.items())
        for column, level in enumerate(LEVELS_DBFS)
    ]


def sound_scores(sounds: Sequence[SoundClip], answers: Sequence[Answer], threshold: float) -> WithoutSpeech:
    """What was read and found in sounds.

    Args:
        sounds: As from `sounds_without_speech`.
        answers: To their clips, in the same order.
        threshold: Least probability at which a command counts as found.
    """
    return WithoutSpeech(
        tuple(
            SoundScore(sound.kind, bool(answer.transcript.text), _reaches(answer.keywords, threshold))
            for sound, answer in zip(sounds, answers, strict=True)
        )
    )


def siren(num_samples: int, rng: np.random.Generator) -> Samples:
    """A tone that sweeps up and down between two pitches, with two harmonics."""
    low_hz, high_hz = rng.uniform(400, 700), rng.uniform(900, 1600)
    sweep = (1 + np.sin(2 * np.pi * (rng.uniform(0.2, 3) * _times_s(num_samples) + rng.random()))) / 2
    turns = np.cumsum(low_hz + (high_hz - low_hz) * sweep) / SAMPLE_RATE_HZ
    harmonics = np.arange(1, 4)[:, None]
    return _unit((np.sin(2 * np.pi * harmonics * turns) / harmonics**2).sum(axis=0))


def surf(num_samples: int, rng: np.random.Generator) -> Samples:
    """Noise that swells and falls, as waves or applause do."""
    rate_hz = np.exp(rng.uniform(np.log(0.1), np.log(4)))
    swell = (1 + np.sin(2 * np.pi * (rate_hz * _times_s(num_samples) + rng.random()))) / 2
    return _unit(rng.standard_normal(num_samples) * (0.1 + swell**2))


def telephone_keys(num_samples: int, rng: np.random.Generator) -> Samples:
    """Pairs of tones, one pair for each key pressed, with pauses between."""
    heard = np.zeros(num_samples)
    key_s, pause_s = rng.uniform(0.08, 0.3), rng.uniform(0.05, 0.4)
    for start in range(0, num_samples, round((key_s + pause_s) * SAMPLE_RATE_HZ)):
        times_s = _times_s(min(num_samples - start, round(key_s * SAMPLE_RATE_HZ)))
        low, high = (np.sin(2 * np.pi * rng.choice(row) * times_s) for row in (_KEY_LOW_HZ, _KEY_HIGH_HZ))
        ramp = np.minimum(1, np.minimum(times_s, key_s - times_s) / _FADE_S)
        heard[start : start + len(times_s)] = (low + high) * ramp
    return _unit(heard)


def engine(num_samples: int, rng: np.random.Generator) -> Samples:
    """A sawtooth of low pitch that wavers, over a little noise."""
    waver = 1 + 0.1 * np.sin(2 * np.pi * (rng.uniform(0.3, 6) * _times_s(num_samples) + rng.random()))
    turns = np.cumsum(rng.uniform(40, 120) * waver) / SAMPLE_RATE_HZ
    return _unit(2 * (turns % 1) - 1 + 0.1 * rng.standard_normal(num_samples))


UNTRAINED_SOUNDS: dict[str, Sound] = {
    "siren": siren,
    "surf": surf,
    "telephone keys": telephone_keys,
    "engine": engine,
}
"""The kinds that training never hears, by name."""

ALL_SOUNDS: dict[str, Sound] = {**SOUNDS, **UNTRAINED_SOUNDS}


def _sound_clip(
    kind: str, maker: Sound, level_dbfs: float, duration_s: float, rng: np.random.Generator
) -> SoundClip:
    samples = maker(round(duration_s * SAMPLE_RATE_HZ), rng)
    limited = np.clip(np.round(at_level(samples, level_dbfs)), -32768, 32767).astype(np.int16)
    return SoundClip(kind, level_dbfs, made_clip(limited))


def _reaches(keywords: Keywords, threshold: float) -> bool:
    is_command = [label not in NOT_COMMANDS for label in keywords.labels]
    return bool(keywords.window_probabilities[:, is_command].max() >= threshold)


def _times_s(num_samples: int) -> Samples:
    return np.arange(num_samples) / SAMPLE_RATE_HZ


def _unit(samples: Samples) -> Samples:
    """With a mean of zero and a root mean square of one."""
    unit: Samples = (samples - samples.mean()) / samples.std()
    return unit
