"""In graphs: open axes, flags, XLA, half precision, Keras's own ways of saving, and TensorFlow's."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from hubert_demo.tf import TFHubertForCTC, TFHubertModel
from hubert_demo.tf.inputs import check_labels

LABELS = np.array([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])
FLOATS, INTEGERS = tf.TensorSpec((None, None)), tf.TensorSpec((None, None), tf.int64)


def close(actual, expected, tolerance=1e-5):
    np.testing.assert_allclose(actual, expected, atol=tolerance * np.abs(expected).max())


@pytest.fixture(scope="module")
def traced(pair):
    """A function of waveforms and a mask, both of any size."""
    model = pair("ctc", feat_extract_norm="layer").tf
    return tf.function(
        lambda values, mask: model(values, attention_mask=mask), input_signature=[FLOATS, INTEGERS]
    )


def test_one_graph_for_every_batch_and_length(traced, pair):
    model, rng = pair("ctc", feat_extract_norm="layer").tf, np.random.default_rng(0)
    for batch, length in ((1, 65), (2, 1600), (3, 1601), (1, 40 * 600)):
        values = rng.standard_normal((batch, length)).astype(np.float32)
        mask = np.ones((batch, length), np.int64)
        mask[1:, length - length // 3 :] = 0
        close(traced(values, mask).logits, model(values, attention_mask=mask).logits)
    assert traced.experimental_get_tracing_count() == 1


def test_group_norm_in_a_graph_of_open_length(pair, batch):
    model = pair("ctc").tf
    traced = tf.function(model, input_signature=[FLOATS])
    for values in (batch[0], np.tile(batch[0], 20)):
        close(traced(values).logits, model(values).logits)


def test_in_a_graph_the_configuration_says_what_is_returned(tiny_config, batch):
    plain = TFHubertModel(tiny_config())
    asked = tf.function(lambda x: plain(x, output_hidden_states=True, return_dict=False))(batch[0])
    assert set(asked) == {"last_hidden_state"}
    full = TFHubertModel(tiny_config(output_hidden_states=True, output_attentions=True, return_dict=False))
    output = tf.function(lambda x: full(x, output_attentions=False))(batch[0])
    assert (len(output.hidden_states), len(output.attentions)) == (4, 3)
    assert isinstance(full(batch[0]), tuple)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_xla_gives_the_same(pair, batch, norm):
    model = pair("ctc", feat_extract_norm=norm).tf
    compiled = tf.function(model, jit_compile=True)
    close(compiled(batch[0]).logits, model(batch[0]).logits, 1e-4)


def test_xla_takes_a_long_recording(pair):
    model = pair("model").tf
    values = np.random.default_rng(0).standard_normal((1, 40 * 600)).astype(np.float32)
    compiled = tf.function(model, jit_compile=True)
    close(compiled(values).last_hidden_state, model(values).last_hidden_state, 1e-4)


@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_half_precision_is_finite_and_near(new_pair, batch, norm, batch_norm):
    from hubert_demo.tf.weights import parameters

    model = new_pair(feat_extract_norm=norm, conv_pos_batch_norm=batch_norm).tf
    half = TFHubertForCTC(model.config, dtype="mixed_float16")
    for own, other in zip(parameters(half).values(), parameters(model).values(), strict=True):
        own.assign(other.read())
    values, mask = batch
    full = model(values, attention_mask=mask, labels=LABELS)
    output = half(values, attention_mask=mask, labels=LABELS)
    assert (output.logits.dtype, output.loss.dtype) == (tf.float16, tf.float32)
    close(output.logits, full.logits, 0.05)
    close(output.loss, full.loss, 0.02)
    trained = half(50 * values, labels=LABELS, training=True)
    assert np.isfinite(trained.loss).all()
    assert {variable.dtype for variable in half.trainable_variables} == {"float32"}


def test_predict_puts_batches_together(pair, batch):
    model = pair("ctc", feat_extract_norm="layer", num_hidden_layers=1).tf
    values, mask = np.tile(batch[0], (3, 1)), np.tile(batch[1], (3, 1))
    predicted = model.predict({"input_values": values, "attention_mask": mask}, batch_size=2, verbose=0)
    assert set(predicted) == {"logits"}
    close(predicted["logits"], model(values, attention_mask=mask).logits)
    close(model.predict(values, batch_size=4, verbose=0).logits, model(values).logits)


def test_a_model_is_a_layer_of_a_functional_model(pair, batch):
    encoder = pair("model", num_hidden_layers=1).tf
    waveforms = keras.Input((None,), name="waveforms")
    pooled = keras.layers.GlobalAveragePooling1D()(encoder(waveforms).last_hidden_state)
    classifier = keras.Model(waveforms, keras.layers.Dense(3)(pooled))
    assert classifier(batch[0]).shape == (2, 3)
    assert len(classifier.trainable_variables) == len(encoder.trainable_variables) + 2
    classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert np.isfinite(classifier.evaluate(batch[0], np.array([0, 1]), verbose=0))


def test_functional_models_take_masks_and_are_saved(pair, batch, tmp_path):
    model = pair("ctc", feat_extract_norm="layer", num_hidden_layers=1).tf
    inputs = {
        "input_values": keras.Input((None,), name="input_values"),
        "attention_mask": keras.Input((None,), name="attention_mask", dtype="int64"),
    }
    whole = keras.Model(inputs, model(inputs)["logits"])
    whole.save(tmp_path / "whole.keras")
    whole = keras.saving.load_model(tmp_path / "whole.keras")
    values, mask = batch
    close(whole({"input_values": values, "attention_mask": mask}), model(values, attention_mask=mask).logits)


@pytest.mark.parametrize("kind", ["model", "ctc"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_keras_saves_and_loads_it(new_pair, batch, tmp_path, kind, batch_norm):
    model = new_pair(kind, conv_pos_batch_norm=batch_norm).tf
    path = tmp_path / "model.keras"
    keras.saving.save_model(model, path)
    again = keras.saving.load_model(path)
    assert type(again) is type(model)
    assert again.config == model.config
    np.testing.assert_array_equal(again(batch[0])[0], model(batch[0])[0])
    model.save_weights(tmp_path / "model.weights.h5")
    fresh = type(model)(model.config)
    fresh.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_array_equal(fresh(batch[0])[0], model(batch[0])[0])


def test_tensorflow_s_checkpoints_hold_every_weight(tiny_config, tmp_path):
    one, other = (TFHubertForCTC(tiny_config(num_hidden_layers=1)) for _ in range(2))
    path = tf.train.Checkpoint(model=one).save(str(tmp_path / "checkpoint"))
    tf.train.Checkpoint(model=other).restore(path).assert_existing_objects_matched()
    for mine, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=mine.path)


def test_frozen_layers_are_frozen_when_keras_loads_them(tiny_config, tmp_path):
    model = TFHubertForCTC(tiny_config(num_hidden_layers=1))
    model.freeze_feature_encoder()
    model.hubert.encoder.trainable = False
    model.hubert.encoder.layers[0].final_layer_norm.trainable = True
    model.compile("adam")
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(7)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for layer in ("hubert.feature_extractor", "hubert.encoder.layers.0.final_layer_norm"):
        mine, theirs = model, again
        for name in layer.split("."):
            mine, theirs = (one[0] if name == "0" else getattr(one, name) for one in (mine, theirs))
        assert mine.trainable == theirs.trainable
    assert [v.path for v in again.trainable_variables] == [v.path for v in model.trainable_variables]
    # Keras leaves an optimizer's state in the file if it is of other variables.
    assert again.optimizer.iterations == 7


LOAD_ALONE = """
import sys
import numpy as np, tensorflow as tf

served = tf.saved_model.load("model")
for name in ("short", "long"):
    values = np.load(f"{name}.npy")
    logits = served.serve(values)["logits"].numpy()
    signature = served.signatures["serving_default"](tf.constant(values))
    np.testing.assert_array_equal(signature["logits"], logits)
    np.save(f"{name} logits.npy", logits)
assert not {"hubert_demo", "torch"} & set(sys.modules), sorted(sys.modules)
"""


def test_a_saved_model_needs_nothing_of_ours(pair, tmp_path):
    model, rng = pair("ctc", num_hidden_layers=1).tf, np.random.default_rng(1)
    recordings = {"short": rng.standard_normal((3, 1600)), "long": rng.standard_normal((1, 40 * 600))}
    model.export(tmp_path / "model", verbose=False)
    for name, values in recordings.items():
        np.save(tmp_path / f"{name}.npy", values.astype(np.float32))
    done = subprocess.run([sys.executable, "-c", LOAD_ALONE], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, values in recordings.items():
        close(np.load(tmp_path / f"{name} logits.npy"), model(values).logits)


def test_a_saved_model_may_take_a_mask_and_give_states_and_maps(tiny_config, batch, tmp_path):
    asked = {"output_hidden_states": True, "output_attentions": True}
    model = TFHubertForCTC(tiny_config(feat_extract_norm="layer", num_hidden_layers=1, **asked))
    signature = [
        keras.InputSpec(dtype="float32", shape=(None, None), name="input_values"),
        keras.InputSpec(dtype="int64", shape=(None, None), name="attention_mask"),
    ]
    model.export(tmp_path / "model", verbose=False, input_signature=signature)
    served = tf.saved_model.load(tmp_path / "model")
    given, expected = served.serve(*map(tf.constant, batch)), model(*batch)
    close(given["logits"], expected.logits)
    for name in ("hidden_states", "attentions"):
        close(given[name], tf.stack(expected[name]))
    # Of the file alone: the model itself still gives tuples in a graph.
    assert isinstance(tf.function(model)(*batch).hidden_states, tuple)


def test_gradients_pass_through_pieces_and_blocks(pair):
    model = pair("ctc", num_hidden_layers=1).tf
    values = np.random.default_rng(0).standard_normal((1, 40 * 600)).astype(np.float32)

    def gradients():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(values).logits ** 2)
        # The mask vector has none.
        return [g for g in tape.gradient(loss, model.trainable_variables) if g is not None]

    eager, graph = gradients(), tf.function(gradients)()
    assert len(eager) == len(model.trainable_variables) - 1
    largest = max(np.abs(gradient).max() for gradient in eager)
    for one, other in zip(eager, graph, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5 * largest)


def test_a_step_of_training_compiles_with_xla(new_pair, batch):
    model = new_pair("ctc", num_hidden_layers=1, mask_feature_prob=0.1).tf

    @tf.function(jit_compile=True)
    def step():
        with tf.GradientTape() as tape:
            loss = model(batch[0], labels=LABELS, training=True).loss
        return loss, tape.gradient(loss, model.trainable_variables)

    loss, gradients = step()
    assert np.isfinite(loss).all()
    assert all(np.isfinite(gradient).all() for gradient in gradients)


class TestBadInput:
    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            (tf.TensorSpec((None,)), r"shape \(None,\)"),
            (tf.TensorSpec(None), "shape <unknown>"),
            (tf.TensorSpec((None, None), tf.int32), "int32; HuBERT needs the floats"),
            (tf.TensorSpec((None, 20)), "shorter than one frame"),
        ],
        ids=["rank", "unknown", "integers", "length"],
    )
    def test_what_is_known_is_refused_when_the_graph_is_traced(self, pair, spec, message):
        # TensorFlow makes an error of its own of it.
        with pytest.raises(Exception, match=f"InputError: .*{message}"):
            tf.function(pair("model").tf).get_concrete_function(spec)

    def test_what_is_known_later_fails_when_it_runs(self, traced):
        short, long = np.zeros((1, 20), np.float32), np.zeros((1, 1600), np.float32)
        with pytest.raises(tf.errors.InvalidArgumentError, match="shorter than one frame"):
            traced(short, np.ones((1, 20), np.int64))
        with pytest.raises(tf.errors.InvalidArgumentError, match="another shape"):
            traced(long, np.ones((1, 1500), np.int64))
        with pytest.raises(tf.errors.InvalidArgumentError, match="shorter than one frame"):
            traced(long, np.eye(1, 1600, dtype=np.int64))

    def test_nan_gives_nan(self, pair):
        traced = tf.function(pair("model").tf)
        assert np.isnan(traced(np.full((1, 1600), np.nan, np.float32)).last_hidden_state).all()

    def test_sizes_that_were_open_fail_when_it_runs(self, pair, batch):
        model = pair("ctc", feat_extract_norm="layer", num_hidden_layers=1).tf
        names = {"labels": tf.int64, "head_mask": tf.float32, "mask_time_indices": tf.bool}
        traced = tf.function(
            lambda values, *others: model(values, **dict(zip(names, others, strict=True))).logits,
            input_signature=[FLOATS, *(tf.TensorSpec((None, None), dtype) for dtype in names.values())],
        )
        good = [batch[0], LABELS, np.ones((1, 4), np.float32), np.zeros((2, 39), bool)]
        close(traced(*good), model(batch[0]).logits)
        values, labels, heads, frames = good
        for bad, message in (
            ([values[:0], labels[:0], heads, frames[:0]], "at least one recording"),
            ([values, labels[:1], heads, frames], "one row of labels per recording"),
            ([values, labels, heads[:, :1], frames], r"head_mask must be \(1, 4\)"),
            ([values, labels, heads, frames[:, :1]], "one value per frame"),
        ):
            with pytest.raises(tf.errors.InvalidArgumentError, match=message):
                traced(*bad)

    def test_labels_may_be_of_a_type_smaller_than_the_vocabulary(self, tiny_config):
        config = tiny_config(vocab_size=200)
        tf.function(lambda labels: check_labels(config, labels, labels))(tf.constant(LABELS, tf.int8))

    def test_labels_outside_the_vocabulary_fail_when_it_runs(self, pair, batch):
        model = pair("ctc").tf
        traced = tf.function(lambda values, labels: model(values, labels=labels).loss)
        close(traced(batch[0], LABELS), model(batch[0], labels=LABELS).loss)
        with pytest.raises(tf.errors.InvalidArgumentError, match="below vocab_size=12"):
            traced(batch[0], LABELS + 8)
