"""Sweeps over heads and layers measure what changes measure; the null marks few by chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.changes import FeedForwardOff, HeadOff, LayerSkipped
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects, edits, token_ids_of
from hubert_demo.experiments.heads import HeadSweep, random_bases, sweep_heads
from hubert_demo.inference import Variants, encode
from tests.changes.conftest import SMALL


@pytest.fixture(scope="module")
def analysis(root):
    return analyze(root / "assets" / "examples" / "stop.wav", device="cpu")


@pytest.fixture(scope="module")
def sweep(analysis):
    return analysis.sweep("heads", num_draws=3)


def steps_of(loaded, waveform, **options):
    encoding = encode(loaded, waveform)
    text = token_ids_of(encoding.ctc, encoding.ctc.logits.argmax(axis=1))
    return list(sweep_heads(Variants(loaded, encoding, encoding, text), encoding, **options))


def test_effects_are_those_of_the_changes(analysis, sweep):
    assert sweep.effects.loss_rise.shape == (8, 6)
    assert sweep.keyword == analysis.keywords.label == "stop"
    before = analysis.keywords.probability
    assert sweep.keyword_probability == pytest.approx(before, abs=1e-6)
    for layer, head in ((0, 0), (5, 3), (7, 5)):
        changed = analysis.change(HeadOff(layer, head))
        text = changed.transcript_greedy.text
        assert sweep.effects.characters_changed[layer, head] == edits(analysis.transcript_greedy.text, text)
        probability = changed.keywords.window_probabilities[:, changed.keywords.labels.index("stop")].max()
        assert sweep.effects.keyword_change[layer, head] == pytest.approx(probability - before, abs=1e-5)


def test_layers_and_feed_forwards_are_too(analysis):
    sweep = analysis.sweep("layers", keyword="go")
    assert sweep.num_done == sweep.num_passes == 16
    for change, effects in ((LayerSkipped(2), sweep.skipped), (FeedForwardOff(2), sweep.feed_forward_off)):
        changed = analysis.change(change)
        text = changed.transcript_greedy.text
        assert effects.characters_changed[2] == edits(analysis.transcript_greedy.text, text)
        probability = changed.keywords.window_probabilities[:, changed.keywords.labels.index("go")].max()
        assert sweep.keyword_probability + effects.keyword_change[2] == pytest.approx(probability, abs=1e-5)
        assert np.isfinite(effects.loss_rise).all()


def test_it_comes_in_steps_the_top_layer_first(make_loaded, noise):
    steps = steps_of(make_loaded(), noise, num_draws=20)
    assert np.isfinite(steps[0].effects.loss_rise[3]).all()
    assert np.isnan(steps[0].effects.loss_rise[:3]).all()
    done = [step.num_done for step in steps]
    assert done == sorted(done)
    assert (done[0], done[-1], steps[-1].num_passes) == (3, 92, 92)
    assert not any(step.is_marked.any() for step in steps[:4])
    assert np.isfinite(steps[-1].null.loss_rise).all()


def test_the_same_seed_gives_the_same_draws(make_loaded, noise):
    runs = [steps_of(make_loaded(), noise, num_draws=2, seed=seed)[-1] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(runs[0].null.loss_rise, runs[1].null.loss_rise)
    assert (runs[0].null.loss_rise != runs[2].null.loss_rise).all()


def test_random_subspaces_have_a_head_s_rank(make_loaded, noise):
    encoding = encode(make_loaded(), noise)
    bases = random_bases(encoding, 4, np.random.default_rng(0))
    assert bases.shape == (4, 24, 8)
    np.testing.assert_allclose(bases.mT @ bases, np.broadcast_to(np.eye(8), (4, 8, 8)), atol=1e-6)


def test_marked_is_what_exceeds_every_draw_of_its_layer():
    rises, draws = np.array([[1.0, 3.0], [2.0, np.nan]]), np.array([[0.5, 2.0], [2.0, 1.0]])
    effects, null = (replace(Effects.unknown(2, 2), loss_rise=each) for each in (rises, draws))
    sweep = HeadSweep("zero", None, 1.0, np.nan, effects, null, 8, 8)
    assert sweep.is_marked.tolist() == [[False, True], [False, False]]
    assert sweep.by_chance == 1 / 3
    without = replace(sweep, null=Effects.unknown(2, 0))
    assert not without.is_marked.any()
    assert without.by_chance is None


def test_what_cannot_be_swept_is_refused(analysis, write_checkpoint, tmp_path, root):
    with pytest.raises(InputError, match="does not know the keyword 'banana'; it knows yes"):
        analysis.sweep("heads", keyword="banana")
    with pytest.raises(InputError, match="no sweep of 'colours'; choose one of heads, layers, words"):
        analysis.sweep("colours")
    bare = analyze(
        root / "assets/examples/stop.wav", checkpoint=write_checkpoint(tmp_path, "encoder"), device="cpu"
    )
    age = write_checkpoint(tmp_path / "age", "classifier", labels=("age",))
    for made in (bare, analyze(root / "assets/examples/stop.wav", checkpoint=age, device="cpu")):
        for what in ("heads", "layers"):
            with pytest.raises(InputError, match="neither a CTC head nor one that gives probabilities"):
                made.sweep(what)
    with pytest.raises(InputError, match="1,001 random subspaces cannot be drawn; give 0 to 1,000"):
        analysis.sweep("heads", num_draws=1001)
    for num_draws in (-1, 1.5, "many"):
        with pytest.raises(InputError, match=f"{num_draws} random subspaces cannot be drawn"):
            analysis.sweep("heads", num_draws=num_draws)
    with pytest.raises(InputError, match="A head is off by 'x'; choose zero or mean"):
        analysis.sweep("heads", by="x")
    with pytest.raises(InputError, match="Keyword 5 is not a text"):
        analysis.sweep("heads", keyword=5)
    for what in ("heads", "words"):
        with pytest.raises(InputError, match="A seed of -1 is no seed"):
            analysis.sweep(what, seed=-1)


def with_loud_head(loaded, layer, head):
    attention = loaded.encoder.encoder.layers[layer].attention
    width = attention.head_dim
    with torch.no_grad():
        attention.out_proj.weight[:, head * width : (head + 1) * width] *= 20
    return loaded


@pytest.mark.parametrize("build", [("group", False), ("group", True), ("layer", False), ("layer", True)])
def test_a_head_that_is_twenty_times_as_loud_ranks_first(make_loaded, noise, build):
    loaded = with_loud_head(make_loaded.__wrapped__(*build, scale=0.05), 2, 1)
    sweep = steps_of(loaded, noise, num_draws=0)[-1]
    assert np.unravel_index(sweep.effects.loss_rise.argmax(), (4, 3)) == (2, 1)


@pytest.mark.slow
def test_of_random_models_at_most_4_percent_of_the_heads_are_marked(make_loaded):
    config = replace(SMALL, hidden_size=64, num_attention_heads=8, num_hidden_layers=6)
    marked = []
    for seed in range(20):
        waveform = Waveform.from_array(np.random.default_rng(seed).normal(size=16_000) * 0.1)
        loaded = make_loaded.__wrapped__(config=config, seed=seed)
        marked.append(steps_of(loaded, waveform, num_draws=50, seed=seed)[-1].is_marked)
    assert np.size(marked) == 960
    assert np.mean(marked) <= 0.04
