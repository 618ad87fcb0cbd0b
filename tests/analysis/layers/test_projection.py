"""Layers on the plane: faithful, repeatable, turned onto each other."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn import decomposition
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from hubert_demo.analysis.layers import projection as module
from hubert_demo.analysis.layers.projection import (
    Projection,
    Projections,
    ProjectionSettings,
    project,
    warm_up,
)
from hubert_demo.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
PCA = ProjectionSettings("pca")


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
    projection = project(clusters(), ProjectionSettings(method))
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
def test_layers_below_a_change_are_not_laid_out_again_and_the_map_is_the_same(method, monkeypatch):
    states = clusters(4)
    changed = states.copy()
    changed[2:] *= np.linspace(1, 2, 4, dtype=np.float32)
    before = Projections(states)
    laid_out = []
    real = module._faithfulness
    monkeypatch.setattr(module, "_faithfulness", lambda *given: laid_out.append(given) or real(*given))
    # Of a map that nobody has asked for before the change, all layers are laid out.
    whole = Projections(changed, before).get(method)
    assert len(laid_out) == 4
    known = before.get(method)
    del laid_out[:]
    found = Projections(changed, before).get(method)
    assert len(laid_out) == 2
    for name in ("points", "trustworthiness", "neighbours_kept"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name))
        np.testing.assert_array_equal(getattr(found, name)[:2], getattr(known, name)[:2])


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_the_same_seed_gives_the_same_points(method):
    settings = ProjectionSettings(method, seed=3)
    first, second = project(clusters(2), settings), project(clusters(2), settings)
    np.testing.assert_array_equal(first.points, second.points)


def seeded(seed: int) -> np.ndarray:
    return project(clusters(1), ProjectionSettings(seed=seed)).points


def test_another_seed_gives_another_umap():
    assert not np.array_equal(seeded(0), seeded(1))


def test_two_threads_get_what_one_would():
    results: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: results.update({seed: seeded(seed)})) for seed in (0, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in (0, 1):
        np.testing.assert_array_equal(results[seed], seeded(seed))


def test_the_library_does_not_touch_the_global_random_state():
    np.random.seed(5)
    before = np.random.get_state()[1].copy()
    project(clusters(1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_a_layer_that_is_only_turned_lands_on_the_one_before():
    states = clusters(1)[0].astype(np.float64)
    # Permuting and flipping dimensions survives standardisation and moves the components.
    turned = states[:, [2, 0, 3, 1]] * [1, -1, -1, 1]
    points = project(np.array([states, turned], np.float32), PCA).points
    np.testing.assert_allclose(points[1], points[0], atol=1e-4)


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_no_rotation_would_bring_a_layer_nearer_to_the_one_before(method):
    points = project(clusters(), ProjectionSettings(method)).points.astype(np.float64)
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
    points = project(states[np.newaxis].astype(np.float32), PCA).points[0]
    assert abs(np.corrcoef(points[:, 0], shared[:, 0])[0, 1]) > 0.98
    assert points[:, 0].var() == pytest.approx(6, rel=0.1)


@pytest.mark.parametrize(("num_frames", "count"), [(10, 4), (60, 5)])
def test_trustworthiness_is_scikit_learns(num_frames, count):
    states = np.random.default_rng(0).normal(size=(2, num_frames, 6)).astype(np.float32)
    projection = project(states, PCA)
    for layer in range(2):
        standard = (states[layer] - states[layer].mean(axis=0)) / states[layer].std(axis=0)
        expected = trustworthiness(standard, projection.points[layer], n_neighbors=count)
        assert projection.trustworthiness[layer] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("num_frames", "count"), [(10, 4), (60, 5)])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_kept_are_nearest_both_in_the_layer_and_on_the_map(num_frames, count, metric):
    states = np.random.default_rng(0).normal(size=(1, num_frames, 6)).astype(np.float32)
    projection = project(states, ProjectionSettings(num_neighbours=5, metric=metric))
    standard = (states[0] - states[0].mean(axis=0)) / states[0].std(axis=0)
    layer = NearestNeighbors(n_neighbors=count, metric=metric).fit(standard)
    plane = NearestNeighbors(n_neighbors=count).fit(projection.points[0])
    pairs = zip(layer.kneighbors()[1], plane.kneighbors()[1], strict=True)
    expected = np.mean([len({*near} & {*shown}) for near, shown in pairs]) / count
    assert projection.num_nearest == count
    assert projection.neighbours_kept[0] == pytest.approx(expected)


def test_a_plane_keeps_all_of_its_neighbours_and_a_map_of_anything_as_many_as_by_chance():
    plane = np.random.default_rng(0).normal(size=(1, 80, 2)).astype(np.float32)
    projection = project(plane, PCA)
    assert projection.neighbours_kept[0] == 1
    assert projection.neighbours_kept_by_chance == 5 / 79
    rng = np.random.default_rng(1)
    states, layouts = rng.normal(size=(80, 9)), rng.normal(size=(40, 80, 2))
    kept = np.mean([module._faithfulness(states, layout)[1] for layout in layouts])
    assert kept == pytest.approx(5 / 79, abs=0.01)


def test_a_map_that_was_kept_stands_for_the_one_by_its_settings():
    projections = Projections(clusters())
    made = project(clusters())
    kept = replace(made, points=made.points + 1)
    assert projections.put(kept) is kept
    assert projections.get("umap") is kept
    assert projections.put(made) is kept
    pca = replace(made, settings=ProjectionSettings("pca", seed=4))
    projections.put(pca)
    assert projections.get("pca") is pca


@pytest.mark.parametrize("shape", [(2, 60, 2), (3, 59, 2)])
def test_a_map_of_another_recording_or_model_is_refused(shape):
    nothing = np.zeros(shape[0])
    other = Projection(np.zeros(shape, np.float32), ProjectionSettings(), nothing, nothing)
    with pytest.raises(InputError, match="this recording 3 of 60"):
        Projections(clusters()).put(other)


@pytest.mark.parametrize("method", ["umap", "pca"])
def test_ten_frames_are_enough(method):
    projection = project(clusters()[:, :10], ProjectionSettings(method))
    assert np.isfinite(projection.points).all()
    assert ((projection.trustworthiness >= 0) & (projection.trustworthiness <= 1)).all()
    assert projection.neighbours_kept_by_chance == 4 / 9


@pytest.mark.parametrize("value", [0, 4, 0.1, 1e6])
def test_a_dimension_that_never_changes_makes_no_difference(value):
    states = clusters()
    constant = np.full((*states.shape[:2], 1), value, np.float32)
    with_constant = project(np.concatenate([states, constant], axis=2), PCA).points
    np.testing.assert_allclose(with_constant, project(states, PCA).points, atol=1e-4)


def test_frames_that_are_all_alike_in_pairs_do_no_harm():
    assert np.isfinite(project(np.repeat(clusters(2), 2, axis=1)).points).all()


def test_warming_up_needs_no_recording():
    warm_up()


def test_nine_frames_are_refused():
    with pytest.raises(InputError, match=r"9 frames; a map needs at least 10 \(0\.21 s\).*longer"):
        project(clusters()[:, :9])


def test_an_unknown_method_is_refused():
    with pytest.raises(InputError, match="'tsne' is unknown; choose one of umap, pca"):
        ProjectionSettings("tsne")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metric": "manhattan"}, "'manhattan' is unknown; choose one of euclidean, cosine"),
        ({"num_neighbours": 1}, "1 is not a valid number of neighbours; choose a whole number from 2 to 100"),
        ({"num_neighbours": 101}, "101 is not a valid number of neighbours"),
        ({"num_neighbours": 2.5}, "2.5 is not a valid number of neighbours"),
        ({"num_neighbours": True}, "True is not a valid number of neighbours"),
        ({"seed": -1}, "-1 is not a valid seed"),
        ({"seed": 2**32}, "4294967296 is not a valid seed"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        ProjectionSettings(**wrong)


def test_a_recording_has_fewer_neighbours_than_frames():
    projection = project(clusters(1)[:, :12], ProjectionSettings(num_neighbours=100))
    assert projection.num_neighbours == 11
    assert np.isfinite(projection.points).all()
    assert project(clusters(1), ProjectionSettings(num_neighbours=30)).num_neighbours == 30


def test_the_cosine_looks_at_directions_alone():
    """Two groups along one direction and its opposite, at all lengths."""
    random = np.random.default_rng(0)
    lengths = np.concatenate([random.uniform(1, 50, 30), -random.uniform(1, 50, 30)])
    states = lengths[:, None] * np.ones(6) + random.normal(size=(60, 6)) * np.abs(lengths[:, None]) / 20
    indices, distances = module._nearest(states, 20, "cosine")
    assert ((indices < 30) == (np.arange(60) < 30)[:, None]).all()
    directions = states / np.linalg.norm(states, axis=1, keepdims=True)
    expected = 1 - (directions[indices] * directions[:, None]).sum(axis=2)
    np.testing.assert_allclose(distances, expected, atol=1e-6)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_trustworthiness_is_by_the_metric_of_the_map(metric):
    states = np.random.default_rng(0).normal(size=(1, 40, 6)).astype(np.float32)
    projection = project(states, ProjectionSettings(metric=metric))
    standard = (states[0] - states[0].mean(axis=0)) / states[0].std(axis=0)
    expected = trustworthiness(standard, projection.points[0], n_neighbors=5, metric=metric)
    assert projection.trustworthiness[0] == pytest.approx(expected, abs=1e-6)


def test_default_maps_and_the_four_latest_others_are_kept(monkeypatch):
    made: list[ProjectionSettings] = []

    def count(states, components, settings, *known):
        made.append(settings)
        return object()

    monkeypatch.setattr(module, "_lay_out", count)
    projections = Projections(clusters())
    default = projections.get("umap")
    others = [ProjectionSettings(seed=seed) for seed in range(1, 6)]
    for settings in others:
        projections.get(settings)
    assert projections.get(ProjectionSettings()) is default
    assert projections.get(others[-1]) is projections.get(others[-1])
    assert len(made) == 6
    projections.get(others[0])
    assert made[-1] == others[0]


def test_all_maps_start_from_the_same_components(monkeypatch):
    made: list[int] = []
    find = module._principal_components
    monkeypatch.setattr(module, "_principal_components", lambda states: made.append(1) or find(states))
    states = clusters()
    projections = Projections(states)
    points = projections.get("umap").points
    np.testing.assert_array_equal(projections.get("pca").points, project(states, PCA).points)
    np.testing.assert_array_equal(points, project(states).points)
    assert len(made) == (1 + 2) * len(states)


@pytest.mark.parametrize(("frames", "dimensions"), [(40, 80), (80, 40), (30, 31)])
def test_main_components_are_those_of_scikit_learn(frames, dimensions):
    rng = np.random.default_rng(2)
    states = rng.normal(size=(frames, dimensions)) * np.linspace(1, 3, dimensions)
    states -= states.mean(axis=0)
    found = module._principal_components(states)
    expected = decomposition.PCA(min(50, frames - 1, dimensions)).fit_transform(states)
    known = expected.shape[1]
    np.testing.assert_allclose(np.abs(found[:, :known]), np.abs(expected), atol=1e-6)
    np.testing.assert_allclose(found[:, known:], 0, atol=1e-6)


def test_pca_knows_no_neighbours(monkeypatch):
    projections = Projections(clusters())
    assert projections.get(ProjectionSettings("pca", 5, "cosine", 7)) is projections.get("pca")


def test_a_layer_without_any_difference_is_refused():
    states = clusters()
    states[1] = 0.1
    with pytest.raises(InputError, match="Layer 1 gives the same values"):
        project(states)


def test_umap_does_not_load_tensorflow_and_leaves_its_own_variant_alone(tmp_path):
    (tmp_path / "tensorflow.py").write_text("raise RuntimeError('tensorflow was looked for')")
    code = (
        "import sys; from hubert_demo.analysis.layers.projection import _import_umap\n"
        "umap = _import_umap()\n"
        "print('tensorflow' in sys.modules, 'umap.parametric_umap' in sys.modules, umap.UMAP.__name__)"
    )
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", code], env=paths, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "UMAP"]
