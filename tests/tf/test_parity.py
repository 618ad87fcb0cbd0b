"""The Keras models against the PyTorch ones, with the same weights."""

import numpy as np
import pytest
import tensorflow as tf
import torch

from hubert_demo.model.config_checks import ACTIVATION_FORMULAS
from hubert_demo.tf.weights import parameters
from tests.small import WITHOUT_CHANCE

NORMS = pytest.mark.parametrize("norm", ["group", "layer"])
ORDERS = pytest.mark.parametrize("stable", [False, True], ids=["post-norm", "stable"])
MASKS = pytest.mark.parametrize("masked", [False, True], ids=["whole", "padded"])
LABELS = np.array([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])


def run_both(pair, batch, masked, **arguments):
    values, mask = batch
    with torch.no_grad():
        theirs = pair.torch(
            torch.from_numpy(values),
            attention_mask=torch.from_numpy(mask) if masked else None,
            **{n: torch.from_numpy(v) if isinstance(v, np.ndarray) else v for n, v in arguments.items()},
        )
    ours = pair.tf(values, attention_mask=mask if masked else None, **arguments)
    return ours, theirs


@NORMS
@ORDERS
@MASKS
class TestEveryVariant:
    def test_hidden_states(self, pair, batch, assert_close, norm, stable, masked):
        models = pair("model", feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(models, batch, masked, output_hidden_states=True)
        assert len(ours.hidden_states) == len(theirs.hidden_states) == 4
        for mine, reference in zip(ours.hidden_states, theirs.hidden_states, strict=True):
            assert_close(mine, reference)
        assert_close(ours.last_hidden_state, theirs.last_hidden_state)
        np.testing.assert_array_equal(ours.hidden_states[-1], ours.last_hidden_state)

    def test_attention_maps(self, pair, batch, assert_close, norm, stable, masked):
        models = pair("model", feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(models, batch, masked, output_attentions=True)
        assert len(ours.attentions) == 3
        for mine, reference in zip(ours.attentions, theirs.attentions, strict=True):
            assert_close(mine, reference)
        assert_close(ours.last_hidden_state, theirs.last_hidden_state)

    def test_ctc_logits_and_loss(self, pair, batch, assert_close, norm, stable, masked):
        models = pair("ctc", feat_extract_norm=norm, do_stable_layer_norm=stable)
        ours, theirs = run_both(models, batch, masked, labels=LABELS)
        assert_close(ours.logits, theirs.logits)
        assert_close(ours.loss, theirs.loss[None])

    def test_switched_off_heads(self, new_pair, batch, assert_close, norm, stable, masked):
        models = new_pair("ctc", feat_extract_norm=norm, do_stable_layer_norm=stable)
        head_mask = np.ones((3, 4), np.float32)
        head_mask[0, 1] = head_mask[2, 0] = head_mask[2, 3] = 0
        before = run_both(models, batch, masked)[0].logits
        with torch.no_grad():
            for layer, switches in zip(models.torch.hubert.encoder.layers, head_mask, strict=True):
                columns = np.repeat(switches, layer.attention.head_dim)
                layer.attention.out_proj.weight *= torch.from_numpy(columns)
        values, mask = batch
        ours = models.tf(values, attention_mask=mask if masked else None, head_mask=head_mask).logits
        _, theirs = run_both(models, batch, masked)
        assert_close(ours, theirs.logits)
        assert not np.allclose(ours, before, atol=1e-2)


@NORMS
@ORDERS
@pytest.mark.parametrize("kernel", [15, 16], ids=["odd", "even"])
@pytest.mark.parametrize("batch_norm", [False, True], ids=["weight-norm", "batch-norm"])
def test_positional_convolutions(pair, batch, assert_close, norm, stable, kernel, batch_norm):
    models = pair(
        "model",
        feat_extract_norm=norm,
        do_stable_layer_norm=stable,
        num_conv_pos_embeddings=kernel,
        conv_pos_batch_norm=batch_norm,
        conv_bias=True,
    )
    ours, theirs = run_both(models, batch, masked=True, output_hidden_states=True)
    for mine, reference in zip(ours.hidden_states, theirs.hidden_states, strict=True):
        assert_close(mine, reference)


@pytest.mark.parametrize(
    "settings",
    [
        {"feat_proj_layer_norm": False},
        {"layer_norm_eps": 1e-3, "feat_extract_norm": "layer"},
        {"mask_time_prob": 0.0},
        {"num_hidden_layers": 0},
    ],
    ids=lambda settings: ",".join(f"{name}={value}" for name, value in settings.items()),
)
def test_each_documented_choice_of_architecture(pair, batch, assert_close, settings):
    ours, theirs = run_both(pair("ctc", **settings), batch, masked=True)
    assert_close(ours.logits, theirs.logits)


@pytest.mark.parametrize("place", ["hidden_act", "feat_extract_activation"])
@pytest.mark.parametrize("name", sorted(ACTIVATION_FORMULAS))
def test_each_activation(pair, batch, assert_close, place, name):
    ours, theirs = run_both(pair("model", **{place: name}), batch, masked=False)
    assert_close(ours.last_hidden_state, theirs.last_hidden_state)


@MASKS
def test_given_mask_time_indices_apply_outside_training(pair, batch, assert_close, masked):
    models = pair("model", feat_extract_norm="layer")
    indices = np.zeros((2, 39), dtype=bool)
    indices[0, 5:15] = indices[1, 2:6] = True
    ours, theirs = run_both(models, batch, masked, mask_time_indices=indices)
    assert_close(ours.last_hidden_state, theirs.last_hidden_state)
    assert not np.allclose(ours.last_hidden_state, run_both(models, batch, masked)[0][0], atol=1e-2)


@NORMS
@MASKS
def test_long_recordings_go_in_pieces_and_blocks(pair, assert_close, norm, masked):
    models = pair("model", feat_extract_norm=norm)
    length = 40 * 777 + 13
    values = 2 * np.random.default_rng(3).standard_normal((2, length)).astype(np.float32) + 0.5
    values[1, length // 2 :] = 0
    mask = (np.arange(length) < np.array([[length], [length // 2]])).astype(np.int64)
    front_end = models.tf.feature_extractor
    pieces = front_end(values)
    assert pieces.shape[1] == 776 > front_end.whole_frames
    assert_close(pieces, front_end(values, training=True), 1e-5)
    ours, theirs = run_both(models, (values, mask), masked)
    assert_close(ours.last_hidden_state, theirs.last_hidden_state)


def test_one_head_mask_for_all_layers(pair, batch):
    model = pair("model").tf
    one = model(batch[0], head_mask=np.array([1.0, 0, 0.5, 1])).last_hidden_state
    each = model(batch[0], head_mask=np.tile([1.0, 0, 0.5, 1], (3, 1))).last_hidden_state
    np.testing.assert_array_equal(one, each)


@MASKS
def test_embeds_stand_for_the_projected_features(pair, batch, masked):
    model = pair("ctc").tf
    values, mask = batch
    hubert = model.hubert
    embeds = hubert.feature_projection(hubert.feature_extractor(values))
    frames = hubert.frame_lengths(mask)
    frame_mask = tf.sequence_mask(frames, 39) if masked else None
    direct = model(values, attention_mask=mask if masked else None, labels=LABELS)
    through = model(inputs_embeds=embeds, attention_mask=frame_mask, labels=LABELS)
    np.testing.assert_array_equal(direct.logits, through.logits)
    np.testing.assert_array_equal(direct.loss, through.loss)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@MASKS
@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        np.array([[-100, 3, -100, 4, 4], [7, -1, 3, -100, 1]]),
        np.array([[-100, -100], [3, 3]]),
        np.full((2, 1), -100),
        np.array([[0, 3], [3, 0]]),
    ],
    ids=["padded", "padding between", "empty row", "empty", "blanks"],
)
def test_loss_of_each_kind_of_labels(pair, batch, assert_close, reduction, masked, labels):
    models = pair("ctc", ctc_loss_reduction=reduction)
    ours, theirs = run_both(models, batch, masked, labels=labels)
    assert_close(ours.loss, theirs.loss[None])


@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_loss_of_a_text_too_long_for_the_recording(pair, batch, assert_close, zero, reduction):
    models = pair("ctc", ctc_zero_infinity=zero, ctc_loss_reduction=reduction)
    labels = np.full((2, 5), -100)
    labels[0, :2] = 3, 4
    labels[1] = 3  # nine frames with the blanks in between; there are seven
    values = batch[0][:, :320]
    with tf.GradientTape() as tape:
        loss = models.tf(values, labels=labels).loss
    with torch.no_grad():
        reference = models.torch(torch.from_numpy(values), labels=torch.from_numpy(labels)).loss
    if zero:
        assert_close(loss, reference[None])
    else:
        assert loss.numpy().tolist() == [reference.item()] == [float("inf")]
    gradients = tape.gradient(loss, models.tf.lm_head.kernel)
    assert np.isfinite(gradients).all()


@NORMS
@ORDERS
@MASKS
@pytest.mark.parametrize("batch_norm", [False, True], ids=["weight-norm", "batch-norm"])
def test_losses_and_gradients_in_training(new_pair, batch, assert_close, norm, stable, masked, batch_norm):
    models = new_pair(
        feat_extract_norm=norm, do_stable_layer_norm=stable, conv_pos_batch_norm=batch_norm, **WITHOUT_CHANCE
    )
    values, mask = batch
    reference = models.torch.train()(
        torch.from_numpy(values),
        attention_mask=torch.from_numpy(mask) if masked else None,
        labels=torch.from_numpy(LABELS),
    ).loss
    reference.backward()
    own = {name: p for name, p in parameters(models.tf).items() if p.variable.trainable}
    with tf.GradientTape() as tape:
        loss = models.tf(values, attention_mask=mask if masked else None, labels=LABELS, training=True).loss
    assert_close(loss, reference[None])
    gradients = tape.gradient(loss, [parameter.variable for parameter in own.values()])
    theirs = {name: p.grad for name, p in models.torch.named_parameters()}
    largest = max(gradient.abs().max().item() for gradient in theirs.values() if gradient is not None)
    assert own.keys() == theirs.keys()
    for (name, parameter), gradient in zip(own.items(), gradients, strict=True):
        if theirs[name] is None:
            assert gradient is None
            continue
        turned = gradient.numpy().T if parameter.is_turned else gradient.numpy()
        # What is zero but for rounding (of the keys' biases) is compared with the largest of all.
        scale = max(theirs[name].abs().max().item(), 1e-3 * largest)
        assert np.abs(turned - theirs[name].numpy()).max() <= 1e-3 * scale, name
    if batch_norm:
        buffers = dict(models.torch.named_buffers())
        for name, parameter in parameters(models.tf).items():
            if name in buffers:
                assert_close(parameter.read(), buffers[name], 1e-5)


def test_embedded_checkpoint_reads_every_example_alike(root, examples):
    from hubert_demo.audio import Waveform
    from hubert_demo.model import HubertForCTC, Wav2Vec2Processor
    from hubert_demo.tf import TFHubertForCTC

    folder = root / "assets" / "hubert-explorer"
    processor = Wav2Vec2Processor.from_pretrained(folder)
    theirs, ours = HubertForCTC.from_pretrained(folder), TFHubertForCTC.from_pretrained(folder)
    for path in examples:
        inputs = processor(Waveform.from_file(path).samples, sampling_rate=16_000, return_tensors="np")
        with torch.no_grad():
            ids = theirs(torch.from_numpy(inputs.input_values)).logits.argmax(-1)
        text = processor.batch_decode(ids)
        assert text != [""]
        assert processor.batch_decode(tf.argmax(ours(**inputs).logits, -1)) == text
