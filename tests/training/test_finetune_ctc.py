"""CTC training: it learns, stops, goes on, and writes a checkpoint that loads."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC, Wav2Vec2Processor
from hubert_demo.training import corpora
from hubert_demo.training.data import load_clips, pad_waveforms
from hubert_demo.training.finetune_ctc import (
    CtcSettings,
    CtcTrainer,
    character_tokenizer,
    pad_units,
    small_config,
)
from hubert_demo.training.finetune_keywords import new_keyword_head
from hubert_demo.training.keyword_examples import KeywordTask, load_examples

TINY = replace(
    small_config(),
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=64,
    conv_dim=(8,) * 7,
    mask_time_prob=0.0,
)


@pytest.fixture
def clips(data_dir):
    return load_clips(data_dir, corpora.reading_clips(data_dir, "train"), with_units=True)


def trainer(work_dir, **settings):
    torch.manual_seed(0)
    defaults = {"warmup_steps": 1, "units_layer": 1, "speed_share": 0.0, "peak_rate": 3e-3}
    model = HubertForCTC(TINY)
    return CtcTrainer(model, torch.nn.Linear(32, 500), CtcSettings(**{**defaults, **settings}), work_dir)


def test_the_loss_falls(tmp_path, clips):
    running = trainer(tmp_path)
    losses = [sum(running._train_step(clips).values()) for _ in range(25)]
    assert losses[-1] < 0.7 * losses[0]


def test_a_finished_run_leaves_settings_curve_and_a_checkpoint_that_loads(tmp_path, clips):
    trainer(tmp_path, minutes=1e-4).run(clips, clips)
    assert json.loads((tmp_path / "settings.json").read_text())["minutes"] == 1e-4
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert curve[-1]["valid_cer"] >= 0
    model = HubertForCTC.from_pretrained(tmp_path / "checkpoint", require_head=True)
    tokenizer = Wav2Vec2Processor.from_pretrained(tmp_path / "checkpoint").tokenizer
    assert model.config.vocab_size == tokenizer.vocab_size


def test_a_stopped_run_goes_on_where_it_was(tmp_path, clips):
    first = trainer(tmp_path)
    for _ in range(3):
        first._train_step(clips)
    first.elapsed_s = 30.0
    first._save()
    second = trainer(tmp_path)
    assert (second.step, second.elapsed_s) == (3, 30.0)
    assert second._train_step(clips) == pytest.approx(first._train_step(clips), rel=1e-4)


def test_the_keyword_task_is_learnt_along_and_goes_on(tmp_path, clips, data_dir):
    def with_keywords():
        model = HubertForCTC(TINY)
        examples = load_examples(model, character_tokenizer(), data_dir, np.random.default_rng(0))
        task = KeywordTask(new_keyword_head(model), examples)
        return CtcTrainer(model, torch.nn.Linear(32, 500), settings, tmp_path, task)

    settings = CtcSettings(units_layer=1, keyword_batch=4)
    first = with_keywords()
    before = first.keywords.head.classifier.weight.detach().clone()
    assert first._train_step(clips).keys() == {"ctc", "units", "keywords"}
    first._save()
    assert not torch.equal(first.keywords.head.classifier.weight, before)
    second = with_keywords()
    assert torch.equal(second.keywords.head.classifier.weight, first.keywords.head.classifier.weight)


def test_the_rate_warms_up_and_falls_to_nearly_nothing(tmp_path):
    run = trainer(tmp_path, minutes=10.0, warmup_steps=10, decay_share=0.5)
    rates = []
    for run.step, run.elapsed_s in ((0, 0.0), (9, 1.0), (100, 300.0), (200, 450.0), (300, 600.0)):
        rates.append(run._rate())
    assert rates == pytest.approx([3e-4, 3e-3, 3e-3, 1.5e-3, 3e-5])


def test_padding_is_silence_and_has_no_target():
    values = pad_waveforms([np.ones(5, np.float32), np.ones(3, np.float32)])
    assert values[1].tolist() == [1, 1, 1, 0, 0]
    targets = pad_units([np.array([4, 5, 6], np.int16), np.array([7], np.int16)], 2)
    assert targets.tolist() == [[4, 5], [7, -100]]


def test_the_tokenizer_spells_what_it_reads():
    tokenizer = character_tokenizer()
    assert tokenizer.vocab_size == small_config().vocab_size == 32
    assert tokenizer.decode(tokenizer.encode("IT'S ON"), group_tokens=False) == "IT'S ON"
