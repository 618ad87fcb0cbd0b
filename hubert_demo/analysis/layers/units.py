"""K-means units of a layer's frames, and how well they predict which character was recognised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.threads import one_thread
from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError

MIN_UNITS = 2
MAX_UNITS = 100
# A character lends its name to the frames this near, about as long as one takes to say.
LABEL_REACH_S = 0.1

_DEFAULT_UNITS = 20
_NUM_SHIFTS = 9


class NothingToPredict(InputError):
    """All frames have the same label, so that units have nothing to tell apart."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """How well every layer's k-means units predict which character was recognised.

    Few frames and many units give high numbers to units that know nothing. What such units would reach is
    given beside: the same units compared with the characters of other times (shifted in a circle by a tenth
    to nine tenths of the recording; the mean of nine).

    Attributes:
        purity: float64 `(layers + 1,)`, share of frames that carry the most common character of their unit.
        pnmi: float64 `(layers + 1,)`, share of the characters' entropy that the units explain.
        purity_by_chance: float64 `(layers + 1,)`, mean purity with shifted characters.
        pnmi_by_chance: float64 `(layers + 1,)`, mean PNMI with shifted characters.
        most_common_share: Share of the most common character: purity of one single unit.
        num_units: Clusters of each layer.
        num_labels: Different characters that occur, "none" and the space between words among them.
    """

    purity: npt.NDArray[np.float64]
    pnmi: npt.NDArray[np.float64]
    purity_by_chance: npt.NDArray[np.float64]
    pnmi_by_chance: npt.NDArray[np.float64]
    most_common_share: float
    num_units: int
    num_labels: int


def kmeans_units(state: FloatArray, num_units: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Cluster one layer's frames.

    Args:
        state: `(frames, hidden)`; standardised before.
        num_units: Clusters.
        seed: Of the first centres.

    Returns:
        int64 `(frames,)`, a unit a frame, numbered in the order in which they first occur.

    Raises:
        InputError: If there are not 2 to `frames` units, or more than 100.
    """
    # Importing scikit-learn takes half a second.
    from sklearn.cluster import KMeans

    most = min(MAX_UNITS, len(state))
    if not MIN_UNITS <= num_units <= most:
        raise InputError(f"{num_units} units of {len(state)} frames; choose {MIN_UNITS} to {most}.")
    rows = standardise(state).astype(np.float32)
    # Fewer different frames than units would leave some units empty, about which scikit-learn warns.
    num_different = len({row.tobytes() for row in rows})
    clusters = KMeans(min(num_units, num_different), n_init=3, random_state=seed)
    with one_thread():
        found = clusters.fit_predict(rows)
    _, first, units = np.unique(found, return_index=True, return_inverse=True)
    ranks = np.empty(len(first), np.int64)
    ranks[first.argsort()] = np.arange(len(first))
    numbered: npt.NDArray[np.int64] = ranks[units]
    return numbered


def default_num_units(num_frames: int) -> int:
    """Units to begin with: 20, or as many as leave five frames for each, but two."""
    return min(_DEFAULT_UNITS, max(MIN_UNITS, num_frames // 5))


def frame_labels(token_ids: npt.NDArray[np.int64], blank_id: int, reach_frames: int) -> npt.NDArray[np.int64]:
    """Extend every recognised character to the frames around it.

    CTC writes most characters in a single frame and blanks everywhere else: compared with the bare path,
    units would be praised for telling that nothing was written. So each frame takes the character nearest in
    time, of two equally near the earlier, within 0.1 s. Frames further from any keep the blank: nothing was
    said there.

    Args:
        token_ids: `(frames,)`, the path.
        blank_id: The token that stands for nothing.
        reach_frames: Frames within `LABEL_REACH_S`.

    Returns:
        int64 `(frames,)`.
    """
    written = np.flatnonzero(token_ids != blank_id)
    if not len(written):
        return token_ids.copy()
    frames = np.arange(len(token_ids))
    after = np.searchsorted(written, frames).clip(max=len(written) - 1)
    before = (after - 1).clip(min=0)
    is_before = np.abs(frames - written[before]) <= np.abs(frames - written[after])
    nearest = written[np.where(is_before, before, after)]
    labels: npt.NDArray[np.int64] = np.where(
        np.abs(frames - nearest) <= reach_frames, token_ids[nearest], blank_id
    )
    return labels


def unit_scores(
    units: Sequence[npt.NDArray[np.integer]], labels: npt.NDArray[np.integer], num_units: int
) -> UnitScores:
    """Compare every layer's units with the characters.

    Args:
        units: For every layer `(frames,)`, as `kmeans_units` gives them.
        labels: `(frames,)`, as `frame_labels` gives them.
        num_units: Clusters that were asked for.

    Raises:
        NothingToPredict: If all frames have the same label.
    """
    _, counts = np.unique(labels, return_counts=True)
    if len(counts) < 2:
        raise NothingToPredict(
            "No different characters were recognised, so there is nothing to compare the units with."
        )
    shares = np.linspace(0.1, 0.9, _NUM_SHIFTS)
    shifted = [np.roll(labels, round(share * len(labels))) for share in shares]
    return UnitScores(
        purity=np.array([purity(each, labels) for each in units]),
        pnmi=np.array([pnmi(each, labels) for each in units]),
        purity_by_chance=np.array([np.mean([purity(each, other) for other in shifted]) for each in units]),
        pnmi_by_chance=np.array([np.mean([pnmi(each, other) for other in shifted]) for each in units]),
        most_common_share=float(counts.max() / counts.sum()),
        num_units=num_units,
        num_labels=len(counts),
    )


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
