"""Clips of similar length side by side, and their samples as the encoder takes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from hubert_demo.audio import SAMPLE_RATE_HZ


def bucketed_batches(
    durations_s: Sequence[float], batch_s: float, rng: np.random.Generator
) -> Iterator[list[int]]:
    """One pass over all clips in batches of similar length, in random order.

    Args:
        durations_s: Length of every clip.
        batch_s: Most seconds of audio in a batch, padded to one of few lengths (`padded_length`); a longer
            clip is a batch of its own.
        rng: Source of the order.

    Yields:
        Indices of a batch's clips; every clip comes exactly once.
    """
    order = np.argsort(np.asarray(durations_s) * rng.uniform(0.96, 1.04, len(durations_s)))
    batches: list[list[int]] = [[]]
    longest = 0.0
    for index in order.tolist():
        padded_s = padded_length(math.ceil(durations_s[index] * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
        longest = max(longest, padded_s)
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_s:
            batches.append([])
            longest = padded_s
        batches[-1].append(index)
    for position in rng.permutation(len(batches)):
        if batches[position]:
            yield batches[position]


def padded_length(num_samples: int) -> int:
    """The next of few lengths, six to an octave: a GPU plans every new shape of a batch at some cost."""
    return math.ceil(2 ** (math.ceil(6 * math.log2(num_samples)) / 6))


def normalised(samples: np.ndarray) -> np.ndarray:
    """float32 samples with zero mean and unit variance, as the feature extractor makes them."""
    x = samples.astype(np.float32) / 32768.0
    scaled: np.ndarray = (x - x.mean()) / np.sqrt(x.var() + 1e-7)
    return scaled


def pad_waveforms(rows: list[np.ndarray]) -> Tensor:
    """Pad float waveforms with silence to (batch, samples).

    No mask goes with it: group-norm models take none, and silence after speech is something to learn too.
    """
    return torch.nn.utils.rnn.pad_sequence([torch.from_numpy(row) for row in rows], batch_first=True)
