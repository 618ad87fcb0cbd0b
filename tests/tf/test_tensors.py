"""The processor, feature extractor and tokenizer give TensorFlow's tensors and take them."""

import numpy as np
import pytest
import tensorflow as tf

from hubert_demo.errors import InputError
from hubert_demo.model import Wav2Vec2Processor

RAMP = np.linspace(-0.5, 0.5, 800, dtype=np.float32)


@pytest.fixture(scope="module")
def processor(root):
    return Wav2Vec2Processor.from_pretrained(root / "assets" / "hubert-explorer")


def test_audio_becomes_tensors(processor):
    options = {"padding": True, "return_attention_mask": True, "sampling_rate": 16_000}
    batch = processor([RAMP, RAMP[:500]], return_tensors="tf", **options)
    expected = processor([RAMP, RAMP[:500]], return_tensors="np", **options)
    assert batch.keys() == expected.keys()
    for name, tensor in batch.items():
        assert isinstance(tensor, tf.Tensor)
        assert tensor.dtype == expected[name].dtype
        np.testing.assert_array_equal(tensor, expected[name])


def test_text_becomes_tensors(processor):
    ids = processor(text=["HELLO YOU", "HI"], padding=True, return_tensors="tf").input_ids
    assert ids.shape == (2, 9)
    assert processor(RAMP, text="HI", return_tensors="tf", sampling_rate=16_000).labels.shape == (1, 2)
    padded = processor.pad(
        [{"input_values": RAMP}, {"input_values": RAMP[:500]}],
        labels=[{"input_ids": [1]}, {"input_ids": [1, 2]}],
        return_tensors="tf",
    )
    assert {name: tuple(tensor.shape) for name, tensor in padded.items()} == {
        "input_values": (2, 800),
        "labels": (2, 2),
    }


def test_rows_of_different_lengths_are_refused(processor):
    with pytest.raises(InputError, match="pass padding=True"):
        processor([RAMP, RAMP[:500]], return_tensors="tf")


def test_recordings_may_be_tensors(processor):
    expected = processor([RAMP, RAMP[:500]], padding=True, return_tensors="np").input_values
    given = [tf.constant(RAMP), tf.constant(RAMP[:500])]
    np.testing.assert_array_equal(processor(given, padding=True, return_tensors="np").input_values, expected)
    np.testing.assert_array_equal(processor(given[0], return_tensors="np").input_values, expected[:1])
    # Two dimensions are a batch.
    batch = processor(tf.constant(RAMP[None]), return_tensors="np").input_values
    np.testing.assert_array_equal(batch, expected[:1])


def test_tensors_are_decoded(processor):
    frames = np.array([[0, 11, 11, 5, 15, 0, 15, 8, 4, 22], [0, 11, 10, 0, 0, 0, 0, 0, 0, 0]])
    ids = tf.constant(frames)
    assert processor.batch_decode(ids) == processor.batch_decode(frames) == ["HELLO Y", "HI"]
    assert processor.decode(ids[0]) == "HELLO Y"
    offsets = processor.tokenizer.decode(ids[0], output_word_offsets=True).word_offsets
    assert offsets == processor.tokenizer.decode(frames[0], output_word_offsets=True).word_offsets
