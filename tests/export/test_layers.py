"""What can be downloaded of the Layers view: figures, tables and the library show the same maps and units."""

import numpy as np
import pytest

from hubert_demo.export import EXHIBITS, Choices, file_content
from hubert_demo.plotting.layers import class_colours

SEED, NUM_UNITS, LAYER = 3, 9, 2


def dots(axes):
    """Places and colours of the dots of a map."""
    (scatter,) = axes.collections
    return scatter.get_offsets(), scatter.get_facecolors()[:, :3]


def column(table, name):
    return np.array([float(row[name]) for row in table])


@pytest.fixture
def choices():
    return Choices(LAYER, colour="unit", num_units=NUM_UNITS, seed=SEED, method="pca")


def test_numbers_of_the_chosen_layer_are_those_of_the_library(analysis, rows):
    table = rows(file_content(analysis, "layer_map", "csv", Choices(layer=1, method="pca")))
    assert np.allclose([float(row["x"]) for row in table], analysis.projection(1, "pca")[:, 0])


def test_figure_table_and_library_have_the_same_places_and_units(analysis, rows, choices):
    units = analysis.units(LAYER, NUM_UNITS, SEED)
    assert not np.array_equal(units, analysis.units(LAYER, NUM_UNITS, 0))
    table = rows(file_content(analysis, "layer_map", "csv", choices))
    assert np.array_equal(column(table, "unit"), units)
    places, colours = dots(EXHIBITS["layer_map"].draw(analysis, choices.resolved(analysis)).axes[0])
    assert np.allclose(places, np.stack([column(table, "x"), column(table, "y")], axis=1))
    assert np.allclose(colours, class_colours(NUM_UNITS)[column(table, "unit").astype(int)])


def test_all_maps_have_the_places_of_their_table_and_the_units_of_the_chosen_layer(analysis, choices):
    chosen = choices.resolved(analysis)
    table = EXHIBITS["layer_maps"].tabulate(analysis, chosen)
    figure = EXHIBITS["layer_maps"].draw(analysis, chosen)
    expected = class_colours(NUM_UNITS)[analysis.units(LAYER, NUM_UNITS, SEED)]
    maps = [axes for axes in figure.axes if axes.collections]
    assert len(maps) == len(table["points"])
    for axes, points in zip(maps, table["points"], strict=True):
        places, colours = dots(axes)
        assert np.allclose(places, points)
        assert np.allclose(colours, expected)


def test_curves_of_figure_and_table_score_the_units_of_the_same_number_and_seed(analysis, rows, choices):
    table = rows(file_content(analysis, "layers", "csv", choices))
    scores = analysis.unit_scores(NUM_UNITS, SEED)
    assert not np.allclose(scores.pnmi, analysis.unit_scores(NUM_UNITS, 0).pnmi)
    assert np.allclose(column(table, "pnmi"), scores.pnmi)
    axes = EXHIBITS["layers"].draw(analysis, choices.resolved(analysis)).axes[2]
    drawn = {line.get_label(): line.get_ydata() for line in axes.lines}
    for label, name in (("purity", "purity"), ("PNMI", "pnmi"), ("PNMI by chance", "pnmi_by_chance")):
        assert np.allclose(drawn[label], column(table, name))
