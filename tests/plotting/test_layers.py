"""Maps in any colouring, all layers side by side, and curves: what they are given is what they show."""

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from hubert_demo.analysis.layers.colouring import Colouring, by_letter, by_pitch, by_unit
from hubert_demo.analysis.layers.projection import Projection, ProjectionSettings
from hubert_demo.analysis.layers.similarity import LayerCurves
from hubert_demo.analysis.layers.units import UnitScores
from hubert_demo.analysis.timeline.prosody import Prosody
from hubert_demo.plotting import layer_curves_figure, layer_figure, layer_grid_figure
from hubert_demo.plotting.layers import class_colours, dot_colours
from hubert_demo.plotting.palette import NONE


@pytest.fixture
def projection() -> Projection:
    points = np.random.default_rng(0).normal(size=(7, 50, 2)).astype(np.float32)
    return Projection(points, ProjectionSettings(), np.linspace(0.9, 0.6, 7), np.linspace(0.6, 0.3, 7))


@pytest.fixture
def pitch() -> Colouring:
    hertz = np.linspace(100, 300, 50, dtype=np.float32)
    hertz[10] = np.nan
    return by_pitch(Prosody(np.zeros(50, np.float32), hertz))


def units(count: int) -> Colouring:
    return by_unit(np.arange(50) % count, count)


@pytest.fixture
def curves() -> LayerCurves:
    return LayerCurves(
        np.array([5.0, 8, 9]), np.array([0.9, 0.8]), np.array([0.95, 0.7]), np.array([0.2, 0.1])
    )


@pytest.fixture
def scores() -> UnitScores:
    purity, pnmi, chance = (np.array([x, x + 0.1, x + 0.2]) for x in (0.4, 0.3, 0.1))
    return UnitScores(purity, pnmi, chance + 0.1, chance, 0.25, 20, 12)


def test_frames_without_a_value_are_grey(pitch):
    colours = dot_colours(pitch)
    assert colours.shape == (50, 4)
    assert colours[10].tolist() == pytest.approx(to_rgba(NONE))
    assert not np.allclose(colours[11], colours[10])


def test_quantities_beyond_the_scale_get_the_colour_of_its_end(pitch):
    colours = dot_colours(pitch)
    assert (colours[0] == colours[1]).all()
    assert not np.allclose(colours[0], colours[25])


def test_eighteen_classes_have_colours_of_their_own():
    colours = class_colours(20)
    assert len(np.unique(colours[:18].round(3), axis=0)) == 18
    np.testing.assert_array_equal(colours[18:], colours[:2])
    assert ((colours >= 0) & (colours <= 1)).all()


def test_the_same_class_has_the_same_colour():
    colours = dot_colours(units(4))
    np.testing.assert_array_equal(colours[0], colours[4])
    assert not np.allclose(colours[0], colours[1])


def test_a_map_is_drawn_in_the_colours_of_its_colouring(projection, pitch):
    figure = layer_figure(projection, 3, pitch)
    dots = figure.axes[0].collections[0]
    np.testing.assert_allclose(dots.get_facecolor(), dot_colours(pitch))
    assert figure.axes[1].get_ylabel() == "pitch (Hz)"
    assert figure.axes[1].get_ylim() == pytest.approx((pitch.low, pitch.high))


def test_how_far_a_map_can_be_trusted_stands_above_it_by_its_names(projection, pitch):
    title = layer_figure(projection, 1, pitch).axes[0].get_title()
    assert title == "layer 1 · UMAP · trustworthiness 0.85 · 55% of 5 nearest neighbours kept (10% by chance)"
    beside = layer_grid_figure(projection, pitch).get_suptitle()
    assert beside == "UMAP · for each layer: trustworthiness · 5 nearest neighbours kept (10% by chance)"


def test_few_classes_are_named_and_many_counted(projection):
    letters = by_letter(["a", "t", "", " ", "s"] * 10)
    (legend,) = layer_figure(projection, 0, letters).legends
    assert [text.get_text() for text in legend.get_texts()] == list(letters.classes)
    many = layer_figure(projection, 0, units(40))
    assert many.get_supxlabel() == "40 k-means clusters; colours repeat after 18"
    assert layer_grid_figure(projection, units(15)).get_supxlabel() == "15 k-means clusters"


def test_the_grid_has_a_map_for_every_layer_on_one_scale(projection, pitch):
    *maps, scale = layer_grid_figure(projection, pitch).axes
    assert [axes.get_title(loc="left") for axes in maps][:2] == [
        "layer 0 · 0.90 · 60%",
        "layer 1 · 0.85 · 55%",
    ]
    assert len(maps) == 7
    assert len({axes.get_xlim() for axes in maps}) == 1
    for layer, axes in enumerate(maps):
        np.testing.assert_array_equal(axes.collections[0].get_offsets(), projection.points[layer])
    assert scale.get_ylabel() == "pitch (Hz)"


def test_curves_stand_at_their_layers(curves, scores):
    alike, size, told = layer_curves_figure(curves, scores).axes
    assert [line.get_xdata().tolist() for line in alike.lines] == [[1, 2]] * 3
    assert [line.get_ydata().tolist() for line in alike.lines[1:]] == [[0.95, 0.7], [0.2, 0.1]]
    assert [text.get_text() for text in alike.get_legend().get_texts()][1:] == [
        "debiased CKA",
        "CKA by chance",
    ]
    assert size.lines[0].get_ydata().tolist() == [5, 8, 9]
    assert size.get_ylim()[0] == 0
    labels = [text.get_text() for text in told.get_legend().get_texts()]
    assert labels == ["purity", "purity by chance", "PNMI", "PNMI by chance", "most common letter"]
    assert told.lines[0].get_ydata().tolist() == pytest.approx([0.4, 0.5, 0.6])
    assert told.get_xlabel().startswith("layer")


def test_without_characters_there_are_two_curves(curves):
    assert len(layer_curves_figure(curves).axes) == 2


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_grid_and_curves_can_be_saved(projection, pitch, curves, scores, kind):
    for figure in (layer_grid_figure(projection, pitch), layer_curves_figure(curves, scores)):
        target = io.BytesIO()
        figure.savefig(target, format=kind)
        assert len(target.getvalue()) > 1000
