"""Which encoder something was taught on: a keyword head fits the very weights it learnt from, no others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from hubert_demo.model.encoder import HubertModel

_LENGTH = 16


def encoder_fingerprint(encoder: HubertModel) -> str:
    """A hash of an encoder's weights, 16 hexadecimal digits.

    It is taken in half precision, as checkpoints store their weights, so that it is the same before and after
    they were written, whatever they are computed in.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(encoder.state_dict().items()):
        stored = tensor.detach().to("cpu", torch.float16).contiguous()
        digest.update(f"{name} {tuple(stored.shape)} ".encode())
        digest.update(stored.numpy().tobytes())
    return digest.hexdigest()[:_LENGTH]
