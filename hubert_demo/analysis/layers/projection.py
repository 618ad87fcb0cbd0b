"""Every layer's hidden states as points on a plane, turned so that layers can be compared."""

from __future__ import annotations

import sys
import threading
import warnings
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from itertools import takewhile
from types import ModuleType
from typing import cast

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.threads import one_thread
from hubert_demo.audio import FloatArray
from hubert_demo.errors import InputError
from hubert_demo.memo import Memo

METHODS = ("umap", "pca")
METRICS = ("euclidean", "cosine")
MIN_FRAMES = 10
MIN_NEIGHBOURS = 2
MAX_NEIGHBOURS = 100
MAX_SEED = 2**32 - 1

_NUM_COMPONENTS = 50
_NUM_EPOCHS = 200
_NUM_NEAREST = 5
_MAX_OTHERS = 4
# umap-learn's compiled code is not thread-safe.
_UMAP = threading.Lock()

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ProjectionSettings:
    """How a map is made. PCA knows neither neighbours, metric nor seed.

    Attributes:
        method: One of `METHODS`.
        num_neighbours: 2 to 100: how many frames near it, itself among them, UMAP keeps each frame close to.
            Few show fine threads, many the larger groups. A recording with fewer frames takes what it has.
        metric: What near means: one of `METRICS`. The cosine looks at a state's direction alone.
        seed: 0 to 2³² − 1, for UMAP's sampling. The same one gives the same map on the same machine with the
            same number of threads.

    Raises:
        InputError: If any of them is something else.
    """

    method: str = "umap"
    num_neighbours: int = 15
    metric: str = "euclidean"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, known in (("Projection", self.method, METHODS), ("Metric", self.metric, METRICS)):
            if value not in known:
                raise InputError(f"{name} {str(value)[:20]!r} is unknown; choose one of {', '.join(known)}.")
        _check_whole("number of neighbours", self.num_neighbours, MIN_NEIGHBOURS, MAX_NEIGHBOURS)
        _check_whole("seed", self.seed, 0, MAX_SEED)


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(
            f"{str(value)[:20]} is not a valid {name}; choose a whole number from {low} to {high}."
        )


DEFAULT_SETTINGS = ProjectionSettings()


@dataclass(frozen=True, eq=False)
class Projection:
    """All layers of one recording on the plane.

    Attributes:
        points: float32 `(layers + 1, frames, 2)`; each layer is centred and turned onto the one before.
        settings: How the map was made.
        trustworthiness: float64 `(layers + 1,)`, 0..1, as `sklearn.manifold.trustworthiness` defines it: 1
            less a penalty for every one of a point's nearest neighbours on the plane, by how many others are
            nearer to it in the layer. It may be near 1 though few of them are among the nearest there.
        neighbours_kept: float64 `(layers + 1,)`, 0..1, the share of a point's nearest neighbours in the
            layer, by the metric of the settings, that are among its nearest on the plane.
    """

    points: FloatArray
    settings: ProjectionSettings
    trustworthiness: _Floats
    neighbours_kept: _Floats

    @property
    def method(self) -> str:
        """One of `METHODS`."""
        return self.settings.method

    @property
    def num_neighbours(self) -> int:
        """Neighbours that UMAP was given: fewer than were asked for where there are not so many frames."""
        return _num_neighbours(self.settings, self.points.shape[1])

    @property
    def num_nearest(self) -> int:
        """Nearest neighbours of each point that the two numbers look at: 5, or fewer in a short recording."""
        return _num_nearest(self.points.shape[1])

    @property
    def neighbours_kept_by_chance(self) -> float:
        """What `neighbours_kept` would be if points lay anywhere: nearest ones over all others."""
        num_others: int = self.points.shape[1] - 1
        return self.num_nearest / num_others


class Projections:
    """The maps of one recording, made when first asked for: the default ones, and the four latest others.

    Safe to share between threads: nobody who wants a quick map waits for a slow one.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.
        before: Those of the same recording before something was changed inside the model: the layers below
            the change are not laid out again.
    """

    def __init__(self, hidden_states: FloatArray, before: Projections | None = None) -> None:
        self._hidden_states = hidden_states
        self._before = before
        self._components: Memo[None, list[_Floats]] = Memo(1)
        self._defaults: Memo[ProjectionSettings, Projection] = Memo(len(METHODS))
        self._others: Memo[ProjectionSettings, Projection] = Memo(_MAX_OTHERS)

    def get(self, wanted: str | ProjectionSettings) -> Projection:
        """The map of all layers; the same object at every call while it is remembered.

        Args:
            wanted: A method, or all settings.

        Raises:
            InputError: As `project` does.
        """
        settings = _that_matter(ProjectionSettings(wanted) if isinstance(wanted, str) else wanted)

        def make() -> Projection:
            components = self._components.get(None, lambda: _components(self._hidden_states))
            before = None if self._before is None else self._before._memo(settings).known(settings)
            return _lay_out(self._hidden_states, components, settings, before, self._num_same)

        return self._memo(settings).get(settings, make)

    def put(self, projection: Projection) -> Projection:
        """Take a map that was made earlier, perhaps on another machine, for the one by its settings.

        Args:
            projection: Of the same recording and checkpoint.

        Returns:
            The map that is remembered: the one given, unless one by these settings was made here before.

        Raises:
            InputError: If it has another number of layers or frames.
        """
        found, own = projection.points.shape[:2], self._hidden_states.shape[:2]
        if found != own:
            raise InputError(
                f"The map has {found[0]} layers of {found[1]} frames, this recording {own[0]} of {own[1]}; "
                "give the map of this recording by the same checkpoint."
            )
        settings = _that_matter(projection.settings)
        return self._memo(settings).get(settings, lambda: projection)

    @cached_property
    def _num_same(self) -> int:
        """How many layers, from the first on, have the states that they had before."""
        if self._before is None:
            return 0
        pairs = zip(self._hidden_states, self._before._hidden_states, strict=True)
        return sum(1 for _ in takewhile(lambda pair: np.array_equal(*pair), pairs))

    def _memo(self, settings: ProjectionSettings) -> Memo[ProjectionSettings, Projection]:
        is_default = settings == ProjectionSettings(settings.method)
        return self._defaults if is_default else self._others


def _that_matter(settings: ProjectionSettings) -> ProjectionSettings:
    """Those that make a difference: PCA knows its method alone."""
    return ProjectionSettings("pca") if settings.method == "pca" else settings


def project(hidden_states: FloatArray, settings: ProjectionSettings = DEFAULT_SETTINGS) -> Projection:
    """Lay out every layer's frames on a plane.

    Each layer is standardised first. UMAP starts from the two main components and is given the exact nearest
    neighbours within the first 50 components. The same seed gives the same points on the same machine with
    the same number of threads; elsewhere sums are rounded otherwise, which UMAP makes another map of. Keep
    the points where you want to see that very map again. Safe to call from several threads; UMAP runs one at
    a time.

    Source: McInnes et al. 2018, "UMAP" (arXiv 1802.03426); Schönemann 1966 for the rotation.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.
        settings: How to do it.

    Returns:
        The points and how far to trust them.

    Raises:
        InputError: If there are fewer than 10 frames, or all frames of a layer are the same.
    """
    return _lay_out(hidden_states, _components(hidden_states), settings)


def _components(hidden_states: FloatArray) -> list[_Floats]:
    """Principal components of every layer."""
    if hidden_states.shape[1] < MIN_FRAMES:
        raise InputError(
            f"Recording has {hidden_states.shape[1]} frames; a map needs at least {MIN_FRAMES} (0.21 s). "
            "Record longer."
        )
    return [_principal_components(_standardise(states, layer)) for layer, states in enumerate(hidden_states)]


def _lay_out(
    hidden_states: FloatArray,
    components: list[_Floats],
    settings: ProjectionSettings,
    known: Projection | None = None,
    num_known: int = 0,
) -> Projection:
    """The map by these settings, from every layer's components; the first layers from a map that is known."""
    layouts: list[FloatArray] = []
    faithful: list[tuple[float, float]] = []
    with one_thread():
        for layer, (states, coordinates) in enumerate(zip(hidden_states, components, strict=True)):
            if known is not None and layer < num_known:
                layouts.append(known.points[layer])
                faithful.append((known.trustworthiness[layer], known.neighbours_kept[layer]))
                continue
            layout = coordinates[:, :2] if settings.method == "pca" else _umap(coordinates, settings)
            layout = layout - layout.mean(axis=0)
            # Rounded at once, so that going on from a map that is known gives the same.
            layouts.append((_rotate_onto(layout, layouts[-1]) if layouts else layout).astype(np.float32))
            faithful.append(_faithfulness(_in_metric(_standardise(states, layer), settings.metric), layout))
    trustworthiness, kept = np.array(faithful).T
    return Projection(np.stack(layouts), settings, trustworthiness, kept)


def warm_up() -> None:
    """Have UMAP compiled (seconds, once a process) by laying out a few made-up frames."""
    project(np.random.default_rng(0).normal(size=(1, 2 * MIN_FRAMES, 4)).astype(np.float32))


def _standardise(states: FloatArray, layer: int) -> _Floats:
    standard = standardise(states)
    if not standard.any():
        raise InputError(f"Layer {layer} gives the same values for every frame; there is nothing to map.")
    return standard


def _principal_components(standard: _Floats) -> _Floats:
    """Coordinates along the first 50 main directions, or fewer: `(frames, components)`, main one first."""
    with one_thread():
        if len(standard) < standard.shape[1]:
            # Fewer frames than dimensions: the smaller matrix has the same main directions.
            _, weights = np.linalg.eigh(standard @ standard.T)
            directions = standard.T @ weights[:, ::-1][:, :_NUM_COMPONENTS]
            lengths = np.linalg.norm(directions, axis=0)
            # Beyond the rank there are no directions, only rounding.
            counts = lengths > 1e-6 * lengths[0]
            directions = np.where(counts, directions / np.where(counts, lengths, 1), 0)
        else:
            _, directions = np.linalg.eigh(standard.T @ standard)
            directions = directions[:, ::-1][:, :_NUM_COMPONENTS]
        # A direction's sign is arbitrary: let its largest entry be positive, so that runs agree.
        largest = np.abs(directions).argmax(axis=0)
        signs = np.sign(directions[largest, np.arange(directions.shape[1])])
        components: _Floats = standard @ (directions * signs)
    return components


def _num_neighbours(settings: ProjectionSettings, num_frames: int) -> int:
    return min(settings.num_neighbours, num_frames - 1)


def _in_metric(points: _Floats, metric: str) -> _Floats:
    """Points whose Euclidean distances rank as the metric's do.

    Between points of length one the squared distance is twice what the cosine lacks of 1.
    """
    if metric == "euclidean":
        return points
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    directions: _Floats = points / np.where(lengths > 0, lengths, 1)
    return directions


def _umap(components: _Floats, settings: ProjectionSettings) -> _Floats:
    """UMAP of `(frames, components)`: `(frames, 2)`."""
    num_neighbours = _num_neighbours(settings, len(components))
    with _UMAP:
        umap = _import_umap()
        reducer = umap.UMAP(
            n_neighbors=num_neighbours,
            precomputed_knn=_nearest(components, num_neighbours, settings.metric),
            init=components[:, :2].astype(np.float32),
            n_epochs=_NUM_EPOCHS,
            random_state=settings.seed,
            n_jobs=1,
        )
        layout: _Floats = reducer.fit_transform(components.astype(np.float32)).astype(np.float64)
    return layout


def _import_umap() -> ModuleType:
    """umap-learn, which takes seconds to import: only who asks for a map pays."""
    # Its parametric variant would import tensorflow wherever that is installed.
    hidden = "umap.parametric_umap"
    already_there = hidden in sys.modules
    sys.modules.setdefault(hidden, cast(ModuleType, None))
    try:
        umap = import_module("umap")
    finally:
        if not already_there:
            del sys.modules[hidden]
    # It warns that a map made from given neighbours cannot place new points, which is not needed here. The
    # filter stays: removing it again would reset the filters of the whole process, under other threads.
    warnings.filterwarnings("ignore", r"precomputed_knn\[2\]", UserWarning)
    return umap


def _nearest(points: _Floats, count: int, metric: str) -> tuple[npt.NDArray[np.int32], FloatArray]:
    """Indices and distances `(frames, count)` of the nearest points, each point itself first."""
    squared = _squared_distances(_in_metric(points, metric))
    np.fill_diagonal(squared, -1)
    nearest = np.argpartition(squared, count - 1, axis=1)[:, :count]
    order = np.take_along_axis(squared, nearest, axis=1).argsort(axis=1, kind="stable")
    indices = np.take_along_axis(nearest, order, axis=1)
    distances = np.maximum(np.take_along_axis(squared, indices, axis=1), 0)
    distances = distances / 2 if metric == "cosine" else np.sqrt(distances)
    return indices.astype(np.int32), distances.astype(np.float32)


def _squared_distances(points: _Floats) -> _Floats:
    lengths = (points**2).sum(axis=1)
    squared: _Floats = np.maximum(lengths[:, np.newaxis] + lengths - 2 * points @ points.T, 0)
    return squared


def _rotate_onto(layout: _Floats, target: FloatArray) -> _Floats:
    """Rotate (or mirror) a centred layout as close to `target` as possible."""
    left, _, right = np.linalg.svd(layout.T @ target)
    rotated: _Floats = layout @ (left @ right)
    return rotated


def _num_nearest(num_frames: int) -> int:
    """scikit-learn's trustworthiness is defined for fewer than half of the points."""
    return min(_NUM_NEAREST, (num_frames - 1) // 2)


def _faithfulness(states: _Floats, layout: _Floats) -> tuple[float, float]:
    """Trustworthiness of a layout, and the share of nearest neighbours that it keeps.

    Both come from the rank, in the layer, of each of a point's neighbours on the plane. As many are looked at
    there as here, so that those kept are the same share of either.

    Source: Venna and Kaski 2001 for the first, in scikit-learn's normalisation; the second is `Q_NX` of Lee
    and Verleysen 2009, "Quality assessment of dimensionality reduction", for one size of neighbourhood.
    """
    num_frames = len(states)
    count = _num_nearest(num_frames)
    true_distances = _squared_distances(states)
    np.fill_diagonal(true_distances, np.inf)
    shown_distances = _squared_distances(layout)
    np.fill_diagonal(shown_distances, np.inf)
    neighbours = np.argpartition(shown_distances, count, axis=1)[:, :count]
    limits = np.take_along_axis(true_distances, neighbours, axis=1)
    ranks = np.stack([(true_distances < limit[:, np.newaxis]).sum(axis=1) + 1 for limit in limits.T])
    penalty = np.maximum(ranks - count, 0).sum()
    trustworthiness = 1 - penalty * 2 / (num_frames * count * (2 * num_frames - 3 * count - 1))
    return float(trustworthiness), float((ranks <= count).mean())
