"""Resumed passes are the whole pass; each change gives what a model changed by hand gives."""

import numpy as np
import pytest
import torch

from hubert_demo.audio import Waveform
from hubert_demo.changes import HeadOff, LayerSkipped, PatchSource, StatesPatched
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load_checkpoint
from hubert_demo.inference import ChangedPass, encode, encode_changed, frame_mask_of
from hubert_demo.model import HubertConfig
from tests.changes.oracles import A, assert_as, expected, rows_of

BASE = HubertConfig(vocab_size=8)
LARGE = HubertConfig(
    vocab_size=8, hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096
)


@pytest.fixture(scope="module")
def embedded():
    return load_checkpoint(DEFAULT_CHECKPOINT, "cpu")


def assert_resumed_alike(loaded, encoding):
    model = loaded.encoder
    mask = frame_mask_of(loaded, encoding.num_frames)
    with torch.inference_mode():
        for layer in range(encoding.num_layers + 1):
            states = model.encoder.resume(
                torch.tensor(encoding.hidden_states[layer : layer + 1]), layer, mask
            )
            np.testing.assert_array_equal(torch.cat(states).numpy(), encoding.hidden_states[layer:])


def test_resuming_from_every_layer_gives_the_whole_pass_bit_for_bit(loaded, before):
    assert_resumed_alike(loaded, before)


def test_no_change_is_the_pass_itself(loaded, before):
    assert encode_changed(loaded, before, []) is before
    unchanged = ChangedPass.prepare(loaded, before, [LayerSkipped(0)])
    assert unchanged.layer == 0
    assert unchanged.encoder is loaded.encoder.encoder


def test_a_patch_of_a_layer_s_own_rows_changes_no_bit(loaded, before):
    for layer in range(before.num_layers + 1):
        own = before.hidden_states[layer, 10:20]
        patch = StatesPatched(layer, *A, PatchSource("random", A[0])).with_rows(own)
        changed = encode_changed(loaded, before, [patch])
        np.testing.assert_array_equal(changed.hidden_states, before.hidden_states)
        np.testing.assert_array_equal(changed.ctc.logits, before.ctc.logits)
        np.testing.assert_array_equal(changed.classes.logits, before.classes.logits)


def test_every_change_gives_what_a_model_changed_by_hand_gives(loaded, before, noise):
    for name, changes, states in expected(loaded, noise):
        changed = encode_changed(loaded, before, changes)
        assert_as(changed, loaded, states)
        assert np.abs(changed.ctc.logits - before.ctc.logits).max() > 1e-3, name


def test_the_last_states_can_be_patched_for_the_heads(loaded, before):
    rows = rows_of(loaded)
    patch = StatesPatched(before.num_layers, *A, PatchSource("random", 0.0)).with_rows(rows)
    changed = encode_changed(loaded, before, [patch])
    np.testing.assert_array_equal(changed.hidden_states[-1, 10:20], rows)
    np.testing.assert_array_equal(changed.hidden_states[:-1], before.hidden_states[:-1])
    with torch.no_grad():
        logits = loaded.ctc_model.lm_head(torch.tensor(rows)).numpy()
    np.testing.assert_allclose(changed.ctc.logits[10:20], logits, rtol=1e-5, atol=1e-6)


def test_only_layers_from_the_lowest_changed_one_on_are_computed(loaded, before):
    ran, convolved = [], []
    hooks = [
        layer.register_forward_hook(lambda *_, index=index: ran.append(index))
        for index, layer in enumerate(loaded.encoder.encoder.layers)
    ]
    hooks.append(loaded.encoder.feature_extractor.register_forward_hook(lambda *_: convolved.append(1)))
    try:
        encode_changed(loaded, before, [HeadOff(3, 0), HeadOff(2, 1)])
        assert (ran, convolved) == ([2, 3], [])
        ran.clear()
        encode_changed(loaded, before, [LayerSkipped(1)])
        assert (ran, convolved) == ([2, 3], [])
        ran.clear()
        encode_changed(loaded, before, ["frames_masked:0.2-0.4"])
        assert (ran, convolved) == ([0, 1, 2, 3], [1])
    finally:
        for hook in hooks:
            hook.remove()


def test_the_embedded_checkpoint_does_as_changed_by_hand(embedded, root):
    speech = Waveform.from_file(root / "assets" / "examples" / "stop.wav")
    waveform = Waveform(speech.samples[:16_000])
    encoding = encode(embedded, waveform)
    assert_resumed_alike(embedded, encoding)
    for _, changes, states in expected(embedded, waveform):
        assert_as(encode_changed(embedded, encoding, changes), embedded, states)


@pytest.mark.slow
@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
@pytest.mark.parametrize(
    ("config", "norm", "stable"), [(BASE, "group", False), (LARGE, "layer", True)], ids=["base", "large"]
)
def test_models_of_full_size_do_too(make_loaded, noise, config, norm, stable, implementation):
    big = make_loaded.__wrapped__(norm, stable, implementation, config, 0.02)
    encoding = encode(big, noise)
    assert_resumed_alike(big, encoding)
    for _, changes, states in expected(big, noise):
        assert_as(encode_changed(big, encoding, changes), big, states)
