"""What changes from layer to layer: norms, similarity, and units against what was said."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

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
    states = [standardised(state) for state in hidden_states]
    pairs = list(pairwise(states))
    return LayerCurves(
        norms=np.linalg.norm(hidden_states.astype(np.float64), axis=2).mean(axis=1),
        cosines=np.array([_mean_cosine(one, other) for one, other in pairs]),
        cka=np.array([linear_cka(one, other) for one, other in pairs]),
    )


def standardised(state: FloatArray) -> npt.NDArray[np.float64]:
    """`(frames, hidden)` with mean 0 and deviation 1 in every dimension; constant dimensions become 0."""
    centred = state.astype(np.float64) - state.mean(axis=0, dtype=np.float64)
    deviation = centred.std(axis=0)
    scaled: npt.NDArray[np.float64] = centred / np.where(deviation > 0, deviation, 1.0)
    return scaled


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
    shared = np.square(one.T @ other).sum()
    alone = np.sqrt(np.square(one.T @ one).sum() * np.square(other.T @ other).sum())
    return float(shared / alone) if alone > 0 else 0.0


def kmeans_units(state: FloatArray, num_units: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Cluster one layer's frames.

    Args:
        state: `(frames, hidden)`; standardised before.
        num_units: Clusters.
        seed: Of the first centres.

    Returns:
        int64 `(frames,)`, a unit a frame.

    Raises:
        InputError: If there are not 2 to `frames` units.
    """
    # Importing scikit-learn takes half a second.
    from sklearn.cluster import KMeans

    if not 2 <= num_units <= len(state):
        raise InputError(f"{num_units} units of {len(state)} frames; choose 2 to {len(state)}.")
    clusters = KMeans(num_units, n_init=3, random_state=seed)
    units: npt.NDArray[np.int64] = clusters.fit_predict(standardised(state)).astype(np.int64)
    return units


def purity(units: npt.NDArray[np.integer], labels: npt.NDArray[np.integer]) -> float:
    """Share of frames that carry the most common label of their unit.

    Args:
        units: `(frames,)`.
        labels: `(frames,)`, of the same frames.

    Returns:
        From the most common label's share (units say nothing) to 1 (each unit has one label).
    """
    return float(_joint(units, labels).max(axis=1).sum())


def pnmi(units: npt.NDArray[np.integer], labels: npt.NDArray[np.integer]) -> float:
    """Phone-normalised mutual information: the share of the labels' entropy that the units explain.

    Args:
        units: `(frames,)`.
        labels: `(frames,)`, of the same frames: phones, or characters in their place.

    Returns:
        0 to 1; 1 where there is nothing to explain.

    Source: Hsu et al. 2021, "HuBERT", section V-A.
    """
    joint = _joint(units, labels)
    if joint.shape[1] == 1:
        return 1.0
    unit_shares, label_shares = joint.sum(axis=1), joint.sum(axis=0)
    entropy = -(label_shares * np.log(label_shares)).sum()
    expected = np.outer(unit_shares, label_shares)
    seen = joint > 0
    information = (joint[seen] * np.log(joint[seen] / expected[seen])).sum()
    return float(information / entropy)


def _joint(units: npt.NDArray[np.integer], labels: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
    """Share of the frames with each unit (row) and label (column), of those that occur."""
    if units.shape != labels.shape or not len(units):
        raise InputError(f"{len(units)} units and {len(labels)} labels; give one of each for every frame.")
    _, rows = np.unique(units, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1.0)
    shares: npt.NDArray[np.float64] = counts / len(units)
    return shares
