"""How arguments may be given, what comes back, and what is refused, eagerly."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import torch

from hubert_demo.errors import ConfigError, InputError
from hubert_demo.model import Wav2Vec2FeatureExtractor
from hubert_demo.tf import TFHubertForCTC, TFHubertModel

LABELS = np.array([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])


@pytest.fixture(scope="module")
def model(pair):
    return pair("ctc", feat_extract_norm="layer").tf


def test_every_way_to_give_the_input_gives_the_same(model, batch):
    values, mask = map(tf.constant, batch)
    expected = model(input_values=values, attention_mask=mask).logits
    named = {"input_values": values, "attention_mask": mask}
    ways = [
        model(values, mask),
        model(values, attention_mask=mask),
        model([values, mask]),
        model((values, mask)),
        model(named),
        model(**named),
        model([values], attention_mask=mask),
        model({"input_values": values}, attention_mask=mask),
        model([values, mask, tf.zeros_like(mask), tf.zeros_like(mask)]),
        model(named, token_type_ids=mask, position_ids=mask),
    ]
    for output in ways:
        np.testing.assert_array_equal(output.logits, expected)


@pytest.mark.parametrize("kind", ["np", "tf"])
def test_a_feature_extractor_s_batch_is_taken_whole(model, batch, kind):
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    inputs = extractor([batch[0][0], batch[0][1, :1000]], padding=True, return_tensors=kind)
    np.testing.assert_array_equal(model(inputs).logits, model(**inputs).logits)


def test_results_are_read_by_name_key_and_position(model, batch):
    output = model(batch[0], labels=LABELS, output_attentions=True)
    assert list(output) == ["loss", "logits", "attentions"]
    assert output["loss"] is output.loss is output[0]
    assert output[1:] == (output.logits, output.attentions)
    assert output.hidden_states is None
    assert output.loss.shape == (1,)
    with pytest.raises(KeyError):
        output["hidden_states"]
    with pytest.raises(AttributeError, match="no 'logit', only loss, logits"):
        _ = output.logit


def test_a_plain_tuple_holds_the_same(model, batch):
    asked = {"labels": LABELS, "output_hidden_states": True, "output_attentions": True}
    output = model(batch[0], **asked)
    loss, logits, states, maps = model(batch[0], **asked, return_dict=False)
    np.testing.assert_array_equal(loss, output.loss)
    np.testing.assert_array_equal(logits, output.logits)
    assert (len(states), len(maps)) == (4, 3)


def test_the_configuration_may_ask_for_states_maps_and_tuples(tiny_config, batch):
    model = TFHubertModel(tiny_config(output_hidden_states=True, output_attentions=True))
    assert (len(model(batch[0]).hidden_states), len(model(batch[0]).attentions)) == (4, 3)
    assert model(batch[0], output_hidden_states=False).hidden_states is None
    assert isinstance(TFHubertModel(tiny_config(return_dict=False))(batch[0]), tuple)


@pytest.mark.parametrize(
    ("values", "mask", "message"),
    [
        (np.zeros((0, 1600), np.float32), None, r"shape \(0, 1600\)"),
        (np.zeros(1600, np.float32), None, r"shape \(1600,\); HuBERT needs \(batch, samples\)"),
        (np.zeros((1, 1, 1600), np.float32), None, r"shape \(1, 1, 1600\)"),
        (np.zeros((1, 1600), np.int16), None, "int16; HuBERT needs the floats"),
        (np.full((1, 1600), np.nan, np.float32), None, "NaN or infinity"),
        (np.full((1, 1600), np.inf, np.float32), None, "NaN or infinity"),
        (
            np.zeros((1, 49), np.float32),
            None,
            "Recording is 49 samples; this HuBERT needs at least 65 samples",
        ),
        (
            np.zeros((1, 1600), np.float32),
            np.ones((1, 1500), int),
            r"shape \(1, 1500\) and input_values \(1, 1600\)",
        ),
        (
            np.zeros((2, 1600), np.float32),
            np.ones(1600, int),
            r"shape \(1600,\) and input_values \(2, 1600\)",
        ),
        (
            np.zeros((2, 1600), np.float32),
            np.eye(2, 1600, dtype=int),
            "Recording 0 of the batch is 1 samples",
        ),
    ],
    ids=["empty", "flat", "deep", "integers", "NaN", "infinity", "short", "mask", "flat mask", "short row"],
)
def test_bad_input_is_refused_in_the_same_words_as_in_pytorch(pair, values, mask, message):
    torch_model, model = pair("ctc", feat_extract_norm="layer")
    with pytest.raises(InputError, match=message) as refused:
        model(values, attention_mask=mask)
    assert "Arguments received" not in str(refused.value)
    with pytest.raises(InputError) as reference:
        torch_model(torch.from_numpy(values), attention_mask=None if mask is None else torch.from_numpy(mask))
    assert str(refused.value) == str(reference.value).replace("torch.", "")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:1], r"Labels have shape \(1, 5\)"),
        (LABELS[0], r"Labels have shape \(5,\)"),
        (LABELS.astype(np.float32), "Labels are float32; give integers"),
        (LABELS + 5, "below vocab_size=12, got 12"),
    ],
    ids=["rows", "flat", "floats", "too large"],
)
def test_bad_labels_are_refused_in_the_same_words_as_in_pytorch(pair, batch, labels, message):
    torch_model, model = pair("ctc", feat_extract_norm="layer")
    with pytest.raises(InputError, match=message) as refused:
        model(batch[0], labels=labels)
    with pytest.raises(InputError) as reference:
        torch_model(torch.from_numpy(batch[0]), labels=torch.from_numpy(labels))
    assert str(refused.value) == str(reference.value).replace("torch.", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "input_values or inputs_embeds, one of the two"),
        ({"input_values": np.zeros((1, 1600)), "inputs_embeds": np.zeros((1, 39, 32))}, "one of the two"),
        (
            {"inputs_embeds": np.zeros((1, 39, 31))},
            r"shape \(1, 39, 31\); HuBERT needs \(batch, frames, 32\)",
        ),
        (
            {"input_values": np.zeros((1, 1600)), "head_mask": np.ones(3)},
            r"shape \(3,\); give \(4,\) or \(3, 4\)",
        ),
        ({"inputs_embeds": np.zeros((1, 0, 32))}, "is 0 frames; this HuBERT needs at least 1 frames. Record"),
        (
            {"input_values": np.zeros((1, 1600)), "mask_time_indices": np.zeros((1, 40), bool)},
            r"mask_time_indices has shape \(1, 40\); give \(1, 39\)",
        ),
        ({"input_values": tf.ragged.constant([[0.1] * 1600, [0.1]])}, r"ragged; .* up: to_tensor\(\)"),
        (
            {"input_values": np.zeros((2, 1600)), "labels": tf.ragged.constant([[3, 4], [3]])},
            r"labels is ragged; fill its rows up: to_tensor\(-100\)",
        ),
    ],
    ids=["nothing", "both", "width", "head mask", "no frames", "frames", "ragged", "ragged labels"],
)
def test_arguments_that_contradict_are_refused(model, arguments, message):
    with pytest.raises(InputError, match=message):
        model(**arguments)


def test_a_model_without_a_mask_vector_takes_no_frames_to_mask(tiny_config, batch):
    model = TFHubertModel(tiny_config(mask_time_prob=0.0, num_hidden_layers=0))
    with pytest.raises(InputError, match="there is no vector for masked frames"):
        model(batch[0], mask_time_indices=np.ones((2, 39), bool))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"input_values": ((None, 1), "float32")},
            r"shape \(None, None, 1\); HuBERT needs \(batch, samples\)",
        ),
        ({"input_values": ((None,), "int16")}, "int16; HuBERT needs the floats"),
        (
            {"input_values": ((20,), "float32")},
            "shorter than one frame; this HuBERT needs at least 65 samples",
        ),
        ({"inputs_embeds": ((None, 31), "float32")}, r"shape \(None, None, 31\)"),
        (
            {"input_values": ((1600,), "float32"), "attention_mask": ((1500,), "int64")},
            r"shape \(None, 1500\) and input_values \(None, 1600\)",
        ),
        ({"input_values": ((None,), "float32"), "labels": ((), "int64")}, r"Labels have shape \(None,\)"),
        ({"input_values": ((None,), "float32"), "labels": ((9,), "float32")}, "Labels are float32"),
    ],
    ids=["rank", "integers", "length", "width", "mask", "labels", "float labels"],
)
def test_what_is_known_is_refused_when_a_functional_model_is_made(model, arguments, message):
    with pytest.raises(InputError, match=message):
        model({name: keras.Input(shape, dtype=dtype) for name, (shape, dtype) in arguments.items()})


def test_keras_s_setting_for_images_is_of_no_effect(tiny_config, batch):
    keras.config.set_image_data_format("channels_first")
    try:
        model = TFHubertModel(tiny_config(num_hidden_layers=0))
    finally:
        keras.config.set_image_data_format("channels_last")
    assert model(batch[0])[0].shape == (2, 39, 32)


def test_arguments_that_are_unknown_or_given_twice_are_named(model, batch):
    values, mask = batch
    with pytest.raises(TypeError, match="input_ids"):
        model({"input_ids": values})
    with pytest.raises(TypeError, match="attention_mask"):
        model([values, mask], attention_mask=mask)
    with pytest.raises(TypeError, match="too many"):
        model([values] * 20)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"feat_extract_norm": "group"}, "front end's group norm"),
        ({"feat_extract_norm": "layer", "conv_pos_batch_norm": True}, "batch norm before the positional"),
        ({"feat_extract_norm": "layer"}, None),
    ],
)
def test_padding_that_changes_results_is_warned_of_once(tiny_config, batch, caplog, settings, said):
    values, mask = batch
    # Each row by the same amount.
    mask = np.ones_like(mask)
    model = TFHubertForCTC(tiny_config(**settings, num_hidden_layers=1))
    model(values, attention_mask=mask)
    assert caplog.messages == []
    mask[:, 1000:] = 0
    for _ in range(2):
        model(values, attention_mask=mask)
    assert len(caplog.messages) == (said is not None)
    if said is not None:
        assert said in caplog.text
        assert "one recording at a time" in caplog.text


def test_a_configuration_that_contradicts_itself_makes_no_model(tiny_config):
    config = tiny_config()
    config.num_attention_heads = 7
    with pytest.raises(ConfigError, match="multiple of num_attention_heads=7"):
        TFHubertForCTC(config)
