"""What changes from layer to layer: the length of states, and how similar neighbouring layers are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.threads import one_thread
from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError


@dataclass(frozen=True, eq=False)
class LayerCurves:
    """One number a layer, or a pair of neighbouring layers.

    Attributes:
        norms: float64 `(layers + 1,)`, mean length of a frame's state.
        cosines: float64 `(layers,)`, mean cosine of a frame's states in a layer and the next, each
            dimension standardised over the recording.
        cka: float64 `(layers,)`, linear CKA of a layer and the next.
    """

    norms: npt.NDArray[np.float64]
    cosines: npt.NDArray[np.float64]
    cka: npt.NDArray[np.float64]


def layer_curves(hidden_states: FloatArray) -> LayerCurves:
    """Compare every layer with the next.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.

    Raises:
        InputError: If there are fewer than two frames, which have nothing to vary.
    """
    if hidden_states.shape[1] < 2:
        raise InputError(f"{hidden_states.shape[1]} frame cannot be compared over time; record longer.")
    states = [standardise(state) for state in hidden_states]
    pairs = list(pairwise(states))
    with one_thread():
        return LayerCurves(
            norms=np.linalg.norm(hidden_states.astype(np.float64), axis=2).mean(axis=1),
            cosines=np.array([_mean_cosine(one, other) for one, other in pairs]),
            cka=np.array([linear_cka(one, other) for one, other in pairs]),
        )


def _mean_cosine(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / np.maximum(lengths, np.finfo(float).tiny)).mean())


def linear_cka(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Centred kernel alignment with a linear kernel.

    Args:
        one: `(frames, dimensions)`.
        other: `(frames, dimensions)`, of any width.

    Returns:
        0 where the two have nothing in common to 1 where one is a rotated and scaled copy of the other; 0
        where either does not vary.

    Source: Kornblith et al. 2019, "Similarity of neural network representations revisited", section 3.
    """
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    if len(one) < min(one.shape[1], other.shape[1]):
        # The same sums from two small matrices, of frames by frames.
        likeness, other_likeness = one @ one.T, other @ other.T
        shared = (likeness * other_likeness).sum()
        alone = np.sqrt(np.square(likeness).sum() * np.square(other_likeness).sum())
    else:
        shared = np.square(one.T @ other).sum()
        alone = np.sqrt(np.square(one.T @ one).sum() * np.square(other.T @ other).sum())
    return float(shared / alone) if alone > 0 else 0.0
