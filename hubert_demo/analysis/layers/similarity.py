"""What changes from layer to layer: the length of states, and how similar neighbouring layers are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.chance import shifts
from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.threads import one_thread
from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError

MIN_FRAMES = 4
"""With fewer, the unbiased estimate is not defined."""

# Below it, a sum of products of float64 is only rounding.
_ROUNDING = 1e-12

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerCurves:
    """One number a layer, or a pair of neighbouring layers.

    Attributes:
        norms: float64 `(layers + 1,)`, mean length of a frame's state.
        cosines: float64 `(layers,)`, mean cosine of a frame's states in a layer and the next, each
            dimension standardised over the recording.
        cka: float64 `(layers,)`, debiased linear CKA of a layer and the next, see `linear_cka`.
        cka_by_chance: float64 `(layers,)`, the same with the next layer shifted in time (in a circle, by a
            tenth to nine tenths of the recording; the mean of nine): what two courses of this kind share
            though they do not belong together.
    """

    norms: _Floats
    cosines: _Floats
    cka: _Floats
    cka_by_chance: _Floats


def layer_curves(hidden_states: FloatArray) -> LayerCurves:
    """Compare every layer with the next.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.

    Raises:
        InputError: If there are fewer than four frames.
    """
    num_frames = hidden_states.shape[1]
    _require_frames(num_frames)
    states = [standardise(state) for state in hidden_states]
    with one_thread():
        cka = np.array(list(_cka_of_neighbours(states, (0, *shifts(num_frames)))))
        return LayerCurves(
            norms=np.linalg.norm(hidden_states.astype(np.float64), axis=2).mean(axis=1),
            cosines=np.array([_mean_cosine(one, other) for one, other in pairwise(states)]),
            cka=cka[:, 0],
            cka_by_chance=cka[:, 1:].mean(axis=1),
        )


def like_before(hidden_states: FloatArray, before: FloatArray) -> _Floats:
    """How like each layer still is to what it was before something was changed inside the model.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.
        before: The same before.

    Returns:
        float64 `(layers + 1,)`, the mean cosine of a frame's state and what it was; both standardised, each
        dimension by its mean and deviation before. 1 where nothing has changed.
    """
    found = []
    for now, then in zip(hidden_states, before, strict=True):
        mean, deviation = then.mean(axis=0, dtype=np.float64), then.std(axis=0, dtype=np.float64)
        scale = np.where(deviation > 0, deviation, 1)
        is_same = np.array_equal(now, then)
        found.append(1.0 if is_same else _mean_cosine((now - mean) / scale, (then - mean) / scale))
    return np.array(found)


def _mean_cosine(one: _Floats, other: _Floats) -> float:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / np.maximum(lengths, np.finfo(float).tiny)).mean())


def _cka_of_neighbours(states: list[_Floats], by: tuple[int, ...]) -> Iterator[list[float]]:
    """CKA of every layer and the next, that one shifted by so many frames; two layers at a time in memory."""
    for one, other in pairwise(map(_likeness, states)):
        yield [_inner_product(one, other, frames) for frames in by]


def linear_cka(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Debiased centred kernel alignment with a linear kernel.

    The usual estimate of CKA is far above 0 where states have more dimensions than there are frames, whatever
    is in them: 0.58 for independent noise of 209 frames and 288 dimensions. This one is of unbiased estimates
    of the Hilbert-Schmidt independence criterion, and has no such floor.

    Args:
        one: `(frames, dimensions)`, of at least four frames.
        other: `(frames, dimensions)`, of any width.

    Returns:
        1 where one is a rotated and scaled copy of the other. Around 0 where the two have nothing in common,
        and as often a little below as above: -1 is the least. 0 where either does not vary.

    Raises:
        InputError: If there are fewer than four frames.

    Source: Kornblith et al. 2019, "Similarity of neural network representations revisited", section 3, with
    the estimator of Song et al. 2012, "Feature selection via dependence maximization", equation 5, as Nguyen
    et al. 2021, "Do wide and deep networks learn the same things?", section 2, put the two together.
    """
    _require_frames(len(one))
    return _inner_product(_likeness(one), _likeness(other))


def _require_frames(num_frames: int) -> None:
    if num_frames < MIN_FRAMES:
        raise InputError(
            f"Comparing layers needs at least {MIN_FRAMES} frames; there are {num_frames}. Record longer."
        )


def _likeness(states: npt.NDArray[np.floating]) -> _Floats:
    """How alike every two frames are, `(frames, frames)`, centred without bias and of length one.

    The diagonal, how alike a frame is to itself, is what biases the usual estimate: it is left out, and each
    row and column of the rest sums to zero. The unbiased estimate of Song et al. is then a sum of products.

    Source: Székely and Rizzo 2014, "Partial distance correlation with methods for dissimilarities",
    definition 2 (U-centring).
    """
    num_frames = len(states)
    centred = states - states.mean(axis=0, dtype=np.float64)
    likeness: _Floats = centred @ centred.T
    np.fill_diagonal(likeness, 0)
    sums = likeness.sum(axis=1)
    rows = sums / (num_frames - 2) - sums.sum() / (2 * (num_frames - 1) * (num_frames - 2))
    likeness -= rows[:, np.newaxis]
    likeness -= rows
    np.fill_diagonal(likeness, 0)
    length = np.linalg.norm(likeness)
    # Where frames differ by rounding alone, nothing is left that a direction could be read from.
    if length <= _ROUNDING * np.square(centred).sum():
        return np.zeros_like(likeness)
    likeness /= length
    return likeness


def _inner_product(one: _Floats, other: _Floats, by: int = 0) -> float:
    """Sum of the products of two `(frames, frames)`, with the other shifted in a circle by so many frames."""
    if not by:
        return float(np.vdot(one, other))
    places = ((slice(by, None), slice(None, -by)), (slice(None, by), slice(-by, None)))
    return float(
        sum(
            np.einsum("ij,ij->", one[rows, columns], other[from_rows, from_columns])
            for (rows, from_rows), (columns, from_columns) in product(places, repeat=2)
        )
    )
