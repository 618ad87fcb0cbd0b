"""Sweeps of a classifier of anything else than keywords follow one of its labels."""

import json

import numpy as np
import pytest

from hubert_demo.api import analyze
from hubert_demo.changes import HeadOff, LayerSkipped
from hubert_demo.commands.sweep import _as_lines
from hubert_demo.errors import InputError
from hubert_demo.export import EXHIBITS, Choices

MOODS = ("angry", "happy", "neutral", "sad")


@pytest.fixture(scope="module", params=["single_label_classification", "multi_label_classification"])
def analysis(request, root, write_checkpoint, tmp_path_factory):
    """By a classifier without a CTC head of its own; either its labels add up, or each is by itself."""
    folder = write_checkpoint(tmp_path_factory.mktemp("moods"), "classifier", labels=MOODS)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "problem_type": request.param}))
    return analyze(root / "assets" / "examples" / "stop.wav", checkpoint=folder, device="cpu")


def score(analysis, label):
    return analysis.classification.scores[MOODS.index(label)]


def test_the_likeliest_label_is_followed_unless_another_is_chosen(analysis):
    found = analysis.classification
    sweep = analysis.sweep("heads")
    assert sweep.keyword == MOODS[found.order[0]]
    assert sweep.keyword_probability == pytest.approx(found.scores.max(), abs=1e-6)
    sweep = analysis.sweep("heads", keyword="sad")
    for layer, head in ((0, 0), (2, 1)):
        after = score(analysis.change(HeadOff(layer, head)), "sad")
        change = after - score(analysis, "sad")
        assert sweep.effects.keyword_change[layer, head] == pytest.approx(change, abs=1e-6)


def test_without_a_text_there_is_no_loss_to_compare_with_chance_and_nothing_is_marked(analysis):
    sweep = analysis.sweep("heads")
    assert np.isnan(sweep.effects.loss_rise).all()
    assert np.isnan(sweep.effects.characters_changed).all()
    assert (sweep.by_chance, sweep.is_marked.any()) == (None, False)
    assert sweep.num_passes == sweep.effects.keyword_change.size
    figure = EXHIBITS["head_sweep"].draw(analysis, Choices(head_sweep="clearest"))
    assert f"“{sweep.keyword}”" in figure.axes[1].get_ylabel()
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert drawn == [f"{100 * change:z.1f}" for change in sweep.effects.keyword_change.flat]


def test_layers_and_words_are_measured_by_it_too(analysis):
    layers = analysis.sweep("layers", keyword="happy")
    after = score(analysis.change(LayerSkipped(1)), "happy")
    assert layers.skipped.keyword_change[1] == pytest.approx(after - score(analysis, "happy"), abs=1e-6)
    words = analysis.sweep("words", keyword="happy")
    [word] = words.words
    silenced = analysis.change(f"stretch_silenced:{word.start_s:.6f}-{word.end_s:.6f}")
    change = score(silenced, "happy") - score(analysis, "happy")
    assert words.effects.keyword_change == pytest.approx(change, abs=1e-4)
    # The text is another checkpoint's.
    assert np.isfinite(words.effects.loss_rise).all()


def test_a_label_that_it_does_not_have_is_refused(analysis):
    with pytest.raises(InputError, match="does not know the label 'banana'; it knows angry, happy, neutral"):
        analysis.sweep("heads", keyword="banana")


def test_the_shell_prints_the_label_s_probability_and_no_loss_that_there_is_not(analysis):
    lines = _as_lines(analysis.sweep("heads", keyword="sad"), "STOP")
    assert lines[0] == "change of the probability of “sad”, percentage points"
    changes = analysis.sweep("heads", keyword="sad").effects.keyword_change
    assert [float(cell) for cell in lines[2].split()[1:]] == pytest.approx(100 * changes[0], abs=0.006)
    assert "nan" not in "".join(lines)
