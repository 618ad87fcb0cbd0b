"""Variants run side by side answer as passes with changes do."""

import numpy as np
import pytest
import torch

from hubert_demo.changes import FeedForwardOff, FramesMasked, HeadOff, LayerSkipped, StretchSilenced
from hubert_demo.experiments.effects import token_ids_of
from hubert_demo.inference import Variants, encode, encode_changed


@pytest.fixture(scope="module", params=[("group", False), ("layer", True)], ids=["post", "pre"])
def loaded(request, make_loaded):
    return make_loaded(*request.param)


@pytest.fixture(scope="module")
def before(loaded, noise):
    return encode(loaded, noise)


def variants_of(loaded, encoding, before):
    ctc = encoding.ctc
    return Variants(loaded, encoding, before, token_ids_of(ctc, ctc.logits.argmax(axis=1)))


def assert_answers(answers, number, encoding):
    np.testing.assert_allclose(answers.ctc_logits[number], encoding.ctc.logits, rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(answers.class_logits[number], encoding.classes.logits, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("by", ["zero", "mean"])
@pytest.mark.parametrize("changes", [(), ("head_off:1.1,feed_forward_off:2,attention_cut:0.2-0.3:0.5-0.6",)])
def test_heads_off_side_by_side_are_passes_with_that_change(loaded, before, by, changes):
    encoding = encode_changed(loaded, before, changes)
    variants = variants_of(loaded, encoding, before)
    for layer in range(4):
        answers = variants.heads_off(layer, [0, 2], by)
        assert len(answers.ctc_losses) == 2
        for number, head in enumerate([0, 2]):
            assert_answers(
                answers, number, encode_changed(loaded, before, [*changes, HeadOff(layer, head, by)])
            )


@pytest.mark.parametrize("by", ["zero", "mean"])
def test_a_head_s_own_subspace_taken_away_is_that_head_off(loaded, before, by):
    variants = variants_of(loaded, before, before)
    columns = np.eye(24, dtype=np.float32).reshape(3, 8, 24).transpose(0, 2, 1)
    by_subspace, by_head = variants.subspaces_off(1, columns, by), variants.heads_off(1, range(3), by)
    np.testing.assert_allclose(by_subspace.ctc_logits, by_head.ctc_logits, atol=2e-5)
    np.testing.assert_allclose(by_subspace.ctc_losses, by_head.ctc_losses, rtol=1e-5)


@pytest.mark.parametrize("changes", [(), ("head_off:1.0",), ("stretch_silenced:0.1-0.2,layer_skipped:0",)])
def test_more_changes_come_on_top_of_those_that_there_are(loaded, before, changes):
    encoding = encode_changed(loaded, before, changes)
    variants = variants_of(loaded, encoding, before)
    more = [LayerSkipped(2), FeedForwardOff(3), FramesMasked(0.2, 0.3), StretchSilenced(0.4, 0.5)]
    for change in more:
        assert_answers(variants.changed([change]), 0, encode_changed(loaded, before, [*changes, change]))
    assert_answers(variants.changed([]), 0, encoding)
    assert_answers(variants.unchanged(), 0, encoding)


def test_in_a_layer_that_is_skipped_no_head_matters(loaded, before):
    encoding = encode_changed(loaded, before, [LayerSkipped(1)])
    answers = variants_of(loaded, encoding, before).heads_off(1, range(3))
    assert answers.ctc_logits.shape[0] == answers.class_logits.shape[0] == len(answers.ctc_losses) == 3
    for number in range(3):
        assert_answers(answers, number, encoding)


def test_losses_are_those_of_the_model_s_own_ctc_loss(loaded, before, noise):
    variants = variants_of(loaded, before, before)
    labels = torch.tensor([token_ids_of(before.ctc, before.ctc.logits.argmax(axis=1))])
    model = loaded.ctc_model
    inputs = loaded.feature_extractor(noise.samples, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        loss = model(**inputs, labels=labels).loss
    np.testing.assert_allclose(variants.unchanged().ctc_losses, [loss.item()], rtol=1e-5)


def test_layers_below_do_not_run(loaded, before):
    ran = []
    hooks = [
        layer.register_forward_hook(lambda *_, index=index: ran.append(index))
        for index, layer in enumerate(loaded.encoder.encoder.layers)
    ]
    variants = variants_of(loaded, before, before)
    variants.unchanged()
    variants.heads_off(2, range(3))
    variants.changed([LayerSkipped(2)])
    for hook in hooks:
        hook.remove()
    assert ran == [2, 3, 3]
