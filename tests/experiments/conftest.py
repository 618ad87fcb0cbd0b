"""Loaded checkpoints of random weights, as for the tests of changes."""

from tests.changes.conftest import make_loaded, noise

__all__ = ["make_loaded", "noise"]
