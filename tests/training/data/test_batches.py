"""Batches of similar lengths, and normalised samples."""

import numpy as np
import pytest

from hubert_demo.training.data.batches import bucketed_batches, normalised, padded_length


def test_batches_hold_every_clip_once_and_stay_within_their_seconds():
    durations_s = np.random.default_rng(1).uniform(0.5, 8.0, 200).tolist()
    batches = list(bucketed_batches(durations_s, 16.0, np.random.default_rng(0)))
    assert sorted(index for batch in batches for index in batch) == list(range(200))
    assert max(max(durations_s[i] for i in batch) * len(batch) for batch in batches) <= 16.0


def test_similar_lengths_share_a_batch_so_that_little_is_padding():
    durations_s = np.random.default_rng(1).uniform(0.5, 15.0, 2000).tolist()
    batches = list(bucketed_batches(durations_s, 32.0, np.random.default_rng(0)))
    padded_s = sum(max(durations_s[i] for i in batch) * len(batch) for batch in batches)
    assert padded_s < 1.05 * sum(durations_s)


def test_few_padded_lengths_cover_all_at_little_cost():
    lengths = range(1600, 16_000 * 17, 77)
    padded = [padded_length(length) for length in lengths]
    assert all(length <= longer <= 1.123 * length for length, longer in zip(lengths, padded, strict=True))
    assert len(set(padded)) < 50


def test_a_clip_too_long_for_a_batch_is_a_batch_of_its_own():
    assert sorted(bucketed_batches([20.0, 1.0], 8.0, np.random.default_rng(0))) == [[0], [1]]


def test_normalised_samples_have_zero_mean_and_unit_variance():
    x = normalised(np.random.default_rng(0).integers(-3000, 3000, 16_000).astype(np.int16))
    assert x.dtype == np.float32
    assert x.mean() == pytest.approx(0, abs=1e-5)
    assert x.std() == pytest.approx(1, abs=1e-3)
