"""CTC fine-tuning: the loss is that of the model."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.data.batches import normalised, pad_waveforms
from hubert_demo.training.engine.checkpoints import (
    character_tokenizer,
)
from hubert_demo.training.engine.trainer import Batch
from hubert_demo.training.stages.ctc import Reading

from ..conftest import TINY


def test_the_loss_is_the_model_s_own_per_character(clips):
    torch.manual_seed(0)
    model = HubertForCTC(TINY).eval()
    tokenizer = character_tokenizer()
    values = pad_waveforms([normalised(clip.samples) for clip in clips])
    labels = torch.tensor([tokenizer.encode(clip.text) for clip in clips])
    with torch.no_grad():
        states = model.hubert.encode(values, output_hidden_states=True).hidden_states
        batch = Batch(clips, states, None, np.random.default_rng(0))
        loss = Reading(model.lm_head, tokenizer).loss(model.hubert, batch)
        expected = model(values, labels=labels).loss
    assert loss.item() == pytest.approx(expected.item() / labels.numel(), rel=1e-5)


def reading_loss(model, clips):
    values = pad_waveforms([normalised(clip.samples) for clip in clips])
    states = model.hubert.encode(values, output_hidden_states=True).hidden_states
    batch = Batch(clips, states, None, np.random.default_rng(0))
    return Reading(model.lm_head, character_tokenizer()).loss(model.hubert, batch)


def test_clips_without_a_text_count_nothing(clips):
    torch.manual_seed(0)
    model = HubertForCTC(TINY).eval()
    unread = replace(clips[1], text="")
    loss = reading_loss(model, [clips[0], unread, clips[2]])
    assert loss.item() == pytest.approx(reading_loss(model, [clips[0], clips[2]]).item(), rel=1e-5)
    # With no text at all there are gradients still: another process may have read one.
    nothing = reading_loss(model, [unread])
    nothing.backward()
    assert nothing.item() == 0
    assert not model.lm_head.weight.grad.any()
