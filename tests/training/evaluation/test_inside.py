"""Scores of what every layer says and how it sounds: the ridge beside it, the probe, an outside judge."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForCTC
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.evaluation import judge
from hubert_demo.training.evaluation.lens import lens_scores
from hubert_demo.training.evaluation.resynthesis import resynthesis_scores, speaker_probe
from hubert_demo.training.evaluation.ridge import SoundRidge, share_of_variance
from hubert_demo.training.stages.resynthesise import ResynthesisSettings, teach_resynthesis

from ..conftest import TINY


@pytest.fixture(scope="module")
def embedded():
    return load(resolve(DEFAULT_CHECKPOINT))


@pytest.fixture
def spoken(clips):
    samples, _ = soundfile.read(ASSETS_DIR / "examples" / "stop.wav", dtype="int16")
    return replace(clips[0], samples=samples, text="STOP", duration_s=len(samples) / 16_000)


def test_the_ridge_is_that_of_windows_of_seven_frames_with_nothing_beyond_the_ends():
    rng = np.random.default_rng(0)
    mean, scale, target_mean = rng.normal(size=4), rng.uniform(1, 2, 4), rng.normal(size=3)
    ridge = SoundRidge(mean, scale, target_mean)
    states = [rng.normal(size=(count, 4)) * 2 + mean for count in (30, 3, 12)]
    wanted = [rng.normal(size=(len(each), 3)) for each in states]
    for each, columns in zip(states, wanted, strict=True):
        ridge.add(each, columns)

    def windows(each):
        padded = np.pad((each - mean) / scale, ((3, 3), (0, 0)))
        return np.stack([padded[first : first + 7].reshape(-1) for first in range(len(each))])

    rows = np.concatenate([windows(each) for each in states])
    penalty = 1e-3 * len(rows) * np.eye(28)
    weights = np.linalg.solve(rows.T @ rows + penalty, rows.T @ (np.concatenate(wanted) - target_mean))
    for each in states:
        np.testing.assert_allclose(ridge.predict(each), windows(each) @ weights + target_mean, atol=1e-3)


def test_the_share_of_variance_is_against_each_band_s_mean():
    wanted = [np.array([[1.0, 10.0], [3.0, 20.0]]), np.array([[5.0, 30.0]])]
    assert share_of_variance(0, wanted, 2) == 1
    errors = sum(np.square(each - [3, 20]).sum() for each in wanted)
    assert share_of_variance(errors, wanted, 2) == pytest.approx(0)


def test_a_probe_tells_speakers_whose_states_differ_and_guesses_where_they_do_not():
    rng = np.random.default_rng(0)
    speakers = [name for name in "abcd" for _ in range(6)]
    states = [rng.normal(size=(50, 5)) for _ in speakers]
    guessed = speaker_probe(states, speakers)
    assert guessed.total == 24 * 50
    assert guessed.share == pytest.approx(0.25, abs=0.05)
    apart = [each + 4 * np.eye(5)["abcd".index(name)] for each, name in zip(states, speakers, strict=True)]
    assert speaker_probe(apart, speakers).share > 0.95


def test_every_layer_is_read_and_the_last_is_the_model(embedded, spoken):
    scores = lens_scores(embedded, [spoken])
    assert set(scores.read) >= {"head"}
    for rates in (*scores.read.values(), *scores.by_chance.values()):
        assert len(rates) == 9
    assert scores.read["head"][-1].value == 0
    assert scores.read["head"][0].value > 0.5
    assert scores.lines[-1].startswith("  layer 8: head 0.000 [0.000, 0.000] (")


def test_the_sound_of_every_layer_is_measured(data_dir, tmp_path, clips):
    torch.manual_seed(0)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "tiny")
    chosen = [replace(clips[2], samples=clips[2].samples[:8000])] * 2
    with pytest.raises(CheckpointError, match="no decoders to sound"):
        resynthesis_scores(load(resolve(tmp_path / "tiny")), data_dir, chosen)
    settings = ResynthesisSettings(hours=0.01, passes=1, width=8, num_blocks=1)
    teach_resynthesis(data_dir, tmp_path / "tiny", tmp_path / "work", settings)
    loaded = load(resolve(tmp_path / "tiny"))
    with_kept, without = (
        resynthesis_scores(loaded, data_dir, chosen, folder) for folder in (tmp_path / "work", None)
    )
    assert len(without.layers) == 3
    for one, other in zip(with_kept.layers, without.layers, strict=True):
        assert one.share == other.share <= 1
        assert one.ridge_share == pytest.approx(other.ridge_share, rel=0.01)
        assert one.errors.before.lengths == one.errors.after.lengths
    assert without.speaker_by_chance == 1
    *lines, last = without.lines
    assert len(lines) == 5
    assert "more than the ridge" in last
    shown = without.as_shown
    assert shown.share == tuple(round(layer.share, 3) for layer in without.layers)
    assert (shown.num_clips, shown.num_speakers) == (2, 1)
    fewer = {**loaded.sound_decoders.origin.taught, "clips": 3}
    loaded.sound_decoders.origin = replace(loaded.sound_decoders.origin, taught=fewer)
    with pytest.raises(CheckpointError, match="taught on 3 clips"):
        resynthesis_scores(loaded, data_dir, chosen)


def test_an_outside_judge_reads_the_original_and_every_layer(data_dir, tmp_path, clips, monkeypatch, capsys):
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "tiny")
    settings = ResynthesisSettings(hours=0.01, passes=1, width=8, num_blocks=1)
    teach_resynthesis(data_dir, tmp_path / "tiny", tmp_path / "work", settings)
    heard = []

    def transcribe(samples, **options):
        heard.append(samples)
        text = " Lib reads." if np.array_equal(samples, clips[2].waveform.samples) else "Nothing,"
        return [SimpleNamespace(text=text)], None

    whisper = SimpleNamespace(transcribe=transcribe)
    found = dict(judge.judged(whisper, [clips[2]], str(tmp_path / "tiny")))
    assert list(found) == ["the original", "layer 0", "layer 1", "layer 2"]
    assert [rate.value for rate in found.values()] == [0, 1, 1, 1]
    assert {len(samples) for samples in heard} == {len(clips[2].samples)}
    assert judge.plain("It’s  “fine”, isn't it?") == "IT'S FINE ISN'T IT"
    monkeypatch.setattr(sys, "argv", ["judge", "--data", str(data_dir), "--whisper", str(tmp_path)])
    assert judge.main() == 2
    assert "error: The judge is not installed" in capsys.readouterr().err
