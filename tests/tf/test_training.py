"""Training: what is random, what is frozen, and that `fit` makes a model better."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.model import Wav2Vec2Processor
from hubert_demo.tf import TFHubertForCTC, TFHubertModel
from hubert_demo.tf.masking import span_mask

OFF = dict.fromkeys(
    ("hidden_dropout", "activation_dropout", "attention_dropout", "final_dropout", "layerdrop"), 0.0
)
LABELS = np.array([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])


@pytest.fixture
def trainee(tiny_config):
    """Makes a fresh model, all randomness off but what is asked for."""

    def make(kind=TFHubertModel, **settings):
        keras.utils.set_random_seed(3)
        return kind(tiny_config(**{**OFF, "mask_time_prob": 0.0, **settings}))

    return make


def states(model, values, **arguments):
    return np.asarray(model(values, **arguments)[0])


@pytest.mark.parametrize(
    "settings",
    [
        *({name: 0.5} for name in OFF if name not in ("final_dropout", "layerdrop")),
        {"feat_proj_dropout": 0.5},
        {"layerdrop": 0.5},
        {"mask_time_prob": 0.5, "mask_time_length": 3},
        {"mask_feature_prob": 0.5, "mask_feature_length": 3},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_each_kind_of_chance_is_for_training_only(trainee, batch, settings):
    model = trainee(**settings)
    values = batch[0]
    calm = states(model, values)
    np.testing.assert_array_equal(calm, states(model, values))
    drawn = [states(model, values, training=True) for _ in range(6)]
    assert any(not np.array_equal(one, other) for one, other in pairwise(drawn))
    again = [states(trainee(**settings), values, training=True) for _ in range(2)]
    np.testing.assert_array_equal(*again)


def test_without_chance_training_changes_nothing(trainee, batch):
    model = trainee(apply_spec_augment=False)
    np.testing.assert_allclose(states(model, batch[0], training=True), states(model, batch[0]), atol=1e-5)


@pytest.mark.parametrize("in_graph", [False, True])
def test_dropped_layers_still_have_their_states_and_maps_of_zeros(trainee, batch, in_graph):
    model = trainee(layerdrop=1.0, output_hidden_states=True, output_attentions=True)
    train = (
        tf.function(lambda x: model(x, training=True)) if in_graph else (lambda x: model(x, training=True))
    )
    output = train(batch[0])
    assert len(output.hidden_states) == 4
    np.testing.assert_array_equal(output.hidden_states[0], output.hidden_states[3])
    assert [np.abs(maps).max() for maps in output.attentions] == [0, 0, 0]
    assert {tuple(maps.shape) for maps in output.attentions} == {(2, 4, 39, 39)}


def test_a_training_clip_shorter_than_a_masked_span_is_no_error(trainee):
    model = trainee(mask_time_prob=0.5, mask_time_length=10)
    assert np.isfinite(states(model, np.ones((1, 200), np.float32), training=True)).all()


def test_freezing_the_front_end_leaves_it_out_of_training(trainee, batch):
    model = trainee(TFHubertForCTC)
    before = len(model.trainable_variables)
    model.freeze_feature_encoder()
    frozen = {id(variable) for variable in model.hubert.feature_extractor.variables}
    assert before - len(model.trainable_variables) == len(model.hubert.feature_extractor.weights) > 0
    assert not any(id(variable) in frozen for variable in model.trainable_variables)


class TestSpanMask:
    """As of `model.masking`, whose tests have the same names."""

    def draw(self, batch=4, length=200, prob=0.3, span_length=10, min_masks=0, valid_lengths=None, seed=0):
        generator = keras.random.SeedGenerator(seed)
        return span_mask(batch, length, prob, span_length, min_masks, generator, valid_lengths).numpy()

    def test_the_fewest_spans_are_kept_to(self):
        mask = self.draw(prob=0.0, min_masks=2)
        assert all(11 <= row.sum() <= 20 for row in mask)
        assert not self.draw(prob=0.0).any()

    def test_the_number_of_spans_is_right_on_average(self):
        # 0.1 × 16 / 10 = 0.16 spans a row, so rounding down always would mask nothing.
        mask = self.draw(batch=4000, length=16, prob=0.1)
        assert mask.any(1).mean() == pytest.approx(0.16, abs=0.02)

    def test_every_position_is_masked_about_as_often_as_numpy_does(self):
        from hubert_demo.model.masking import span_mask as numpy_mask

        settings = {"batch": 4000, "length": 30, "prob": 0.4, "span_length": 6, "min_masks": 1}
        expected = numpy_mask(**settings, rng=np.random.default_rng(0)).mean(0)
        np.testing.assert_allclose(self.draw(**settings).mean(0), expected, atol=0.05)

    def test_padding_is_never_masked(self):
        lengths = np.array([200, 50, 10, 3, 0])
        mask = self.draw(batch=5, prob=0.9, min_masks=2, valid_lengths=lengths)
        assert mask.any(1).tolist() == [True] * 4 + [False]
        assert not any(row[length:].any() for row, length in zip(mask, lengths, strict=True))

    def test_a_row_shorter_than_a_span_is_masked_as_far_as_it_goes(self):
        assert self.draw(batch=1, length=4, prob=1.0).tolist() == [[True] * 4]


@pytest.fixture(scope="module")
def clips(root, examples):
    """The three shortest examples as a batch with labels, and the processor."""
    processor = Wav2Vec2Processor.from_pretrained(root / "assets" / "hubert-explorer")
    recordings = sorted((Waveform.from_file(path).samples for path in examples), key=len)[:3]
    texts = ["STOP", "YES", "NO"]
    return processor(
        [samples[:16_000] for samples in recordings],
        text=texts,
        sampling_rate=16_000,
        padding=True,
        return_tensors="tf",
    )


def test_fine_tuning_on_a_few_clips_lowers_the_loss(root, clips):
    keras.utils.set_random_seed(0)
    model = TFHubertForCTC.from_pretrained(root / "assets" / "hubert-explorer")
    model.freeze_feature_encoder()
    model.compile(optimizer=keras.optimizers.Adam(1e-4))
    values, labels = clips["input_values"], tf.where(clips["labels"] == 0, -100, clips["labels"])
    kept = model.hubert.feature_extractor.get_weights()
    history = model.fit({"input_values": values, "labels": labels}, epochs=3, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]
    for before, after in zip(kept, model.hubert.feature_extractor.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_labels_may_be_in_the_input_or_the_targets(trainee, batch):
    model = trainee(TFHubertForCTC, feat_extract_norm="layer", num_hidden_layers=1)
    model.compile("sgd")
    values, mask = batch
    given = {"input_values": values, "attention_mask": mask}
    expected = model(**given, labels=LABELS).loss.numpy().item()
    assert model.evaluate({**given, "labels": LABELS}, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(given, LABELS, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_plain_tuples_are_no_hindrance(trainee, batch):
    model = trainee(TFHubertForCTC, return_dict=False, num_hidden_layers=1)
    model.compile("sgd", run_eagerly=True)
    expected = model(batch[0], labels=LABELS)[0].numpy().item()
    given = {"input_values": batch[0], "labels": LABELS}
    assert model.evaluate(given, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert model.evaluate(batch[0], LABELS, verbose=0) == pytest.approx(expected, rel=1e-5)


def test_fit_without_labels_says_where_they_go(trainee, batch):
    model = trainee(TFHubertForCTC)
    model.compile("sgd", run_eagerly=True)
    with pytest.raises(InputError, match='as "labels" in the input, or as the targets'):
        model.fit(batch[0], verbose=0)


def test_a_loss_given_to_compile_goes_before_the_model_s_own(trainee, batch):
    model = trainee(TFHubertForCTC)
    model.compile("sgd", loss=lambda _, logits: tf.reduce_mean(logits, (1, 2)) * 0 + 7.0)
    assert model.evaluate(batch[0], np.zeros((2, 1)), verbose=0) == pytest.approx(7.0)


def test_fit_runs_in_half_precision(tiny_config, batch):
    model = TFHubertForCTC(tiny_config(num_hidden_layers=1), dtype="mixed_float16")
    model.compile("adam")
    assert np.isfinite(
        model.fit({"input_values": batch[0], "labels": LABELS}, verbose=0).history["loss"]
    ).all()
