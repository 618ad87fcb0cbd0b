"""A clip faster or slower, or a stretch of it, with its frame targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.training.data.clips import Clip


def change_speed(clip: Clip, factor: float) -> Clip:
    """The clip played `factor` times as fast (pitch changes too), its frame targets and words moved along."""
    num_samples = int(len(clip.samples) / factor)
    positions = np.arange(num_samples) * factor
    samples = np.interp(positions, np.arange(len(clip.samples)), clip.samples).astype(np.int16)
    units = clip.units
    if len(units):
        num_units = num_samples // HUBERT_GRID.hop_samples
        moved = np.round(np.arange(num_units) * factor).astype(int)
        units = units[np.minimum(moved, len(units) - 1)]
    commands = clip.commands and tuple(placed.moved(factor) for placed in clip.commands)
    duration_s = num_samples / SAMPLE_RATE_HZ
    return replace(clip, samples=samples, units=units, duration_s=duration_s, commands=commands)


def cropped(clip: Clip, longest_s: float, rng: np.random.Generator) -> Clip:
    """A stretch of the clip of at most `longest_s` with its frame targets; its text, whole, goes missing."""
    num_units = int(longest_s * SAMPLE_RATE_HZ) // HUBERT_GRID.hop_samples
    spare = len(clip.samples) // HUBERT_GRID.hop_samples - num_units
    if spare <= 0:
        return clip
    first = int(rng.integers(spare + 1))
    samples = clip.samples[first * HUBERT_GRID.hop_samples : (first + num_units) * HUBERT_GRID.hop_samples]
    units = clip.units[first : first + num_units]
    duration_s = len(samples) / SAMPLE_RATE_HZ
    return replace(clip, samples=samples, units=units, text="", duration_s=duration_s, commands=None)
