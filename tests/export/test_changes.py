"""What was before a change and after, as figures and tables that say what was changed."""

import io

import numpy as np
import pytest

from hubert_demo.analysis.layers.similarity import like_before
from hubert_demo.api import analyze
from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content
from hubert_demo.export.changes import EXHIBITS as OURS
from hubert_demo.export.changes import draw_keywords_before_after, draw_words_before_after

# tests/test_classifiers.py has the one of other classifiers.
NAMES = [exhibit.name for exhibit in OURS if exhibit.parts != ("classification",)]
SILENCED = "stretch_silenced:0-0.9"


@pytest.fixture(scope="module")
def harbour(root):
    return analyze(root / "assets" / "examples" / "harbour.wav")


@pytest.fixture(scope="module")
def changed(harbour):
    return harbour.change("layer_skipped:7")


@pytest.mark.parametrize("name", NAMES)
def test_they_are_there_where_something_was_changed(harbour, changed, name):
    assert EXHIBITS[name].is_of(changed)
    assert not EXHIBITS[name].is_of(harbour)
    with pytest.raises(InputError, match="Nothing has been changed"):
        file_content(harbour, name, "csv", Choices())


@pytest.mark.parametrize("name", NAMES)
def test_figures_and_tables_say_what_was_changed(changed, rows, name):
    assert b"<svg" in file_content(changed, name, "svg", Choices())[:500]
    assert {row["changes"] for row in rows(file_content(changed, name, "csv", Choices()))} == {
        "layer_skipped:7"
    }


def test_words_are_those_of_both_readings_and_differ_where_they_do(harbour, changed, rows):
    table = rows(file_content(changed, "words_before_after", "csv", Choices()))
    for when, made in (("before", harbour), ("after", changed)):
        said = [row["word"] for row in table if row["when"] == when]
        assert " ".join(said).upper() == made.transcript.text.upper()
    both = [{row["word"] for row in table if row["when"] == when} for when in ("before", "after")]
    for row in table:
        if row["word"] not in both[0] & both[1]:
            assert row["differs"] == "True"
    assert {row["differs"] for row in table} == {"True", "False"}


def test_keywords_of_every_window_stand_side_by_side(harbour, changed):
    content = file_content(changed, "keywords_before_after", "npz", Choices())
    with np.load(io.BytesIO(content)) as saved:
        for number, label in enumerate(changed.keywords.labels):
            for when, made in (("before", harbour), ("after", changed)):
                wanted = made.keywords.window_probabilities[:, number]
                np.testing.assert_array_equal(saved[f"{label}_{when}"], wanted)


def test_layers_below_the_change_are_as_they_were(harbour, changed):
    content = file_content(changed, "layers_before_after", "npz", Choices())
    with np.load(io.BytesIO(content)) as saved:
        assert saved["cosine_to_itself_before"][:8].tolist() == [1.0] * 8
        assert saved["cosine_to_itself_before"][8] < 1
        alike = like_before(changed.encoding.hidden_states, harbour.encoding.hidden_states)
        np.testing.assert_array_equal(saved["cosine_to_itself_before"], alike)
        np.testing.assert_array_equal(saved["norm_before"], harbour.layer_curves().norms)
        np.testing.assert_array_equal(saved["norm_after"], changed.layer_curves().norms)


def test_what_differs_is_drawn_otherwise_and_long_recordings_take_several_lines(changed):
    (axes,) = draw_words_before_after(changed, Choices()).axes
    weights = {text.get_text(): text.get_weight() for text in axes.texts}
    assert set(weights.values()) == {"bold", "normal"}
    long = analyze(np.tile(changed.encoding.waveform.samples, 3)).change(SILENCED)
    assert len(draw_words_before_after(long, Choices()).axes) == 2


def test_a_single_window_has_bars_alone(analysis):
    figure = draw_keywords_before_after(analysis.change(SILENCED.replace("0.9", "0.4")), Choices())
    assert len(figure.axes) == 1
    bars = figure.axes[0].patches
    assert len(bars) == 24
