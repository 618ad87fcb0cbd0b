"""A quarter of a minute of a crowd; `.ci/long` has ten minutes of it, with a browser."""

import json
import subprocess
import sys

import pytest

# What a machine that is busy otherwise, or that short a time, says nothing about.
TIMING = ("of requests were refused", "memory grew")


@pytest.mark.skipif(sys.platform != "linux", reason="the soak reads /proc")
def test_a_crowd_gets_right_results_or_documented_refusals_and_leaves_nothing_behind(root):
    command = [sys.executable, "tests/drivers/soak.py", "--minutes", "0.25", "--clients", "4"]
    command += ["--longest-s", "8", "--compare", "2", "--keep-minutes", "0.1"]
    process = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert process.stdout, process.stderr
    found = json.loads(process.stdout)
    assert [each for each in found["problems"] if not any(what in each for what in TIMING)] == []
    assert found["outcomes"]["answer"] > 0
