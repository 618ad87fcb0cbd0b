"""What can be downloaded of the Attention view."""

import io

import numpy as np

from hubert_demo.export import EXHIBITS, Choices, file_content


def test_figures_count_layers_and_heads_as_the_page_does_and_write_small_letters(analysis):
    choices = Choices(attention_layer=2, head=0).resolved(analysis)
    map_shown = EXHIBITS["attention"].draw(analysis, choices)
    assert map_shown.get_suptitle() == "Layer 3, head 1"
    letters = EXHIBITS["emissions"].draw(analysis, choices).axes[0]
    rows_shown = [label.get_text() for label in letters.get_yticklabels()]
    assert rows_shown == ["space", *sorted(rows_shown[1:-1]), "blank"]
    assert "e" in rows_shown
    for axes in (*map_shown.axes, letters, *EXHIBITS["timeline"].draw(analysis, choices).axes):
        assert all(text.get_text() == text.get_text().lower() for text in axes.texts)


def test_numbers_of_the_chosen_head_are_those_of_the_library(analysis):
    choices = Choices(layer=1, attention_layer=2, head=3)
    with np.load(io.BytesIO(file_content(analysis, "attention", "npz", choices))) as archive:
        assert np.array_equal(archive["attention"], analysis.attention(2, 3))
        assert np.array_equal(archive["frame_times_s"], analysis.encoding.frame_times_s)


def test_the_figure_of_the_chosen_head_shows_its_map(analysis):
    choices = Choices(attention_layer=2, head=3).resolved(analysis)
    image = EXHIBITS["attention"].draw(analysis, choices).axes[0].images[0]
    assert np.array_equal(image.get_array(), analysis.attention(2, 3))


def test_the_table_of_heads_has_a_row_for_each_with_its_kind(analysis, rows):
    table = rows(file_content(analysis, "heads", "csv", Choices()))
    metrics = analysis.head_metrics()
    assert len(table) == metrics.kinds.size
    for row in table:
        layer, head = int(row["layer"]), int(row["head"])
        assert row["kind"] == metrics.kinds[layer, head]
        assert float(row["diagonality"]) == metrics.diagonality[layer, head]
        assert row["entropy_nats"] == row["globalness"]
