"""The training loop: it learns, and stopping and going on changes nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.augmentation.hearing import Augmentation, hear
from hubert_demo.training.augmentation.recordings import Layout
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.engine.trainer import Objective, Trainer, TrainerSettings
from hubert_demo.training.stages.ctc import Reading
from hubert_demo.training.stages.pretrain import UnitPrediction

from ..conftest import TINY

AS_IT_IS = {"speed_share": 0.0, "voice_share": 0.0, "rough_share": 0.0}
SETTINGS = TrainerSettings(
    steps=100,
    batch_s=2.5,
    peak_rate=3e-3,
    warmup_steps=1,
    speed_share=0.5,
    voice_share=0.5,
    rough_share=0.5,
)


def trainer(work_dir, settings=SETTINGS, **config):
    torch.manual_seed(0)
    model = HubertForCTC(replace(TINY, **config))
    objectives = {
        "ctc": Reading(model.lm_head, character_tokenizer()),
        "units": UnitPrediction(32, 500, layer=1),
    }
    return Trainer(model.hubert, objectives, settings, work_dir)


def step(running, clips):
    """One step on these clips as they are."""
    return running.train_step(
        hear(clips, [Layout.of_one(n) for n in range(len(clips))], Augmentation(), np.random.default_rng(0))
    )


def run(running, clips, validations=None):
    def validate():
        if validations is not None:
            validations.append(running.step)
        return {"score": 0.5}

    running.run(clips, lambda folder: folder.mkdir(exist_ok=True), validate)


def test_every_objective_s_loss_falls(tmp_path, clips):
    running = trainer(tmp_path, replace(SETTINGS, **AS_IT_IS))
    losses = [step(running, clips) for _ in range(25)]
    assert losses[-1]["ctc"] < 0.7 * losses[0]["ctc"]
    assert losses[-1]["units"] < 0.95 * losses[0]["units"]


def test_a_finished_run_leaves_settings_curve_and_checkpoint(tmp_path, clips):
    validations = []
    run(trainer(tmp_path, replace(SETTINGS, steps=4)), clips, validations)
    assert json.loads((tmp_path / "settings.json").read_text())["steps"] == 4
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert (curve[-1]["step"], curve[-1]["score"], validations) == (4, 0.5, [4])
    assert (tmp_path / "checkpoint").is_dir()


def stop_before(running, step):
    """Have the run killed at the start of a step, just after it saved itself."""
    train_step = running.train_step

    def until(heard):
        if running.step == step:
            running.save()
            raise KeyboardInterrupt
        return train_step(heard)

    running.train_step = until


def test_a_stopped_run_ends_where_one_without_a_stop_does(tmp_path, clips):
    """Three clips, a batch each: the second epoch is cut in its middle."""
    settings = replace(SETTINGS, steps=7)
    spec_augment = {"mask_time_prob": 0.3}
    whole = trainer(tmp_path / "whole", settings, **spec_augment)
    run(whole, clips)
    stopped = trainer(tmp_path / "stopped", settings, **spec_augment)
    stop_before(stopped, 5)
    with pytest.raises(KeyboardInterrupt):
        run(stopped, clips)
    continued = trainer(tmp_path / "stopped", settings, **spec_augment)
    assert continued.step == 5
    run(continued, clips)
    assert (whole.step, whole.epoch, whole.position) == (continued.step, continued.epoch, continued.position)
    for name, tensor in whole.encoder.state_dict().items():
        assert torch.equal(tensor, continued.encoder.state_dict()[name]), name
    for name, tensor in whole.objectives.state_dict().items():
        assert torch.equal(tensor, continued.objectives.state_dict()[name]), name


def test_batches_made_ahead_by_other_processes_are_the_same(tmp_path, clips):
    # Formants are moved with as many threads as a process has, which rounds otherwise.
    settings = replace(SETTINGS, steps=5, voice_share=0.0)
    alone = trainer(tmp_path / "alone", settings)
    run(alone, clips)
    helped = trainer(tmp_path / "helped", replace(settings, workers=2))
    run(helped, clips)
    for name, tensor in alone.encoder.state_dict().items():
        assert torch.equal(tensor, helped.encoder.state_dict()[name]), name


def test_a_run_that_is_over_does_nothing_more(tmp_path, clips):
    settings = replace(SETTINGS, steps=2)
    run(trainer(tmp_path, settings), clips)
    before = (tmp_path / "curve.jsonl").read_text()
    validations = []
    run(trainer(tmp_path, settings), clips, validations)
    assert (tmp_path / "curve.jsonl").read_text() == before
    assert not validations


def test_a_frozen_encoder_stays_while_its_head_learns(tmp_path, clips):
    running = trainer(tmp_path, replace(SETTINGS, frozen_steps=2))

    def weights():
        layers = (
            running.encoder.encoder.layers[0].feed_forward.output_dense,
            running.objectives["ctc"].lm_head,
        )
        return [layer.weight.detach().clone() for layer in layers]

    start = weights()
    step(running, clips)
    step(running, clips)
    frozen = weights()
    assert torch.equal(start[0], frozen[0])
    assert not torch.equal(start[1], frozen[1])
    step(running, clips)
    assert not torch.equal(frozen[0], weights()[0])


def test_frozen_layers_and_all_below_them_stay_throughout(tmp_path, clips):
    running = trainer(tmp_path, replace(SETTINGS, frozen_layers=1))
    before = {name: tensor.clone() for name, tensor in running.encoder.state_dict().items()}
    step(running, clips)
    moved = {name for name, tensor in running.encoder.state_dict().items() if not tensor.equal(before[name])}
    assert moved
    assert all(name.startswith("encoder.layers.1.") for name in moved)


def test_dropout_is_the_run_s_and_leaves_the_front_end(tmp_path, clips):
    running = trainer(tmp_path, replace(SETTINGS, dropout=0.25))
    layer = running.encoder.encoder.layers[0]
    assert (layer.dropout.p, layer.attention.dropout) == (0.25, 0.25)
    assert running.encoder.feature_projection.dropout.p == 0.0
    assert trainer(tmp_path / "other").encoder.encoder.layers[0].dropout.p == 0.0


def test_masks_are_given_to_encoder_and_objectives(tmp_path, clips):
    seen = []

    class Watching(Objective):
        def loss(self, encoder, batch):
            seen.append(batch)
            return batch.states[-1].square().mean()

    torch.manual_seed(0)
    # The mask vector exists where the configuration speaks of masks.
    encoder = HubertForCTC(replace(TINY, mask_time_prob=0.05)).hubert
    settings = replace(SETTINGS, mask_prob=0.8, **AS_IT_IS)
    step(Trainer(encoder, {"watching": Watching()}, settings, tmp_path), clips)
    masked = seen[0].masked
    assert masked.shape == seen[0].states[0].shape[:2]
    # Spans that start at 8 % of the frames and may overlap cover about half.
    assert 0.35 < masked.float().mean() < 0.7


def test_a_long_clip_is_heard_in_stretches(tmp_path, clips):
    heard = []

    class Listening(Objective):
        def loss(self, encoder, batch):
            heard.extend((clip.duration_s, batch.states[0].shape[1]) for clip in batch.clips)
            return batch.states[-1].square().mean()

    model = HubertForCTC(TINY)
    settings = replace(SETTINGS, steps=6, crop_s=0.2, speed_share=0.0, rough_share=0.0)
    run(Trainer(model.hubert, {"listening": Listening()}, settings, tmp_path), clips)
    assert min(clip.duration_s for clip in clips) > 0.2
    assert set(heard) == {(0.2, 9)}


def test_the_rate_warms_up_and_falls_to_nearly_nothing(tmp_path):
    running = trainer(tmp_path, replace(SETTINGS, steps=1000, warmup_steps=10, decay_share=0.5))
    rates = []
    for running.step in (0, 9, 500, 750, 1000):
        rates.append(running.rate())
    assert rates == pytest.approx([3e-4, 3e-3, 3e-3, 1.5e-3, 3e-5])
