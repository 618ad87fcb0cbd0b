"""SpecAugment's span masks, drawn as `model.masking` draws them, but as part of a graph."""

from __future__ import annotations

from typing import Any

from hubert_demo.tf.libraries import keras, tf


def span_mask(
    batch: Any,
    length: Any,
    prob: float,
    span_length: int,
    min_masks: int,
    seed: Any,
    valid_lengths: Any = None,
) -> Any:
    """Draw masks made of spans that may overlap.

    Args:
        batch: Number of rows.
        length: Positions in a row.
        prob: Share of positions that the spans would cover if none overlapped; as in `model.masking`.
        span_length: Positions in a span; no more than the row has valid ones.
        min_masks: Smallest number of spans in a row.
        seed: A `keras.random.SeedGenerator`.
        valid_lengths: Integer (batch,), the number of valid positions in each row; all are valid when None.

    Returns:
        Boolean (batch, length), true where masked; never true in padding.

    Source: SpecAugment (Park et al. 2019); rounding as documented for transformers' HuBERT.
    """
    valid = tf.fill([batch], length) if valid_lengths is None else tf.cast(valid_lengths, tf.int32)
    span = tf.minimum(span_length, valid)
    share = prob * tf.cast(valid, tf.float32) / tf.cast(tf.maximum(span, 1), tf.float32)
    drawn = tf.cast(share + keras.random.uniform([batch], seed=seed), tf.int32)
    count = tf.minimum(tf.maximum(drawn, min_masks), valid - span + 1)
    positions = tf.range(length)[None]
    # The places where a span may start, in random order, and the first so many of them.
    lots = keras.random.uniform([batch, length], seed=seed)
    lots = tf.where(positions <= (valid - span)[:, None], lots, 2.0)
    rank = tf.argsort(tf.argsort(lots))
    starts = tf.cast((rank < count[:, None]) & (lots < 2.0), tf.int32)
    begun = tf.cumsum(starts, axis=1)
    ended = tf.pad(begun, [[0, 0], [span_length, 0]])[:, :length]
    return (begun > ended) & (positions < valid[:, None])
