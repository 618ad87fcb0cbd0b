"""Read-outs of every layer: an affine map onto the last one, and letters, both taught on training clips."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from hubert_demo.checkpoints import load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForCTC
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.readouts import READOUTS_NAME, Readouts
from hubert_demo.model.taught import Origin
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.data.states import LayerStates, amount, layer_states
from hubert_demo.training.engine import parallel

_BLOCK_FRAMES = 65_536


@dataclass(frozen=True)
class LensSettings:
    """Choices of a run.

    Attributes:
        hours: Speech to teach on, if there is so much.
        passes: Over it, of the linear read-outs.
        batch: Frames in a step.
        rate: Learning rate at the beginning; it falls along a cosine.
        ridge: Of the affine maps: what is added to the variance of each standardised dimension.
        seed: Of the choice of clips and the order of frames.
    """

    hours: float = 6.0
    passes: int = 4
    batch: int = 2048
    rate: float = 1e-3
    ridge: float = 1e-4
    seed: int = 0


def teach_lens(data_dir: Path, folder: Path, work: Path, settings: LensSettings) -> Readouts:
    """Teach the read-outs of a checkpoint folder and write them there.

    Args:
        data_dir: Holds the corpus folders.
        folder: Of a checkpoint with a CTC head.
        work: Receives the states of the clips, or has them already.
        settings: Of the run.

    Raises:
        CheckpointError: If the checkpoint cannot be loaded, or has no CTC head.
        InputError: If there are no clips to teach on.
    """
    # One that belongs to another encoder would keep the checkpoint from being loaded.
    (folder / READOUTS_NAME).unlink(missing_ok=True)
    loaded = load(resolve(folder), str(parallel.join()))
    if loaded.ctc_model is None:
        raise CheckpointError(f"{loaded.spec.name} has no CTC head whose letters could be read; train one.")
    clips = load_clips(data_dir, corpora.opening_clips(data_dir, settings.hours, settings.seed))
    states = layer_states(loaded.encoder, clips, work)
    taught = {**asdict(settings), **amount(settings.hours, clips)}
    origin = Origin(encoder_fingerprint(loaded.encoder), taught)
    readouts = make_readouts(loaded.ctc_model, states, settings, origin)
    readouts.save(folder)
    return readouts


def make_readouts(
    model: HubertForCTC, states: LayerStates, settings: LensSettings, origin: Origin
) -> Readouts:
    """Both read-outs of every layer, from states of a model that reads."""
    num_states, _, hidden_size = states.states.shape
    readouts = Readouts(num_states, hidden_size, model.config.vocab_size, origin).requires_grad_(False)
    readouts.to(model.device)
    _measure(readouts, states)
    _fit_affine(readouts, states, settings.ridge)
    # What the affine maps say of letters is where the linear read-outs begin.
    with torch.no_grad():
        readouts.linear_weight.copy_(model.lm_head.weight @ readouts.affine_weight)
        readouts.linear_bias.copy_(model.lm_head(readouts.affine_bias))
    _teach_letters(readouts, model.lm_head, states, settings)
    return readouts.eval()


def _blocks(states: LayerStates) -> list[slice]:
    """Neighbouring frames, some at a time."""
    starts = range(0, states.num_frames, _BLOCK_FRAMES)
    return [slice(start, min(start + _BLOCK_FRAMES, states.num_frames)) for start in starts]


def _read(states: LayerStates, layer: int, frames: slice, device: torch.device) -> Tensor:
    return torch.from_numpy(states.states[layer, frames]).to(device).float()


def _measure(readouts: Readouts, states: LayerStates) -> None:
    """Mean and deviation of every layer."""
    device = readouts.mean.device
    for layer in range(len(readouts.mean)):
        total = square = torch.zeros(readouts.mean.shape[1], dtype=torch.float64, device=device)
        for frames in _blocks(states):
            x = _read(states, layer, frames, device).double()
            total, square = total + x.sum(0), square + x.square().sum(0)
        mean = total / states.num_frames
        readouts.mean[layer] = mean.float()
        readouts.scale[layer] = (square / states.num_frames - mean.square()).clamp(min=1e-8).sqrt().float()


def _fit_affine(readouts: Readouts, states: LayerStates, ridge: float) -> None:
    """Ridge regression of the last layer's states on each layer's, in closed form."""
    last, device = len(readouts.mean) - 1, readouts.mean.device
    hidden_size = readouts.mean.shape[1]
    penalty = ridge * torch.eye(hidden_size, dtype=torch.float64, device=device)
    for layer in tqdm(range(last + 1), desc="affine maps", unit="layer"):
        gram = torch.zeros_like(penalty)
        cross = torch.zeros_like(gram)
        for frames in _blocks(states):
            x = (_read(states, layer, frames, device) - readouts.mean[layer]) / readouts.scale[layer]
            y = _read(states, last, frames, device) - readouts.mean[last]
            gram += (x.T @ x).double()
            cross += (x.T @ y).double()
        solved = torch.linalg.solve(gram / states.num_frames + penalty, cross / states.num_frames)
        readouts.affine_weight[layer] = solved.T.float()
        readouts.affine_bias[layer] = readouts.mean[last]


def _teach_letters(readouts: Readouts, head: nn.Linear, states: LayerStates, settings: LensSettings) -> None:
    """Cross-entropy with the probabilities that the whole model gives to letters, by Adam."""
    readouts.linear_weight.requires_grad_(True)
    readouts.linear_bias.requires_grad_(True)
    weights = [readouts.linear_weight, readouts.linear_bias]
    optimizer = torch.optim.Adam(weights, lr=settings.rate)
    num_steps = settings.passes * sum(
        -(-(frames.stop - frames.start) // settings.batch) for frames in _blocks(states)
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(num_steps, 1))
    generator = torch.Generator().manual_seed(settings.seed)
    for number in range(settings.passes):
        blocks, losses = _blocks(states), []
        order = torch.randperm(len(blocks), generator=generator).tolist()
        for frames in tqdm([blocks[index] for index in order], desc=f"letters, pass {number + 1}"):
            x = torch.from_numpy(states.states[:, frames]).to(readouts.mean.device).float()
            with torch.no_grad():
                wanted = head(x[-1]).softmax(-1)
            for chosen in torch.split(torch.randperm(x.shape[1], generator=generator), settings.batch):
                logits = readouts.all_letters(x[:, chosen])
                targets = wanted[chosen].expand(len(logits), -1, -1)
                loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(0, 1)) * len(logits)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
                losses.append(loss.item() / len(logits))
        print(f"pass {number + 1}: cross-entropy {np.mean(losses):.3f}, mean of all layers", flush=True)
    readouts.requires_grad_(False)
