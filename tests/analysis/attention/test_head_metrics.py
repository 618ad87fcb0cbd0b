"""What every head of the embedded checkpoint does, through the API."""

import threading

import numpy as np
import pytest

from hubert_demo import Analysis, analyze
from hubert_demo.analysis.attention import heads as attention
from hubert_demo.checkpoints import ASSETS_DIR


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyze(ASSETS_DIR / "examples" / "stop.wav")


def test_heads_are_measured_once_whoever_asks(analysis):
    found = []
    threads = [threading.Thread(target=lambda: found.append(analysis.head_metrics())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(metrics) for metrics in found}) == 1


def test_numbers_are_those_of_the_maps(analysis):
    metrics = analysis.head_metrics()
    encoding = analysis.encoding
    assert metrics.globalness.shape == (encoding.num_layers, encoding.num_heads) == metrics.kinds.shape
    attended = analysis.attention(2, 1).astype(np.float64)
    frames = np.arange(len(attended))
    distances = abs(frames[:, None] - frames)
    expected = -(distances * attended).sum() / len(frames) ** 2
    assert metrics.diagonality[2, 1] == pytest.approx(expected, rel=1e-4)
    assert metrics.globalness[2, 1] == pytest.approx(attention.entropy_nats(attended), rel=1e-4)


def test_some_rows_are_the_rows_of_the_full_map(analysis):
    some = analysis.attention_maps(1, [0], slice(None, None, 3))
    np.testing.assert_allclose(some[0], analysis.attention(1, 0)[::3], atol=1e-6)


def test_sampled_rows_tell_nearly_the_same(analysis, monkeypatch):
    monkeypatch.setattr(attention, "MAX_QUERIES", 15)
    monkeypatch.setattr(attention, "SMALL_BINS", 12)
    encoding = analysis.encoding
    sampled = attention.head_metrics(
        analysis.attention_maps, encoding.num_layers, encoding.num_heads, encoding.num_frames
    )
    assert sampled.query_step > 1
    np.testing.assert_allclose(sampled.globalness, analysis.head_metrics().globalness, atol=0.25)
    np.testing.assert_allclose(sampled.diagonality, analysis.head_metrics().diagonality, atol=0.03)
