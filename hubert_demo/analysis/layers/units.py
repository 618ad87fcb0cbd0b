"""K-means units of a layer's frames, and how well they predict which letter is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.chance import shifts
from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.threads import one_thread
from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError

MIN_UNITS = 2
MAX_UNITS = 100
# A character lends its name to the frames this near, about as long as one takes to say.
LABEL_REACH_S = 0.1

TRANSCRIPT, REFERENCE = "transcript", "reference"
"""Where the letters come from that units are compared with."""

MIN_TIMES_SAID = 2
"""How often a letter must be said, on average, before it can be asked what tells it from others."""

_DEFAULT_UNITS = 20


class NothingToPredict(InputError):
    """There are no letters, or too few, for units to tell apart."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """How well every layer's k-means units predict which letter is said.

    Where nobody has said what was spoken, the letters are those of the transcript. It was written from the
    last layer, so that this layer is compared with itself, and those beneath it with what became of them:
    the scores are partly circular then, and say nothing of how right the letters are. A text that was
    aligned gives letters of its own; only their places are still the model's.

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
        letters_from: `TRANSCRIPT`, or `REFERENCE` where a text was aligned.
    """

    purity: npt.NDArray[np.float64]
    pnmi: npt.NDArray[np.float64]
    purity_by_chance: npt.NDArray[np.float64]
    pnmi_by_chance: npt.NDArray[np.float64]
    most_common_share: float
    num_units: int
    num_labels: int
    letters_from: str = TRANSCRIPT


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
        raise InputError(
            f"{num_units} clusters cannot be made of {len(state)} frames; choose {MIN_UNITS} to {most}."
        )
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


def require_enough_letters(letters: Sequence[str], num_units: int) -> None:
    """Refuse a recording in which too little is said to tell what units know of letters.

    A letter that is said once is told by any unit that tells its moment; so letters must come back, each
    twice on average. And with as many units as letters said, each could have one of its own.

    Args:
        letters: Those that are said, in order, without spaces between words.
        num_units: Clusters.

    Raises:
        NothingToPredict: If that is not so.
    """
    said, different = len(letters), len(set(letters))
    if not said:
        raise NothingToPredict("No letters were recognised, so there is nothing to compare clusters with.")
    if said < max(MIN_TIMES_SAID * different, num_units):
        raise NothingToPredict(
            f"{said} letters, {different} of them different, are too few for {num_units} clusters: "
            "each letter must occur twice on average, and there must be at least as many letters as "
            "clusters. Use a longer recording or fewer clusters."
        )


def unit_scores(
    units: Sequence[npt.NDArray[np.integer]],
    labels: npt.NDArray[np.integer],
    num_units: int,
    letters_from: str = TRANSCRIPT,
) -> UnitScores:
    """Compare every layer's units with the characters.

    Args:
        units: For every layer `(frames,)`, as `kmeans_units` gives them.
        labels: `(frames,)`, as `frame_labels` gives them.
        num_units: Clusters that were asked for.
        letters_from: `TRANSCRIPT` or `REFERENCE`.

    Raises:
        NothingToPredict: If all frames have the same label.
    """
    _, counts = np.unique(labels, return_counts=True)
    if len(counts) < 2:
        raise NothingToPredict("Too few letters were recognised to compare. Use a longer recording.")
    shifted = [np.roll(labels, by) for by in shifts(len(labels))]
    return UnitScores(
        purity=np.array([purity(each, labels) for each in units]),
        pnmi=np.array([pnmi(each, labels) for each in units]),
        purity_by_chance=np.array([np.mean([purity(each, other) for other in shifted]) for each in units]),
        pnmi_by_chance=np.array([np.mean([pnmi(each, other) for other in shifted]) for each in units]),
        most_common_share=float(counts.max() / counts.sum()),
        num_units=num_units,
        num_labels=len(counts),
        letters_from=letters_from,
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
        raise InputError(
            f"There are {len(units)} clusters and {len(labels)} labels; give one of each for every frame."
        )
    _, rows = np.unique(units, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1.0)
    shares: npt.NDArray[np.float64] = counts / len(units)
    return shares
