"""The keyword head: pooling, and that it learns."""

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.stages.keyword_examples import Example, load_examples
from hubert_demo.training.stages.keywords import (
    KeywordSettings,
    _fit,
    balance_unknown,
    pooled_states,
    train_keyword_head,
    window_states,
    word_states,
)

from ..conftest import TINY


def tiny_model():
    torch.manual_seed(0)
    return HubertForCTC(TINY).eval()


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


def test_window_states_are_the_means_over_a_sentence_s_seconds(data_dir):
    model = tiny_model()
    clips = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[:2]
    windows = window_states(model, clips)
    whole = [(len(clip.samples) - 400) // 320 + 1 for clip in clips]
    assert len(windows) == sum((frames - 49) // 5 + 1 for frames in whole)
    second = pooled_states(model, [Example(clips[0].samples, slice(5, 54), 0)])
    assert torch.allclose(windows[1], second[0], atol=1e-5)
    assert window_states(model, []).shape == (0, 3, 32)


def test_fitting_finds_the_classes_and_the_layer_that_tells_them_apart():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 12
    features = torch.randn(600, 3, 32, generator=generator)
    features[:, 1] += 3 * torch.randn(12, 32, generator=generator)[labels]
    head = KeywordHead(corpora.KEYWORD_LABELS, 3, 32, 16)
    _fit(head, features, labels, KeywordSettings(steps=300, batch=64))
    guesses = head(features.transpose(0, 1)[:, :, None])[:, 0].argmax(-1)
    assert (guesses == labels).float().mean() > 0.95
    assert head.layer_probabilities.argmax() == 1


def test_unknown_is_lowered_to_where_most_classes_are_right():
    head = KeywordHead(corpora.KEYWORD_LABELS, 3, 12, 12)
    yes, unknown = (corpora.KEYWORD_LABELS.index(label) for label in ("yes", "_unknown_"))
    with torch.no_grad():
        # Logits are the states, whatever the layer.
        for layer in (head.projector, head.classifier):
            layer.weight.copy_(torch.eye(12))
            layer.bias.zero_()
    logits = torch.zeros(4, 12)
    logits[:, unknown] = torch.tensor([0.9, 2.2, 0.2, 5.0])
    # The three yes are right from 0.25, 1.0 and 2.25 on; the word that is none stays so.
    labels = torch.tensor([yes, yes, yes, unknown])
    logits[:3, yes] = 0.1
    states = logits[:, None].expand(-1, 3, -1)
    assert balance_unknown(head, states, labels) == pytest.approx(2.25)
    assert head.classifier.bias[unknown].item() == pytest.approx(-2.25)
    assert balance_unknown(head, states, labels) == 0.0


def test_word_states_are_those_of_whole_clips(data_dir):
    model = tiny_model()
    words = load_clips(data_dir, corpora.word_test_clips(data_dir, "valid"))
    states, labels = word_states(model, words)
    whole = pooled_states(model, [Example(words[-1].samples, None, 0)])
    assert torch.allclose(states[-1:], whole, atol=1e-5)
    assert [corpora.KEYWORD_LABELS[label] for label in labels] == [corpora.keyword_label(w) for w in words]


def test_a_head_trains_on_the_corpora_and_is_kept_beside_the_checkpoint(data_dir, tmp_path):
    model = tiny_model()
    examples = load_examples(model, character_tokenizer(), data_dir, np.random.default_rng(0))
    head = train_keyword_head(model, examples, KeywordSettings(num_examples=12, steps=2))
    assert head.labels == corpora.KEYWORD_LABELS
    head.save(tmp_path)
    states = torch.randn(3, 7, 32)
    assert torch.allclose(KeywordHead.from_directory(tmp_path)(states), head(states), atol=1e-2)
