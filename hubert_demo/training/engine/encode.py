"""A recording through an encoder, alone and unpadded, as every stage and every score has it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hubert_demo.model import HubertModel, KeywordHead
from hubert_demo.training.data.batches import normalised


@torch.no_grad()
def encoded(encoder: HubertModel, samples: npt.NDArray[np.int16]) -> Tensor:
    """States of every layer, (layers + 1, frames, hidden), on the encoder's device; the layers' input first.

    Args:
        encoder: In eval mode, else its dropout counts.
        samples: int16 (samples,) at 16 kHz.
    """
    values = torch.from_numpy(normalised(samples))[None].to(next(encoder.parameters()).device)
    states = encoder.encode(values, output_hidden_states=True).hidden_states
    assert states is not None
    return torch.cat(states)


def pooled_logits(head: KeywordHead, pooled: Tensor) -> Tensor:
    """Logits (examples, labels) of means over frames, (examples, layers + 1, hidden).

    The head is affine: its logits of a mean are the mean of its frame logits.
    """
    logits: Tensor = head(pooled.transpose(0, 1))
    return logits
