"""One recording through an encoder, and keyword logits of what is pooled from it."""

import numpy as np
import torch

from hubert_demo.model import HubertModel, KeywordHead, Wav2Vec2FeatureExtractor
from hubert_demo.training.engine.encode import encoded, pooled_logits

from ..conftest import TINY


def test_states_are_those_of_the_model_on_what_the_feature_extractor_makes():
    torch.manual_seed(0)
    encoder = HubertModel(TINY).eval()
    samples = (np.random.default_rng(0).standard_normal(8000) * 3000 + 500).astype(np.int16)
    values = Wav2Vec2FeatureExtractor()(
        samples / 32768, sampling_rate=16_000, return_tensors="pt"
    ).input_values
    with torch.no_grad():
        output = encoder(values.float(), output_hidden_states=True)
    states = encoded(encoder, samples)
    assert states.shape == (3, 24, 32)
    assert torch.allclose(states, torch.cat(output.hidden_states), atol=1e-4)
    assert torch.allclose(states[-1:], output.last_hidden_state, atol=1e-4)
    assert not states.requires_grad


def test_logits_of_a_mean_are_the_mean_of_the_logits_of_frames():
    torch.manual_seed(0)
    head = KeywordHead(("yes", "no", "go"), 3, 8, 5)
    torch.nn.init.normal_(head.layer_weights)
    frames = torch.randn(3, 4, 10, 8)
    pooled = frames.mean(2).transpose(0, 1)
    assert torch.allclose(pooled_logits(head, pooled), head(frames).mean(1), atol=1e-5)
