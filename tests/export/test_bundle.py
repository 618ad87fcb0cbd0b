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
from hubert_demo.export import NUMBERS, PICTURES, Choices, numbers, picture, script, write_folder, write_zip
from hubert_demo.export.texts import TEXTS


@pytest.fixture(scope="module")
def analysis(root):
    return analyze(root / "assets" / "examples" / "stop.wav")


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.parametrize("name", PICTURES)
def test_every_figure_is_a_png_and_an_svg(analysis, name):
    choices = Choices(method="pca")
    assert picture(analysis, name, "png", choices).startswith(b"\x89PNG")
    assert b"<svg" in picture(analysis, name, "svg", choices)[:500]


@pytest.mark.parametrize("name", PICTURES)
def test_a_figure_drawn_again_is_the_same_svg(analysis, name):
    choices = Choices(method="pca")
    assert picture(analysis, name, "svg", choices) == picture(analysis, name, "svg", choices)


def test_a_table_has_the_words_of_the_transcript_as_the_page_writes_them(analysis):
    table = rows(numbers(analysis, "words", "csv", Choices()))
    assert [row["word"] for row in table] == [word.text.lower() for word in analysis.transcript.words]
    assert float(table[0]["start_s"]) == analysis.transcript.words[0].start_s


def test_both_tables_of_words_agree(analysis):
    table = rows(numbers(analysis, "words", "csv", Choices()))
    written = rows(TEXTS["csv"].make(analysis).encode())
    assert table
    assert [row["word"] for row in table] == [row["word"] for row in written]
    for column in ("start_s", "end_s", "confidence"):
        assert [round(float(row[column]), 4) for row in table] == [float(row[column]) for row in written]


def test_what_was_aligned_and_read_is_in_small_letters(analysis):
    choices = Choices(reference="Yes, no.")
    for name, columns in (("alignment", ("said", "heard")), ("readings", ("text",))):
        table = rows(numbers(analysis, name, "csv", choices))
        texts = "".join(row[column] for row in table for column in columns)
        assert texts
        assert texts == texts.lower()


def test_figures_count_layers_and_heads_as_the_page_does_and_write_small_letters(analysis):
    choices = Choices(attention_layer=2, head=0).of(analysis)
    map_shown = PICTURES["attention_map"].make(analysis, choices)
    assert map_shown.get_suptitle() == "Layer 3, head 1"
    letters = PICTURES["emissions_map"].make(analysis, choices).axes[0]
    rows_shown = [label.get_text() for label in letters.get_yticklabels()]
    assert rows_shown == ["space", *sorted(rows_shown[1:-1]), "blank"]
    assert "e" in rows_shown
    for axes in (*map_shown.axes, letters, *PICTURES["timeline"].make(analysis, choices).axes):
        assert all(text.get_text() == text.get_text().lower() for text in axes.texts)


def test_numbers_of_the_chosen_layer_and_head_are_those_of_the_library(analysis):
    choices = Choices(layer=1, attention_layer=2, head=3, method="pca")
    table = rows(numbers(analysis, "layer_map", "csv", choices))
    assert np.allclose([float(row["x"]) for row in table], analysis.projection(1, "pca")[:, 0])
    with np.load(io.BytesIO(numbers(analysis, "attention", "npz", choices))) as archive:
        assert np.array_equal(archive["attention"], analysis.attention(2, 3))


@pytest.mark.parametrize("name", [name for name, table in NUMBERS.items() if table.is_table])
def test_the_same_columns_come_as_csv_and_npz(analysis, name):
    choices = Choices(method="pca", reference="stop", hotwords="stop, no")
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
    # The middle one of eight layers.
    assert "the page's layer 4, head 1 is attention_layer=3, head=0" in settings["note"]
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
    for name in ("timeline.svg", "attention_map.png"):
        again = (tmp_path / "again" / "figures" / name).read_bytes()
        assert again == (tmp_path / "figures" / name).read_bytes()
    for name in ("words.csv", "layer_map.csv", "heads.csv"):
        again = (tmp_path / "again" / "numbers" / name).read_text()
        assert again == (tmp_path / "numbers" / name).read_text()


def test_the_script_says_where_the_recording_is_and_how_python_counts(analysis):
    text = script(analysis, Choices(attention_layer=1, head=3))
    assert "holds recording.wav; or give a file of your own" in text
    assert "the page's layer 2, head 4 is attention_layer=1, head=3" in text
    assert "    attention_layer=1,\n    head=3,\n" in text
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda a: picture(a, "moon", "png", Choices()), "no figure 'moon'"),
        (lambda a: picture(a, "timeline", "gif", Choices()), "choose png or svg"),
        (lambda a: numbers(a, "hidden_states", "csv", Choices()), "cannot be had as 'csv'"),
        (lambda a: picture(a, "map_of_layer", "png", Choices(layer=99)), "Layer 99 does not exist"),
        (lambda a: picture(a, "map_of_layer", "png", Choices(colour="mood")), "Colour 'mood' is unknown"),
        (lambda a: Choices.from_json({"layer": "three"}), "layer is 'three'; give a whole number"),
        (lambda a: Choices.from_json({"reference": "a" * 3000}), "at most 2000 characters"),
    ],
)
def test_what_there_is_not_is_refused_in_words(analysis, make, message):
    with pytest.raises(InputError, match=message):
        make(analysis)
