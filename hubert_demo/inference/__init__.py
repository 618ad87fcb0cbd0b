"""A recording through a model: `encode`, `encode_changed`, attention maps on demand.

Torch stays in here: everything that leaves is numpy.
"""

from hubert_demo.inference.attention import attention_map
from hubert_demo.inference.changed import ChangedPass, encode_changed, frame_mask_of
from hubert_demo.inference.passes import Pass, Passes, Sources, encode, model_input

__all__ = [
    "ChangedPass",
    "Pass",
    "Passes",
    "Sources",
    "attention_map",
    "encode",
    "encode_changed",
    "frame_mask_of",
    "model_input",
]
