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


def test_a_recording_without_speech_is_to_be_read_as_blanks_alone(clips):
    torch.manual_seed(0)
    model = HubertForCTC(TINY).eval()
    silent = replace(clips[0], text="", is_silent=True)
    values = pad_waveforms([normalised(clips[0].samples)])
    blank = character_tokenizer().pad_token_id
    with torch.no_grad():
        blanks = -model(values).logits.log_softmax(-1)[0, :, blank].sum()
    # It counts as much as a text of twenty characters.
    assert reading_loss(model, [silent]).item() == pytest.approx(blanks.item() / 20, rel=1e-4)
    both = reading_loss(model, [silent, clips[0]])
    read = reading_loss(model, [clips[0]])
    length = len(clips[0].text)
    assert both.item() == pytest.approx((blanks.item() + read.item() * length) / (20 + length), rel=1e-4)
