"""Kneser-Ney n-grams: known shares, and their arrays."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ngrams import END, Ngrams

A, B = 1, 2
SENTENCES = [[A], [A], [B]]


def probability(ngrams, context, symbol, num_symbols=29):
    found = 1 / num_symbols
    for level in ngrams.levels(context):
        seen = dict(zip(level.symbols.tolist(), level.shares.tolist(), strict=True))
        found = found * level.left + seen.get(symbol, 0.0)
    return found


def test_kneser_ney_by_hand():
    """Single symbols count after how many symbols they came: A and B after one, the end after two.

    Two of those three were seen once and one twice: share 2 / (2 + 2), all discounts 1/2. Of the pairs two
    were seen once and two twice: share 1/3, discounts 1/3 for one and (clipped) 0.9 for two.
    """
    ngrams = Ngrams.from_sentences(SENTENCES, 2, 5)
    p_a = (1 - 0.5 + 1.5 / 29) / 4
    p_end = (2 - 0.5 + 1.5 / 29) / 4
    assert probability(ngrams, (END,), A) == pytest.approx((2 - 0.9 + (0.9 + 1 / 3) * p_a) / 3)
    assert probability(ngrams, (A,), END) == pytest.approx((2 - 0.9 + 0.9 * p_end) / 2)


def test_at_most_nine_tenths_of_a_count_go_to_shorter_contexts():
    """Chen and Goodman's estimates would be 1.75 off a count of 2 and 2 off larger ones here."""
    (level,) = Ngrams.from_sentences([[1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5, 5]], 1, 3).levels([])
    counts = np.array([1, 1, 2, 2, 2, 5])
    assert level.symbols.tolist() == [END, 1, 2, 3, 4, 5]
    assert level.shares == pytest.approx((counts - [0.25, 0.25, 0.9, 0.9, 0.9, 0.9]) / 13)
    assert level.left == pytest.approx((2 * 0.25 + 4 * 0.9) / 13)


@pytest.mark.parametrize(("order", "bits"), [(1, 5), (2, 5), (3, 20), (12, 5)])
def test_shares_and_what_is_left_sum_to_one(order, bits):
    ngrams = Ngrams.from_sentences([[A, B, A, A], [B, A]], order, bits)
    for level in ngrams.levels((END,) * (order - 1)):
        assert level.shares.sum() + level.left == pytest.approx(1)


def test_a_range_of_symbols_has_their_shares():
    level = list(Ngrams.from_sentences(SENTENCES, 2, 5).levels((END,)))[-1]
    assert level.between(np.array([A, A, B]), np.array([B, B + 1, B])).tolist() == pytest.approx(
        [level.shares[0], level.shares.sum(), 0.0]
    )


def test_a_context_that_was_never_seen_is_left_to_the_shorter_ones():
    ngrams = Ngrams.from_sentences(SENTENCES, 3, 5)
    assert [len(list(ngrams.levels(context))) for context in ((END, B), (A, B), (END, 3))] == [3, 2, 1]


def test_they_come_back_from_their_arrays():
    ngrams = Ngrams.from_sentences(SENTENCES, 3, 5)
    again = Ngrams.from_arrays(5, **ngrams.arrays())
    assert np.array_equal(again.ngrams, ngrams.ngrams)
    assert np.array_equal(again.counts, ngrams.counts)
