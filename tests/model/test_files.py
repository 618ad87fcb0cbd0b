"""Checkpoint files: both directions, old names, encoders with and without heads, and what is refused."""

import json
import logging

import pytest
import torch
import transformers
from safetensors.torch import load_file

from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertConfig, HubertForCTC, HubertForSequenceClassification, HubertModel
from tests.small import rewrite

OURS = {"model": HubertModel, "ctc": HubertForCTC, "classifier": HubertForSequenceClassification}
THEIRS = {
    "model": transformers.HubertModel,
    "ctc": transformers.HubertForCTC,
    "classifier": transformers.HubertForSequenceClassification,
}
VARIANTS = [
    pytest.param({"feat_extract_norm": "group"}, id="base"),
    pytest.param({"feat_extract_norm": "layer", "do_stable_layer_norm": True}, id="large"),
    pytest.param({"conv_pos_batch_norm": True}, id="batch-norm"),
    pytest.param({"mask_time_prob": 0.0}, id="no-mask-vector"),
    pytest.param({"use_weighted_layer_sum": True, "num_labels": 3}, id="weighted"),
]
NORM = "encoder.pos_conv_embed.conv."


def first(model, values):
    with torch.no_grad():
        return model(values)[0]


@pytest.fixture
def saved(twins, tmp_path):
    """A directory that transformers wrote, and the model it holds."""

    def save(kind="ctc", **settings):
        model = twins(kind, "sdpa", **settings).theirs
        model.save_pretrained(tmp_path / "saved")
        return tmp_path / "saved", model

    return save


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("kind", OURS)
def test_what_transformers_saved_gives_the_same_here(saved, batch, assert_parity, kind, settings):
    directory, theirs = saved(kind, **settings)
    ours = OURS[kind].from_pretrained(directory)
    assert not ours.training
    assert_parity(first(ours, batch[0]), first(theirs, batch[0]))


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("kind", OURS)
def test_what_is_saved_here_gives_the_same_in_transformers(
    twins, batch, assert_parity, tmp_path, kind, settings
):
    ours = twins(kind, "sdpa", **settings).ours
    ours.save_pretrained(tmp_path)
    theirs, report = THEIRS[kind].from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values())
    assert_parity(first(ours, batch[0]), first(theirs.eval(), batch[0]))


def test_saving_and_loading_keeps_every_bit(twins, tmp_path):
    ours = twins("ctc", "sdpa").ours
    ours.save_pretrained(tmp_path)
    again = HubertForCTC.from_pretrained(tmp_path)
    assert again.config == ours.config
    assert again.state_dict().keys() == ours.state_dict().keys()
    assert all(torch.equal(tensor, ours.state_dict()[name]) for name, tensor in again.state_dict().items())


def test_half_precision_files_load_in_float32_unless_asked_otherwise(twins, tmp_path):
    ours = twins("ctc", "sdpa").ours
    ours.save_pretrained(tmp_path, dtype=torch.float16)
    assert load_file(tmp_path / "model.safetensors")["lm_head.weight"].dtype == torch.float16
    assert HubertForCTC.from_pretrained(tmp_path).lm_head.weight.dtype == torch.float32
    half = HubertForCTC.from_pretrained(tmp_path, dtype=torch.bfloat16)
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}


def test_half_precision_files_load_in_transformers_in_float32(twins, batch, assert_parity, tmp_path):
    twins("ctc", "sdpa").ours.save_pretrained(tmp_path, dtype=torch.float16)
    ours = HubertForCTC.from_pretrained(tmp_path)
    theirs = transformers.HubertForCTC.from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert_parity(first(ours, batch[0]), first(theirs, batch[0]))


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_old_names_of_the_weight_norm_load_exactly(saved, batch, file):
    directory, theirs = saved()

    def rename(tensors):
        norm = f"hubert.{NORM}"
        tensors[f"{norm}weight_g"] = tensors.pop(f"{norm}parametrizations.weight.original0")
        tensors[f"{norm}weight_v"] = tensors.pop(f"{norm}parametrizations.weight.original1")

    rewrite(directory, rename)
    if file == "pytorch_model.bin":
        torch.save(load_file(directory / "model.safetensors"), directory / file)
        (directory / "model.safetensors").unlink()
    ours = HubertForCTC.from_pretrained(directory)
    assert all(torch.equal(tensor, ours.state_dict()[name]) for name, tensor in theirs.state_dict().items())


def test_a_pickle_that_would_run_code_is_refused(saved, tmp_path):
    directory, _ = saved()
    (directory / "model.safetensors").unlink()
    torch.save({"x": pytest.raises}, directory / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin"):
        HubertForCTC.from_pretrained(directory)


@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_bare_encoder_loads_from_a_headed_checkpoint_and_says_so(saved, batch, assert_parity, caplog, kind):
    directory, theirs = saved(kind)
    with caplog.at_level(logging.WARNING):
        encoder = HubertModel.from_pretrained(directory)
    assert_parity(first(encoder, batch[0]), first(theirs.hubert, batch[0]))
    assert "left out" in caplog.text
    assert {"ctc": "lm_head.weight", "classifier": "projector.weight"}[kind] in caplog.text


@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_headed_model_loads_from_a_bare_encoder_and_says_so(saved, batch, assert_parity, caplog, kind):
    directory, theirs = saved("model")
    with caplog.at_level(logging.WARNING):
        ours = OURS[kind].from_pretrained(directory)
    assert_parity(first(ours.hubert, batch[0]), first(theirs, batch[0]))
    assert "newly initialised" in caplog.text
    assert {"ctc": "lm_head.weight", "classifier": "classifier.weight"}[kind] in caplog.text


def test_loading_a_matching_checkpoint_says_nothing(saved, caplog):
    directory, _ = saved()
    HubertForCTC.from_pretrained(directory)
    assert caplog.text == ""


def test_a_missing_tensor_is_named(saved):
    directory, _ = saved()
    rewrite(directory, lambda tensors: tensors.pop("hubert.encoder.layers.1.attention.q_proj.bias"))
    with pytest.raises(
        CheckpointError, match=r"missing: hubert\.encoder\.layers\.1\.attention\.q_proj\.bias"
    ):
        HubertForCTC.from_pretrained(directory)


def test_an_unexpected_tensor_is_named(saved):
    directory, _ = saved()
    rewrite(directory, lambda tensors: tensors.update({"hubert.adapter.weight": torch.zeros(3)}))
    with pytest.raises(CheckpointError, match=r"unexpected: hubert\.adapter\.weight"):
        HubertForCTC.from_pretrained(directory)


def test_a_tensor_of_another_shape_is_named_with_both_shapes(saved):
    directory, _ = saved()
    rewrite(directory, lambda tensors: tensors.update({"lm_head.bias": torch.zeros(5)}))
    with pytest.raises(CheckpointError, match=r"lm_head\.bias \(5,\) for \(12,\)"):
        HubertForCTC.from_pretrained(directory)


def test_a_damaged_file_is_named(saved):
    directory, _ = saved()
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match=r"model\.safetensors of saved is damaged"):
        HubertForCTC.from_pretrained(directory)


def test_a_directory_without_weights_says_which_files_it_lacks(saved):
    directory, _ = saved()
    (directory / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"neither model\.safetensors nor pytorch_model\.bin"):
        HubertForCTC.from_pretrained(directory)


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        HubertForCTC.from_pretrained(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"no config\.json"),
        ("{", "cannot be read as JSON"),
        (json.dumps({"model_type": "wav2vec2"}), "'wav2vec2'"),
    ],
)
def test_a_bad_configuration_file_is_explained(tmp_path, content, message):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=message):
        HubertConfig.from_pretrained(tmp_path)
