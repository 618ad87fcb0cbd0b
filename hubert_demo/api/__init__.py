"""What page, shell and notebooks share: `analyze`, and the `Analysis` that it gives."""

from hubert_demo.api.analysis import MAX_SEARCHES, MAX_UNIT_RUNS, Analysis
from hubert_demo.api.analyze import analyze

__all__ = ["MAX_SEARCHES", "MAX_UNIT_RUNS", "Analysis", "analyze"]
