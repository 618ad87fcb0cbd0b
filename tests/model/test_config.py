"""`HubertConfig`: documented defaults, contradictions, and config.json in both directions."""

import copy
import dataclasses
import json
import pickle

import pytest
import torch
import transformers

from hubert_demo.errors import CheckpointError, ConfigError
from hubert_demo.model import HubertConfig, HubertModel

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


# --- changed after it is made ---


def test_a_setting_can_be_changed():
    config = HubertConfig()
    config.ctc_loss_reduction, config.conv_dim = "mean", [256] * 7
    assert config.ctc_loss_reduction == "mean"
    assert config.conv_dim == (256,) * 7
    assert HubertConfig.from_dict(as_json(config)) == config != HubertConfig()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("layerdrop", 1.5, "layerdrop=1.5 must be 0 to 1"),
        ("layerdrop", "much", "layerdrop='much' must be a finite number"),
        ("ctc_loss_reduction", "none", "'none' must be 'sum' or 'mean'"),
        ("conv_stride", (5, 0), "must all be above 0"),
        ("hidden_act", "step", "hidden_act='step' must be callable or one of gelu"),
        ("id2label", {"first": "a"}, "must name a class for every index"),
        ("num_labels", 10**9, "at most 1000000"),
        ("min_samples", 100, "min_samples of a HuBERT configuration cannot be set"),
        ("to_dict", 1, "cannot be set"),
    ],
)
def test_an_impossible_value_is_refused_where_it_is_set_and_changes_nothing(name, value, message):
    config = HubertConfig()
    before = as_json(config)
    with pytest.raises(ConfigError, match=message):
        setattr(config, name, value)
    assert as_json(config) == before


def test_settings_that_contradict_each_other_are_refused_where_they_are_used(tmp_path, tiny_config):
    config = tiny_config()
    # One after the other, so that the first must be allowed.
    config.num_attention_heads = 7
    for use in (HubertModel, lambda config: config.save_pretrained(tmp_path), HubertConfig.check):
        with pytest.raises(ConfigError, match="hidden_size=32 must be a multiple of num_attention_heads=7"):
            use(config)
    config.hidden_size, config.num_conv_pos_embedding_groups = 35, 5
    assert HubertModel(config).encoder.layers[0].attention.head_dim == 5


def test_each_way_of_giving_labels_changes_the_others():
    config, labels = HubertConfig(), {0: "no", 1: "yes", 2: "stop"}
    config.num_labels = 3
    assert config.id2label == {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}
    config.id2label = labels
    assert (config.num_labels, config.label2id) == (3, {"no": 0, "yes": 1, "stop": 2})
    config.num_labels = 3
    assert config.id2label == labels
    config.label2id = {"on": 0, "off": 1}
    assert (config.num_labels, config.id2label) == (2, {0: "on", 1: "off"})


def test_several_settings_are_changed_at_once_or_none():
    config = HubertConfig()
    config.update(
        {"hidden_size": 35, "num_attention_heads": 7, "num_conv_pos_embedding_groups": 5, "mine": 1}
    )
    assert (config.hidden_size, config.num_attention_heads, config.mine) == (35, 7, 1)
    before = as_json(config)
    with pytest.raises(ConfigError, match="num_attention_heads=4"):
        config.update({"mine": 2, "layerdrop": 0.0, "num_attention_heads": 4})
    assert as_json(config) == before


def test_a_configuration_is_copied_with_all_that_was_set():
    config = HubertConfig(use_cache=False)
    config.layerdrop = 0.0
    for again in (copy.deepcopy(config), pickle.loads(pickle.dumps(config)), dataclasses.replace(config)):
        assert as_json(again) == as_json(config)
        again.use_cache = True
        assert config.use_cache is False


# --- what is no setting of HuBERT ---


def test_other_keywords_are_kept_and_read_as_attributes(tmp_path):
    config = HubertConfig(my_note="mine", hidden_dropout=0.2)
    config.use_cache = False
    assert (config.my_note, config.use_cache, config.hidden_dropout) == ("mine", False, 0.2)
    config.save_pretrained(tmp_path)
    again = HubertConfig.from_pretrained(tmp_path)
    assert (again.my_note, again.use_cache) == ("mine", False)
    theirs = transformers.HubertConfig.from_pretrained(tmp_path)
    assert theirs.my_note == "mine"


def test_what_was_never_set_is_no_attribute():
    with pytest.raises(AttributeError, match="no setting 'hidden_sise'"):
        HubertConfig().hidden_sise  # noqa: B018
    assert getattr(HubertConfig(), "problem_type", None) is None


def test_a_problem_that_no_loss_knows_is_refused():
    assert HubertConfig(problem_type="regression").problem_type == "regression"
    with pytest.raises(ConfigError, match="problem_type='regresion' must be one of regression, single_label"):
        HubertConfig.from_dict({"problem_type": "regresion"})


def test_names_that_a_file_should_not_have_do_no_harm():
    names = ["self", "to_dict", "__deepcopy__", "__class__", "extra", "min_samples", "check"]
    config = HubertConfig.from_dict(dict.fromkeys(names, 1))
    assert copy.deepcopy(config) == config == HubertConfig()
    assert config.min_samples == 400
    assert dict.fromkeys(names, 1).items() <= config.to_dict().items()


# --- JSON ---


def test_a_json_file_comes_back(tmp_path):
    config = HubertConfig(hidden_size=36, num_conv_pos_embedding_groups=12, note="mine", id2label={0: "a"})
    for use_diff in (True, False):
        path = tmp_path / "there" / f"{use_diff}.json"
        config.to_json_file(path, use_diff=use_diff)
        assert path.read_text() == config.to_json_string(use_diff=use_diff)
        again = HubertConfig.from_json_file(path)
        assert again == config
        assert again.note == "mine"
        theirs = transformers.HubertConfig.from_json_file(path)
        assert HubertConfig.from_dict(theirs.to_dict()) == config
    assert config.to_diff_dict() == {
        "model_type": "hubert",
        "hidden_size": 36,
        "num_conv_pos_embedding_groups": 12,
        "note": "mine",
        "id2label": {"0": "a"},
        "label2id": {"a": 0},
    }


def test_the_default_differs_in_nothing():
    assert HubertConfig().to_diff_dict() == {"model_type": "hubert"}


def test_what_json_cannot_hold_is_named(tmp_path):
    config = HubertConfig(dtype=torch.float16)
    assert json.loads(config.to_json_string())["dtype"] == "float16"
    config.teacher = object()
    for write in (config.to_json_string, lambda: config.save_pretrained(tmp_path)):
        with pytest.raises(ConfigError, match="'teacher' of the configuration is <object"):
            write()


def test_a_damaged_json_file_is_named(tmp_path):
    (tmp_path / "half.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"half\.json .* cannot be read as JSON"):
        HubertConfig.from_json_file(tmp_path / "half.json")
