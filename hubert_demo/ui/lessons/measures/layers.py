"""What may be asked about the layers."""

import numpy as np

from hubert_demo.analysis.layers.units import UnitScores
from hubert_demo.api import Analysis
from hubert_demo.ui.lessons.measures.base import DECIMAL, LAYER, SHARE, Subject, measure


@measure(LAYER)
def last_layer(subject: Subject) -> int:
    """Number of the last layer."""
    return subject.analysis.encoding.num_layers


@measure(LAYER)
def best_letter_layer(subject: Subject) -> int:
    """The layer whose clusters are furthest above chance in predicting letters."""
    scores = letter_scores(subject.analysis)
    return 1 + int(np.argmax((scores.pnmi - scores.pnmi_by_chance)[1:]))


@measure(SHARE)
def pnmi_input(subject: Subject) -> float:
    """PNMI of layer 0: how much its clusters reduce uncertainty about the letter."""
    return float(letter_scores(subject.analysis).pnmi[0])


@measure(SHARE)
def pnmi_input_by_chance(subject: Subject) -> float:
    """PNMI of layer 0 with the letters shifted in time."""
    return float(letter_scores(subject.analysis).pnmi_by_chance[0])


@measure(SHARE)
def pnmi_last(subject: Subject) -> float:
    """PNMI of the last layer."""
    return float(letter_scores(subject.analysis).pnmi[-1])


@measure(SHARE)
def pnmi_last_by_chance(subject: Subject) -> float:
    """PNMI of the last layer with the letters shifted in time."""
    return float(letter_scores(subject.analysis).pnmi_by_chance[-1])


@measure(LAYER)
def least_alike_layer(subject: Subject) -> int:
    """The layer that is least like the one below (mean cosine)."""
    return 1 + int(np.argmin(subject.analysis.layer_curves().cosines))


@measure(DECIMAL)
def least_alike_cosine(subject: Subject) -> float:
    """How like that layer is to the one below: mean cosine, 1 for the same."""
    return float(subject.analysis.layer_curves().cosines.min())


@measure(DECIMAL)
def first_cosine(subject: Subject) -> float:
    """How like layer 1 is to layer 0: mean cosine, 1 for the same."""
    return float(subject.analysis.layer_curves().cosines[0])


@measure(DECIMAL)
def cka_last(subject: Subject) -> float:
    """Linear CKA of the last layer and the one below."""
    return float(subject.analysis.layer_curves().cka[-1])


@measure(DECIMAL)
def cka_last_by_chance(subject: Subject) -> float:
    """The same with the last layer shifted in time."""
    return float(subject.analysis.layer_curves().cka_by_chance[-1])


@measure(DECIMAL)
def norm_last(subject: Subject) -> float:
    """Mean vector length (norm) of the last layer's states."""
    return float(subject.analysis.layer_curves().norms[-1])


def letter_scores(analysis: Analysis) -> UnitScores:
    """How well each layer's clusters predict letters."""
    return analysis.unit_scores()
