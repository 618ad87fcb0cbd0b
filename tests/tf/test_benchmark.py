"""The benchmark beside PyTorch: that all do the same, and what it prints. No time is judged here."""

import sys

import numpy as np
import pytest

from hubert_demo.benchmark import contenders, tensorflow
from hubert_demo.benchmark.__main__ import main
from tests.small import TINY_TO_TIME


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(contenders.SIZES, "tiny", TINY_TO_TIME)


def test_all_contenders_compute_the_same_states():
    reference, *others = (tensorflow.make_task("tiny", 0.5, name)() for name in tensorflow.CONTENDERS)
    for states in others:
        assert len(states) == len(reference) == 3
        for mine, theirs in zip(states, reference, strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-4)


def test_peak_memory_is_above_the_model():
    assert tensorflow.peak_mb("tiny", 1.0, tensorflow.EAGER) >= 0


def test_the_command_prints_a_table(monkeypatch, capsys):
    monkeypatch.setitem(contenders.SIZES, "base", TINY_TO_TIME)
    arguments = ["--tensorflow", "--seconds", "0.3", "--rounds", "1", "--only", "latency"]
    monkeypatch.setattr(sys, "argv", ["benchmark", *arguments])
    assert main() == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["size", "s", "contender", "median", "s", "ratio", "peak", "MB"]
    assert [line.split("  ")[2].strip() for line in lines] == list(tensorflow.CONTENDERS)
    assert lines[0].split()[-1] == "1.00"
