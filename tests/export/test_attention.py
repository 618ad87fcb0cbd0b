"""What can be downloaded of the Attention view."""

import io

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices, file_content
from hubert_demo.export.choices import CLEAREST


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


@pytest.fixture(scope="module")
def tiny(write_checkpoint, tmp_path_factory):
    """Noise, as a model of three layers with two heads each hears it."""
    folder = write_checkpoint(tmp_path_factory.mktemp("tiny") / "reader")
    samples = np.random.default_rng(3).normal(0, 0.1, 8000).astype(np.float32)
    return analyze(samples, sample_rate_hz=16_000, checkpoint=folder)


def test_a_sweep_over_heads_has_a_row_for_each(tiny, rows):
    choices = Choices(head_sweep=CLEAREST)
    table = rows(file_content(tiny, "head_sweep", "csv", choices))
    sweep = tiny.sweep("heads")
    assert [float(row["loss_rise"]) for row in table] == pytest.approx(sweep.effects.loss_rise.ravel())
    assert [row["is_marked"] for row in table] == [str(each) for each in sweep.is_marked.ravel()]
    assert [(row["layer"], row["head"]) for row in table][:3] == [("0", "0"), ("0", "1"), ("1", "0")]
    figure = EXHIBITS["head_sweep"].draw(tiny, choices.resolved(tiny))
    picture = figure.axes[0]
    # A loss that falls is no effect.
    np.testing.assert_array_equal(picture.images[0].get_array(), np.maximum(sweep.effects.loss_rise, 0))
    assert len(picture.patches) == sweep.is_marked.sum()
    assert "1 in 51" in picture.get_title()


def test_a_sweep_over_words_has_a_row_for_each(tiny, rows):
    choices = Choices(word_sweep=CLEAREST)
    table = rows(file_content(tiny, "word_sweep", "csv", choices))
    sweep = tiny.sweep("words")
    assert [float(row["loss_rise"]) for row in table] == pytest.approx(sweep.effects.loss_rise)
    bars, curve = EXHIBITS["word_sweep"].draw(tiny, choices.resolved(tiny)).axes
    assert [bar.get_width() for bar in bars.patches] == pytest.approx(sweep.effects.loss_rise)
    np.testing.assert_array_equal(curve.lines[-1].get_ydata(), sweep.removed)
    assert len(curve.lines) == 6


def test_a_sweep_is_run_for_nobody_who_did_not_ask(analysis, monkeypatch):
    monkeypatch.setattr(analysis, "sweep", lambda *_: pytest.fail("this takes long"))
    for name in ("head_sweep", "word_sweep"):
        with pytest.raises(InputError, match="in turn” first, with nothing changed"):
            file_content(analysis, name, "csv", Choices())
