"""What may be asked about the encoder before and after it learnt to write letters."""

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, PRETRAINED_CHECKPOINT
from hubert_demo.ui.lessons.measures.attention import counts_of_kinds
from hubert_demo.ui.lessons.measures.base import COUNT, DECIMAL, LAYER, NAME, SHARE, Subject, measure
from hubert_demo.ui.lessons.measures.layers import letter_scores


@measure(SHARE)
def pnmi_last_before(subject: Subject) -> float:
    """PNMI of the last layer before fine-tuning."""
    return float(letter_scores(_before(subject)).pnmi[-1])


@measure(SHARE)
def pnmi_last_after(subject: Subject) -> float:
    """PNMI of the last layer after fine-tuning."""
    return float(letter_scores(_after(subject)).pnmi[-1])


@measure(SHARE)
def pnmi_last_by_chance_before(subject: Subject) -> float:
    """PNMI of the last layer before fine-tuning, with the letters shifted in time."""
    return float(letter_scores(_before(subject)).pnmi_by_chance[-1])


@measure(SHARE)
def pnmi_last_by_chance_after(subject: Subject) -> float:
    """PNMI of the last layer after fine-tuning, with the letters shifted in time."""
    return float(letter_scores(_after(subject)).pnmi_by_chance[-1])


@measure(DECIMAL)
def cosine_last_before(subject: Subject) -> float:
    """How like the last layer is to the one below before fine-tuning: mean cosine."""
    return float(_before(subject).layer_curves().cosines[-1])


@measure(DECIMAL)
def cosine_last_after(subject: Subject) -> float:
    """How like the last layer is to the one below after fine-tuning: mean cosine."""
    return float(_after(subject).layer_curves().cosines[-1])


@measure(LAYER)
def least_alike_layer_before(subject: Subject) -> int:
    """The layer that is least like the one below before fine-tuning (mean cosine)."""
    return 1 + int(np.argmin(_before(subject).layer_curves().cosines))


@measure(LAYER)
def least_alike_layer_after(subject: Subject) -> int:
    """The layer that is least like the one below after fine-tuning (mean cosine)."""
    return 1 + int(np.argmin(_after(subject).layer_curves().cosines))


@measure(COUNT)
def num_diagonal_before(subject: Subject) -> int:
    """Diagonal heads before fine-tuning."""
    return counts_of_kinds(_before(subject))["diagonal"]


@measure(COUNT)
def num_diagonal_after(subject: Subject) -> int:
    """Diagonal heads after fine-tuning."""
    return counts_of_kinds(_after(subject))["diagonal"]


@measure(NAME, outcomes=("more", "fewer", "as many"))
def diagonal_heads_after(subject: Subject) -> str:
    """Whether there are more diagonal heads after fine-tuning than before."""
    before, after = num_diagonal_before(subject), num_diagonal_after(subject)
    return "as many" if before == after else "more" if after > before else "fewer"


@measure(DECIMAL)
def norm_last_before(subject: Subject) -> float:
    """Mean vector length of the last layer's states before fine-tuning."""
    return float(_before(subject).layer_curves().norms[-1])


@measure(DECIMAL)
def norm_last_after(subject: Subject) -> float:
    """Mean vector length of the last layer's states after fine-tuning."""
    return float(_after(subject).layer_curves().norms[-1])


def _before(subject: Subject) -> Analysis:
    return subject.by(PRETRAINED_CHECKPOINT)


def _after(subject: Subject) -> Analysis:
    return subject.by(DEFAULT_CHECKPOINT)
