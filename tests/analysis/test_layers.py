"""Layer by layer: known answers for similarity, purity and mutual information."""

import numpy as np
import pytest

from hubert_demo.analysis.layers import (
    kmeans_units,
    layer_curves,
    linear_cka,
    pnmi,
    purity,
    standardised,
)
from hubert_demo.errors import InputError


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_rotated_and_scaled_copy_is_fully_similar(rng):
    states = rng.standard_normal((200, 8))
    rotation = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    assert linear_cka(states, 3 * states @ rotation + 5) == pytest.approx(1)


def test_independent_states_are_hardly_similar(rng):
    assert linear_cka(rng.standard_normal((5000, 4)), rng.standard_normal((5000, 6))) < 0.01
    assert linear_cka(np.ones((10, 3)), rng.standard_normal((10, 3))) == 0.0


def test_curves_of_layers_known_by_hand(rng):
    first = rng.standard_normal((50, 4)).astype(np.float32)
    states = np.stack([first, 2 * first, -first])
    curves = layer_curves(states)
    assert curves.norms[1] == pytest.approx(2 * curves.norms[0])
    assert curves.cosines == pytest.approx([1, -1], abs=1e-6)
    assert curves.cka == pytest.approx([1, 1], abs=1e-6)


def test_one_frame_cannot_be_compared():
    with pytest.raises(InputError, match="record longer"):
        layer_curves(np.zeros((3, 1, 4), np.float32))


def test_standardising_leaves_constant_dimensions_at_zero(rng):
    state = np.column_stack([rng.normal(3, 2, 100), np.full(100, 7.0)]).astype(np.float32)
    scaled = standardised(state)
    assert scaled.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert scaled.std(axis=0) == pytest.approx([1, 0], abs=1e-6)


def test_units_find_groups_and_repeat_with_the_seed(rng):
    groups = np.repeat([0, 1, 2], 40)
    state = (10 * np.eye(3)[groups] + rng.normal(0, 0.1, (120, 3))).astype(np.float32)
    units = kmeans_units(state, 3, seed=1)
    assert purity(units, groups) == 1.0
    assert np.array_equal(units, kmeans_units(state, 3, seed=1))


@pytest.mark.parametrize("num_units", [1, 6])
def test_a_number_of_units_that_makes_no_sense_is_refused(num_units):
    with pytest.raises(InputError, match="choose 2 to 5"):
        kmeans_units(np.zeros((5, 2), np.float32), num_units)


def test_purity_and_information_by_hand():
    """Two units of four frames: one with a single label, one with a half and half."""
    units = np.array([0, 0, 1, 1])
    labels = np.array([5, 5, 5, 9])
    assert purity(units, labels) == 0.75
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    assert pnmi(units, labels) == pytest.approx((entropy - 0.5 * np.log(2)) / entropy)


def test_units_that_say_all_or_nothing():
    labels = np.array([0, 1, 2, 0, 1, 2])
    assert pnmi(labels + 7, labels) == pytest.approx(1)
    assert pnmi(np.zeros(6, int), labels) == pytest.approx(0)
    assert purity(np.zeros(6, int), labels) == pytest.approx(1 / 3)
    assert pnmi(np.arange(6), np.zeros(6, int)) == 1.0


def test_units_and_labels_of_different_frames_are_refused():
    with pytest.raises(InputError, match="one of each for every frame"):
        purity(np.zeros(3, int), np.zeros(4, int))
