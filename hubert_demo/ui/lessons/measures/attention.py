"""What may be asked about attention."""

import numpy as np

from hubert_demo.analysis.attention.heads import KINDS, NEAR_S, attention_within
from hubert_demo.api import Analysis
from hubert_demo.ui.lessons.measures.base import (
    COUNT,
    LAYER,
    NAME,
    SHARE,
    CannotAnswerError,
    Subject,
    measure,
)


@measure(COUNT)
def num_heads(subject: Subject) -> int:
    """Attention heads of all layers together."""
    return int(subject.analysis.head_metrics().kinds.size)


@measure(COUNT)
def num_diagonal(subject: Subject) -> int:
    """Heads that look near (diagonal), compared with the other heads."""
    return counts_of_kinds(subject.analysis)["diagonal"]


@measure(COUNT)
def num_vertical(subject: Subject) -> int:
    """Heads that look at the same few frames (vertical)."""
    return counts_of_kinds(subject.analysis)["vertical"]


@measure(COUNT)
def num_global(subject: Subject) -> int:
    """Heads that look everywhere (global)."""
    return counts_of_kinds(subject.analysis)["global"]


@measure(NAME, outcomes=KINDS)
def rarest_kind(subject: Subject) -> str:
    """The kind of head of which there are fewest."""
    counts = counts_of_kinds(subject.analysis)
    rarest = [kind for kind in KINDS if counts[kind] == min(counts.values())]
    if len(rarest) > 1:
        raise CannotAnswerError(f"In this recording {' and '.join(rarest)} heads are equally rare.")
    return rarest[0]


@measure(LAYER)
def most_diagonal_layer(subject: Subject) -> int:
    """Layer of the most diagonal head, from 1."""
    return _most_diagonal(subject.analysis)[0] + 1


@measure(LAYER)
def most_diagonal_head(subject: Subject) -> int:
    """Number of that head within its layer, from 1."""
    return _most_diagonal(subject.analysis)[1] + 1


@measure(SHARE)
def near_share(subject: Subject) -> float:
    """Share of that head's attention within 0.1 s."""
    return _near(subject.analysis)[0]


@measure(SHARE)
def near_share_by_chance(subject: Subject) -> float:
    """What that share would be if it looked everywhere alike."""
    return _near(subject.analysis)[1]


def counts_of_kinds(analysis: Analysis) -> dict[str, int]:
    """How many heads there are of each kind."""
    kinds = analysis.head_metrics().kinds
    return {kind: int((kinds == kind).sum()) for kind in KINDS}


def _most_diagonal(analysis: Analysis) -> tuple[int, int]:
    """Indices of the most diagonal head: among those of that kind, where there is one."""
    metrics = analysis.head_metrics()
    diagonal = metrics.kinds == "diagonal"
    candidates = np.where(diagonal, metrics.diagonality, -np.inf) if diagonal.any() else metrics.diagonality
    layer, head = np.unravel_index(candidates.argmax(), candidates.shape)
    return int(layer), int(head)


def _near(analysis: Analysis) -> tuple[float, float]:
    reach_frames = analysis.encoding.grid.frames_within(NEAR_S)
    return attention_within(analysis.attention(*_most_diagonal(analysis)), reach_frames)
