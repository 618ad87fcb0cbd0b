"""Examples of the keyword classes, and learning them together with reading."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import PlacedWord, load_clips
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.engine.trainer import Batch
from hubert_demo.training.stages.keyword_examples import KeywordExamples, KeywordSpotting, load_examples
from hubert_demo.training.stages.keywords import new_keyword_head

from ..conftest import TINY


@pytest.fixture
def model():
    torch.manual_seed(0)
    return HubertForCTC(TINY).eval()


@pytest.fixture
def examples(data_dir):
    words = load_clips(data_dir, corpora.word_training_clips(data_dir))
    speech = load_clips(data_dir, corpora.running_speech_clips(data_dir))
    return KeywordExamples(words, speech)


def test_commands_come_equally_often_and_unknown_words_twice(examples):
    counts = Counter(example.label for example in examples.draw(1300, np.random.default_rng(0)))
    assert set(counts) == set(range(12))
    unknown = corpora.KEYWORD_LABELS.index(corpora.UNKNOWN)
    for label, count in counts.items():
        assert count == pytest.approx(200 if label == unknown else 100, abs=40)


def test_words_said_alone_by_people_count_four_times(data_dir):
    clips = load_clips(data_dir, corpora.word_training_clips(data_dir))
    ups = [clip for clip in clips if clip.text == "UP"]
    sizes = {"speech_commands": 1, "synthetic_commands": 16}
    words = [clip for clip in ups for _ in range(sizes[clip.corpus])]
    drawn = KeywordExamples(words, [])
    rng = np.random.default_rng(0)
    sources = Counter(drawn._source("up", rng) for _ in range(600))
    assert sources["speech_commands"] == pytest.approx(300, abs=50)


def test_a_word_between_others_has_its_second_inside_the_recording(examples):
    drawn = examples.draw(60, np.random.default_rng(0), between=True)
    windows = [example for example in drawn if example.frames is not None]
    assert windows
    for example in windows:
        assert example.frames.stop - example.frames.start == HUBERT_GRID.num_frames(16_000)
        assert 0 <= example.frames.start < (len(example.samples) - 400) // 320 + 1


def test_running_speech_is_unknown_only_where_it_holds_no_command(data_dir):
    clip = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0]
    with_command = replace(clip, text="GO HOME", samples=np.full(40_000, 1, np.int16))
    without = replace(clip, text="NOTHING ELSE", samples=np.full(40_000, 2, np.int16))
    rng = np.random.default_rng(0)
    drawn = KeywordExamples([], [with_command, without])
    assert {int(drawn._stretch(rng)[0]) for _ in range(20)} == {2}
    only_unusable = KeywordExamples([replace(clip, text="EIGHT")], [with_command])
    assert {only_unusable._source(corpora.UNKNOWN, rng) for _ in range(20)} == {"librispeech"}


def test_spotting_teaches_encoder_and_head(model, data_dir):
    examples = load_examples(model, character_tokenizer(), data_dir, np.random.default_rng(0))
    spotting = KeywordSpotting(new_keyword_head(model), examples, batch=12)
    encoder = model.hubert
    optimizer = torch.optim.AdamW([*encoder.parameters(), *spotting.parameters()], lr=3e-3)
    losses = []
    for _ in range(30):
        # The same examples at every step.
        batch = Batch([], (torch.zeros(1, 1, 32),), None, np.random.default_rng(1))
        loss = spotting.loss(encoder, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert next(encoder.parameters()).grad is not None
    assert losses[-1] < 0.8 * losses[0]


def test_every_second_of_a_recording_teaches_and_commands_count_as_much_as_all_else(model, data_dir):
    spotting = KeywordSpotting(new_keyword_head(model), KeywordExamples([], []), batch=12)
    clip = replace(load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0], duration_s=3.0)
    states = tuple(torch.randn(2, 149, 32) for _ in range(3))
    frame_logits = spotting.head(torch.stack(states))

    def loss(*commands):
        clips = [replace(clip, commands=said) for said in commands]
        return spotting._window_loss(Batch(clips, states, None, np.random.default_rng(0)))

    def mean_loss(row, firsts, label):
        logits = torch.stack([frame_logits[row, i : i + 49].mean(0) for i in firsts])
        return -logits.log_softmax(-1)[:, corpora.KEYWORD_LABELS.index(label)].mean()

    # Windows begin at every fifth frame, up to the hundredth; the middle of the first is at 0.4925 s.
    everywhere = range(0, 101, 5)
    assert torch.allclose(loss((), None), mean_loss(0, everywhere, corpora.UNKNOWN))
    assert loss(None, None) == 0.0
    go = (PlacedWord("GO", 0.4, 0.6),)
    near = [i for i in everywhere if abs(i * 0.02 + 0.4925 - 0.5) <= 0.3]
    far = [i for i in everywhere if abs(i * 0.02 + 0.4925 - 0.5) > 0.75]
    expected = mean_loss(0, near, "go") + mean_loss(0, far, corpora.UNKNOWN)
    assert torch.allclose(loss(go, None), expected, atol=1e-5)
