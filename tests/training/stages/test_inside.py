"""Read-outs and decoders of layers: they learn, go on where they stopped, and belong to one encoder."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from hubert_demo.checkpoints import load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForCTC
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.readouts import READOUTS_NAME
from hubert_demo.model.sound_decoders import DECODERS_NAME, SoundDecoders
from hubert_demo.model.taught import Origin
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.data.states import LayerStates, layer_states
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.engine.encode import encoded
from hubert_demo.training.stages.lens import LensSettings, make_readouts, teach_lens
from hubert_demo.training.stages.resynthesise import ResynthesisSettings, make_decoders, teach_resynthesis

from ..conftest import TINY

LENS = LensSettings(hours=0.01, passes=1)
SOUND = ResynthesisSettings(hours=0.01, passes=2, width=8, num_blocks=1, batch=4, stretch=40)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data_dir):
    """A checkpoint with both files, and the states they were taught on."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("taught") / "tiny"
    save_ctc_checkpoint(HubertForCTC(TINY), folder)
    teach_lens(data_dir, folder, folder.parent / "work", LENS)
    teach_resynthesis(data_dir, folder, folder.parent / "work", SOUND)
    return folder


def made_states(rng, num_clips=12, frames=60, width=16):
    """States of two layers, of which the sound is a function of the last three frames."""
    first = rng.normal(size=(num_clips * frames, width)).astype(np.float32)
    last = first @ rng.normal(size=(width, width)).astype(np.float32) / 4 + 1
    sound = np.stack([np.roll(np.tanh(first), shift, axis=0) for shift in (0, 1)]).sum(axis=0)
    ends = tuple(range(frames, num_clips * frames + 1, frames))
    return LayerStates(np.stack([first, last]).astype(np.float16), sound.astype(np.float16), ends)


def test_both_lie_beside_the_checkpoint_and_are_loaded_with_it(folder):
    loaded = load(resolve(folder))
    own = encoder_fingerprint(loaded.encoder)
    assert loaded.readouts.origin.encoder == loaded.sound_decoders.origin.encoder == own
    assert loaded.readouts.origin.taught["passes"] == 1
    assert 0 < loaded.readouts.origin.taught["hours"] < 0.02
    assert loaded.readouts.affine_weight.shape == (3, 32, 32)
    assert len(loaded.sound_decoders.layers) == 3
    for name in (READOUTS_NAME, DECODERS_NAME):
        assert {tensor.dtype for tensor in load_file(folder / name).values()} == {torch.float16}


def test_the_last_layer_maps_onto_itself_and_its_letters_are_the_head_s(folder, clips):
    loaded = load(resolve(folder))
    states = encoded(loaded.encoder, clips[0].samples)[-1]
    with torch.no_grad():
        mapped = loaded.readouts.as_last(states, 2)
        letters, expected = loaded.readouts.letters(states, 2), loaded.ctc_model.lm_head(states)
    assert (mapped - states).std() < 0.05 * states.std()
    assert (letters.softmax(-1) - expected.softmax(-1)).abs().max() < 0.05


def test_an_affine_relation_is_learnt():
    states = made_states(np.random.default_rng(0))
    model = HubertForCTC(replace(TINY, hidden_size=16, intermediate_size=16))
    readouts = make_readouts(model, states, replace(LENS, passes=8, rate=1e-2), Origin("it", {}))
    first, last = (torch.from_numpy(each.astype(np.float32)) for each in states.states)
    error = (readouts.as_last(first, 0) - last).square().mean() / last.var()
    assert error < 0.01
    said, wanted = readouts.letters(first, 0).softmax(-1), model.lm_head(last).softmax(-1)
    assert (said - wanted).abs().mean() < 0.01


def test_a_decoder_learns_what_neighbouring_frames_say(tmp_path):
    states = made_states(np.random.default_rng(0))
    settings = replace(SOUND, passes=60, width=24, rate=1e-2)
    decoders = make_decoders(states, settings, Origin("it", {}), tmp_path)
    for layer in range(2):
        errors = []
        for clip in states.clips():
            x = torch.from_numpy(states.states[layer, clip].astype(np.float32))
            errors.append(decoders(x[None], layer)[0].detach().numpy() - states.sound[clip])
        # Each frame by itself could say half.
        assert np.square(np.concatenate(errors)).mean() < 0.3 * states.sound.astype(np.float32).var()


def test_states_and_layers_that_are_done_are_not_made_again(folder, data_dir, monkeypatch):
    whole, before = (folder / DECODERS_NAME).read_bytes(), load_file(folder / DECODERS_NAME)

    def fail(*arguments):
        raise AssertionError("made again")

    monkeypatch.setattr("hubert_demo.training.data.states.encoded", fail)
    monkeypatch.setattr("hubert_demo.training.stages.resynthesise._teach", fail)
    teach_resynthesis(data_dir, folder, folder.parent / "work", SOUND)
    again = load_file(folder / DECODERS_NAME)
    assert all(torch.equal(again[name], tensor) for name, tensor in before.items())
    with pytest.raises(AssertionError, match="made again"):
        teach_resynthesis(data_dir, folder, folder.parent / "work", replace(SOUND, passes=3))
    (folder / DECODERS_NAME).write_bytes(whole)


def test_states_go_on_where_they_stopped(folder, data_dir, tmp_path, monkeypatch):
    encoder = load(resolve(folder)).encoder
    clips = load_clips(data_dir, corpora.opening_clips(data_dir, 0.01))
    whole = layer_states(encoder, clips, tmp_path / "whole")
    monkeypatch.setattr("hubert_demo.training.data.states._CLIPS_BETWEEN_NOTES", 1)
    stop_at = clips[2].samples

    def stopping(samples, grid):
        if samples is stop_at:
            raise KeyboardInterrupt
        return real(samples, grid)

    from hubert_demo.training.data import states

    real = states.sound_columns
    with monkeypatch.context() as patch:
        patch.setattr(states, "sound_columns", stopping)
        with pytest.raises(KeyboardInterrupt):
            layer_states(encoder, clips, tmp_path / "stopped")
    gone_on = layer_states(encoder, clips, tmp_path / "stopped")
    np.testing.assert_array_equal(gone_on.states, whole.states)
    np.testing.assert_array_equal(gone_on.sound, whole.sound)


def read(folder):
    """A checkpoint with all that lies beside it, the decoders too, which are read when first asked for."""
    loaded = load(resolve(folder))
    return loaded.readouts, loaded.sound_decoders


def test_decoders_are_read_once_and_only_when_they_are_asked_for(folder, tmp_path, monkeypatch):
    read_from = []
    real = SoundDecoders.from_directory
    monkeypatch.setattr(
        SoundDecoders, "from_directory", lambda directory: read_from.append(directory) or real(directory)
    )
    loaded = load(resolve(folder))
    assert loaded.num_bytes > loaded.num_parameters * 4 + loaded.sound_decoders_bytes
    assert read_from == []
    assert loaded.sound_decoders is loaded.sound_decoders
    assert read_from == [folder]
    kept = sum(weights.numel() for weights in loaded.sound_decoders.parameters()) * 4
    assert kept <= loaded.sound_decoders_bytes < kept + 100_000
    shutil.copytree(folder, tmp_path / "without")
    (tmp_path / "without" / DECODERS_NAME).unlink()
    without = load(resolve(tmp_path / "without"))
    assert (without.sound_decoders, without.sound_decoders_bytes) == (None, 0)


@pytest.mark.parametrize("name", [READOUTS_NAME, DECODERS_NAME])
def test_those_of_another_encoder_or_size_and_damaged_ones_are_refused(folder, tmp_path, name):
    torch.manual_seed(1)
    save_ctc_checkpoint(HubertForCTC(TINY), tmp_path / "other")
    shutil.copyfile(folder / name, tmp_path / "other" / name)
    with pytest.raises(CheckpointError, match=f"{name} in other was made for another encoder"):
        read(tmp_path / "other")
    own = encoder_fingerprint(HubertForCTC.from_pretrained(tmp_path / "other").hubert)
    tensors = load_file(folder / name)
    narrower = {key: tensor for key, tensor in tensors.items() if not key.startswith("layers.2")}
    if name == READOUTS_NAME:
        narrower = {key: tensor[1:].contiguous() for key, tensor in tensors.items()}
    save_file(narrower, tmp_path / "other" / name, {"encoder": own, "taught": "{}"})
    with pytest.raises(CheckpointError, match=f"{name} was made for 1 layers of width 32"):
        read(tmp_path / "other")
    for metadata in ({"taught": "{}"}, {"encoder": own}, {"encoder": own, "taught": "[]"}):
        save_file(tensors, tmp_path / "other" / name, metadata)
        with pytest.raises(CheckpointError, match=f"{name} in other cannot be read"):
            read(tmp_path / "other")
    (tmp_path / "other" / name).write_bytes((folder / name).read_bytes()[:500])
    with pytest.raises(CheckpointError, match=f"{name} in other cannot be read"):
        read(tmp_path / "other")
