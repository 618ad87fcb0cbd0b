"""A recording through a model: `encode`, `encode_changed`, attention maps on demand.

Torch stays in here: everything that leaves is numpy.
"""

from hubert_demo.inference.attention import attention_map
from hubert_demo.inference.changed import ChangedPass, encode_changed, frame_mask_of
from hubert_demo.inference.passes import Pass, Passes, Sources, encode, model_input
from hubert_demo.inference.variants import Answers, Variants

__all__ = [
    "Answers",
    "ChangedPass",
    "Pass",
    "Passes",
    "Sources",
    "Variants",
    "attention_map",
    "encode",
    "encode_changed",
    "frame_mask_of",
    "model_input",
]
