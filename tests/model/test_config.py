"""`HubertConfig`: documented defaults, contradictions, and config.json in both directions."""

import dataclasses
import json

import pytest
import torch
import transformers

from hubert_demo.errors import ConfigError
from hubert_demo.model import HubertConfig

# The derived or internal keys that a config.json of transformers holds besides the documented ones.
DERIVED = {"architectures", "dtype", "label2id", "model_type", "transformers_version", "num_labels"}


def as_json(config):
    """A configuration as it would come back from its file."""
    return json.loads(json.dumps(config.to_dict()))


def test_defaults_are_those_of_transformers():
    ours, theirs = as_json(HubertConfig()), as_json(transformers.HubertConfig())
    shared = ours.keys() & theirs.keys()
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}
    fields = {field.name for field in dataclasses.fields(HubertConfig)} - {"extra"}
    # transformers 5 leaves these to its base class and writes them only when they are set.
    assert fields - theirs.keys() <= {
        "output_attentions",
        "output_hidden_states",
        "return_dict",
        "num_labels",
    }


def test_reads_what_transformers_wrote(tmp_path):
    theirs = transformers.HubertConfig(hidden_size=32, num_attention_heads=4, id2label={0: "yes", 1: "no"})
    theirs.save_pretrained(tmp_path)
    ours = HubertConfig.from_pretrained(tmp_path)
    assert (ours.hidden_size, ours.num_attention_heads, ours.num_labels) == (32, 4, 2)
    assert ours.id2label == {0: "yes", 1: "no"}
    assert ours.label2id == {"yes": 0, "no": 1}


def test_transformers_reads_what_is_written_here(tmp_path, tiny_config):
    ours = tiny_config(do_stable_layer_norm=True, id2label={0: "a", 1: "b", 2: "c"}, layerdrop=0.25)
    ours.save_pretrained(tmp_path)
    theirs = transformers.HubertConfig.from_pretrained(tmp_path)
    assert HubertConfig.from_dict(theirs.to_dict()) == ours
    assert theirs.id2label == {0: "a", 1: "b", 2: "c"}


def test_unknown_keys_survive_a_round_trip(tmp_path):
    ours = HubertConfig.from_dict({"tokenizer_class": "Wav2Vec2CTCTokenizer", "hidden_dropout": 0.2})
    ours.save_pretrained(tmp_path)
    written = json.loads((tmp_path / "config.json").read_text())
    assert (written["tokenizer_class"], written["hidden_dropout"]) == ("Wav2Vec2CTCTokenizer", 0.2)


@pytest.mark.parametrize(
    "given",
    [
        {"id2label": {0: "no", 1: "yes", 2: "stop"}},
        {"label2id": {"no": 0, "yes": 1, "stop": 2}},
        {"id2label": {"0": "no", "1": "yes", "2": "stop"}, "num_labels": 3},
    ],
)
def test_one_way_of_giving_labels_is_enough(given):
    config = HubertConfig(**given)
    assert config.id2label == {0: "no", 1: "yes", 2: "stop"}
    assert config.label2id == {"no": 0, "yes": 1, "stop": 2}
    assert config.num_labels == 3
    assert HubertConfig.from_dict(as_json(config)) == config


def test_labels_can_be_replaced():
    assert HubertConfig(num_labels=5).with_labels(("a", "b")).label2id == {"a": 0, "b": 1}


def test_an_activation_may_be_a_function():
    config = HubertConfig(hidden_act=torch.relu)
    assert config.to_dict()["hidden_act"] == "relu"


def test_num_labels_alone_makes_numbered_labels():
    assert HubertConfig.from_dict({"num_labels": 3}).id2label == {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"conv_dim": (8, 8)}, "conv_dim, conv_stride and conv_kernel .* 2, 7 and 7"),
        ({"hidden_size": 30, "num_conv_pos_embedding_groups": 1}, "num_attention_heads=12"),
        ({"hidden_size": 36}, "num_conv_pos_embedding_groups=16"),
        ({"feat_extract_norm": "batch"}, "'batch' must be 'group' or 'layer'"),
        ({"ctc_loss_reduction": "none"}, "'none' must be 'sum' or 'mean'"),
        ({"hidden_act": "step"}, "hidden_act='step' must be callable or one of gelu"),
        ({"layerdrop": 1.5}, "layerdrop=1.5 must be 0 to 1"),
        ({"vocab_size": 0}, "vocab_size=0 must be above 0"),
        ({"num_hidden_layers": -1}, "num_hidden_layers=-1 must not be negative"),
        ({"conv_stride": (5, 2, 2, 2, 2, 2, 0)}, "conv_stride=.* must all be above 0"),
        ({"num_labels": 3, "id2label": {0: "a"}}, "num_labels=3 must be 1, as in id2label"),
        ({"label2id": {"a": 1}, "id2label": {0: "a"}}, "label2id=.* must be the reverse of id2label"),
    ],
)
def test_contradictions_are_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message):
        HubertConfig(**settings)


def test_every_contradiction_is_named_at_once():
    with pytest.raises(ConfigError, match=r"feat_extract_norm.*ctc_loss_reduction"):
        HubertConfig(feat_extract_norm="batch", ctc_loss_reduction="none")


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        HubertConfig().hidden_size = 1
