"""The keyword head: examples, pooling, and that it learns."""

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.training import corpora
from hubert_demo.training.data import load_clips
from hubert_demo.training.finetune_keywords import (
    WINDOW_FRAMES,
    Example,
    KeywordSettings,
    _augmented,
    _fit,
    draw_weights,
    pooled_states,
    train_keyword_head,
)

from .test_finetune_ctc import TINY


def tiny_model():
    torch.manual_seed(0)
    return HubertForCTC(TINY).eval()


def test_every_class_has_examples_and_every_window_lies_in_its_recording(data_dir):
    words = load_clips(data_dir, corpora.word_training_clips(data_dir))
    speech = load_clips(data_dir, corpora.running_speech_clips(data_dir))
    examples = list(_augmented(words, speech, 5, np.random.default_rng(0)))
    assert {example.label for example in examples} == set(range(12))
    windows = [example for example in examples if example.frames is not None]
    assert windows
    for example in windows:
        assert example.frames.stop - example.frames.start == WINDOW_FRAMES
        assert 0 <= example.frames.start < (len(example.samples) - 400) // 320 + 1


def test_pooled_states_are_the_mean_over_the_window():
    model = tiny_model()
    samples = (np.random.default_rng(0).standard_normal(16_000) * 3000).astype(np.int16)
    whole, part = pooled_states(model, [Example(samples, None, 0), Example(samples, slice(10, 20), 0)])
    assert whole.shape == (3, 32)
    values = torch.from_numpy(samples.astype(np.float32))
    values = (values - values.mean()) / values.std()
    with torch.no_grad():
        states = model.hubert(values[None], output_hidden_states=True).hidden_states
    assert torch.allclose(whole[1], states[1][0].mean(0), atol=1e-3)
    assert torch.allclose(part[2], states[2][0, 10:20].mean(0), atol=1e-3)


def test_classes_are_drawn_alike_and_within_a_class_its_sources():
    silence = np.zeros(1, np.int16)
    few = [Example(silence, None, 0, "people")]
    many = [Example(silence, None, 0, "voices")] * 8 + [Example(silence, None, 1, "noise")] * 3
    weights = draw_weights(few + many)
    assert weights.tolist() == pytest.approx([0.5] + [0.5 / 8] * 8 + [1 / 3] * 3)


def test_fitting_finds_the_classes_and_the_layer_that_tells_them_apart():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 12
    features = torch.randn(600, 3, 32, generator=generator)
    features[:, 1] += 3 * torch.randn(12, 32, generator=generator)[labels]
    head = KeywordHead(corpora.KEYWORD_LABELS, 3, 32, 16)
    _fit(head, features, labels, torch.ones(600), KeywordSettings(steps=300, batch=64))
    guesses = head(features.transpose(0, 1)[:, :, None])[:, 0].argmax(-1)
    assert (guesses == labels).float().mean() > 0.95
    assert head.layer_probabilities.argmax() == 1


def test_a_head_trains_on_the_corpora_and_is_kept_beside_the_checkpoint(data_dir, tmp_path):
    model = tiny_model()
    settings = KeywordSettings(rounds=1, num_stretches=2, num_silences=3, steps=2)
    head = train_keyword_head(model, data_dir, settings)
    assert head.labels == corpora.KEYWORD_LABELS
    head.save(tmp_path)
    states = torch.randn(3, 7, 32)
    assert torch.allclose(KeywordHead.load(tmp_path)(states), head(states), atol=1e-2)
