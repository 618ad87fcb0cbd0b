"""Known answers for the similarity of layers, and for the common scale they are brought to."""

import numpy as np
import pytest

from hubert_demo.analysis.layers.similarity import layer_curves, linear_cka
from hubert_demo.analysis.layers.standardise import standardise
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
    scaled = standardise(state)
    assert scaled.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert scaled.std(axis=0) == pytest.approx([1, 0], abs=1e-6)


@pytest.mark.parametrize("frames", [20, 200])
def test_cka_is_its_definition_with_few_frames_and_with_many(frames):
    rng = np.random.default_rng(3)
    one = rng.normal(size=(frames, 30))
    other = one @ rng.normal(size=(30, 40)) + rng.normal(size=(frames, 40))
    x, y = one - one.mean(axis=0), other - other.mean(axis=0)
    norm = np.linalg.norm
    assert linear_cka(one, other) == pytest.approx(norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y)))
