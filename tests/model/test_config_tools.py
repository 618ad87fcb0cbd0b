"""The names under which tools look for what a configuration says, beside transformers' own."""

import copy
import json
import pickle

import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model import AutoConfig, AutoModelForCTC, HubertConfig, HubertForCTC, HubertModel
from tests.small import TINY


@pytest.fixture
def saved(tmp_path, tiny_config):
    """A model's folder."""
    HubertForCTC(tiny_config()).save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


def test_a_configuration_says_what_transformers_says():
    ours, theirs = HubertConfig(), transformers.HubertConfig()
    for name in ("sub_configs", "attribute_map", "base_config_key", "name_or_path", "_attn_implementation"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert ours.get_text_config() is ours.get_text_config(decoder=True) is ours
    assert ours.dtype is theirs.dtype is None
    # Pipelines of some versions ask for it.
    assert ours._commit_hash is None
    ours.return_dict = False
    assert ours.use_return_dict is False
    with pytest.raises(ConfigError, match="use_return_dict of a HuBERT configuration cannot be set"):
        ours.use_return_dict = True


def test_what_is_no_setting_is_given_back():
    values = {**TINY, "made_up": 1}
    found = []
    for kind in (HubertConfig, transformers.HubertConfig):
        config, unused = kind.from_dict(values, return_unused_kwargs=True, layerdrop=0.5, made_up=2, other=3)
        found.append((config.hidden_size, config.layerdrop, config.made_up, unused))
    assert found == [(32, 0.5, 2, {"other": 3})] * 2
    config = HubertConfig.from_dict(values, num_labels=3, other=3)
    assert (config.num_labels, hasattr(config, "other")) == (3, False)


def test_a_file_is_read_in_the_same_ways(saved):
    ours, unused = HubertConfig.from_pretrained(saved, return_unused_kwargs=True, layerdrop=0.5, other=3)
    assert (ours.layerdrop, unused) == (0.5, {"other": 3})
    assert HubertConfig.from_pretrained(saved, other=3).other == 3
    for kind in (AutoConfig, transformers.AutoConfig):
        assert kind.from_pretrained(str(saved)).name_or_path == str(saved)
    for kind in (HubertConfig, transformers.HubertConfig):
        values, others = kind.get_config_dict(saved, other=3)
        assert (values["hidden_size"], others["other"]) == (32, 3)
    (saved / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CheckpointError, match="'bert' model"):
        HubertConfig.get_config_dict(saved)


def test_where_it_came_from_is_not_written(saved):
    config = HubertConfig.from_pretrained(saved)
    assert "_name_or_path" not in config.to_dict()
    config._name_or_path = "some/hubert"
    assert copy.deepcopy(config).name_or_path == pickle.loads(pickle.dumps(config)).name_or_path
    assert config.name_or_path == "some/hubert"
    # Older versions wrote it.
    assert HubertConfig(_name_or_path="facebook/hubert").name_or_path == "facebook/hubert"


def test_a_configuration_knows_the_precision(saved):
    half = HubertForCTC.from_pretrained(saved, dtype="float16")
    assert half.config.dtype is half.config.torch_dtype is half.dtype is torch.float16
    half.save_pretrained(saved)
    assert json.loads((saved / "config.json").read_text())["dtype"] == "float16"
    assert HubertConfig.from_pretrained(saved).torch_dtype == "float16"
    assert HubertConfig(torch_dtype="bfloat16").dtype == "bfloat16"


# --- how attention is computed ---


def test_a_model_computes_attention_as_its_configuration_says(tiny_config):
    for kind, config in (
        (HubertModel, tiny_config(attn_implementation="eager")),
        (transformers.HubertModel, transformers.HubertConfig(**TINY, attn_implementation="eager")),
    ):
        assert kind(config).config._attn_implementation == "eager"
        config._attn_implementation = "sdpa"
        assert kind(config).config._attn_implementation == "sdpa"
    config = tiny_config()
    model = HubertForCTC(config)
    assert (model.hubert.attn_implementation, config._attn_implementation) == ("sdpa", "sdpa")
    model.set_attn_implementation("eager")
    assert config._attn_implementation == "eager"
    assert HubertForCTC(config, attn_implementation="sdpa").attn_implementation == "sdpa"
    config._attn_implementation = "magic"
    with pytest.raises(ConfigError, match="attn_implementation='magic' is not available"):
        HubertForCTC(config)


def test_it_is_kept_in_no_file_and_taken_from_none(saved):
    config = HubertConfig.from_pretrained(saved, attn_implementation="eager")
    assert "attn_implementation" not in str(config.to_dict())
    assert HubertForCTC.from_pretrained(saved, config=config).attn_implementation == "eager"
    assert HubertForCTC.from_pretrained(saved, config=config, attn_implementation="sdpa").config == config
    assert config._attn_implementation == "eager"
    values = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps({**values, "attn_implementation": "flash_attention_2"}))
    assert HubertForCTC.from_pretrained(saved).attn_implementation == "sdpa"


@pytest.mark.parametrize("make", [HubertForCTC._from_config, AutoModelForCTC.from_config])
def test_a_model_is_made_from_a_copy_of_a_configuration(make, tiny_config):
    config = tiny_config()
    model = make(config, attn_implementation="eager", dtype="bfloat16")
    assert (model.attn_implementation, model.dtype, model.training) == ("eager", torch.bfloat16, True)
    assert model.config == config
    assert model.config is not config
    assert config._attn_implementation is None
    assert make(config, torch_dtype=torch.float64).dtype is torch.float64
    assert make(config).dtype is torch.float32
