"""What a checkpoint says in its text files can be read and used where torch is not installed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Makes every later `import torch` fail, as if it were not installed.
BLOCK_TORCH = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "torch":
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
"""

USE_THE_REST = """
import json
import numpy as np
import hubert_demo.model
from hubert_demo.model.config import HubertConfig
from hubert_demo.model.feature_extractor import Wav2Vec2FeatureExtractor
from hubert_demo.model.files import CheckpointFiles
from hubert_demo.model.masking import span_mask
from hubert_demo.model.processor import Wav2Vec2Processor
from hubert_demo.model.tokenizer import Wav2Vec2CTCTokenizer
from hubert_demo.model.weights import is_head_parameter, rename_parameters, weight_files

folder = "assets/hubert-explorer"
config = HubertConfig.from_pretrained(folder)
tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder)
ids = tokenizer(["HELLO YOU", "HI"], padding=True, return_tensors="np")
extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
ramp = np.linspace(-0.5, 0.5, 800, dtype=np.float32)
values = extractor([ramp, ramp[:400]], padding=True, return_tensors="np", sampling_rate=16_000).input_values
both = Wav2Vec2Processor.from_pretrained(folder)(ramp, text="HI", return_tensors="np", sampling_rate=16_000)
frames = np.array([0, 11, 11, 5, 15, 0, 15, 8, 4, 22])
offsets = tokenizer.decode(frames, output_word_offsets=True)["word_offsets"]
mask = span_mask(2, 12, 0.5, 3, 1, np.random.default_rng(0), np.array([12, 7]))
named = rename_parameters({"encoder.layer_norm.bias": 1, "lm_head.bias": 2}, "hubert.")

def error_of(action):
    try:
        action()
    except ImportError as error:
        return str(error)

print(json.dumps({
    "hidden_size": config.hidden_size,
    "min_samples": config.min_samples,
    "written": HubertConfig.from_dict(config.to_dict()) == config,
    "input_ids": ids.input_ids.tolist(),
    "attention_mask": ids.attention_mask.tolist(),
    "text": tokenizer.batch_decode([frames, frames[:4].tolist()]),
    "offsets": offsets,
    "shape": values.shape,
    "dtype": str(values.dtype),
    "means": [float(values[0].mean()), float(values[1, :400].mean())],
    "deviations": [float(values[0].std()), float(values[1, :400].std())],
    "padding": float(np.abs(values[1, 400:]).max()),
    "processed": {name: list(value.shape) for name, value in both.items()},
    "mask": ["".join(".#"[int(value)] for value in row) for row in mask],
    "weight_files": [path.name for path in weight_files(CheckpointFiles(folder))],
    "parameters": named,
    "heads": [name for name in ("lm_head.bias", "encoder.layer_norm.bias") if is_head_parameter(name)],
    "lazy_name": hubert_demo.model.HubertConfig is HubertConfig,
    "model_error": error_of(lambda: hubert_demo.model.HubertModel),
    "tensor_error": error_of(lambda: extractor(ramp, return_tensors="pt")),
}))
"""


def run(code):
    """What a Python process of its own prints, as parsed JSON."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def used():
    """What everything but the models gave in a process where torch cannot be imported."""
    return run(BLOCK_TORCH + USE_THE_REST)


def test_configuration_is_read_and_written(used):
    assert (used["hidden_size"], used["min_samples"], used["written"]) == (288, 400, True)


def test_texts_become_token_ids_and_frames_become_text(used):
    assert used["input_ids"] == [[11, 5, 15, 15, 8, 4, 22, 8, 16], [11, 10] + [0] * 7]
    assert used["attention_mask"] == [[1] * 9, [1] * 2 + [0] * 7]
    assert used["text"] == ["HELLO Y", "HE"]
    assert used["offsets"] == [
        {"word": "HELLO", "start_offset": 1, "end_offset": 8},
        {"word": "Y", "start_offset": 9, "end_offset": 10},
    ]


def test_recordings_become_normalised_padded_arrays(used):
    assert (used["shape"], used["dtype"]) == ([2, 800], "float32")
    assert used["means"] == pytest.approx([0, 0], abs=1e-6)
    assert used["deviations"] == pytest.approx([1, 1], abs=1e-4)
    assert used["padding"] == 0
    assert used["processed"] == {"input_values": [1, 800], "labels": [1, 2]}


def test_span_masks_are_drawn(used):
    assert used["mask"] == ["..#####.....", "###........."]


def test_weights_are_found_and_named(used):
    assert used["weight_files"] == ["model.safetensors"]
    assert used["parameters"] == {"hubert.encoder.layer_norm.bias": 1, "hubert.lm_head.bias": 2}
    assert used["heads"] == ["lm_head.bias"]


def test_only_models_and_tensors_need_torch(used):
    assert used["lazy_name"]
    assert used["model_error"] == "torch is blocked"
    assert used["tensor_error"] == "torch is blocked"


def test_a_name_of_the_package_loads_torch_only_if_it_is_a_model():
    code = """
import json, sys
import hubert_demo.model as model

loaded = {"nothing": "torch" in sys.modules}
for name in sorted(model.__all__, key=lambda name: name in ("HubertModel", "HubertForCTC")):
    if name not in ("HubertForSequenceClassification", "KeywordHead"):
        getattr(model, name)
        loaded[name] = "torch" in sys.modules
print(json.dumps(loaded))
"""
    assert run(code) == {
        "nothing": False,
        "AutoConfig": False,
        "AutoFeatureExtractor": False,
        "AutoModel": False,
        "AutoModelForAudioClassification": False,
        "AutoModelForCTC": False,
        "AutoProcessor": False,
        "AutoTokenizer": False,
        "HubertConfig": False,
        "Wav2Vec2CTCTokenizer": False,
        "Wav2Vec2FeatureExtractor": False,
        "Wav2Vec2Processor": False,
        "HubertForCTC": True,
        "HubertModel": True,
    }


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    import hubert_demo.model as model

    assert set(model.__all__) <= set(dir(model))
    with pytest.raises(AttributeError, match=r"'hubert_demo\.model' has no attribute 'Hubert'"):
        _ = model.Hubert
