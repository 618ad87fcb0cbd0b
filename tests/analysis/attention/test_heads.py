"""Pooled maps keep what attention means; heads are told apart by what they do."""

import tracemalloc

import numpy as np
import pytest

from hubert_demo.analysis.attention.heads import (
    MAX_QUERIES,
    SMALL_BINS,
    attention_within,
    entropy_nats,
    head_metrics,
    near_shares,
    pool,
)
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


def test_rows_of_every_other_query_are_pooled_like_all_where_neighbours_look_alike():
    twice = np.repeat(maps(10), 2, axis=1).repeat(2, axis=2) / 2
    full, sampled = pool(twice, 5), pool(twice[:, ::2], 5, step=2)
    assert sampled.frames_per_bin == full.frames_per_bin == 4
    np.testing.assert_allclose(sampled.maps, full.maps, atol=1e-6)


def test_steps_too_wide_for_the_bins_are_refused():
    with pytest.raises(InputError, match="bins of 2 frames empty"):
        pool(maps(9)[:, ::3], 5, step=3)
    with pytest.raises(InputError, match="step of 2"):
        pool(maps(9), 3, step=2)


def diagonal(num_frames: int) -> np.ndarray:
    return np.eye(num_frames, dtype=np.float32)


def vertical(num_frames: int) -> np.ndarray:
    attention = np.zeros((num_frames, num_frames), np.float32)
    attention[:, num_frames // 2] = 1
    return attention


def uniform(num_frames: int) -> np.ndarray:
    return np.full((num_frames, num_frames), 1 / num_frames, np.float32)


def measure(layers: np.ndarray):
    """Metrics of given maps: (layers, heads, frames, frames)."""
    return head_metrics(
        lambda layer, heads, queries: layers[layer][list(heads), queries],
        len(layers),
        layers.shape[1],
        layers.shape[2],
    )


def test_a_line_a_column_and_an_even_map_have_the_known_numbers():
    metrics = measure(np.array([[diagonal(9), vertical(9), uniform(9)]]))
    most = np.log(9)
    np.testing.assert_allclose(metrics.globalness, [[0, 0, most]], atol=1e-6)
    np.testing.assert_allclose(metrics.verticality, [[-most, 0, -most]], atol=1e-6)
    # Mean distance to frame 4 of 9: 20 / 9. Mean distance of two frames of T: (T² − 1) / 3T.
    np.testing.assert_allclose(metrics.diagonality, [[0, -20 / 81, -80 / 27 / 9]], atol=1e-6)
    assert metrics.kinds.tolist() == [["diagonal", "vertical", "global"]]
    with pytest.warns(DeprecationWarning, match="called HeadMetrics.globalness"):
        assert metrics.entropy is metrics.globalness


def test_a_kind_is_the_measure_in_which_a_head_ranks_best_in_the_whole_model():
    nearly = 0.9 * diagonal(9) + 0.1 * uniform(9)
    metrics = measure(np.array([[diagonal(9), vertical(9)], [nearly, uniform(9)]]))
    # Second in everything but verticality, where the column alone is before it; and in all by little.
    assert metrics.kinds.tolist()[0] == ["diagonal", "vertical"]
    assert metrics.kinds.tolist()[1][1] == "global"
    assert metrics.kinds.shape == (2, 2)


def test_of_equal_ranks_the_one_counts_that_stands_out_more():
    metrics = measure(np.array([[diagonal(9), diagonal(9), uniform(9), uniform(9)]]))
    # The lines share the first place in diagonality, and with the even maps that in verticality.
    assert metrics.kinds.tolist() == [["diagonal", "diagonal", "global", "global"]]


def test_the_only_head_of_a_model_has_a_kind():
    assert measure(maps(5)[np.newaxis, :1]).kinds.shape == (1, 1)


def test_globalness_and_verticality_do_not_care_for_order_nor_diagonality_for_direction():
    attention = maps(12)
    order = np.random.default_rng(1).permutation(12)
    metrics = measure(np.stack([attention, attention[:, order][:, :, order], attention[:, ::-1, ::-1]]))
    for numbers in (metrics.globalness, metrics.verticality):
        np.testing.assert_allclose(numbers[1:], [numbers[0]] * 2, rtol=1e-5)
    np.testing.assert_allclose(metrics.diagonality[2], metrics.diagonality[0], rtol=1e-5)


def test_small_maps_are_pooled_maps():
    attention = maps(100)
    metrics = measure(attention[np.newaxis])
    expected = pool(attention, SMALL_BINS)
    np.testing.assert_allclose(metrics.small_maps[0], expected.maps, atol=1e-6)
    assert (metrics.frames_per_bin, metrics.query_step) == (expected.frames_per_bin, 1)


def test_long_recordings_are_measured_on_some_rows_in_the_memory_of_one_map():
    num_frames, num_layers, num_heads = 3000, 3, 4
    asked = []

    def uniform_rows(layer, heads, queries):
        num_queries = len(range(num_frames)[queries])
        asked.append((len(heads), num_queries))
        return np.full((len(heads), num_queries, num_frames), 1 / num_frames, np.float32)

    tracemalloc.start()
    try:
        metrics = head_metrics(uniform_rows, num_layers, num_heads, num_frames)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert metrics.query_step == 3
    assert set(asked) == {(1, MAX_QUERIES)}
    assert peak < 5 * MAX_QUERIES * num_frames * 4
    np.testing.assert_allclose(metrics.globalness, np.log(num_frames), rtol=1e-4)
    np.testing.assert_allclose(metrics.diagonality, -1 / 3, rtol=1e-3)


def test_no_heads_are_refused():
    with pytest.raises(InputError, match="at least one of each"):
        measure(np.zeros((1, 0, 4, 4), np.float32))


@pytest.mark.parametrize("reach_frames", [0, 2, 50])
def test_near_shares_are_what_falls_within_reach_of_each_frame(reach_frames):
    attention = maps(9)[0]
    shares, by_chance = near_shares(attention, reach_frames)
    near = [range(max(0, i - reach_frames), min(9, i + reach_frames + 1)) for i in range(9)]
    np.testing.assert_allclose(shares, [attention[i, list(each)].sum() for i, each in enumerate(near)])
    np.testing.assert_allclose(by_chance, [len(each) / 9 for each in near])
    means = attention_within(attention, reach_frames)
    np.testing.assert_allclose(means, [shares.mean(), by_chance.mean()])


def test_a_head_that_looks_at_all_frames_alike_stays_near_as_much_as_by_chance():
    shares, by_chance = near_shares(np.full((8, 8), 1 / 8), 3)
    np.testing.assert_allclose(shares, by_chance)
