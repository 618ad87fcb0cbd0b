"""Known answers for the similarity of layers, and for the common scale they are brought to."""

import numpy as np
import pytest

from hubert_demo.analysis.layers.similarity import layer_curves, linear_cka
from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.errors import InputError

# Of the recording that greets: 4.2 s, in layers of the embedded checkpoint.
GREETING = (209, 288)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_a_rotated_and_scaled_copy_is_fully_similar(rng):
    states = rng.standard_normal((200, 8))
    rotation = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    assert linear_cka(states, 3 * states @ rotation + 5) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(3))
def test_independent_noise_of_the_greeting_s_size_has_nothing_in_common(seed):
    one, other = np.random.default_rng(seed).standard_normal((2, *GREETING))
    assert abs(linear_cka(one, other)) < 0.05
    # The usual estimate would be far from it.
    x, y = one - one.mean(axis=0), other - other.mean(axis=0)
    norm = np.linalg.norm
    assert norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y)) > 0.5


def test_what_does_not_vary_is_like_nothing(rng):
    assert linear_cka(np.ones((10, 3)), rng.standard_normal((10, 3))) == 0.0
    assert linear_cka(np.full((10, 3), 0.1), np.full((10, 3), 0.1)) == 0.0


def unbiased_hsic(one, other):
    """Song et al. 2012, equation 5, word for word."""
    k, m, n = one @ one.T, other @ other.T, len(one)
    np.fill_diagonal(k, 0)
    np.fill_diagonal(m, 0)
    ones = np.ones(n)
    product = np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
    return (product - 2 / (n - 2) * (ones @ k @ m @ ones)) / (n * (n - 3))


@pytest.mark.parametrize("frames", [4, 20, 200])
def test_cka_is_its_definition_with_few_frames_and_with_many(frames):
    rng = np.random.default_rng(3)
    one = rng.normal(size=(frames, 30)) + 2
    other = one @ rng.normal(size=(30, 40)) + rng.normal(size=(frames, 40))
    alone = unbiased_hsic(one, one) * unbiased_hsic(other, other)
    assert linear_cka(one, other) == pytest.approx(unbiased_hsic(one, other) / np.sqrt(alone))


def test_curves_of_layers_known_by_hand(rng):
    first = rng.standard_normal((50, 4)).astype(np.float32)
    states = np.stack([first, 2 * first, -first])
    curves = layer_curves(states)
    assert curves.norms[1] == pytest.approx(2 * curves.norms[0])
    assert curves.cosines == pytest.approx([1, -1], abs=1e-6)
    assert curves.cka == pytest.approx([1, 1], abs=1e-6)


def test_by_chance_is_the_same_with_the_next_layer_moved_in_time(rng):
    # Slow courses, as those of speech are: what they share by chance is not nothing.
    states = np.cumsum(rng.standard_normal((3, 60, 5)), axis=1).astype(np.float32)
    curves = layer_curves(states)
    for layer in range(2):
        one, other = standardise(states[layer]), standardise(states[layer + 1])
        moved = [linear_cka(one, np.roll(other, by, axis=0)) for by in range(6, 60, 6)]
        assert curves.cka[layer] == pytest.approx(linear_cka(one, other))
        assert curves.cka_by_chance[layer] == pytest.approx(np.mean(moved))


@pytest.mark.parametrize("num_frames", [1, 3])
def test_fewer_than_four_frames_cannot_be_compared(num_frames):
    with pytest.raises(InputError, match=f"there are {num_frames}. Record longer"):
        layer_curves(np.zeros((3, num_frames, 4), np.float32))
    with pytest.raises(InputError, match="Record longer"):
        linear_cka(np.zeros((num_frames, 4)), np.zeros((num_frames, 4)))


def test_standardising_leaves_constant_dimensions_at_zero(rng):
    state = np.column_stack([rng.normal(3, 2, 100), np.full(100, 7.0)]).astype(np.float32)
    scaled = standardise(state)
    assert scaled.mean(axis=0) == pytest.approx([0, 0], abs=1e-6)
    assert scaled.std(axis=0) == pytest.approx([1, 0], abs=1e-6)
