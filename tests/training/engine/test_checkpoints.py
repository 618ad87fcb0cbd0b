"""Checkpoint folders: what is written loads."""

import pytest
import torch

from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.model import (
    HubertForCTC,
    HubertForSequenceClassification,
    HubertModel,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)
from hubert_demo.training.engine.checkpoints import (
    character_tokenizer,
    save_classifier,
    save_ctc_checkpoint,
    save_encoder_checkpoint,
    small_config,
)

from ..conftest import TINY


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


def test_a_classifier_folder_has_the_head_s_logits_for_a_whole_recording(tmp_path):
    loaded = load(resolve(DEFAULT_CHECKPOINT))
    save_classifier(loaded, tmp_path)
    classifier = HubertForSequenceClassification.from_pretrained(tmp_path).eval()
    values = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        states = loaded.encoder(values, output_hidden_states=True).hidden_states
        expected = loaded.keyword_head(torch.stack(states)).mean(1)
        assert torch.allclose(classifier(values).logits, expected, atol=1e-3)
    assert Wav2Vec2FeatureExtractor.from_pretrained(tmp_path).sampling_rate == 16_000


def test_no_classifier_is_written_without_a_keyword_head(tmp_path):
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "ctc")
    with pytest.raises(CheckpointError, match="no keyword head; train one"):
        save_classifier(load(resolve(tmp_path / "ctc")), tmp_path / "classifier")
