"""Pretraining: predict the hidden unit of every frame, of those above all that were masked.

Source: Hsu et al. 2021, "HuBERT", section III-B: spans start at 8% of the frames and last 10; the logit of
a unit is the cosine similarity of the projected state and the unit's learned embedding, divided by a
temperature of 0.1; the loss is taken over masked frames, unmasked ones weigh as much as one says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import InputError
from hubert_demo.model import HubertConfig, HubertModel
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import NO_UNIT, Clip, load_clips
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import save_encoder_checkpoint, small_config
from hubert_demo.training.engine.encode import encoded
from hubert_demo.training.engine.trainer import CHECKPOINT_NAME, Batch, Objective, Trainer, TrainerSettings

MASK_PROB, MASK_LENGTH = 0.8, 10
"""Spans of ten frames, of which eight in a hundred frames start one; as they overlap, 57% are masked."""


def pretrain(
    data_dir: Path,
    units_dir: Path,
    work_dir: Path,
    settings: TrainerSettings,
    init: Path | None = None,
    config: HubertConfig | None = None,
    unmasked_weight: float = 0.0,
) -> Path:
    """Predict units; no text is read.

    Args:
        data_dir: Holds the corpus folders.
        units_dir: Holds the frame targets.
        work_dir: Receives state, curve and checkpoint.
        settings: Of the run.
        init: Checkpoint folder to start from; random weights if None.
        config: Of a new encoder; `small_config()` if None.
        unmasked_weight: Weight of frames that were not masked.

    Returns:
        The checkpoint's folder.
    """
    device = parallel.join()
    clips = load_clips(data_dir, corpora.pretraining_clips(data_dir), units_dir)
    valid = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"), units_dir)
    torch.manual_seed(settings.seed)
    encoder = HubertModel.from_pretrained(init) if init else HubertModel(config or small_config())
    encoder.to(device)
    prediction = unit_prediction(encoder.config, clips, units_dir, -1, unmasked_weight)
    trainer = Trainer(encoder, {"units": prediction}, settings, work_dir)
    trainer.run(
        [clip for clip in clips if len(clip.units)],
        lambda folder: save_encoder_checkpoint(encoder, folder),
        lambda: {"valid unit accuracy": unit_accuracy(encoder, prediction, valid)},
    )
    return work_dir / CHECKPOINT_NAME


class UnitPrediction(Objective):
    """Tell each frame's unit, or its unit of every codebook, from one layer's state.

    Args:
        hidden_size: Width of the states.
        num_units: How many units there are in a codebook.
        num_codebooks: How many units a frame has.
        layer: Index into the hidden states; -1 is the last.
        unmasked_weight: Weight of frames that were not masked beside those that were, 0 to leave them out.
            Where nothing is masked, every frame counts fully.
        weight: Of this loss beside others.
        proj_size: Width in which states and a codebook's embeddings are compared.
        temperature: Divides the cosine similarities.
    """

    def __init__(
        self,
        hidden_size: int,
        num_units: int,
        num_codebooks: int = 1,
        layer: int = -1,
        unmasked_weight: float = 0.0,
        weight: float = 1.0,
        proj_size: int = 256,
        temperature: float = 0.1,
    ) -> None:
        super().__init__()
        self.final_proj = nn.Linear(hidden_size, num_codebooks * proj_size)
        self.label_embeddings = nn.Parameter(torch.empty(num_codebooks, num_units, proj_size).uniform_())
        self.layer, self.unmasked_weight, self.weight = layer, unmasked_weight, weight
        self.temperature = temperature

    def forward(self, state: Tensor) -> Tensor:
        """Logits (batch, frames, codebooks, units) of states (batch, frames, hidden)."""
        projected = self.final_proj(state).float().unflatten(-1, (len(self.label_embeddings), -1))
        embeddings = F.normalize(self.label_embeddings, dim=-1)
        cosines = torch.einsum("btcp,cup->btcu", F.normalize(projected, dim=-1), embeddings)
        return cosines / self.temperature

    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """Cross-entropy per frame that counts, mean over the codebooks."""
        logits = self(batch.states[self.layer])
        units = [clip.units for clip in batch.clips]
        targets = pad_units(units, *logits.shape[1:3]).to(logits.device)
        flat = F.cross_entropy(
            logits.flatten(0, 2), targets.flatten(), ignore_index=NO_UNIT, reduction="none"
        )
        per_frame = flat.view_as(targets).mean(-1)
        weights = (targets[..., 0] != NO_UNIT).float()
        if batch.masked is not None:
            weights = weights * torch.where(batch.masked, 1.0, self.unmasked_weight)
        return (per_frame * weights).sum() / weights.sum().clamp(min=1.0)


def pad_units(units: Sequence[np.ndarray], num_frames: int, num_codebooks: int) -> Tensor:
    """Frame targets (batch, num_frames, num_codebooks), `NO_UNIT` where a row has none."""
    targets = torch.full((len(units), num_frames, num_codebooks), NO_UNIT)
    for row, clip_units in enumerate(units):
        usable = min(len(clip_units), num_frames)
        targets[row, :usable] = torch.from_numpy(clip_units[:usable].astype(np.int64))
    return targets


def unit_accuracy(encoder: HubertModel, prediction: UnitPrediction, clips: Sequence[Clip]) -> float:
    """Share of units, of frames none of which is masked, that are the most probable of their codebook.

    Args:
        encoder: In whatever mode; it is left in eval mode.
        prediction: Its unit classifier.
        clips: With units, each encoded alone.
    """
    encoder.eval()
    right = total = 0
    for clip in clips:
        with torch.inference_mode():
            state = encoded(encoder, clip.samples)[prediction.layer]
            guesses = prediction(state[None])[0].argmax(-1).cpu()
        targets = pad_units([clip.units], *guesses.shape)[0]
        right += int((guesses == targets).sum())
        total += int((targets != NO_UNIT).sum())
    return right / max(total, 1)


def unit_prediction(
    config: HubertConfig, clips: Sequence[Clip], units_dir: Path, layer: int, unmasked_weight: float
) -> UnitPrediction:
    """A prediction of as many units and codebooks as the clips have."""
    some = [clip.units for clip in clips if len(clip.units)]
    if not some:
        raise InputError(f"{units_dir} has no units for any training clip; make them with `targets`.")
    num_units = max(int(units.max()) for units in some) + 1
    return UnitPrediction(config.hidden_size, num_units, some[0].shape[1], layer, unmasked_weight)
