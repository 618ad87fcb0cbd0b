"""How sure a word is: the product of its letters' probabilities, mapped to how often that is right."""

import math
from collections.abc import Sequence

import numpy as np

Curve = tuple[float, float]
"""Slope, above 0, and offset of a logistic curve over the logarithm of the product."""

PRODUCT = (
    "Confidence: the product of the letters’ probabilities. How often such words are correct has not been "
    "measured for this model."
)
FITTED = (
    "Confidence: an estimate of how often words with such letter probabilities are correct, fitted on clear "
    "English; it is too high for some kinds of speech and too low for others."
)


def word_confidence(log_probabilities: Sequence[float], curve: Curve | None = None) -> float:
    """The confidence of a word.

    Args:
        log_probabilities: Natural logarithm of the probability of each of its letters, the mean of its
            frames.
        curve: How often words with such a product are right, see `Curve`; None where nobody fitted one.

    Returns:
        0 to 1: the product of the probabilities, on the curve where there is one.

    Source: Platt 1999, "Probabilistic outputs for support vector machines", for the curve.
    """
    product = float(np.sum(log_probabilities))
    if curve is None:
        return math.exp(product)
    slope, offset = curve
    return float(np.exp(-np.logaddexp(0, -(slope * product + offset))))


def meaning(curve: Curve | None) -> str:
    """A sentence or two: what a word's confidence is, with this curve or without one."""
    return PRODUCT if curve is None else FITTED
