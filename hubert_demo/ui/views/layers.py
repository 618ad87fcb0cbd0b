"""Every layer's hidden states as points on a plane, and what changes from layer to layer."""

from typing import Any

from hubert_demo.analysis.layers.colouring import LETTER_GROUPS, Colouring
from hubert_demo.analysis.layers.projection import (
    DEFAULT_SETTINGS,
    MAX_NEIGHBOURS,
    MAX_SEED,
    MIN_NEIGHBOURS,
    Projection,
    ProjectionSettings,
)
from hubert_demo.analysis.layers.similarity import like_before
from hubert_demo.analysis.layers.units import LABEL_REACH_S, MAX_UNITS, default_num_units
from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.ui.views.base import (
    QUICK,
    SLOW,
    Json,
    Part,
    View,
    before_of,
    index,
    pack,
    plain,
    text_of,
)

_FAITHFULNESS = ("trustworthiness", "neighbours_kept", "neighbours_kept_by_chance", "num_nearest")


def payload(analysis: Analysis) -> Json:
    """The character recognised in every frame, and what there is to choose from."""
    num_frames = analysis.encoding.num_frames
    return {
        "num_layers": analysis.encoding.num_layers,
        "tokens": list(analysis.frame_characters),
        "groups": [list(group) for group in LETTER_GROUPS],
        "label_reach_s": LABEL_REACH_S,
        "num_units": default_num_units(num_frames),
        "max_units": min(MAX_UNITS, num_frames),
        "neighbours": [MIN_NEIGHBOURS, MAX_NEIGHBOURS],
        "max_seed": MAX_SEED,
        "settings": plain(DEFAULT_SETTINGS),
    }


def measures(analysis: Analysis) -> Json:
    """Curves from layer to layer, energy and pitch; the curves before, and how like each layer is to that."""
    before = before_of(analysis, "layers")
    return {
        "curves": plain(analysis.layer_curves()),
        "curves_before": None if before is None else plain(before.layer_curves()),
        "like_before": None
        if before is None
        else like_before(analysis.encoding.hidden_states, before.encoding.hidden_states).tolist(),
        "quantities": {name: _quantity_as_json(analysis.colouring(name)) for name in ("energy", "pitch")},
    }


def pca(analysis: Analysis) -> Json:
    """PCA of all layers, to look at until UMAP is there."""
    return {"map": _map_as_json(analysis.projections("pca"))}


def umap(analysis: Analysis) -> Json:
    """UMAP of all layers."""
    return {"map": _map_as_json(analysis.projections("umap"))}


def _map_as_json(projection: Projection) -> Json:
    return {
        **plain(projection.settings),
        "neighbours_used": projection.num_neighbours,
        "points": pack(projection.points),
        **plain(projection, *_FAITHFULNESS),
    }


def _quantity_as_json(colouring: Colouring) -> Json:
    """float32 values, NaN where there is none."""
    return {
        "values": pack(colouring.values.astype("float32")),
        **plain(colouring, "low", "high", "unit"),
    }


def remap(analysis: Analysis, request: Json) -> Json:
    """All layers laid out by other settings."""
    fields: dict[str, Any] = {name: request.get(name) for name in plain(DEFAULT_SETTINGS)}
    return {"map": _map_as_json(analysis.projections(ProjectionSettings(**fields)))}


def units(analysis: Analysis, request: Json) -> Json:
    """K-means units of one layer: uint8 `(frames,)`."""
    layer = index(request, "layer", analysis.encoding.num_layers + 1)
    num_units, seed = _num_units(request), _seed(request)
    found = analysis.units(layer, num_units, seed)
    return {"layer": layer, "num_units": num_units, "seed": seed, "units": pack(found.astype("uint8"))}


def unit_scores(analysis: Analysis, request: Json) -> Json:
    """How well the units of every layer tell the letters: the `reference`'s where one is aligned."""
    reference = text_of(request, "reference", MAX_REFERENCE)
    return plain(analysis.unit_scores(_num_units(request), _seed(request), reference))


def _num_units(request: Json) -> int:
    value = request.get("num_units")
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{str(value)[:20]!r} is not a number of clusters; choose a whole number from 2.")
    return value


def _seed(request: Json) -> int:
    """The seed that is chosen for the map: the same for k-means, here as in what is downloaded."""
    return ProjectionSettings(seed=request.get("seed", DEFAULT_SETTINGS.seed)).seed


VIEW = View(
    name="layers",
    title="Layers",
    # The browser puts the model's own numbers in.
    what="Each dot is a frame: <span data-frame-words>a short stretch of the recording</span>.",
    hint="Close dots look similar to this layer. Drag the slider to change layers; click a dot to hear it.",
    parts=(
        Part("layers", payload),
        Part("layer_measures", measures, QUICK),
        Part("layer_pca", pca, QUICK),
        Part("layer_umap", umap, SLOW),
    ),
    slow_answers=(remap, units, unit_scores),
)
