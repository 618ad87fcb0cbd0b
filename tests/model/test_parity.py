"""The models against transformers, stage by stage, on the same random weights in eval mode."""

import pytest
import torch

from hubert_demo.model.activations import ACTIVATIONS
from tests.small import WITHOUT_CHANCE

NORMS = pytest.mark.parametrize("norm", ["group", "layer"])
ORDERS = pytest.mark.parametrize("stable", [False, True], ids=["post-norm", "stable"])
IMPLEMENTATIONS = pytest.mark.parametrize("attn", ["eager", "sdpa"])
MASKS = pytest.mark.parametrize("masked", [False, True], ids=["whole", "padded"])

LABELS = torch.tensor([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])


def v4_states(output):
    """Hidden states with transformers 4's meaning: the last one is what the encoder returns."""
    return (*output.hidden_states[:-1], output.last_hidden_state)


def run_both(pair, batch, masked, **arguments):
    values, mask = batch
    mask = mask if masked else None
    with torch.no_grad():
        ours = pair.ours(values, attention_mask=mask, **arguments)
        # The oracle writes zeros into its own intermediate tensors, never into its input.
        theirs = pair.theirs(values, attention_mask=mask, **arguments)
    return ours, theirs


@NORMS
@ORDERS
@IMPLEMENTATIONS
@MASKS
class TestEveryVariant:
    def test_hidden_states(self, twins, batch, assert_parity, norm, stable, attn, masked):
        pair = twins("model", attn, feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(pair, batch, masked, output_hidden_states=True)
        assert len(ours.hidden_states) == len(theirs.hidden_states) == 4
        for mine, reference in zip(ours.hidden_states, v4_states(theirs), strict=True):
            assert_parity(mine, reference)
        assert_parity(ours.last_hidden_state, theirs.last_hidden_state)

    def test_attention_maps(self, twins, batch, assert_parity, norm, stable, attn, masked):
        pair = twins("model", attn, feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(pair, batch, masked, output_attentions=True)
        assert len(ours.attentions) == 3
        for mine, reference in zip(ours.attentions, theirs.attentions, strict=True):
            assert_parity(mine, reference)

    def test_ctc_logits_and_loss(self, twins, batch, assert_parity, norm, stable, attn, masked):
        pair = twins("ctc", attn, feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(pair, batch, masked, labels=LABELS, output_hidden_states=True)
        assert_parity(ours.logits, theirs.logits)
        assert_parity(ours.loss, theirs.loss)
        for mine, reference in zip(ours.hidden_states[:-1], theirs.hidden_states[:-1], strict=True):
            assert_parity(mine, reference)

    def test_classifier_logits_and_loss(self, twins, batch, assert_parity, norm, stable, attn, masked):
        pair = twins("classifier", attn, feat_extract_norm=norm, do_stable_layer_norm=stable, num_labels=5)
        ours, theirs = run_both(pair, batch, masked, labels=torch.tensor([4, 1]), output_attentions=True)
        assert_parity(ours.logits, theirs.logits)
        assert_parity(ours.loss, theirs.loss)
        for mine, reference in zip(ours.attentions, theirs.attentions, strict=True):
            assert_parity(mine, reference)

    def test_weighted_layer_sum(self, twins, batch, assert_parity, norm, stable, attn, masked):
        pair = twins(
            "classifier",
            attn,
            feat_extract_norm=norm,
            do_stable_layer_norm=stable,
            num_labels=5,
            use_weighted_layer_sum=True,
        )
        ours, theirs = run_both(pair, batch, masked)
        reference = weighted_logits_as_in_v4(pair.theirs, batch, masked) if stable else theirs.logits
        assert_parity(ours.logits, reference)


def weighted_logits_as_in_v4(model, batch, masked):
    """The oracle's own head on its hidden states as version 4 gave them to it."""
    values, mask = batch
    with torch.no_grad():
        output = model.hubert(values, mask if masked else None, output_hidden_states=True)
        weights = model.layer_weights.softmax(-1)
        mixed = sum(weight * state for weight, state in zip(weights, v4_states(output), strict=True))
        projected = model.projector(mixed)
        if not masked:
            return model.classifier(projected.mean(1))
        lengths = model._get_feat_extract_output_lengths(mask.sum(-1)).tolist()
        pooled = [row[:length].mean(0) for row, length in zip(projected, lengths, strict=True)]
        return model.classifier(torch.stack(pooled))


@NORMS
@ORDERS
@pytest.mark.parametrize("kernel", [15, 16], ids=["odd", "even"])
@pytest.mark.parametrize("batch_norm", [False, True], ids=["weight-norm", "batch-norm"])
def test_each_stage_alone(twins, batch, assert_parity, norm, stable, kernel, batch_norm):
    """Every stage gets the oracle's input of it, so that no error hides behind another."""
    pair = twins(
        "model",
        "eager",
        feat_extract_norm=norm,
        do_stable_layer_norm=stable,
        num_conv_pos_embeddings=kernel,
        conv_pos_batch_norm=batch_norm,
        conv_bias=True,
    )
    ours, theirs = pair
    with torch.no_grad():
        x = batch[0][:, None]
        for mine, reference in zip(
            ours.feature_extractor.conv_layers, theirs.feature_extractor.conv_layers, strict=True
        ):
            given, x = x, reference(x)
            assert_parity(mine(given), x)
        assert_parity(ours.feature_extractor(batch[0]), x)
        x = x.mT
        given, x = x, theirs.feature_projection(x)
        assert_parity(ours.feature_projection(given), x)
        assert_parity(ours.encoder.pos_conv_embed(x), theirs.encoder.pos_conv_embed(x))
        for mine, reference in zip(ours.encoder.layers, theirs.encoder.layers, strict=True):
            given, x = x, reference(x)
            assert_parity(mine(given, None, False)[0], x)


@pytest.mark.parametrize("stable", [False, True])
def test_last_of_the_hidden_states_is_the_last_hidden_state(twins, batch, stable):
    ours = twins("model", "sdpa", do_stable_layer_norm=stable).ours
    with torch.no_grad():
        output = ours(batch[0], output_hidden_states=True)
    assert torch.equal(output.hidden_states[-1], output.last_hidden_state)


@pytest.mark.parametrize(
    "settings",
    [
        {"num_conv_pos_embeddings": 15},
        {"conv_pos_batch_norm": True},
        {"conv_bias": True},
        {"feat_proj_layer_norm": False},
        {"layer_norm_eps": 1e-3, "feat_extract_norm": "layer"},
        {"mask_time_prob": 0.0},
    ],
    ids=lambda settings: ",".join(f"{name}={value}" for name, value in settings.items()),
)
def test_each_documented_choice_of_architecture(twins, batch, assert_parity, settings):
    pair = twins("ctc", "sdpa", **settings)
    ours, theirs = run_both(pair, batch, masked=True)
    assert_parity(ours.logits, theirs.logits)


@pytest.mark.parametrize("place", ["hidden_act", "feat_extract_activation"])
@pytest.mark.parametrize("name", sorted(ACTIVATIONS.keys() - {"selu"}))  # documented, missing there
def test_each_activation(twins, batch, assert_parity, place, name):
    pair = twins("model", "sdpa", **{place: name})
    ours, theirs = run_both(pair, batch, masked=False)
    assert_parity(ours.last_hidden_state, theirs.last_hidden_state)


@MASKS
def test_given_mask_time_indices_apply_in_eval(twins, batch, assert_parity, masked):
    pair = twins("model", "sdpa", feat_extract_norm="layer")
    indices = torch.zeros(2, 39, dtype=torch.bool)
    indices[0, 5:15] = indices[1, 2:6] = True
    ours, theirs = run_both(pair, batch, masked, mask_time_indices=indices)
    plain, _ = run_both(pair, batch, masked)
    assert_parity(ours.last_hidden_state, theirs.last_hidden_state)
    assert not torch.allclose(ours.last_hidden_state, plain.last_hidden_state, atol=1e-2)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@MASKS
def test_ctc_loss_reductions(twins, batch, assert_parity, reduction, masked):
    pair = twins("ctc", "sdpa", ctc_loss_reduction=reduction)
    ours, theirs = run_both(pair, batch, masked, labels=LABELS)
    assert_parity(ours.loss, theirs.loss)


def test_ctc_loss_of_a_text_too_long_for_the_recording(twins, batch):
    too_long = torch.arange(2 * 30).view(2, 30) % 8 + 1
    values = batch[0][:, :400]
    losses = {}
    for zero_infinity in (False, True):
        pair = twins("ctc", "sdpa", ctc_zero_infinity=zero_infinity)
        losses[zero_infinity] = pair.ours(values, labels=too_long).loss.item()
    assert losses == {False: float("inf"), True: 0.0}


@NORMS
@ORDERS
@MASKS
@pytest.mark.parametrize("batch_norm", [False, True], ids=["weight-norm", "batch-norm"])
@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_losses_and_gradients_in_training(
    new_twins, batch, assert_parity, norm, stable, masked, batch_norm, kind
):
    pair = new_twins(
        kind,
        "sdpa",
        feat_extract_norm=norm,
        do_stable_layer_norm=stable,
        conv_pos_batch_norm=batch_norm,
        use_weighted_layer_sum=not stable,
        **WITHOUT_CHANCE,
    )
    # In float32 batch norm's own gradient carries rounding into the fifth decimal, in both libraries.
    dtype = torch.float64 if batch_norm else torch.float32
    values, mask = batch[0].to(dtype), batch[1] if masked else None
    labels = LABELS if kind == "ctc" else torch.tensor([0, 1])
    losses, gradients = [], []
    for model in pair:
        loss = model.to(dtype).train()(values, attention_mask=mask, labels=labels).loss
        loss.backward()
        losses.append(loss)
        gradients.append({name: p.grad for name, p in model.named_parameters() if p.grad is not None})
    assert_parity(*losses)
    ours, theirs = gradients
    assert ours.keys() == theirs.keys()
    for name, gradient in ours.items():
        assert_parity(gradient, theirs[name])


@pytest.mark.parametrize("kind", ["model", "ctc", "classifier"])
def test_plain_tuples_hold_the_same_in_the_same_order(twins, batch, assert_parity, kind):
    pair = twins(kind, "sdpa")
    ours, theirs = run_both(
        pair, batch, masked=True, return_dict=False, output_hidden_states=True, output_attentions=True
    )
    assert isinstance(ours, tuple)
    assert len(ours) == len(theirs) == 3
    assert_parity(ours[0], theirs[0])
    assert [len(group) for group in ours[1:]] == [len(group) for group in theirs[1:]] == [4, 3]
    assert_parity(ours[2][1], theirs[2][1])


def test_parity_survives_the_order_of_the_batch(twins, batch, assert_parity):
    """Layer-norm models give a padded recording what they give it alone."""
    ours = twins("ctc", "sdpa", feat_extract_norm="layer").ours
    values, mask = batch
    with torch.no_grad():
        padded = ours(values.masked_fill(mask == 0, 0.0), attention_mask=mask).logits[1]
        alone = ours(values[1:, :1000]).logits[0]
    assert_parity(padded[: len(alone)], alone)
