"""Layers on the plane: faithful, repeatable, turned onto each other."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from hubert_demo.analysis.projection import project, warm_up
from hubert_demo.errors import InputError


def clusters(num_layers: int = 3, frames_each: int = 20) -> np.ndarray:
    """Three far-apart clouds of frames, in layers that differ by a rotation and a little noise."""
    random = np.random.default_rng(0)
    centres = np.repeat(np.array([[8, 0, 0, 0], [0, 8, 0, 0], [0, 0, 8, 0]]), frames_each, axis=0)
    layers = []
    for _ in range(num_layers):
        turn, _ = np.linalg.qr(random.normal(size=(4, 4)))
        layers.append((centres + random.normal(size=centres.shape)) @ turn)
    return np.array(layers, np.float32)


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_clouds_stay_apart(method):
    projection = project(clusters(), method)
    assert projection.method == method
    assert projection.points.shape == (3, 60, 2)
    assert projection.points.dtype == np.float32
    for points in projection.points:
        clouds = points.reshape(3, 20, 2)
        centres = clouds.mean(axis=1)
        width = np.linalg.norm(clouds - centres[:, None], axis=2).mean()
        gaps = [np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        assert min(gaps) > 2 * width


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_the_same_seed_gives_the_same_points(method):
    first, second = project(clusters(2), method, seed=3), project(clusters(2), method, seed=3)
    np.testing.assert_array_equal(first.points, second.points)


def test_another_seed_gives_another_umap():
    assert not np.array_equal(project(clusters(1), seed=0).points, project(clusters(1), seed=1).points)


def test_two_threads_get_what_one_would():
    results: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(
            target=lambda seed=seed: results.update({seed: project(clusters(1), seed=seed).points})
        )
        for seed in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (0, 1):
        np.testing.assert_array_equal(results[seed], project(clusters(1), seed=seed).points)


def test_the_library_does_not_touch_the_global_random_state():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    project(clusters(1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_layer_that_is_only_turned_lands_on_the_one_before():
    states = clusters(1)[0].astype(np.float64)
    # Permuting and flipping dimensions survives standardisation and moves the components.
    turned = states[:, [2, 0, 3, 1]] * [1, -1, -1, 1]
    points = project(np.array([states, turned], np.float32), "pca").points
    np.testing.assert_allclose(points[1], points[0], atol=1e-4)


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_no_rotation_would_bring_a_layer_nearer_to_the_one_before(method):
    points = project(clusters(), method).points.astype(np.float64)
    for previous, current in pairwise(points):
        product = current.T @ previous
        # At the optimum the product is symmetric and has no negative eigenvalue.
        np.testing.assert_allclose(product, product.T, rtol=1e-3, atol=1e-2)
        assert (np.linalg.eigvalsh(product) > -1e-2).all()


def test_every_layer_is_centred():
    np.testing.assert_allclose(project(clusters()).points.mean(axis=1), 0, atol=1e-4)


def test_pca_keeps_the_plane_of_the_greatest_variance():
    random = np.random.default_rng(0)
    shared = random.normal(size=(200, 2))
    states = np.concatenate(
        [np.repeat(shared[:, :1], 6, axis=1), np.repeat(shared[:, 1:], 3, axis=1)], axis=1
    )
    points = project(states[np.newaxis].astype(np.float32), "pca").points[0]
    assert abs(np.corrcoef(points[:, 0], shared[:, 0])[0, 1]) > 0.98
    assert points[:, 0].var() == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize(("num_frames", "count"), [(10, 4), (60, 5)])
def test_trustworthiness_is_scikit_learns(num_frames, count):
    states = np.random.default_rng(0).normal(size=(2, num_frames, 6)).astype(np.float32)
    projection = project(states, "pca")
    for layer in range(2):
        standard = (states[layer] - states[layer].mean(axis=0)) / states[layer].std(axis=0)
        expected = trustworthiness(standard, projection.points[layer], n_neighbors=count)
        assert projection.trustworthiness[layer] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_ten_frames_are_enough(method):
    projection = project(clusters()[:, :10], method)
    assert np.isfinite(projection.points).all()
    assert ((projection.trustworthiness >= 0) & (projection.trustworthiness <= 1)).all()


@pytest.mark.parametrize("value", [0, 4, 0.1, 1e6])
def test_a_dimension_that_never_changes_makes_no_difference(value):
    states = clusters()
    constant = np.full((*states.shape[:2], 1), value, np.float32)
    with_constant = project(np.concatenate([states, constant], axis=2), "pca").points
    np.testing.assert_allclose(with_constant, project(states, "pca").points, atol=1e-4)


def test_frames_that_are_all_alike_in_pairs_do_no_harm():
    assert np.isfinite(project(np.repeat(clusters(2), 2, axis=1), "umap").points).all()


def test_warming_up_needs_no_recording():
    warm_up()


def test_nine_frames_are_refused():
    with pytest.raises(InputError, match=r"9 frames; a map needs at least 10 \(0\.21 s\).*longer"):
        project(clusters()[:, :9])


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="'tsne' is unknown; choose one of umap, pca"):
        project(clusters(), "tsne")


def test_a_layer_without_any_difference_is_refused():
    states = clusters()
    states[1] = 0.1
    with pytest.raises(InputError, match="Layer 1 gives the same values"):
        project(states)
