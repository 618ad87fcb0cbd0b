"""Figures and tables as files: what is in them is what the analysis says."""

import io
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content

# Of a keyword spotter; `tests/test_classifiers.py` has other classifiers, `test_attention.py` has sweeps,
# `test_changes.py` what was before.
ELSEWHERE = ("classification", "sweep", "before_after")
THERE = {name: each for name, each in EXHIBITS.items() if not any(other in name for other in ELSEWHERE)}
FIGURES = [name for name, exhibit in THERE.items() if exhibit.draw]
TABLES = [name for name, exhibit in THERE.items() if exhibit.tabulate and exhibit.is_table]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_a_png_and_an_svg(analysis, name):
    choices = Choices(method="pca")
    assert file_content(analysis, name, "png", choices).startswith(b"\x89PNG")
    assert b"<svg" in file_content(analysis, name, "svg", choices)[:500]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_drawn_again_is_the_same_svg(analysis, name):
    choices = Choices(method="pca")
    assert file_content(analysis, name, "svg", choices) == file_content(analysis, name, "svg", choices)


@pytest.mark.parametrize("name", TABLES)
def test_the_same_columns_come_as_csv_and_npz(analysis, rows, name):
    choices = Choices(method="pca", reference="stop", hotwords="stop, no")
    table = rows(file_content(analysis, name, "csv", choices))
    with np.load(io.BytesIO(file_content(analysis, name, "npz", choices))) as archive:
        assert {len(archive[column]) for column in archive.files} == {len(table)}
        assert list(table[0]) == archive.files


def test_an_exhibit_of_another_list_comes_under_its_name(analysis):
    more = {**EXHIBITS, "moon": replace(EXHIBITS["words"], name="moon")}
    words = file_content(analysis, "words", "csv", Choices())
    assert file_content(analysis, "moon", "csv", Choices(), more) == words


@pytest.mark.parametrize(
    ("name", "file_format", "choices", "message"),
    [
        ("moon", "png", Choices(), "no figure, table or sound 'moon'; choose one of timeline, emissions"),
        ("moon", "csv", Choices(), "no figure, table or sound 'moon'"),
        ("timeline", "gif", Choices(), "timeline does not come as 'gif'; choose one of png, svg"),
        ("timeline", "csv", Choices(), "does not come as 'csv'; choose one of png, svg"),
        ("hidden_states", "csv", Choices(), "does not come as 'csv'; choose one of npz"),
        ("words", "png", Choices(), "does not come as 'png'; choose one of csv, npz"),
        ("layer_map", "png", Choices(layer=99), "Layer 99 does not exist"),
        ("layer_map", "png", Choices(colour="mood"), "Colour 'mood' is unknown"),
        ("alignment", "csv", Choices(), "There is no text to align"),
    ],
)
def test_what_there_is_not_is_refused_in_words(analysis, name, file_format, choices, message):
    with pytest.raises(InputError, match=message):
        file_content(analysis, name, file_format, choices)
