"""Small results to draw."""

from collections.abc import Callable

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.analysis.transcript.emissions import Emissions
from hubert_demo.encoding import HUBERT_GRID


@pytest.fixture
def frame_times_s() -> np.ndarray:
    return HUBERT_GRID.times_s(50)


@pytest.fixture
def span_s() -> tuple[float, float]:
    return HUBERT_GRID.start_s(0), HUBERT_GRID.start_s(50)


@pytest.fixture
def make_emissions() -> Callable[[np.ndarray], Emissions]:
    """Emissions of the blank, B, the space, A and a special token, in the order of the vocabulary."""
    rows = [2, 3, 1, 0]
    return lambda probabilities: Emissions(
        np.array(rows), ("space", "A", "B", "blank"), probabilities[:, rows]
    )


@pytest.fixture
def words() -> tuple[Word, ...]:
    return (Word("GO", 0.1, 0.3, 0.9), Word("LEFT", 0.4, 0.8, 0.5))
