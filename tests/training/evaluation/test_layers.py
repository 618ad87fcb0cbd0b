"""Layers against characters, on the embedded checkpoint."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import InputError
from hubert_demo.training import __main__ as shell
from hubert_demo.training.evaluation.layers import layer_structure, teacher_quality


@pytest.fixture(scope="module")
def loaded():
    return load(resolve(DEFAULT_CHECKPOINT))


@pytest.fixture
def spoken(clips):
    samples, rate = soundfile.read(ASSETS_DIR / "examples" / "numbers.wav", dtype="int16")
    assert rate == 16_000
    return replace(clips[0], samples=samples, text="SEVEN THREE NINE", duration_s=len(samples) / rate)


def test_units_say_more_than_chance_and_most_where_ctc_reads(loaded, spoken):
    layers = layer_structure(loaded, [spoken], num_units=12)
    assert len(layers) == 9
    for layer in layers:
        assert layer.purity >= layer.chance
        assert 0 < layer.pnmi <= 1
        assert layer.num_units <= 12
        # The frames from the first character on.
        assert 0.5 < layer.num_frames / (len(spoken.samples) / 320) <= 1
    assert layers[-1].pnmi > layers[0].pnmi


def test_too_little_speech_is_refused(loaded, spoken):
    with pytest.raises(InputError, match="cannot make 100 units"):
        layer_structure(loaded, [replace(spoken, samples=spoken.samples[:8000], text="A")])
    with pytest.raises(InputError, match="0 frames"):
        layer_structure(loaded, [replace(spoken, text="")])


def test_the_shell_prints_and_draws(data_dir, tmp_path, monkeypatch, capsys):
    figure = tmp_path / "layers.png"
    arguments = ["layers", "--data", str(data_dir), "--num-units", "5", "--figure", str(figure)]
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    assert shell.main() == 0
    printed = capsys.readouterr().out
    assert printed.count("layer ") == 9
    assert "5 units" in printed
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_a_teacher_that_names_the_characters_is_pure_and_one_that_is_silent_is_not(loaded, spoken):
    num_frames = len(spoken.samples) // 320
    silent = teacher_quality(loaded, [replace(spoken, units=np.zeros((num_frames, 1), np.int16))])
    assert silent.purity == pytest.approx(silent.chance)
    assert silent.pnmi == pytest.approx(0)
    own = teacher_quality(loaded, [replace(spoken, units=np.arange(num_frames, dtype=np.int16)[:, None])])
    assert (own.purity, own.pnmi) == pytest.approx((1, 1))
    assert own.num_units == own.num_frames
    assert "purity 1.000" in str(own)


def test_clips_without_units_are_refused(loaded, spoken):
    with pytest.raises(InputError, match="no frame targets"):
        teacher_quality(loaded, [replace(spoken, units=np.zeros((0, 1), np.int16))])


def test_the_shell_compares_teachers(data_dir, monkeypatch, capsys):
    units = str(data_dir / "units")
    monkeypatch.setattr(sys, "argv", ["training", "teachers", "--data", str(data_dir), "--units", units])
    assert shell.main() == 0
    assert "PNMI" in capsys.readouterr().out
