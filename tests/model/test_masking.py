"""Span masks: lengths, numbers, padding and repeatability."""

from itertools import groupby

import numpy as np
import pytest

from hubert_demo.model.masking import span_mask


def runs(row):
    """Lengths of the masked stretches of a row."""
    return [len(list(group)) for masked, group in groupby(row.tolist()) if masked]


def draw(seed=0, **settings):
    defaults = {"batch": 4, "length": 200, "prob": 0.3, "span_length": 10, "min_masks": 0}
    return span_mask(**{**defaults, **settings}, rng=np.random.default_rng(seed))


def test_masked_stretches_are_whole_spans():
    mask = draw()
    assert mask.shape == (4, 200)
    assert mask.dtype == np.bool_
    assert min(min(runs(row)) for row in mask) >= 10


def test_the_fewest_spans_are_kept_to():
    mask = draw(prob=0.0, min_masks=2)
    assert all(11 <= row.sum() <= 20 for row in mask)


def test_no_probability_masks_nothing():
    assert not draw(prob=0.0).any()


def test_the_number_of_spans_is_right_on_average():
    # 0.1 × 16 / 10 = 0.16 spans a row, so rounding down always would mask nothing.
    mask = draw(batch=4000, length=16, prob=0.1)
    assert mask.any(1).mean() == pytest.approx(0.16, abs=0.02)


def test_padding_is_never_masked():
    lengths = np.array([200, 50, 10, 3])
    mask = draw(prob=0.9, min_masks=2, valid_lengths=lengths)
    assert mask.any(1).all()
    assert not any(row[length:].any() for row, length in zip(mask, lengths, strict=True))


def test_a_row_shorter_than_a_span_is_masked_as_far_as_it_goes():
    assert draw(batch=1, length=4, prob=1.0).tolist() == [[True] * 4]


def test_a_row_without_valid_positions_is_left_alone():
    assert not draw(batch=1, prob=1.0, min_masks=2, valid_lengths=[0]).any()


def test_a_seed_gives_the_masks_that_it_always_gave():
    mask = draw(batch=2, length=12, prob=0.5, span_length=3, min_masks=1, valid_lengths=[12, 7])
    assert ["".join(".#"[int(masked)] for masked in row) for row in mask] == ["..#####.....", "###........."]


def test_a_seed_repeats_itself_and_another_differs():
    np.testing.assert_array_equal(draw(seed=1), draw(seed=1))
    assert not np.array_equal(draw(seed=1), draw(seed=2))
