"""Span masks over time or features, for SpecAugment and masked prediction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def span_mask(
    batch: int,
    length: int,
    prob: float,
    span_length: int,
    min_masks: int,
    rng: np.random.Generator,
    valid_lengths: Sequence[int] | npt.NDArray[np.integer] | None = None,
) -> npt.NDArray[np.bool_]:
    """Draw masks made of spans that may overlap.

    Args:
        batch: Number of rows.
        length: Positions in a row.
        prob: Share of positions that the spans would cover if none overlapped: a row of n valid positions
            gets `prob * n / span_length` spans, rounded up or down at random so that the mean is exact.
        span_length: Positions in a span; no more than the row has valid ones.
        min_masks: Smallest number of spans in a row.
        rng: Source of randomness.
        valid_lengths: (batch,), the number of valid positions in each row; all are valid when None.

    Returns:
        Boolean (batch, length), true where masked; never true in padding.

    Source: SpecAugment (Park et al. 2019); rounding as documented for transformers' HuBERT.
    """
    mask = np.zeros((batch, length), dtype=bool)
    lengths = [length] * batch if valid_lengths is None else np.asarray(valid_lengths).tolist()
    for row, valid in enumerate(lengths):
        span = min(span_length, valid)
        if span < 1:
            continue
        count = max(int(prob * valid / span + rng.random()), min_masks)
        count = min(count, valid - span + 1)
        starts = rng.choice(valid - span + 1, count, replace=False)
        mask[row, (starts[:, None] + np.arange(span)).ravel()] = True
    return mask
