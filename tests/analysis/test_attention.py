"""Pooled maps keep what attention means."""

import numpy as np
import pytest

from hubert_demo.analysis.attention import entropy_nats, pool
from hubert_demo.errors import InputError


def maps(num_frames: int) -> np.ndarray:
    weights = np.random.default_rng(0).random((2, num_frames, num_frames)).astype(np.float32)
    return weights / weights.sum(axis=2, keepdims=True)


def test_small_maps_pass_unchanged():
    pooled = pool(maps(7), 7)
    assert pooled.frames_per_bin == 1
    np.testing.assert_array_equal(pooled.maps, maps(7))


def test_a_bin_averages_who_looks_and_adds_up_what_is_looked_at():
    attention = np.array([[[0.5, 0.5, 0.0], [0.1, 0.3, 0.6], [0.0, 0.0, 1.0]]], np.float32)
    pooled = pool(attention, 2)
    assert pooled.frames_per_bin == 2
    np.testing.assert_allclose(pooled.maps, [[[0.7, 0.3], [0.0, 1.0]]], atol=1e-7)


@pytest.mark.parametrize(("num_frames", "max_bins"), [(499, 300), (10, 3), (10, 1), (2999, 400)])
def test_rows_still_sum_to_one_and_bins_keep_to_the_limit(num_frames, max_bins):
    pooled = pool(maps(num_frames)[:1], max_bins)
    num_bins = pooled.maps.shape[1]
    assert pooled.maps.shape == (1, num_bins, num_bins)
    assert num_bins <= max_bins
    assert (num_bins - 1) * pooled.frames_per_bin < num_frames <= num_bins * pooled.frames_per_bin
    np.testing.assert_allclose(pooled.maps.sum(axis=2), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "max_bins", "message"), [((1, 4, 4), 0, "at least 1"), ((4, 4), 2, "shape")]
)
def test_other_shapes_and_limits_are_refused(shape, max_bins, message):
    with pytest.raises(InputError, match=message):
        pool(np.zeros(shape, np.float32), max_bins)


def test_entropy_runs_from_one_frame_to_all_alike():
    assert entropy_nats(np.eye(5, dtype=np.float32)) == pytest.approx(0, abs=1e-6)
    assert entropy_nats(np.full((3, 8), 1 / 8, np.float32)) == pytest.approx(np.log(8))
    halves = np.array([[0.5, 0.5, 0, 0], [1, 0, 0, 0]], np.float32)
    assert entropy_nats(halves) == pytest.approx(np.log(2) / 2)
