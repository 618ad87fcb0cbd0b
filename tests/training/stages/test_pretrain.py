"""Masked prediction of units: which frames count, and how logits come about."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertModel
from hubert_demo.training.engine.trainer import Batch
from hubert_demo.training.stages.pretrain import UnitPrediction, pad_units, unit_accuracy

from ..conftest import TINY


@pytest.fixture
def prediction():
    torch.manual_seed(0)
    return UnitPrediction(6, 4, proj_size=5)


def batch(clips, states, masked):
    return Batch(clips, (states,), masked, np.random.default_rng(0))


def test_logits_are_cosines_over_the_temperature(prediction):
    state = torch.randn(1, 3, 6)
    logits = prediction(state)
    projected = prediction.final_proj(state)
    assert logits.shape == (1, 3, 1, 4)
    for unit, embedding in enumerate(prediction.label_embeddings[0]):
        cosine = torch.cosine_similarity(projected, embedding[None, None], dim=-1)
        assert torch.allclose(logits[:, :, 0, unit], cosine / 0.1, atol=1e-5)


def test_the_loss_of_several_codebooks_is_the_mean_of_theirs(clips):
    both = UnitPrediction(6, 4, num_codebooks=2, proj_size=5)
    clip = replace(clips[0], units=np.array([[0, 3], [1, 2], [2, 1]], np.int16))
    states = torch.randn(1, 3, 6)
    logits = both(states)
    assert logits.shape == (1, 3, 2, 4)
    expected = -logits.log_softmax(-1)[0].gather(-1, torch.tensor(clip.units).long()[..., None]).mean()
    assert torch.allclose(both.loss(None, batch([clip], states, None)), expected)


@pytest.mark.parametrize("weight", [0.0, 0.5])
def test_masked_frames_count_and_others_by_their_weight(prediction, clips, weight):
    clip = replace(clips[0], units=np.array([[0], [1], [2], [3]], np.int16))
    states, masked = torch.randn(1, 4, 6), torch.tensor([[True, False, False, True]])
    prediction.unmasked_weight = weight
    per_frame = -prediction(states)[:, :, 0].log_softmax(-1)[0].gather(1, torch.arange(4)[:, None])[:, 0]
    expected = (per_frame[[0, 3]].sum() + weight * per_frame[[1, 2]].sum()) / (2 + 2 * weight)
    assert torch.allclose(prediction.loss(None, batch([clip], states, masked)), expected)


def test_without_a_mask_every_frame_with_a_unit_counts(prediction, clips):
    short = replace(clips[0], units=np.array([[2]], np.int16))
    states = torch.randn(1, 4, 6)
    expected = -prediction(states).log_softmax(-1)[0, 0, 0, 2]
    assert torch.allclose(prediction.loss(None, batch([short], states, None)), expected)


def test_a_batch_without_units_has_a_loss_of_zero(prediction, clips):
    none = replace(clips[0], units=np.zeros((0, 1), np.int16))
    assert prediction.loss(None, batch([none], torch.randn(1, 4, 6), None)).item() == 0.0


def test_padding_has_no_unit():
    targets = pad_units([np.array([[4], [5], [6]], np.int16), np.array([[7]], np.int16)], 2, 1)
    assert targets[..., 0].tolist() == [[4, 5], [7, -100]]


def test_accuracy_is_one_for_units_read_off_the_logits(clips):
    torch.manual_seed(0)
    encoder, prediction = HubertModel(TINY).eval(), UnitPrediction(32, 10)
    values = torch.from_numpy(clips[0].samples.astype(np.float32))
    values = (values - values.mean()) / values.std()
    with torch.no_grad():
        guesses = prediction(encoder(values[None]).last_hidden_state)[0].argmax(-1).numpy()
    right = replace(clips[0], units=guesses.astype(np.int16))
    wrong = replace(clips[0], units=((guesses + 1) % 10).astype(np.int16))
    assert unit_accuracy(encoder, prediction, [right]) > 0.98
    assert unit_accuracy(encoder, prediction, [right, wrong]) == pytest.approx(0.5, abs=0.02)
