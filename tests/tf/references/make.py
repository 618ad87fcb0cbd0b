"""Write what the last TensorFlow implementation of transformers computes for two small models.

It runs in an environment of its own, from the repository's root:

    python3 -m venv old
    old/bin/pip install 'transformers==4.57.*' 'huggingface-hub<1' 'tensorflow-cpu>=2.20,<2.22'
    old/bin/pip install --no-deps tf-keras
    PYTHONPATH=. old/bin/python tests/tf/references/make.py

Each file holds the configuration, the weights by PyTorch's names, the input and the results.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import transformers
from safetensors.numpy import load_file
from transformers.modeling_tf_pytorch_utils import load_pytorch_state_dict_in_tf2_model

from hubert_demo.model.config import HubertConfig
from hubert_demo.tf import TFHubertForCTC
from hubert_demo.tf.weights import parameters

TINY = {
    "vocab_size": 12,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 24,
    "conv_dim": (8, 8, 8),
    "conv_stride": (5, 4, 2),
    "conv_kernel": (10, 4, 3),
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}
SIZES = {
    "base": TINY,
    "large": {**TINY, "feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True},
}
LABELS = np.array([[3, 4, 4, 5, -100], [7, 3, -100, -100, -100]])
HEAD_MASK = np.array([[1, 0, 1, 1], [1, 1, 0, 0]], np.float32)


def random_model(config: HubertConfig) -> TFHubertForCTC:
    """A model whose weights are the same in half precision, so that they can be kept in it."""
    model, random = TFHubertForCTC(config), np.random.RandomState(7)
    for parameter in parameters(model).values():
        moved = parameter.read() + 0.1 * random.standard_normal(parameter.shape)
        parameter.assign(moved.astype(np.float16).astype(np.float32))
    return model


def results(folder: str, config: HubertConfig) -> dict[str, np.ndarray]:
    """What transformers' model gives with the weights in a folder."""
    model = transformers.TFHubertForCTC(transformers.HubertConfig.from_pretrained(folder))
    model(np.zeros((1, 1600), np.float32))
    # What `from_pretrained` calls; by itself it stumbles over the present safetensors.
    load_pytorch_state_dict_in_tf2_model(model, load_file(f"{folder}/model.safetensors"), tf_inputs=False)
    values = np.random.RandomState(11).standard_normal((2, 800)).astype(np.float32)
    mask = np.ones((2, 800), np.int32)
    mask[1, 500:] = 0
    kept = {"values": values, "mask": mask, "labels": LABELS, "head_mask": HEAD_MASK}
    for name, given in (("whole", None), ("padded", mask)):
        output = model(values, given, labels=LABELS, output_hidden_states=True, output_attentions=True)
        kept |= {f"{name}.logits": output.logits, f"{name}.loss": output.loss}
        kept[f"{name}.hidden_states"] = np.stack(output.hidden_states)
        kept[f"{name}.attentions"] = np.stack(output.attentions)
    full = np.where(LABELS < 0, 9, LABELS)
    kept |= {"full_labels": full, "full.loss": model(values, labels=full).loss}
    kept["head_mask.logits"] = model(values, head_mask=HEAD_MASK).logits
    model.config.ctc_loss_reduction = "mean"
    kept["mean.loss"] = model(values, labels=full).loss
    return {name: np.asarray(value) for name, value in kept.items()}


def main() -> None:
    """Write one file for each size."""
    for name, settings in SIZES.items():
        model = random_model(HubertConfig(**settings))
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            kept = results(folder, model.config)
        kept["config"] = np.array(json.dumps(replace(model.config, extra={}).to_dict()))
        kept["made_by"] = np.array(f"transformers {transformers.__version__}")
        weights = {f"weights.{n}": p.read().astype(np.float16) for n, p in parameters(model).items()}
        np.savez_compressed(Path(__file__).with_name(f"{name}.npz"), **kept, **weights)


if __name__ == "__main__":
    main()
