"""Span masks over time or features, as SpecAugment and masked prediction need them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def span_mask(
    batch: int,
    length: int,
    prob: float,
    span_length: int,
    min_masks: int,
    rng: np.random.Generator,
    valid_lengths: Tensor | None = None,
) -> Tensor:
    """Draw boolean masks made of spans that may overlap.

    Args:
        batch: Number of rows.
        length: Positions in a row.
        prob: Expected share of positions that start and fill spans: a row of n valid positions gets
            `prob * n / span_length` spans, rounded up or down at random so that the mean is exact.
        span_length: Positions in a span; shortened to the row's valid length where that is less.
        min_masks: Fewest spans in a row.
        rng: Source of randomness.
        valid_lengths: (batch,) number of valid positions of each row; all when None.

    Returns:
        Boolean (batch, length), true where masked; never true in padding.

    Source: SpecAugment (Park et al. 2019); rounding as documented for transformers' HuBERT.
    """
    mask = np.zeros((batch, length), dtype=bool)
    lengths = [length] * batch if valid_lengths is None else valid_lengths.tolist()
    for row, valid in enumerate(lengths):
        span = min(span_length, valid)
        if span < 1:
            continue
        count = max(int(prob * valid / span + rng.random()), min_masks)
        count = min(count, valid - span + 1)
        starts = rng.choice(valid - span + 1, count, replace=False)
        mask[row, (starts[:, None] + np.arange(span)).ravel()] = True
    return torch.from_numpy(mask)
