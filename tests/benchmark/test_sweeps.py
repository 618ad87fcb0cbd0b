"""What sweeps cost: counted in whole passes, weighed apart. No time is judged here."""

import pytest

from hubert_demo.benchmark import sweeps
from hubert_demo.benchmark.sweeps import CASES, Cost, growth_mb, measured


def test_a_sweep_is_timed_in_turns_with_whole_passes(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "_weighed", lambda case, duration_s, folder: 12.0)
    cost = measured(CASES["heads"], 2, 0.5, tmp_path)
    assert len(cost.sweep_s) == 2
    assert min(*cost.pass_s, *cost.first_s) > 0
    assert max(cost.first_s) < min(cost.sweep_s)
    assert cost.growth_mb == 12


def test_the_line_says_how_many_passes_it_took_and_how_many_it_may():
    line = Cost(CASES["heads"], [0.1, 0.2, 0.1], [0.05], [2.0, 3.0, 2.5], 12.3).line()
    assert " 25.0 passes (20.0 to 30.0; limit 30), 2.50 s of 0.100 s each" in line
    assert "first after 0.05 s; +12 MB (limit 300)" in line


@pytest.mark.skipif(not sweeps.Path("/proc/self/clear_refs").exists(), reason="the peak is read from /proc")
def test_memory_is_that_of_the_sweep_alone(tmp_path):
    assert 0 <= growth_mb(CASES["heads"], 0.5, tmp_path) < sweeps.MAX_GROWTH_MB
