"""What can be downloaded of the Layers view: figures, tables and the library show the same maps and units."""

import io
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.export import EXHIBITS, Choices, file_content, restore_maps
from hubert_demo.plotting.layers import class_colours

SEED, NUM_UNITS, LAYER = 3, 9, 2
SAID = "The old harbour was quiet, and the boats lay still upon the water."


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


@pytest.fixture(scope="module")
def sentence(root):
    """A recording with enough letters to tell what units know of them."""
    return analyze(root / "assets" / "examples" / "harbour.wav")


def test_curves_of_figure_and_table_score_the_units_of_the_same_number_and_seed(sentence, rows, choices):
    table = rows(file_content(sentence, "layers", "csv", choices))
    scores, curves = sentence.unit_scores(NUM_UNITS, SEED), sentence.layer_curves()
    assert not np.allclose(scores.pnmi, sentence.unit_scores(NUM_UNITS, 0).pnmi)
    assert np.allclose(column(table, "pnmi"), scores.pnmi)
    assert np.allclose(column(table, "cka_by_chance")[1:], curves.cka_by_chance)
    alike, _, told = EXHIBITS["layers"].draw(sentence, choices.resolved(sentence)).axes
    drawn = {line.get_label(): line.get_ydata() for line in (*told.lines, *alike.lines)}
    for label, name in (("purity", "purity"), ("PNMI", "pnmi"), ("PNMI by chance", "pnmi_by_chance")):
        assert np.allclose(drawn[label], column(table, name))
    assert np.allclose(drawn["CKA by chance"], curves.cka_by_chance)
    assert {row["letters_from"] for row in table} == {"transcript"}
    assert "which come from the last layer" in told.get_title(loc="left")


def test_an_aligned_text_is_what_units_are_scored_against(sentence, rows, choices):
    chosen = replace(choices, reference=SAID)
    table = rows(file_content(sentence, "layers", "csv", chosen))
    expected = sentence.unit_scores(NUM_UNITS, SEED, SAID)
    assert not np.allclose(expected.pnmi, sentence.unit_scores(NUM_UNITS, SEED).pnmi)
    assert np.allclose(column(table, "pnmi"), expected.pnmi)
    assert {row["letters_from"] for row in table} == {"reference"}
    told = EXHIBITS["layers"].draw(sentence, chosen.resolved(sentence)).axes[2]
    assert "the aligned text's letters" in told.get_title(loc="left")


def test_a_word_has_too_few_letters_to_score_units_and_the_rest_is_told(analysis, rows, choices):
    table = rows(file_content(analysis, "layers", "csv", choices))
    assert np.isnan(column(table, "pnmi")).all()
    assert np.isfinite(column(table, "cka_to_layer_before")[1:]).all()
    assert {row["letters_from"] for row in table} == {""}
    assert len(EXHIBITS["layers"].draw(analysis, choices.resolved(analysis)).axes) == 2


def test_maps_that_were_written_down_are_shown_again_as_they_were(root, analysis, choices, tmp_path):
    content = file_content(analysis, "layer_maps", "npz", choices)
    saved = dict(np.load(io.BytesIO(content)))
    assert saved["neighbours_kept_by_chance"] == analysis.projections("pca").neighbours_kept_by_chance
    # As another machine might have made them.
    saved["points"] += 1
    np.savez(tmp_path / "maps.npz", **saved)
    again = analyze(root / "assets" / "examples" / "stop.wav")
    restore_maps(again, choices, tmp_path / "maps.npz")
    assert np.array_equal(again.projections("pca").points, saved["points"])
    assert np.array_equal(again.projections("pca").neighbours_kept, saved["neighbours_kept"])
