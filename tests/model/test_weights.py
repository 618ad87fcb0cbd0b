"""Names in checkpoint files: which files hold weights, and what a model calls their parameters."""

import json

import pytest

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import CheckpointFiles
from hubert_demo.model.weights import ENCODER_PREFIX, is_head_parameter, rename_parameters, weight_files

NORM = "encoder.pos_conv_embed.conv."


def found(directory):
    return [path.name for path in weight_files(CheckpointFiles(directory))]


def test_safetensors_go_before_pickles(tmp_path):
    (tmp_path / "pytorch_model.bin").touch()
    assert found(tmp_path) == ["pytorch_model.bin"]
    (tmp_path / "model.safetensors").touch()
    assert found(tmp_path) == ["model.safetensors"]


def test_shards_are_each_listed_once_in_order(tmp_path):
    shards = {"a": "part-2.safetensors", "b": "part-1.safetensors", "c": "part-2.safetensors"}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    for name in shards.values():
        (tmp_path / name).touch()
    assert found(tmp_path) == ["part-1.safetensors", "part-2.safetensors"]


def test_a_missing_shard_is_named(tmp_path):
    index = {"weight_map": {"a": "part-1.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match=r"has no part-1\.safetensors"):
        found(tmp_path)


def test_an_index_without_a_map_is_refused(tmp_path):
    (tmp_path / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(CheckpointError, match="has no weight_map"):
        found(tmp_path)


@pytest.mark.parametrize("prefix", ["", ENCODER_PREFIX])
def test_encoders_with_and_without_a_head_get_the_same_names(prefix):
    bare = {"masked_spec_embed": 1, f"{NORM}bias": 2}
    headed = {f"{ENCODER_PREFIX}{name}": value for name, value in bare.items()}
    wanted = headed if prefix else bare
    assert rename_parameters(bare, prefix) == wanted
    assert rename_parameters({**headed, "lm_head.bias": 3}, prefix) == {**wanted, "lm_head.bias": 3}


def test_old_names_of_the_weight_norm_become_new_ones():
    assert rename_parameters({f"{NORM}weight_g": 1, f"{NORM}weight_v": 2}, "") == {
        f"{NORM}parametrizations.weight.original0": 1,
        f"{NORM}parametrizations.weight.original1": 2,
    }


def test_parameters_of_heads_are_told_from_the_encoders():
    heads = ["lm_head.weight", "projector.bias", "classifier.weight", "layer_weights"]
    assert all(is_head_parameter(name) for name in heads)
    assert not any(is_head_parameter(f"{prefix}{NORM}bias") for prefix in ("", ENCODER_PREFIX))
