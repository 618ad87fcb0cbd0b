"""How sure a word is: what its letters' probabilities say, mapped to how often that is right."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hubert_demo.encoding import CtcOutput

Curve = tuple[float, float]
"""Slope, above 0, and offset of a logistic curve over what speaks for a word."""

_KINDS = "fitted on clear English; too high for some kinds of speech and too low for others."
PRODUCT = (
    "Confidence: the product of the letters’ probabilities. How often such words are correct has not been "
    "measured for this model."
)
FITTED = f"Confidence: an estimate of how often words with such letter probabilities are correct, {_KINDS}"
FITTED_LAID = (
    "Confidence: an estimate of how often such words are correct. It goes by their letters’ probabilities "
    "and by whether the greedy transcript has the same words, here and in the rest of the recording; it is "
    f"{_KINDS}"
)
FITTED_GREEDY = (
    f"{FITTED} It was fitted on greedy words: how often words found with a language model are correct has "
    "not been measured for this model."
)


def word_confidence(log_probabilities: Sequence[float], curve: Curve | None = None) -> float:
    """The confidence of a word that was read letter by letter.

    Args:
        log_probabilities: Natural logarithm of the probability of each of its letters, the mean of its
            frames.
        curve: How often words with such a product are right, over the logarithm of the product; None where
            nobody fitted one.

    Returns:
        0 to 1: the product of the probabilities, on the curve where there is one.
    """
    product = float(np.sum(log_probabilities))
    return math.exp(product) if curve is None else on_curve(product, curve)


def support(products: Sequence[float], is_shared: Sequence[bool]) -> npt.NDArray[np.float64]:
    """What speaks for the words of a text that a language model helped to read.

    Where the letters alone say the same word, the product of their probabilities does; for a word that the
    language model put there, they say nothing, however well it may fit. And where they have been right about
    the rest of a recording, they are more often right about each of its words.

    Args:
        products: Of the probabilities of each word's letters.
        is_shared: Whether the greedy transcript has that word in that place.

    Returns:
        float64 `(words,)`, 0 to 2: the product of a shared word, 0 of another one, plus the mean over the
        words.
    """
    own = np.where(is_shared, products, 0.0)
    found: npt.NDArray[np.float64] = own + own.sum() / max(len(own), 1)
    return found


def on_curve(evidence: float, curve: Curve) -> float:
    """How often words are right, 0 to 1, for which that much speaks.

    Source: Platt 1999, "Probabilistic outputs for support vector machines".
    """
    slope, offset = curve
    return float(np.exp(-np.logaddexp(0, -(slope * evidence + offset))))


def meaning(ctc: CtcOutput, has_language_model: bool) -> str:
    """A sentence or two: what the confidence of the best reading's words is.

    Args:
        ctc: What the head says that wrote them.
        has_language_model: Whether one helped to read them.
    """
    if ctc.confidence_curve is None:
        return PRODUCT
    if not has_language_model:
        return FITTED
    return FITTED_GREEDY if ctc.laid_curve is None else FITTED_LAID
