"""What the Layers view shows, to download: one layer's map, all maps, what changes from layer to layer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.analysis.layers.colouring import Colouring
from hubert_demo.analysis.layers.projection import Projection
from hubert_demo.analysis.layers.units import NothingToPredict, UnitScores
from hubert_demo.export.exhibits import Columns, Exhibit
from hubert_demo.plotting.layers import layer_curves_figure, layer_figure, layer_grid_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure


# Dots are coloured by letters, and units compared with them.
_PARTS = ("layers", "transcript")
_SCORES = ("purity", "purity_by_chance", "pnmi", "pnmi_by_chance")


def draw_layer_map(analysis: Analysis, choices: Choices) -> Figure:
    """The chosen layer on the plane, coloured as chosen."""
    assert choices.layer is not None
    return layer_figure(
        analysis.projections(choices.projection),
        choices.layer,
        _colouring(analysis, choices),
        analysis.frame_characters if choices.colour == "letter" else None,
    )


def tabulate_layer_map(analysis: Analysis, choices: Choices) -> Columns:
    """The dots of the chosen layer's map, and all that they can be coloured by."""
    assert choices.layer is not None
    points = analysis.projections(choices.projection).points[choices.layer]
    prosody = analysis.prosody()
    return {
        "time_s": analysis.encoding.frame_times_s,
        "x": points[:, 0],
        "y": points[:, 1],
        "character": np.array(analysis.frame_characters, dtype=str),
        "energy_db": prosody.energy_db,
        "pitch_hz": prosody.pitch_hz,
        "unit": analysis.units(choices.layer, choices.num_units, choices.seed),
    }


def draw_layer_maps(analysis: Analysis, choices: Choices) -> Figure:
    """All layers side by side, coloured as the chosen one."""
    return layer_grid_figure(analysis.projections(choices.projection), _colouring(analysis, choices))


def tabulate_layer_maps(analysis: Analysis, choices: Choices) -> Columns:
    """The maps of all layers, `(layers + 1, frames, 2)`, and how faithful they are; see `Projection`.

    `restore_maps` reads them back.
    """
    projection = analysis.projections(choices.projection)
    return {
        "points": projection.points,
        "trustworthiness": projection.trustworthiness,
        "neighbours_kept": projection.neighbours_kept,
        "neighbours_kept_by_chance": np.array(projection.neighbours_kept_by_chance),
    }


def restore_maps(analysis: Analysis, choices: Choices, path: str | Path) -> None:
    """Have an analysis show the very maps that were written down, whatever machine computed them.

    Args:
        analysis: Of the same recording, by the same checkpoint.
        choices: With the settings by which the maps were made.
        path: The numbers of `layer_maps`, an NPZ file.

    Raises:
        InputError: If the maps have another number of layers or frames.
    """
    with np.load(path) as saved:
        points, trustworthiness, kept = (
            saved[name] for name in ("points", "trustworthiness", "neighbours_kept")
        )
    analysis.put_projection(Projection(points, choices.projection, trustworthiness, kept))


def draw_layers(analysis: Analysis, choices: Choices) -> Figure:
    """How large and how alike the layers are, and what their units tell of the letters, if one can tell."""
    return layer_curves_figure(analysis.layer_curves(), _scores(analysis, choices))


def tabulate_layers(analysis: Analysis, choices: Choices) -> Columns:
    """One row a layer: size of its states, likeness to the layer before, how well its units tell letters.

    `letters_from` says whose letters; where they are too few to tell, it is empty and the scores are NaN.
    """
    curves, scores = analysis.layer_curves(), _scores(analysis, choices)
    nothing = np.full(len(curves.norms), np.nan)
    return {
        "layer": np.arange(len(curves.norms)),
        "norm": curves.norms,
        "cosine_to_layer_before": np.concatenate([[np.nan], curves.cosines]),
        "cka_to_layer_before": np.concatenate([[np.nan], curves.cka]),
        "cka_by_chance": np.concatenate([[np.nan], curves.cka_by_chance]),
        **{name: nothing if scores is None else getattr(scores, name) for name in _SCORES},
        "letters_from": np.full(len(nothing), "" if scores is None else scores.letters_from),
    }


def _scores(analysis: Analysis, choices: Choices) -> UnitScores | None:
    """What units tell of the reference's letters, else of the transcript's; None where they are too few."""
    try:
        return analysis.unit_scores(choices.num_units, choices.seed, choices.reference)
    except NothingToPredict:
        return None


def tabulate_hidden_states(analysis: Analysis, choices: Choices) -> Columns:
    """Every layer's states in half precision, `(layers + 1, frames, hidden)`."""
    encoding = analysis.encoding
    return {
        "hidden_states": encoding.hidden_states.astype(np.float16),
        "frame_times_s": encoding.frame_times_s,
    }


def _colouring(analysis: Analysis, choices: Choices) -> Colouring:
    """What the dots of every map are coloured by; k-means units are those of the chosen layer."""
    assert choices.layer is not None
    return analysis.colouring(choices.colour, choices.layer, choices.num_units, choices.seed)


EXHIBITS = (
    Exhibit("layer_map", "Map of this layer", "layers", draw_layer_map, tabulate_layer_map, parts=_PARTS),
    Exhibit(
        "layer_maps",
        "All layers",
        "layers",
        draw_layer_maps,
        tabulate_layer_maps,
        is_table=False,
        parts=_PARTS,
    ),
    Exhibit("layers", "Layer by layer", "layers", draw_layers, tabulate_layers, parts=_PARTS),
    Exhibit(
        "hidden_states",
        "Hidden states",
        "layers",
        tabulate=tabulate_hidden_states,
        is_table=False,
        parts=_PARTS[:1],
    ),
)
