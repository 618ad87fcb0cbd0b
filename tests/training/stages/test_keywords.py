"""The keyword head: pooling, and that it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.augmentation.hearing import Augmentation
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import place_commands
from hubert_demo.training.data.clips import PlacedWord, load_clips
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.engine.encode import pooled_logits
from hubert_demo.training.evaluation.running_speech import RunningSpeech
from hubert_demo.training.evaluation.spotting import CANDIDATE_THRESHOLDS
from hubert_demo.training.stages import keywords
from hubert_demo.training.stages.keyword_examples import Example, load_examples
from hubert_demo.training.stages.keywords import (
    KeywordSettings,
    Windows,
    _fit,
    balance_unknown,
    choose_threshold,
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


def test_every_window_of_a_command_is_kept_and_some_of_the_others(data_dir):
    model = tiny_model()
    clip = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0]
    said = [replace(clip, commands=(PlacedWord("GO", 1.0, 1.2),))] * 12
    windows = window_states(model, said, np.random.default_rng(0))
    assert windows.states.shape == (len(windows.labels), 3, 32)
    assert windows.states.dtype == torch.float16
    names = [corpora.KEYWORD_LABELS[label] for label in windows.labels]
    assert set(names) == {"go", "_unknown_", "_silence_"}
    # Six windows have their middle within 0.3 s of the word's; fewer where another word or the end is near.
    assert 12 * 3 <= names.count("go") <= 12 * 7
    assert len(window_states(model, [], np.random.default_rng(0)).labels) == 0


def test_a_window_s_states_are_the_means_over_its_frames(data_dir, monkeypatch):
    as_it_is = Augmentation(speed_share=0.0)
    monkeypatch.setattr(keywords, "_AS_HEARD", as_it_is)
    monkeypatch.setattr(keywords, "draw_speeds", lambda count, share, rng: np.ones(count))
    model = tiny_model()
    clip = replace(load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0], commands=())
    windows = window_states(model, [clip], np.random.default_rng(0))
    assert len(windows.labels) == (109 - 49) // 5 + 1
    second = pooled_states(model, [Example(clip.samples, slice(5, 54), 0)])
    assert torch.allclose(windows.states[1].float(), second[0], atol=1e-2)


def test_the_threshold_is_the_lowest_at_which_false_alarms_are_surely_few_everywhere():
    class Trial:
        """One false alarm a minute more for each 0.1 that the threshold lies below `least`."""

        def __init__(self, least, minutes=20.0):
            self.least, self.minutes = least, minutes

        def at(self, threshold):
            alarms = max(0, round((self.least - threshold) * 10 * self.minutes))
            return RunningSpeech({}, {"go": alarms} if alarms else {}, self.minutes, threshold)

    # In 20 minutes up to 6 are few enough, although 10 would be half a one a minute.
    assert choose_threshold([Trial(0.4), Trial(0.6)]) == pytest.approx(0.57)
    assert choose_threshold([Trial(0.0)]) == CANDIDATE_THRESHOLDS[0]
    assert choose_threshold([Trial(2.0)]) == CANDIDATE_THRESHOLDS[-1]
    # So little speech is sure of nothing.
    assert choose_threshold([Trial(0.0, minutes=3.0)]) == CANDIDATE_THRESHOLDS[-1]


def test_fitting_finds_the_classes_and_the_layer_that_tells_them_apart():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 12
    features = torch.randn(600, 3, 32, generator=generator)
    features[:, 1] += 3 * torch.randn(12, 32, generator=generator)[labels]
    head = KeywordHead(corpora.KEYWORD_LABELS, 3, 32, 16)
    groups = [Windows(features[n::3].half(), labels[n::3]) for n in range(3)]
    _fit(head, *groups, KeywordSettings(steps=300, batch=64))
    guesses = head(features.transpose(0, 1)[:, :, None])[:, 0].argmax(-1)
    assert (guesses == labels).float().mean() > 0.95
    assert head.layer_probabilities.argmax() == 1


def test_what_is_most_like_a_command_is_heard_more_often():
    generator = torch.Generator().manual_seed(0)
    unknown = corpora.KEYWORD_LABELS.index(corpora.UNKNOWN)
    commands = Windows(torch.randn(200, 1, 8, generator=generator).half(), torch.zeros(200, dtype=torch.long))
    commands.states[:, :, 0] += 3
    others = Windows(torch.randn(2000, 1, 8, generator=generator).half(), torch.full((2000,), unknown))
    near = others.states[:40]
    near[:, :, 0] += 2
    nothing = others.where(torch.zeros(2000, dtype=torch.bool))

    def mistaken(hard_share):
        torch.manual_seed(0)
        head = KeywordHead(corpora.KEYWORD_LABELS, 1, 8, 8)
        _fit(head, nothing, commands, others, KeywordSettings(steps=200, batch=64, hard_share=hard_share))
        return pooled_logits(head, near.float()).softmax(-1)[:, 0].mean().item()

    assert mistaken(0.8) < 0.9 * mistaken(0.0)


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


@pytest.mark.parametrize("bfloat16", [False, True])
def test_a_head_trains_on_the_corpora_and_is_kept_beside_the_checkpoint(data_dir, tmp_path, bfloat16):
    model = tiny_model()
    examples = load_examples(model, character_tokenizer(), data_dir, np.random.default_rng(0))
    sentences = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))
    placed = place_commands(model, character_tokenizer(), sentences)
    settings = KeywordSettings(num_examples=12, steps=2, bfloat16=bfloat16)
    head = train_keyword_head(model, examples, placed, settings)
    head.encoder = encoder_fingerprint(model.hubert)
    assert head.labels == corpora.KEYWORD_LABELS
    head.save(tmp_path)
    states = torch.randn(3, 7, 32)
    kept = KeywordHead.from_directory(tmp_path)
    assert torch.allclose(kept(states), head(states), atol=1e-2)
    assert kept.encoder == encoder_fingerprint(model.hubert)
