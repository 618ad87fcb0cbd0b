"""Error rates and counts: known answers, and intervals of known width."""

import jiwer
import numpy as np
import pytest

from hubert_demo.training.evaluation.scores import Count, ErrorDifference, ErrorRate, Rate, mean_interval

REFERENCES = ["THE CAT SAT", "ON THE MAT", "YES"]
GUESSES = ["THE BAT SAT", "ON MAT", "YES NO"]


def test_rates_are_those_of_all_clips_together():
    words = ErrorRate.of_words(REFERENCES, GUESSES)
    assert (words.edits, words.lengths) == ((1, 1, 1), (3, 3, 1))
    assert words.value == pytest.approx(jiwer.wer(REFERENCES, GUESSES))
    characters = ErrorRate.of_characters(REFERENCES, GUESSES)
    assert characters.value == pytest.approx(jiwer.cer(REFERENCES, GUESSES))


def test_the_interval_holds_the_true_rate_about_19_times_in_20():
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(100):
        low, high = ErrorRate(tuple(random.binomial(40, 0.3, 60)), (40,) * 60).interval
        hits += low <= 0.3 <= high
    assert 88 <= hits <= 100


def test_the_interval_narrows_with_clips():
    def width(num_clips):
        low, high = ErrorRate((1, 3) * num_clips, (10, 10) * num_clips).interval
        return high - low

    assert width(100) < width(10) / 2


def test_one_clip_has_no_spread():
    assert ErrorRate((1,), (4,)).interval == (0.25, 0.25)


def test_counts_have_wilsons_interval():
    assert Count.of([True] * 17 + [False] * 3) == Count(17, 20)
    assert Count(17, 20).interval == pytest.approx((0.6396, 0.9476), abs=1e-4)
    assert Count(0, 0).interval == (0.0, 1.0)


def test_a_mean_of_counts_is_surer_than_each():
    low, high = mean_interval([Count(17, 20)] * 4, [1.0] * 4)
    assert high - low == pytest.approx((0.9476 - 0.6396) / 2, abs=1e-3)
    # Half as far from the mean, at either end, as one count's own interval.
    assert (low, high) == pytest.approx((0.85 - (0.85 - 0.6396) / 2, 0.85 + (0.9476 - 0.85) / 2), abs=1e-4)
    assert mean_interval([Count(9, 10), Count(0, 10)], [1.0, 0.0]) == pytest.approx(Count(9, 10).interval)


def test_one_count_s_mean_has_its_own_interval():
    for count in (Count(17, 20), Count(3, 3), Count(0, 4)):
        assert mean_interval([count], [2.0]) == pytest.approx(count.interval)


def test_full_counts_leave_room_below_and_none_above():
    # Wilson's lower end for 3 of 3 is 3 / (3 + 1.96²) = 0.4385.
    assert mean_interval([Count(3, 3)] * 2, [1.0, 1.0]) == pytest.approx((1 - 0.5615 / 2**0.5, 1.0), abs=1e-4)
    low, high = mean_interval([Count(17, 20), Count(3, 3)], [1.0, 1.0])
    assert low == pytest.approx(0.925 - np.hypot(0.2104, 0.5615) / 2, abs=1e-4)
    assert high == pytest.approx(0.925 + 0.0976 / 2, abs=1e-4)


def test_the_interval_of_a_mean_holds_the_true_one_about_19_times_in_20():
    random = np.random.default_rng(5)
    sizes, shares = [20, 30, 100], [0.85, 0.9, 0.6]
    hits = 0
    for _ in range(200):
        counts = [Count(int(random.binomial(n, p)), n) for n, p in zip(sizes, shares, strict=True)]
        low, high = mean_interval(counts, [1.0] * len(counts))
        hits += low <= np.mean(shares) <= high
    assert 180 <= hits <= 198


def test_a_difference_is_surer_than_its_two_rates():
    random = np.random.default_rng(1)
    edits = random.binomial(40, 0.3, 80)
    before = ErrorRate(tuple(edits.tolist()), (40,) * 80)
    after = ErrorRate(tuple((edits + random.binomial(2, 0.5, 80)).tolist()), (40,) * 80)
    difference = ErrorDifference(before, after)
    low, high = difference.interval
    assert low < 1 / 40 < high
    assert high - low < (before.interval[1] - before.interval[0]) / 2
    assert difference.value == pytest.approx(after.value - before.value)
    assert str(ErrorDifference(before, before)) == "+0.000 [+0.000, +0.000]"


def test_one_clips_difference_has_no_spread():
    assert ErrorDifference(ErrorRate((1,), (4,)), ErrorRate((2,), (4,))).interval == (0.25, 0.25)


def test_rates_have_poissons_interval():
    assert Rate(20, 42.0).value == pytest.approx(20 / 42)
    assert Rate(20, 1.0).interval == pytest.approx((12.217, 30.888), abs=1e-3)
    assert Rate(0, 2.0).interval == pytest.approx((0.0, 3.689 / 2), abs=1e-3)
    assert str(Rate(20, 42.0)) == "0.48 [0.29, 0.74]"
    # With a mean of 6.721, four or fewer come once in five times.
    assert Rate(4, 2.0).upper(0.8) == pytest.approx(6.721 / 2, abs=1e-3)
