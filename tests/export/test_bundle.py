"""The folder and the zip: everything there is, what was chosen, and what had to be left out."""

import json
import zipfile
from pathlib import PurePath

import numpy as np

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import CheckpointError
from hubert_demo.export import EXHIBITS, Choices, Exhibit, write_folder, write_zip
from hubert_demo.plotting.style import new_figure


def test_the_zip_holds_everything_and_says_what_was_chosen(analysis, tmp_path):
    path = tmp_path / "all.zip"
    write_zip(analysis, Choices(layer=2, method="pca"), path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        settings = json.loads(archive.read("settings.json"))
    assert {"recording.wav", "transcript.srt", "figures/layers.svg", "numbers/heads.csv"} <= set(names)
    assert {"transcript_greedy.txt", "transcript_greedy.srt", "numbers/words_greedy.csv"} <= set(names)
    assert settings["choices"]["layer"] == 2
    assert settings["checkpoint"] == analysis.encoding.checkpoint
    # The middle one of eight layers.
    assert "layer 4, head 1 on the page is attention_layer=3, head=0" in settings["note"]
    assert "only on the same machine" in settings["note"]
    assert "fitted on clear English" in settings["confidence"]
    # Nobody said what was said, or ran a sweep.
    left_out = {PurePath(each).stem for each in settings["left_out"]}
    assert left_out == {"alignment", "head_sweep", "word_sweep"}
    assert settings["sources"] == analysis.source_names
    # Its classifier is a keyword spotter, and nothing was changed.
    there = {name: each for name, each in EXHIBITS.items() if each.is_of(analysis)}
    assert {name.partition("_")[0] for name in EXHIBITS.keys() - there} >= {"classification", "layers"}
    figures = {name for name, exhibit in there.items() if exhibit.draw} - left_out
    tables = {name for name, exhibit in there.items() if exhibit.tabulate} - left_out
    sounds = {name for name, exhibit in there.items() if exhibit.sound}
    assert sounds == {"layer_sound"}
    for folder, expected in (("figures", figures), ("numbers", tables), ("sound", sounds)):
        assert {PurePath(name).stem for name in names if name.startswith(f"{folder}/")} == expected


def test_an_exhibit_added_to_the_list_is_in_folder_and_zip(analysis, tmp_path):
    moon = Exhibit(
        "moon",
        "Moon",
        "timeline",
        draw=lambda analysis, choices: new_figure(1, 1),
        tabulate=lambda analysis, choices: {"layer": np.array([choices.layer])},
    )
    few = {"words": EXHIBITS["words"], "moon": moon}
    write_folder(analysis, Choices(layer=2), tmp_path / "folder", few)
    assert (tmp_path / "folder" / "numbers" / "moon.csv").read_text().split() == ["layer", "2"]
    assert (tmp_path / "folder" / "figures" / "moon.png").read_bytes().startswith(b"\x89PNG")
    write_zip(analysis, Choices(layer=2), tmp_path / "all.zip", few)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        found = {name for name in archive.namelist() if name.startswith(("figures/", "numbers/"))}
    assert found == {"figures/moon.png", "figures/moon.svg", "numbers/words.csv", "numbers/moon.csv"}


def test_what_a_recording_is_too_short_for_is_left_out_with_the_reason(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 2000).astype(np.float32)
    write_folder(analyze(Waveform(noise)), Choices(), tmp_path)
    left_out = json.loads((tmp_path / "settings.json").read_text())["left_out"]
    assert "at least 10" in left_out["figures/layer_map.png"]
    assert not (tmp_path / "figures" / "layer_map.png").exists()
    assert (tmp_path / "figures" / "timeline.png").exists()


def test_a_damaged_file_of_the_checkpoint_leaves_out_what_needs_it_alone(analysis, tmp_path):
    def draw(analysis, choices):
        raise CheckpointError("sound_decoders.safetensors cannot be read.")

    few = {"words": EXHIBITS["words"], "moon": Exhibit("moon", "Moon", "timeline", draw=draw)}
    write_folder(analysis, Choices(layer=2), tmp_path, few)
    left_out = json.loads((tmp_path / "settings.json").read_text())["left_out"]
    assert left_out == dict.fromkeys(
        ("figures/moon.png", "figures/moon.svg"), "sound_decoders.safetensors cannot be read."
    )
    assert (tmp_path / "numbers" / "words.csv").exists()
