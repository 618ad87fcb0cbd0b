"""Figures, numbers and the zip: what is in them is what the analysis says."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.export import NUMBERS, PICTURES, Choices, numbers, picture, write_folder, write_zip


@pytest.fixture(scope="module")
def analysis(root):
    return analyze(root / "assets" / "examples" / "yes.wav")


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_is_a_png_and_an_svg(analysis, name):
    choices = Choices(method="pca")
    assert picture(analysis, name, "png", choices).startswith(b"\x89PNG")
    assert b"<svg" in picture(analysis, name, "svg", choices)[:500]


def test_a_table_has_the_words_of_the_transcript(analysis):
    table = rows(numbers(analysis, "words", "csv", Choices()))
    assert [row["word"] for row in table] == [word.text for word in analysis.transcript.words]
    assert float(table[0]["start_s"]) == analysis.transcript.words[0].start_s


def test_numbers_of_the_chosen_layer_and_head_are_those_of_the_library(analysis):
    choices = Choices(layer=1, attention_layer=2, head=3, method="pca")
    table = rows(numbers(analysis, "layer_map", "csv", choices))
    assert np.allclose([float(row["x"]) for row in table], analysis.projection(1, "pca")[:, 0])
    with np.load(io.BytesIO(numbers(analysis, "attention", "npz", choices))) as archive:
        assert np.array_equal(archive["attention"], analysis.attention(2, 3))


@pytest.mark.parametrize("name", [name for name, table in NUMBERS.items() if table.is_table])
def test_the_same_columns_come_as_csv_and_npz(analysis, name):
    choices = Choices(method="pca", reference="yes", hotwords="yes, no")
    table = rows(numbers(analysis, name, "csv", choices))
    with np.load(io.BytesIO(numbers(analysis, name, "npz", choices))) as archive:
        assert {len(archive[column]) for column in archive.files} == {len(table)}
        assert list(table[0]) == archive.files


def test_the_zip_holds_everything_and_says_what_was_chosen(analysis, tmp_path):
    path = tmp_path / "all.zip"
    write_zip(analysis, Choices(layer=2, method="pca"), path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        settings = json.loads(archive.read("settings.json"))
    assert {"recording.wav", "transcript.srt", "figures/layer_curves.svg", "numbers/heads.csv"} <= set(names)
    assert settings["choices"]["layer"] == 2
    assert settings["checkpoint"] == analysis.encoding.checkpoint
    # Nobody said what was said.
    assert list(settings["left_out"]) == ["numbers/alignment.csv"]


def test_what_a_recording_is_too_short_for_is_left_out_with_the_reason(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 2000).astype(np.float32)
    write_folder(analyze(Waveform(noise)), Choices(), tmp_path)
    left_out = json.loads((tmp_path / "settings.json").read_text())["left_out"]
    assert "at least 10" in left_out["figures/map_of_layer.png"]
    assert not (tmp_path / "figures" / "map_of_layer.png").exists()
    assert (tmp_path / "figures" / "timeline.png").exists()


def test_the_script_makes_the_same_numbers_again(analysis, tmp_path, root):
    write_folder(analysis, Choices(layer=1, method="pca"), tmp_path)
    done = subprocess.run(
        [sys.executable, "reproduce.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(analysis.transcript.text)
    for name in ("words.csv", "layer_map.csv", "heads.csv"):
        again = (tmp_path / "again" / "numbers" / name).read_text()
        assert again == (tmp_path / "numbers" / name).read_text()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda a: picture(a, "moon", "png", Choices()), "no figure 'moon'"),
        (lambda a: picture(a, "timeline", "gif", Choices()), "choose png or svg"),
        (lambda a: numbers(a, "hidden_states", "csv", Choices()), "cannot be had as 'csv'"),
        (lambda a: picture(a, "map_of_layer", "png", Choices(layer=99)), "layer 99 does not exist"),
        (lambda a: picture(a, "map_of_layer", "png", Choices(colour="mood")), "Colour 'mood' is unknown"),
        (lambda a: Choices.from_json({"layer": "three"}), "layer is 'three'; give a whole number"),
        (lambda a: Choices.from_json({"reference": "a" * 3000}), "at most 2000 characters"),
    ],
)
def test_what_there_is_not_is_refused_in_words(analysis, make, message):
    with pytest.raises(InputError, match=message):
        make(analysis)
