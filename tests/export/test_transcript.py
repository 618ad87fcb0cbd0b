"""What can be downloaded of the Transcript view: the transcript as the page writes it."""

from copy import copy
from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.export import EXHIBITS, Choices, file_content
from hubert_demo.export.texts import TEXTS


@pytest.mark.parametrize(
    ("name", "reading"), [("words", "transcript"), ("words_greedy", "transcript_greedy")]
)
def test_a_table_has_the_words_of_a_reading_as_the_page_writes_them(analysis, rows, name, reading):
    table, words = rows(file_content(analysis, name, "csv", Choices())), getattr(analysis, reading).words
    assert [row["word"] for row in table] == [word.text.lower() for word in words]
    assert float(table[0]["start_s"]) == words[0].start_s


def test_both_tables_of_words_agree(analysis, rows):
    table = rows(file_content(analysis, "words", "csv", Choices()))
    written = rows(TEXTS["csv"].make(analysis).encode())
    assert table
    assert [row["word"] for row in table] == [row["word"] for row in written]
    for column in ("start_s", "end_s", "confidence"):
        assert [round(float(row[column]), 4) for row in table] == [float(row[column]) for row in written]


def test_what_was_aligned_and_read_is_in_small_letters(analysis, rows):
    choices = Choices(reference="Yes, no.")
    for name, columns in (("alignment", ("said", "heard")), ("readings", ("text",))):
        table = rows(file_content(analysis, name, "csv", choices))
        texts = "".join(row[column] for row in table for column in columns)
        assert texts
        assert texts == texts.lower()


def test_the_readings_are_those_that_beam_search_finds_with_the_hotwords(analysis, rows):
    table = rows(file_content(analysis, "readings", "csv", Choices(hotwords="stock, stork")))
    found = analysis.beam_search(hotwords=["stock", "stork"])
    assert [row["text"] for row in table] == [hypothesis.text.lower() for hypothesis in found]
    assert [float(row["score"]) for row in table] == [hypothesis.score for hypothesis in found]
    assert found != analysis.beam_search()


def test_the_figure_of_the_emissions_has_their_rows_in_small_letters(analysis):
    axes = EXHIBITS["emissions"].draw(analysis, Choices().resolved(analysis)).axes[0]
    found = analysis.emissions()
    assert [label.get_text() for label in axes.get_yticklabels()] == [each.lower() for each in found.labels]
    assert (axes.images[0].get_array() == found.probabilities.T).all()


def test_every_layer_s_transcript_can_be_downloaded(analysis):
    choices = Choices(reference=analysis.transcript_greedy.text).resolved(analysis)
    rows = EXHIBITS["lens"].tabulate(analysis, choices)
    lens = analysis.lens(choices.reference)
    num_states = analysis.encoding.num_layers + 1
    assert {len(column) for column in rows.values()} == {len(lens.read_outs) * num_states}
    assert rows["layer"].tolist() == list(range(num_states)) * len(lens.read_outs)
    np.testing.assert_array_equal(rows["cer"][:num_states], lens.read_outs["head"].cer)
    assert set(rows["compared_with"]) == {"reference"}
    axes = EXHIBITS["lens"].draw(analysis, choices).axes[0]
    assert len(axes.lines) == len(lens.read_outs) + 1
    np.testing.assert_array_equal(axes.lines[-1].get_ydata(), lens.best.cer_by_chance)


@pytest.mark.parametrize("reference", ["", "The harbour was quiet."])
def test_where_each_letter_is_decided_can_be_downloaded(analysis, reference):
    rows = EXHIBITS["lens_letters"].tabulate(analysis, Choices(reference=reference).resolved(analysis))
    best = analysis.lens(reference).best
    letters = (best.said if reference else best.letters).letters
    assert {len(column) for column in rows.values()} == {len(letters)}
    for number, letter in enumerate(letters):
        assert rows["letter"][number].lower() == letter.text.lower()
        decided = rows["decided_layer"][number]
        assert letter.decided_layer == (None if np.isnan(decided) else decided)
        assert tuple(rows[f"layer_{layer}"][number] for layer in range(len(best.texts))) == letter.is_found
    assert set(rows["letters_of"]) == {"reference" if reference else "greedy transcript"}


def test_the_sound_of_a_layer_can_be_downloaded_with_both_spectrograms(analysis):
    exhibit, choices = EXHIBITS["layer_sound"], Choices(layer=1, sound_layer=3).resolved(analysis)
    assert exhibit.sound(analysis, choices) is analysis.resynthesise(3)
    titles = [axes.get_title(loc="left") for axes in exhibit.draw(analysis, choices).axes]
    assert titles == ["the recording", "the sound of layer 3"]


def test_only_a_checkpoint_that_reads_itself_and_can_be_heard_has_them(analysis):
    names = ("lens", "lens_letters", "layer_sound")
    assert all(EXHIBITS[name].is_of(analysis) for name in names)
    bare = copy(analysis)
    bare.load = lambda spec: replace(analysis.load(spec), ctc_model=None, read_sound_decoders=None)
    assert not any(EXHIBITS[name].is_of(bare) for name in names)
    assert [EXHIBITS[name].why_not(bare) for name in names] == [bare.why_no_lens] * 2 + [bare.why_no_sound]
