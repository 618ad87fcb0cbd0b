"""Figures of one head and of all heads."""

import io

import numpy as np
import pytest

from hubert_demo.analysis.attention.heads import head_metrics
from hubert_demo.plotting.attention import attention_figure, heads_figure


@pytest.fixture
def attention() -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(50), 50).astype(np.float32)


@pytest.fixture
def metrics(attention):
    heads = np.stack([attention, np.eye(50, dtype=np.float32)])
    return head_metrics(lambda layer, chosen, queries: heads[list(chosen), queries], 3, 2, 50)


def test_words_are_bracketed_on_both_axes(attention, span_s, words):
    axes = attention_figure(attention, span_s, 2, 3, words).axes[0]
    assert [text.get_text() for text in axes.texts] == ["GO", "LEFT"] * 2
    brackets = [(line.get_xdata(), line.get_ydata()) for line in axes.lines]
    np.testing.assert_allclose([xs for xs, _ in brackets[:2]], [[0.1, 0.3], [0.4, 0.8]])
    np.testing.assert_allclose([ys for _, ys in brackets[2:]], [[0.1, 0.3], [0.4, 0.8]])


def test_every_head_has_its_map_and_its_kind(metrics):
    figure = heads_figure(metrics)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == metrics.kinds.ravel().tolist()
    mosaic = axes.images[0].get_array()
    num_bins = metrics.small_maps.shape[-1]
    np.testing.assert_allclose(
        mosaic[:num_bins, :num_bins], metrics.small_maps[0, 0] / metrics.small_maps[0, 0].max()
    )
    assert len(axes.patches) == metrics.kinds.size
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("head", "layer")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "2", "3"]
    target = io.BytesIO()
    figure.savefig(target, format="svg")
    assert len(target.getvalue()) > 1000
