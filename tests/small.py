"""Small sizes of models, and changes to the files they are saved in, for the tests of both libraries."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

# A tenth of the usual size and a hop of 40 samples: 1,600 samples make 39 frames.
TINY: dict[str, Any] = {
    "vocab_size": 12,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "conv_dim": [8, 8, 8],
    "conv_stride": [5, 4, 2],
    "conv_kernel": [10, 4, 3],
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "classifier_proj_size": 16,
}

# So that two libraries compute the same in training.
WITHOUT_CHANCE: dict[str, Any] = {
    "hidden_dropout": 0.0,
    "activation_dropout": 0.0,
    "attention_dropout": 0.0,
    "final_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "layerdrop": 0.0,
    "apply_spec_augment": False,
}

# With the usual front end, but narrow: what the benchmarks are tried on.
TINY_TO_TIME: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "conv_dim": [8] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}


def rewrite(directory: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the tensors of a safetensors file in place."""
    path = directory / "model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})
