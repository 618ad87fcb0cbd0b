"""The script that makes everything again."""

import os
import subprocess
import sys

import numpy as np

from hubert_demo.export import EXHIBITS, Choices, script, write_folder


def test_the_script_makes_the_same_numbers_again(analysis, tmp_path, root):
    names = ("timeline", "attention", "words", "layer_map", "layer_maps", "heads")
    exhibits = {name: EXHIBITS[name] for name in names}
    write_folder(analysis, Choices(layer=1, method="pca"), str(tmp_path), exhibits)
    maps = tmp_path / "numbers" / "layer_maps.npz"
    shown = dict(np.load(maps))
    # Another machine makes another map of the same recording.
    shown["points"] += 1
    np.savez(maps, **shown)
    done = subprocess.run(
        [sys.executable, "reproduce.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(analysis.transcript.text)
    for name in ("timeline.svg", "attention.png"):
        again = (tmp_path / "again" / "figures" / name).read_bytes()
        assert again == (tmp_path / "figures" / name).read_bytes()
    again = np.load(tmp_path / "again" / "numbers" / "layer_maps.npz")
    assert np.array_equal(again["points"], shown["points"])
    for name in ("words.csv", "heads.csv"):
        again = (tmp_path / "again" / "numbers" / name).read_text()
        assert again == (tmp_path / "numbers" / name).read_text()


def test_the_script_says_where_the_recording_is_and_how_python_counts(analysis):
    text = script(analysis, Choices(attention_layer=1, head=3))
    assert "contains recording.wav; you can also give a file of your own" in text
    assert "only on the same machine with the same number of threads" in text
    assert "the page's layer 2, head 4 is attention_layer=1, head=3" in text
    assert "    attention_layer=1,\n    head=3,\n" in text
    assert max(map(len, text.splitlines())) <= 110
