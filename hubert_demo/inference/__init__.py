"""A recording through a model: `encode`, `encode_changed`, attention maps on demand.

Torch stays in here: everything that leaves is numpy.
"""

from hubert_demo.inference.attention import attention_map
from hubert_demo.inference.changed import ChangedPass, encode_changed, frame_mask_of
from hubert_demo.inference.passes import Pass, Passes, Sources, encode, model_input
from hubert_demo.inference.readouts import (
    AFFINE,
    HEAD,
    LINEAR,
    READ_OUTS,
    head_logits,
    layer_logits,
    why_no_lens,
)
from hubert_demo.inference.sound import decoded_sound, why_no_sound
from hubert_demo.inference.variants import Answers, Variants

__all__ = [
    "AFFINE",
    "HEAD",
    "LINEAR",
    "READ_OUTS",
    "Answers",
    "ChangedPass",
    "Pass",
    "Passes",
    "Sources",
    "Variants",
    "attention_map",
    "decoded_sound",
    "encode",
    "encode_changed",
    "frame_mask_of",
    "head_logits",
    "layer_logits",
    "model_input",
    "why_no_lens",
    "why_no_sound",
]
