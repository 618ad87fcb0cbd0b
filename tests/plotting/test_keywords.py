"""Figures of keywords: the layers' weights and the threshold."""

import numpy as np
import pytest

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.plotting import keywords_figure

WEIGHTS = np.array([0.1, 0.2, 0.4, 0.3])


def keywords(num_windows: int, weights: np.ndarray | None = WEIGHTS) -> Keywords:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(3), num_windows)
    times = 0.5 + np.arange(num_windows) / 10
    return Keywords(
        ("yes", "no", "_silence_"), probabilities[0], 0.0, 1.0, times, probabilities, 0.7, weights
    )


@pytest.mark.parametrize(("num_windows", "position"), [(1, 1), (20, 2)])
def test_a_bar_for_each_layers_weight_the_largest_with_its_value(num_windows, position):
    axes = keywords_figure(keywords(num_windows)).axes[position]
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], WEIGHTS)
    assert [text.get_text() for text in axes.texts] == ["0.40"]
    colors = [bar.get_facecolor() for bar in axes.patches]
    assert colors.count(colors[2]) == 1


@pytest.mark.parametrize("num_windows", [1, 20])
def test_without_weights_there_are_no_bars_for_them(num_windows):
    labels = {axes.get_ylabel() for axes in keywords_figure(keywords(num_windows, None)).axes}
    assert not any("weight" in label for label in labels)


def test_a_line_marks_the_threshold():
    assert list(keywords_figure(keywords(1)).axes[0].lines[0].get_xdata()) == [0.7, 0.7]
