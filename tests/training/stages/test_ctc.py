"""CTC fine-tuning: the loss is that of the model, and what is written loads."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC, HubertModel, Wav2Vec2FeatureExtractor, Wav2Vec2Processor
from hubert_demo.training.data.batches import normalised, pad_waveforms
from hubert_demo.training.engine.checkpoints import (
    character_tokenizer,
    save_ctc_checkpoint,
    save_encoder_checkpoint,
    small_config,
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


def test_what_is_written_is_complete_and_loads(tmp_path):
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "ctc")
    model = HubertForCTC.from_pretrained(tmp_path / "ctc", require_head=True)
    tokenizer = Wav2Vec2Processor.from_pretrained(tmp_path / "ctc").tokenizer
    assert model.config.vocab_size == tokenizer.vocab_size
    encoder = HubertModel(TINY)
    save_encoder_checkpoint(encoder, tmp_path / "encoder")
    weight = HubertModel.from_pretrained(tmp_path / "encoder").feature_projection.projection.weight
    assert torch.allclose(weight, encoder.feature_projection.projection.weight, atol=1e-3)
    assert Wav2Vec2FeatureExtractor.from_pretrained(tmp_path / "encoder").sampling_rate == 16_000


def test_the_tokenizer_spells_what_it_reads():
    tokenizer = character_tokenizer()
    assert tokenizer.vocab_size == small_config().vocab_size == 32
    assert tokenizer.decode(tokenizer.encode("IT'S ON"), group_tokens=False) == "IT'S ON"
