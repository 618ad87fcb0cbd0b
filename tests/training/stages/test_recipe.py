"""The stages in a row, from the shell."""

import json
import shutil
import sys
from dataclasses import replace

import pytest
import torch

from hubert_demo.checkpoints import load, resolve
from hubert_demo.checkpoints.decoding import DECODING_NAME
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import HubertForCTC, HubertModel, KeywordHead
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training import __main__ as shell
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.stages import recipe

from ..conftest import TINY

KEYWORD_FILES = (KeywordHead.weights_name, KeywordHead.settings_name)


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["training", *map(str, arguments)])
    return shell.main()


def losses(work_dir, name):
    points = [json.loads(line) for line in (work_dir / "curve.jsonl").read_text().splitlines()]
    return [point[name] for point in points if name in point]


@pytest.mark.slow
def test_the_whole_recipe_runs_and_what_it_makes_loads(data_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hubert_demo.training.engine.trainer._LOG_EVERY", 10)
    arguments = ("recipe", "--data", data_dir, "--work", tmp_path, "--smoke")
    assert call(monkeypatch, *arguments) == 0
    assert "character error rate" in capsys.readouterr().out
    # It trains on a minute of each corpus, and keeps what it took.
    assert (tmp_path / "data" / "librispeech" / "manifest.tsv").exists()
    for stage, name in (("pretrain-mfcc", "units"), ("pretrain", "units"), ("ctc", "ctc")):
        assert losses(tmp_path / stage, name)[-1] < losses(tmp_path / stage, name)[0]
    loaded = load(resolve(tmp_path / "checkpoint"))
    assert loaded.keyword_head is not None
    # What was taught on the encoder says so, and means nothing beside another one.
    own = encoder_fingerprint(loaded.encoder)
    assert (loaded.keyword_head.encoder, loaded.decoding.encoder) == (own, own)
    for name in (*KEYWORD_FILES, DECODING_NAME):
        shutil.copy(tmp_path / "checkpoint" / name, tmp_path / "ctc" / "checkpoint")
        if name != KeywordHead.weights_name:
            with pytest.raises(CheckpointError, match=f"{name} in checkpoint was made for another encoder"):
                load(resolve(tmp_path / "ctc" / "checkpoint"))
            (tmp_path / "ctc" / "checkpoint" / name).unlink()
    # The encoder before fine-tuning is kept, and it is another one.
    before = HubertModel.from_pretrained(tmp_path / "pretrain" / "checkpoint")
    assert not before.state_dict()["encoder.layer_norm.weight"].equal(
        loaded.encoder.state_dict()["encoder.layer_norm.weight"]
    )
    figure = tmp_path / "curves.svg"
    works = (tmp_path / "pretrain", tmp_path / "ctc")
    assert call(monkeypatch, "curves", "--work", *works, "--figure", figure) == 0
    assert "valid cer" in figure.read_text(encoding="utf-8")
    curve = (tmp_path / "ctc" / "curve.jsonl").read_text()
    assert call(monkeypatch, *arguments) == 0
    assert (tmp_path / "ctc" / "curve.jsonl").read_text() == curve


def test_the_recipe_goes_on_from_a_checkpoint_that_reads(data_dir, tmp_path, monkeypatch, capsys):
    torch.manual_seed(0)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "start")
    arguments = ("--data", data_dir, "--work", tmp_path / "work", "--smoke", "--from", tmp_path / "start")
    assert call(monkeypatch, "recipe", *arguments) == 0
    assert "of the runs' mean, the rest of" in capsys.readouterr().out
    assert not (tmp_path / "work" / "pretrain").exists()
    loaded = load(resolve(tmp_path / "work" / "checkpoint"))
    assert loaded.spec.language_model is not None
    assert loaded.decoding is not None
    assert loaded.encoder.config.hidden_size == TINY.hidden_size


def test_stages_run_one_by_one_from_the_shell(data_dir, tmp_path, monkeypatch):
    small = ("--steps", 2, "--batch-s", 5, "--data", data_dir)
    units, work = data_dir / "units", tmp_path / "pretrain"
    assert call(monkeypatch, "pretrain", "--units", units, "--work", work, *small) == 0
    init = work / "checkpoint"
    arguments = ("--init", init, "--units", units, "--work", tmp_path / "ctc", "--frozen-steps", 1)
    assert call(monkeypatch, "ctc", *arguments, *small) == 0
    settings = json.loads((tmp_path / "ctc" / "settings.json").read_text())
    assert (settings["steps"], settings["frozen_steps"], settings["mask_prob"]) == (2, 1, 0.0)
    reading = tmp_path / "ctc" / "checkpoint"
    arguments = ("--keyword-batch", 4, "--init", reading, "--work", tmp_path / "joint")
    assert call(monkeypatch, "ctc", *arguments, *small) == 0
    assert losses(tmp_path / "joint", "valid cer")


def test_a_mean_of_checkpoints_reads_and_has_their_mean_weights(tmp_path, monkeypatch, capsys):
    folders = [tmp_path / name for name in ("one", "two", "wider")]
    models = [HubertForCTC(config) for config in (TINY, TINY, replace(TINY, intermediate_size=48))]
    for folder, model in zip(folders, models, strict=True):
        save_ctc_checkpoint(model, folder)
    mean = tmp_path / "mean"
    assert call(monkeypatch, "average", "--checkpoint", *folders[:2], "--output", mean) == 0
    loaded = load(resolve(mean))
    assert loaded.tokenizer is not None
    assert loaded.ctc_model is not None
    one, two = (model.lm_head.weight for model in models[:2])
    assert torch.allclose(loaded.ctc_model.lm_head.weight, (one + two) / 2, atol=1e-3)
    shares = ("--shares", 0.25, 0.75)
    assert call(monkeypatch, "average", "--checkpoint", *folders[:2], *shares, "--output", mean) == 0
    mixed = load(resolve(mean)).ctc_model
    assert mixed is not None
    assert torch.allclose(mixed.lm_head.weight, one / 4 + two * 3 / 4, atol=1e-3)
    assert call(monkeypatch, "average", "--checkpoint", *folders, *shares, "--output", mean) == 2
    assert "a share" in capsys.readouterr().err
    assert call(monkeypatch, "average", "--checkpoint", *folders, "--output", mean) == 2
    assert "one architecture" in capsys.readouterr().err


def test_keywords_need_a_model_that_reads(data_dir, tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "ctc", "--keyword-batch", 4, "--data", data_dir, "--work", tmp_path) == 2
    assert "give one to start from" in capsys.readouterr().err


def test_cropped_clips_cannot_be_read(data_dir, tmp_path, monkeypatch, capsys):
    options = ("--data", data_dir, "--work", tmp_path, "--crop-s", "2")
    assert call(monkeypatch, "ctc", *options) == 2
    assert "leave crop_s at 0" in capsys.readouterr().err


def test_a_folder_without_units_is_refused(data_dir, tmp_path):
    settings = recipe.smoke_plan().pretrain
    with pytest.raises(InputError, match="has no units"):
        recipe.pretrain(data_dir, tmp_path / "none", tmp_path / "work", settings)


def test_curves_of_no_run_are_refused(tmp_path, monkeypatch, capsys):
    assert call(monkeypatch, "curves", "--work", tmp_path, "--figure", tmp_path / "curves.svg") == 2
    assert "has no curve.jsonl" in capsys.readouterr().err
