"""Hostile files through the page and the shell: some of what `tests/drivers/hostile_files.py` sends."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.drivers import hostile_folders, hostile_made

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="it looks at processes by /proc")
def test_a_sample_of_hostile_files_gets_results_or_sentences_and_hurts_nobody(tmp_path):
    # A small model, since how well it listens does not matter here.
    model = str(hostile_folders.sound(tmp_path / "small"))
    command = [sys.executable, "tests/drivers/hostile_files.py", "--count", "12", "--valid", "0"]
    done = subprocess.run(
        [*command, "--checkpoint", model, "--out", str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    num_files, num_results = (int(word) for word in done.stdout.split()[:3:2])
    # Each through the page and through the shell.
    assert num_files == 24
    assert 0 < num_results < num_files


def test_some_files_changed_at_random_get_results_or_sentences_of_the_reader():
    """Ten minutes of them: `python tests/drivers/hostile_reader.py`."""
    command = [sys.executable, "tests/drivers/hostile_reader.py", "--count", "20"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_same_seed_makes_the_same_files_and_a_number_as_large_as_is_wished():
    names = [case.name for case in hostile_made.hostile(5, 700)]
    assert names == [case.name for case in hostile_made.hostile(5, 700)]
    assert len(names) == len(set(names)) == 700
    assert len(hostile_made.bases()) > 140


@pytest.mark.parametrize("base", ["mp4-aac.m4a", "matroska-flac.mkv", "wav-pcm_16.wav"])
@pytest.mark.parametrize("number", range(3))
def test_a_change_is_one_and_is_the_same_again(base, number):
    case = next(case for case in hostile_made.bases() if case.name == base)
    changed = hostile_made.changed(case, number, 1)
    assert changed == hostile_made.changed(case, number, 1) != hostile_made.changed(case, number, 2)
    assert changed.content != case.content
