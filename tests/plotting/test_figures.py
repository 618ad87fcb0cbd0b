"""Figures show the result they are given: artists, labels, limits; and they can be saved."""

import io
import threading
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.layers.colouring import Colouring, by_time
from hubert_demo.analysis.layers.projection import Projection, ProjectionSettings
from hubert_demo.analysis.timeline.spectrogram import Spectrogram
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.plotting import (
    attention_figure,
    keywords_figure,
    layer_figure,
    timeline_figure,
    transcript_figure,
)
from hubert_demo.plotting.layers import dot_colours, structure_figure
from hubert_demo.plotting.training import curves_figure


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.fixture
def timeline(words) -> Figure:
    samples = np.sin(np.arange(16_000) / 20).astype(np.float32)
    decibels = np.linspace(-80, 0, 80 * 101).reshape(80, 101).astype(np.float32)
    picture = Spectrogram(decibels, np.arange(101) / 100, np.linspace(40, 7900, 80))
    return timeline_figure(samples, 16_000, picture, words)


def make_keywords(num_windows: int) -> Keywords:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), num_windows)
    times = 0.5 + np.arange(num_windows) / 10
    return Keywords(("yes", "no", "_silence_"), probabilities[0], 0.0, 1.0, times, probabilities)


@pytest.fixture
def short_keywords() -> Figure:
    return keywords_figure(make_keywords(1))


@pytest.fixture
def long_keywords() -> Figure:
    return keywords_figure(make_keywords(20))


@pytest.fixture
def transcript(make_emissions, words) -> Figure:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 50)
    return transcript_figure(make_emissions(probabilities), HUBERT_GRID, words)


@pytest.fixture
def projection() -> Projection:
    points = np.random.default_rng(0).normal(size=(3, 50, 2)).astype(np.float32)
    return Projection(points, ProjectionSettings(), np.array([0.9, 0.81234, 0.7]), np.array([0.5, 0.4, 0.3]))


@pytest.fixture
def by_time_of_frames(frame_times_s, span_s) -> Colouring:
    return by_time(frame_times_s, span_s)


@pytest.fixture
def layer(projection, by_time_of_frames) -> Figure:
    return layer_figure(projection, 1, by_time_of_frames, ["A", *[""] * 48, "B"])


@pytest.fixture
def attention(span_s, words) -> Figure:
    weights = np.random.default_rng(0).dirichlet(np.ones(50), 50).astype(np.float32)
    return attention_figure(weights, span_s, 2, 3, words)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.parametrize(
    "name", ["timeline", "short_keywords", "long_keywords", "transcript", "layer", "attention"]
)
def test_every_figure_can_be_saved(request, name, kind):
    target = io.BytesIO()
    request.getfixturevalue(name).savefig(target, format=kind)
    assert len(target.getvalue()) > 1000


def test_waveform_and_spectrogram_share_the_recordings_time(timeline):
    waveform, spectrogram = timeline.axes
    assert waveform.get_xlim() == spectrogram.get_xlim() == (0, 1)
    np.testing.assert_array_equal(waveform.lines[0].get_ydata(), np.sin(np.arange(16_000) / 20).astype("f4"))
    assert spectrogram.get_xlabel() == "time (s)"
    assert spectrogram.get_ylabel() == "frequency (kHz)"
    assert len(spectrogram.collections) == 1


@pytest.mark.parametrize("name", ["timeline", "transcript"])
def test_words_stand_over_their_times(request, name):
    figure = request.getfixturevalue(name)
    assert texts(figure) == ["GO", "LEFT"]
    brackets = [line.get_xdata() for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(brackets, [[0.1, 0.3], [0.4, 0.8]])


def test_letters_are_drawn_in_the_rows_of_the_emissions(transcript):
    axes = transcript.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["space", "A", "B", "blank"]
    picture = axes.images[0]
    probabilities = np.random.default_rng(0).dirichlet(np.ones(5), 50)
    np.testing.assert_array_equal(picture.get_array(), probabilities[:, [2, 3, 1, 0]].T)
    assert picture.get_clim() == (0, 1)
    assert picture.get_extent() == pytest.approx((0.0025, 1.0025, 3.5, -0.5))


def test_letters_of_the_best_path_stand_beside_their_cells(make_emissions):
    path = [0, 3, 3, 0, 2, 1, *[0] * 44]
    figure = transcript_figure(make_emissions(np.eye(5)[path]), HUBERT_GRID, (), path)
    letters = [(text.get_text(), *text.xy) for text in figure.axes[0].texts]
    assert letters == [("A", pytest.approx(0.0025 + 0.06), 1), ("B", pytest.approx(0.0025 + 0.12), 2)]


def test_bars_are_the_probabilities_and_the_winner_alone_is_blue(long_keywords):
    keywords = make_keywords(20)
    bars = long_keywords.axes[0].patches
    np.testing.assert_allclose([bar.get_width() for bar in bars], keywords.probabilities)
    colors = [bar.get_facecolor() for bar in bars]
    assert colors.count(colors[int(keywords.probabilities.argmax())]) == 1
    rows = [label.get_text() for label in long_keywords.axes[0].get_yticklabels()]
    assert rows == ["yes", "no", "silence"]


def test_windows_are_drawn_when_there_are_several(short_keywords, long_keywords):
    assert len(short_keywords.axes) == 1
    strip = long_keywords.axes[1]
    np.testing.assert_allclose(strip.collections[0].get_array(), make_keywords(20).window_probabilities.T)
    assert "one-second window" in strip.get_xlabel()


def test_a_line_marks_the_window_that_the_bars_are_about(long_keywords):
    assert list(long_keywords.axes[1].lines[0].get_xdata()) == [0.5, 0.5]


def test_the_bars_stand_in_the_rows_of_the_strip(long_keywords):
    bars, strip, *_ = long_keywords.axes
    assert bars.get_ylim() == strip.get_ylim() == (2.5, -0.5)


def test_dots_are_the_layers_points_coloured_by_time(layer, projection, by_time_of_frames):
    axes = layer.axes[0]
    np.testing.assert_array_equal(axes.collections[0].get_offsets(), projection.points[1])
    np.testing.assert_allclose(axes.collections[0].get_facecolor(), dot_colours(by_time_of_frames))
    assert axes.get_title().startswith("layer 1 · UMAP · trustworthiness 0.81 · 40% of 5 nearest")
    assert [text for text in texts(layer) if text] == ["A", "B"]


def test_every_layer_has_the_same_limits(projection, by_time_of_frames):
    limits = {layer_figure(projection, layer, by_time_of_frames).axes[0].get_xlim() for layer in range(3)}
    assert len(limits) == 1
    assert limits.pop()[1] >= np.abs(projection.points).max()


def test_attention_rows_run_down_in_seconds_and_the_title_counts_from_one(attention):
    axes = attention.axes[0]
    assert axes.images[0].get_extent() == pytest.approx((0.0025, 1.0025, 1.0025, 0.0025))
    assert axes.images[0].get_array().shape == (50, 50)
    assert axes.get_xlabel() == "looks at (s)"
    assert axes.get_ylabel() == "this frame (s)"
    assert attention.get_suptitle() == "Layer 3, head 4"


def test_the_palest_attention_is_zero(attention):
    low, high = attention.axes[0].images[0].get_clim()
    assert low == 0
    assert high == pytest.approx(float(attention.axes[0].images[0].get_array().max()))


def test_figures_can_be_drawn_by_several_threads_at_once(projection, by_time_of_frames):
    failures: list[BaseException] = []

    def draw(make: Callable[[], Figure]) -> None:
        try:
            make().savefig(io.BytesIO())
        except BaseException as error:  # handed to the test's own thread
            failures.append(error)

    makers = [
        lambda index=index: layer_figure(projection, index % 3, by_time_of_frames) for index in range(6)
    ]
    threads = [threading.Thread(target=draw, args=(make,)) for make in makers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_structure_figure_has_a_point_a_layer_and_a_line_for_chance():
    (axes,) = structure_figure(np.array([0.3, 0.5, 0.6]), np.array([0.1, 0.3, 0.4]), 0.18).axes
    purity, pnmi, chance = axes.lines
    assert purity.get_ydata().tolist() == [0.3, 0.5, 0.6]
    assert pnmi.get_ydata().tolist() == [0.1, 0.3, 0.4]
    assert set(chance.get_ydata()) == {0.18}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "purity",
        "PNMI",
        "purity by chance",
    ]


def test_curves_have_a_panel_a_value_and_a_line_a_run():
    runs = {
        "first": [{"step": 1, "minute": 0.1, "ctc": 3.0}, {"step": 2, "minute": 0.2, "valid cer": 0.9}],
        "second": [{"step": 1, "minute": 0.1, "ctc": 2.0}, {"step": 2, "minute": 0.3, "ctc": 1.0}],
    }
    loss, score = curves_figure(runs).axes
    assert [list(line.get_ydata()) for line in loss.lines] == [[3.0], [2.0, 1.0]]
    assert loss.get_title() == "ctc loss"
    assert score.get_title() == "valid cer"
    assert [line.get_label() for line in score.lines] == ["first"]
