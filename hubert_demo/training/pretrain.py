"""Pretraining: predict the hidden unit of every frame, of those above all that were masked.

Source: Hsu et al. 2021, "HuBERT", section III-B: spans start at 8 % of the frames and last 10; the logit of
a unit is the cosine similarity of the projected state and the unit's learned embedding, divided by a
temperature of 0.1; the loss is taken over masked frames, unmasked ones weigh as much as one says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.model import HubertModel
from hubert_demo.training.data import Clip, normalised
from hubert_demo.training.trainer import Batch, Objective

NO_UNIT = -100
MASK_PROB, MASK_LENGTH = 0.8, 10
"""Spans of ten frames, of which eight in a hundred frames start one, cover about half of all frames."""


class UnitPrediction(Objective):
    """Tell each frame's unit from one layer's state.

    Args:
        hidden_size: Width of the states.
        num_units: How many units there are.
        layer: Index into the hidden states; -1 is the last.
        unmasked_weight: Weight of frames that were not masked beside those that were, 0 to leave them out.
            Where nothing is masked, every frame counts fully.
        weight: Of this loss beside others.
        proj_size: Width in which states and embeddings are compared.
        temperature: Divides the cosine similarities.
    """

    def __init__(
        self,
        hidden_size: int,
        num_units: int,
        layer: int = -1,
        unmasked_weight: float = 0.0,
        weight: float = 1.0,
        proj_size: int = 256,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        self.final_proj = nn.Linear(hidden_size, proj_size)
        self.label_embeddings = nn.Parameter(torch.empty(num_units, proj_size).uniform_())
        self.layer, self.unmasked_weight, self.weight = layer, unmasked_weight, weight
        self.temperature = temperature

    def forward(self, state: Tensor) -> Tensor:
        """Logits (batch, frames, units) of states (batch, frames, hidden)."""
        projected = F.normalize(self.final_proj(state).float(), dim=-1)
        return projected @ F.normalize(self.label_embeddings, dim=-1).T / self.temperature

    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """Cross-entropy per frame that counts."""
        logits = self(batch.states[self.layer])
        targets = pad_units([clip.units for clip in batch.clips], logits.shape[1]).to(logits.device)
        per_frame = F.cross_entropy(logits.mT, targets, ignore_index=NO_UNIT, reduction="none")
        weights = (targets != NO_UNIT).float()
        if batch.masked is not None:
            weights = weights * torch.where(batch.masked, 1.0, self.unmasked_weight)
        return (per_frame * weights).sum() / weights.sum().clamp(min=1.0)


def pad_units(units: Sequence[np.ndarray], num_frames: int) -> Tensor:
    """Frame targets (batch, num_frames), `NO_UNIT` where a row has none."""
    targets = torch.full((len(units), num_frames), NO_UNIT)
    for row, clip_units in enumerate(units):
        usable = min(len(clip_units), num_frames)
        targets[row, :usable] = torch.from_numpy(clip_units[:usable].astype(np.int64))
    return targets


def unit_accuracy(encoder: HubertModel, prediction: UnitPrediction, clips: Sequence[Clip]) -> float:
    """Share of frames, none of them masked, whose unit is the most probable one.

    Args:
        encoder: In whatever mode; it is left in eval mode.
        prediction: Its unit classifier.
        clips: With units, each encoded alone.
    """
    encoder.eval()
    device = next(encoder.parameters()).device
    right = total = 0
    for clip in clips:
        values = torch.from_numpy(normalised(clip.samples))[None].to(device)
        with torch.inference_mode():
            states = encoder.encode(values, output_hidden_states=True).hidden_states
            assert states is not None
            guesses = prediction(states[prediction.layer])[0].argmax(-1).cpu()
        targets = pad_units([clip.units], len(guesses))[0]
        right += int((guesses == targets).sum())
        total += int((targets != NO_UNIT).sum())
    return right / max(total, 1)
