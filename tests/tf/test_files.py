"""Checkpoint files: the very files of the PyTorch classes, in both directions, and what is refused."""

import json
import logging
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import HubertForCTC, HubertForSequenceClassification, HubertModel
from hubert_demo.tf import TFHubertForCTC, TFHubertModel
from tests.small import rewrite

VARIANTS = [
    pytest.param({"feat_extract_norm": "group"}, id="base"),
    pytest.param({"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}, id="large"),
    pytest.param({"conv_pos_batch_norm": True}, id="batch-norm"),
    pytest.param({"mask_time_prob": 0.0, "feat_proj_layer_norm": False}, id="no-mask-vector"),
]
NORM = "encoder.pos_conv_embed.conv."
KINDS = {"model": (HubertModel, TFHubertModel), "ctc": (HubertForCTC, TFHubertForCTC)}


@pytest.fixture
def saved(pair, tmp_path):
    """A directory that the PyTorch class wrote, and the model it holds."""

    def save(kind="ctc", **settings):
        model = pair(kind, **settings).torch
        model.save_pretrained(tmp_path / "saved")
        return tmp_path / "saved", model

    return save


def first(model, values):
    with torch.no_grad():
        return model(
            values if isinstance(model, TFHubertModel | TFHubertForCTC) else torch.from_numpy(values)
        )[0]


@pytest.mark.parametrize("settings", VARIANTS)
@pytest.mark.parametrize("kind", KINDS)
def test_files_go_both_ways_bit_for_bit(saved, batch, assert_close, tmp_path, kind, settings):
    directory, theirs = saved(kind, **settings)
    in_torch, in_tf = KINDS[kind]
    ours = in_tf.from_pretrained(directory)
    assert_close(first(ours, batch[0]), first(theirs, batch[0]))
    ours.save_pretrained(tmp_path / "again")
    again = in_torch.from_pretrained(tmp_path / "again")
    assert again.config == theirs.config
    state = theirs.state_dict()
    assert again.state_dict().keys() == state.keys()
    assert all(torch.equal(tensor, state[name]) for name, tensor in again.state_dict().items())
    for name in ("config.json",):
        assert json.loads((tmp_path / "again" / name).read_text()) == json.loads(
            (directory / name).read_text()
        )


def test_transformers_reads_what_is_saved_here(pair, batch, assert_close, tmp_path):
    transformers = pytest.importorskip("transformers")
    pair("ctc").tf.save_pretrained(tmp_path)
    theirs, report = transformers.HubertForCTC.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values())
    assert_close(pair("ctc").tf(batch[0]).logits, first(theirs.eval(), batch[0]))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_files_go_both_ways(pair, tmp_path, dtype):
    pair("ctc").torch.save_pretrained(tmp_path / "torch", dtype=getattr(torch, dtype))
    ours = TFHubertForCTC.from_pretrained(tmp_path / "torch")
    assert {str(variable.dtype) for variable in ours.trainable_variables} == {"float32"}
    ours.save_pretrained(tmp_path / "tf", dtype=dtype)
    theirs, mine = (load_file(tmp_path / folder / "model.safetensors") for folder in ("torch", "tf"))
    assert theirs.keys() == mine.keys()
    assert all(torch.equal(tensor, mine[name]) for name, tensor in theirs.items())
    assert json.loads((tmp_path / "tf" / "config.json").read_text())["dtype"] == dtype


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "mixed_bfloat16"])
def test_a_model_of_any_precision_is_saved_as_it_is(tiny_config, tmp_path, dtype):
    TFHubertForCTC(tiny_config(num_hidden_layers=0), dtype=dtype).save_pretrained(tmp_path)
    expected = "float32" if dtype.startswith("mixed") else dtype
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == expected
    assert HubertForCTC.from_pretrained(tmp_path, dtype="auto").dtype == getattr(torch, expected)


@pytest.mark.parametrize("dtype", ["fp17", "int8"])
def test_what_is_no_precision_of_weights_is_refused(pair, tmp_path, dtype):
    with pytest.raises(InputError, match=f"no dtype {dtype!r} for weights; use 'float32'"):
        pair("ctc").tf.save_pretrained(tmp_path, dtype=dtype)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_old_names_of_the_weight_norm_load_exactly(saved, batch, file):
    directory, _ = saved()
    expected = first(TFHubertForCTC.from_pretrained(directory), batch[0])

    def rename(tensors):
        norm = f"hubert.{NORM}"
        tensors[f"{norm}weight_g"] = tensors.pop(f"{norm}parametrizations.weight.original0")
        tensors[f"{norm}weight_v"] = tensors.pop(f"{norm}parametrizations.weight.original1")

    rewrite(directory, rename)
    if file == "pytorch_model.bin":
        torch.save(load_file(directory / "model.safetensors"), directory / file)
        (directory / "model.safetensors").unlink()
    np.testing.assert_array_equal(first(TFHubertForCTC.from_pretrained(directory), batch[0]), expected)


def test_shards_are_put_together(saved, batch):
    directory, _ = saved()
    expected = first(TFHubertForCTC.from_pretrained(directory), batch[0])
    tensors = load_file(directory / "model.safetensors")
    names = sorted(tensors)
    parts = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for file, part in parts.items():
        save_file({name: tensors[name] for name in part}, directory / file)
    places = {name: file for file, part in parts.items() for name in part}
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    (directory / "model.safetensors").unlink()
    np.testing.assert_array_equal(first(TFHubertForCTC.from_pretrained(directory), batch[0]), expected)


def test_a_repository_on_the_hub_is_fetched(saved, hub, batch):
    directory, _ = saved()
    hub.add("some/hubert", directory)
    ours = TFHubertForCTC.from_pretrained("some/hubert")
    again = TFHubertForCTC.from_pretrained("some/hubert", local_files_only=True, from_pt=True)
    np.testing.assert_array_equal(first(ours, batch[0]), first(again, batch[0]))


def test_a_bare_encoder_loads_from_headed_checkpoints_and_says_so(saved, batch, assert_close, caplog):
    directory, theirs = saved("ctc")
    with caplog.at_level(logging.WARNING):
        ours = TFHubertModel.from_pretrained(directory)
    assert_close(first(ours, batch[0]), first(theirs.hubert, batch[0]))
    assert "lm_head.weight left out, TFHubertModel has no such head" in caplog.text


def test_a_classifier_s_encoder_is_taken(tiny_config, tmp_path):
    HubertForSequenceClassification(tiny_config()).save_pretrained(tmp_path)
    TFHubertModel.from_pretrained(tmp_path)


def test_a_headed_model_loads_from_a_bare_encoder_and_says_so(saved, batch, assert_close, caplog):
    directory, theirs = saved("model")
    with caplog.at_level(logging.WARNING):
        ours = TFHubertForCTC.from_pretrained(directory)
    assert_close(ours.hubert(batch[0])[0], first(theirs, batch[0]))
    assert "lm_head.weight: newly initialised" in caplog.text
    with pytest.raises(CheckpointError, match=r"missing: lm_head\.bias, lm_head\.weight"):
        TFHubertForCTC.from_pretrained(directory, require_head=True)


def test_loading_a_matching_checkpoint_says_nothing(saved, caplog):
    TFHubertForCTC.from_pretrained(saved()[0])
    assert caplog.text == ""


def spoil(directory, how):
    path = directory / "model.safetensors"
    if how == "missing":
        rewrite(directory, lambda tensors: tensors.pop("hubert.encoder.layers.1.attention.q_proj.bias"))
    elif how == "unexpected":
        rewrite(directory, lambda tensors: tensors.update({"hubert.adapter.weight": torch.zeros(3)}))
    elif how == "shape":
        rewrite(directory, lambda tensors: tensors.update({"lm_head.weight": torch.zeros(32, 12)}))
    elif how == "damaged":
        path.write_bytes(path.read_bytes()[:1000])
    elif how == "absent":
        path.unlink()
    elif how == "code":
        path.unlink()
        torch.save({"x": pytest.raises}, directory / "pytorch_model.bin")
    elif how == "other model":
        (directory / "config.json").write_text('{"model_type": "wav2vec2"}')


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", r"missing: hubert\.encoder\.layers\.1\.attention\.q_proj\.bias"),
        ("unexpected", r"unexpected: hubert\.adapter\.weight"),
        ("shape", r"lm_head\.weight \(32, 12\) for \(12, 32\)"),
        ("damaged", r"model\.safetensors of \S+ is damaged"),
        ("absent", r"neither model\.safetensors nor pytorch_model\.bin"),
        ("code", r"pytorch_model\.bin of \S+ is damaged"),
        ("other model", "'wav2vec2'"),
    ],
)
def test_what_does_not_fit_is_refused_as_in_pytorch(saved, how, message):
    directory, _ = saved()
    spoil(directory, how)
    with pytest.raises(CheckpointError, match=message) as refused:
        TFHubertForCTC.from_pretrained(directory)
    with pytest.raises(CheckpointError) as reference:
        HubertForCTC.from_pretrained(directory)
    assert str(refused.value).replace("TFHubertForCTC", "HubertForCTC") == str(reference.value)


def test_numbers_that_tensorflow_cannot_read_are_refused(saved):
    directory, _ = saved()
    rewrite(
        directory, lambda tensors: tensors.update({"lm_head.bias": torch.zeros(12).to(torch.float8_e5m2)})
    )
    with pytest.raises(CheckpointError, match="of a kind that TensorFlow cannot read; save it as float32"):
        TFHubertForCTC.from_pretrained(directory)


WITHOUT_TORCH = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())

import numpy as np
import tensorflow as tf
from hubert_demo.errors import CheckpointError
from hubert_demo.model import Wav2Vec2Processor
from hubert_demo.tf import TFHubertForCTC

folder, old, written = sys.argv[1:]
processor = Wav2Vec2Processor.from_pretrained(folder)
model = TFHubertForCTC.from_pretrained(folder)
ramp = np.linspace(-0.5, 0.5, 8000, dtype=np.float32)
inputs = processor(ramp, text="HI", sampling_rate=16_000, return_tensors="tf")
output = model(**inputs)
assert np.isfinite(output.loss).all()
processor.batch_decode(tf.argmax(output.logits, -1))
model.save_pretrained(written)
try:
    TFHubertForCTC.from_pretrained(old)
except CheckpointError as error:
    print(error)
"""


def test_torch_is_needed_for_older_files_alone(root, saved, tmp_path):
    old, _ = saved()
    torch.save(load_file(old / "model.safetensors"), old / "pytorch_model.bin")
    (old / "model.safetensors").unlink()
    folders = [root / "assets" / "hubert-explorer", old, tmp_path / "written"]
    command = [sys.executable, "-c", WITHOUT_TORCH, *map(str, folders)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "pytorch_model.bin is an older file, which only torch can read: pip install torch" in done.stdout
    HubertForCTC.from_pretrained(tmp_path / "written")
