"""Small results to draw."""

import numpy as np
import pytest

from hubert_demo.analysis.transcript.ctc import Word


@pytest.fixture
def frame_times_s() -> np.ndarray:
    return (np.arange(50) * 320 + 200) / 16_000


@pytest.fixture
def words() -> tuple[Word, ...]:
    return (Word("GO", 0.1, 0.3, 0.9), Word("LEFT", 0.4, 0.8, 0.5))
