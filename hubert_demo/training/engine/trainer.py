"""The training loop: an encoder, what it is to learn, and a run that stops and goes on as if it had not."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.errors import InputError
from hubert_demo.model import HubertModel
from hubert_demo.model.attention import HubertAttention
from hubert_demo.model.masking import span_mask
from hubert_demo.training.augmentation.hearing import Augmentation, BatchKey, Heard, Hearing, draw_speeds
from hubert_demo.training.augmentation.recordings import lay_out
from hubert_demo.training.data.batches import bucketed_batches, padded_length
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.muon import Muon

STATE_NAME = "training_state.pt"
CURVE_NAME = "curve.jsonl"
CHECKPOINT_NAME = "checkpoint"
_LOG_EVERY = 50


@dataclass(frozen=True)
class TrainerSettings(Augmentation):
    """Choices of a run, beside those of augmentation; written beside its curve.

    Attributes:
        steps: Optimiser steps of the whole run, over which the learning rate is planned.
        batch_s: Most seconds of audio in a batch of one process.
        peak_rate: Learning rate after warm-up.
        warmup_steps: Steps of linear warm-up.
        decay_share: Share of `steps` over which the rate falls to nearly nothing, at the end.
        frozen_steps: First steps in which the encoder stays as it is and only the objectives learn.
        frozen_layers: First layers that stay as they are throughout, and the front end with them.
        dropout: Of the layers' states, attention and activations, whatever the checkpoint's config says.
            It pays in runs of many passes over the clips; on a CPU its random numbers cost half the speed.
        mask_prob: Share of frames that spans replaced by the mask vector would cover if none overlapped. They
            do overlap: with `mask_length` 10, 0.8 masks 57% of the frames, 0.3 26%, 0.1 10% (`span_mask`).
            0 leaves masking to the encoder's own SpecAugment.
        mask_length: Frames in a span.
        save_every_s: Seconds between saved states.
        valid_every_s: Seconds between validations.
        workers: Processes that augment the batches to come; 0 to do it between the steps. They feed a GPU.
        bfloat16: Compute in bfloat16 where autocast allows; pays only on hardware that has it.
        seed: Of order, masks and augmentation.
    """

    steps: int = 2000
    batch_s: float = 32.0
    peak_rate: float = 1e-3
    warmup_steps: int = 200
    decay_share: float = 0.4
    frozen_steps: int = 0
    frozen_layers: int = 0
    dropout: float = 0.0
    mask_prob: float = 0.0
    mask_length: int = 10
    save_every_s: float = 120.0
    valid_every_s: float = 300.0
    workers: int = 0
    bfloat16: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Batch:
    """What the encoder has made of some clips.

    Attributes:
        clips: As heard, augmentation included, without their samples.
        states: Of every layer, each (batch, frames, hidden); the first is the layers' input.
        masked: Boolean (batch, frames): frames that the encoder had to guess; None where none were given.
        rng: For whatever else the step draws.
    """

    clips: list[Clip]
    states: tuple[Tensor, ...]
    masked: Tensor | None
    rng: np.random.Generator


class Objective(nn.Module):
    """Something to learn. Its parameters learn along; what of them is kept is its own affair."""

    weight: float = 1.0

    @abstractmethod
    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """A scalar to make small."""


class Trainer:
    """A run that can be killed at any moment and goes on from its last saved state.

    Order, masks and augmentation depend on the seed and the step alone, so that a run that was stopped and
    went on ends with the weights of one that was not. Under `torchrun` every process takes its share of the
    batches and the gradients are averaged; the first one saves and validates.

    Args:
        encoder: Trained in place, on its device.
        objectives: By the names under which their losses are logged.
        settings: The run's choices.
        work_dir: Receives settings, curve, state and the latest checkpoint.
    """

    def __init__(
        self,
        encoder: HubertModel,
        objectives: Mapping[str, Objective],
        settings: TrainerSettings,
        work_dir: Path,
    ) -> None:
        self.encoder, self.settings, self.work_dir = encoder, settings, work_dir
        self.objectives = nn.ModuleDict(objectives)
        self._device = next(encoder.parameters()).device
        self.objectives.to(self._device)
        _set_dropout(encoder, settings.dropout)
        if settings.frozen_layers:
            _freeze(encoder, settings.frozen_layers)
        matrices, others = _split_parameters(encoder, self.objectives)
        self.optimizers: list[torch.optim.Optimizer] = [
            Muon(matrices, lr=0.0, weight_decay=0.1, dtype=_dtype(settings)),
            torch.optim.AdamW(others, lr=0.0, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
        ]
        self.step, self.epoch, self.position, self.elapsed_s = 0, 0, 0, 0.0
        work_dir.mkdir(parents=True, exist_ok=True)
        if (work_dir / STATE_NAME).exists():
            self._resume()
        for module in (encoder, self.objectives):
            parallel.share_weights(module)
        (work_dir / "settings.json").write_text(json.dumps(asdict(settings), indent=2) + "\n")

    def run(
        self,
        clips: list[Clip],
        save_checkpoint: Callable[[Path], None],
        validate: Callable[[], dict[str, float]],
    ) -> None:
        """Train until the settings' steps are done.

        Args:
            clips: With samples, and whatever the objectives need.
            save_checkpoint: Writes what is to be kept into a folder.
            validate: Scores to print and to add to the curve.
        """
        started = time.monotonic() - self.elapsed_s
        last_save = last_valid = self.elapsed_s
        heard_s, losses, since = 0.0, [], time.monotonic()
        for key, batch in self._batches(clips):
            losses.append(self.train_step(batch))
            self.epoch, self.position = key.epoch, key.position + 1
            heard_s += sum(clip.duration_s for clip in batch.clips)
            self.elapsed_s = time.monotonic() - started
            if parallel.process():
                continue
            is_over = self.step >= self.settings.steps
            if self.step % _LOG_EVERY == 0:
                self._log(losses, heard_s, time.monotonic() - since)
                heard_s, losses, since = 0.0, [], time.monotonic()
            if is_over or self.elapsed_s - last_save > self.settings.save_every_s:
                self.save()
                save_checkpoint(self.work_dir / CHECKPOINT_NAME)
                last_save = self.elapsed_s
            if is_over or self.elapsed_s - last_valid > self.settings.valid_every_s:
                scores = validate()
                print(f"step {self.step}  {_shown(scores)}", flush=True)
                self._note(scores)
                last_valid = self.elapsed_s

    def train_step(self, batch: Heard) -> dict[str, float]:
        """One optimiser step on these clips; the losses by name."""
        self.encoder.train()
        self.objectives.train()
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.rate()
        rng = np.random.default_rng((*self._seeds(self.step), 1))
        with torch.random.fork_rng():
            torch.manual_seed(int(rng.integers(1 << 62)))
            losses = self._losses(batch, rng)
        torch.stack([weight * loss for weight, loss in losses.values()]).sum().backward()  # type: ignore[no-untyped-call]
        modules = (self.encoder, self.objectives)
        learning = [p for module in modules for p in module.parameters() if p.grad is not None]
        parallel.average_gradients(learning)
        nn.utils.clip_grad_norm_(learning, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return {name: loss.item() for name, (_, loss) in losses.items()}

    def rate(self) -> float:
        """Learning rate of the step to come."""
        settings = self.settings
        warmup = min(1.0, (self.step + 1) / settings.warmup_steps)
        left = 1.0 - self.step / settings.steps
        return settings.peak_rate * warmup * float(np.clip(left / settings.decay_share, 0.01, 1.0))

    def save(self) -> None:
        """Write all that going on needs."""
        state = {
            "encoder": self.encoder.state_dict(),
            "objectives": self.objectives.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "progress": (self.step, self.epoch, self.position, self.elapsed_s),
        }
        temporary = self.work_dir / (STATE_NAME + ".part")
        torch.save(state, temporary)
        temporary.replace(self.work_dir / STATE_NAME)

    def _resume(self) -> None:
        state = torch.load(self.work_dir / STATE_NAME, weights_only=True, map_location=self._device)
        self.encoder.load_state_dict(state["encoder"])
        self.objectives.load_state_dict(state["objectives"])
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self.step, self.epoch, self.position, self.elapsed_s = state["progress"]

    def _batches(self, clips: list[Clip]) -> DataLoader[tuple[BatchKey, Heard]]:
        """This process's batches, augmented by its workers where it has some."""
        return DataLoader(
            Hearing(clips, self.settings),
            sampler=self._keys(clips),
            batch_size=None,
            num_workers=self.settings.workers,
        )

    def _keys(self, clips: list[Clip]) -> Iterator[BatchKey]:
        """This process's batches, from where the run stands to its last step."""
        step, epoch, first = self.step, self.epoch, self.position
        longest_s = self.settings.crop_s or np.inf
        durations_s = [min(clip.duration_s, longest_s) for clip in clips]
        # What is put together has a text only if every part of it has one.
        is_read = [bool(clip.text) for clip in clips]
        while True:
            rng = np.random.default_rng((self.settings.seed, epoch))
            speeds = draw_speeds(len(clips), self.settings.speed_share, rng).tolist()
            layouts = lay_out(
                durations_s, speeds, is_read, self.settings.pause_share, self.settings.empty_share, rng
            )
            lengths_s = [layout.duration_s(durations_s) for layout in layouts]
            batches = list(bucketed_batches(lengths_s, self.settings.batch_s, rng))
            # As many for every process, so that none waits for another at the end.
            usable = len(batches) - len(batches) % parallel.num_processes()
            mine = batches[parallel.process() : usable : parallel.num_processes()]
            for position in range(first, len(mine)):
                if step >= self.settings.steps:
                    return
                chosen = tuple(layouts[index] for index in mine[position])
                yield BatchKey(epoch, position, chosen, self._seeds(step))
                step += 1
            epoch, first = epoch + 1, 0

    def _seeds(self, step: int) -> tuple[int, ...]:
        """What everything that this process draws in a step depends on."""
        return self.settings.seed, step, parallel.process()

    def _losses(self, heard: Heard, rng: np.random.Generator) -> dict[str, tuple[float, Tensor]]:
        """Weight and loss of every objective."""
        values = self._padded(heard.values.to(self._device))
        masked = None
        if self.settings.mask_prob:
            num_frames = int(self.encoder.num_frames(values.shape[1]))
            settings = self.settings
            drawn = span_mask(len(values), num_frames, settings.mask_prob, settings.mask_length, 1, rng)
            masked = torch.from_numpy(drawn).to(self._device)
        is_frozen = self.step < self.settings.frozen_steps
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.settings.bfloat16):
            with torch.set_grad_enabled(not is_frozen):
                encoded = self.encoder.encode(values, mask_time_indices=masked, output_hidden_states=True)
            assert encoded.hidden_states is not None
            num_clips = len(heard.clips)
            states = tuple(state[:num_clips] for state in encoded.hidden_states)
            batch = Batch(heard.clips, states, None if masked is None else masked[:num_clips], rng)
            losses = {}
            for name, objective in self.objectives.items():
                assert isinstance(objective, Objective)
                losses[name] = objective.weight, objective.loss(self.encoder, batch)
            return losses

    def _padded(self, values: Tensor) -> Tensor:
        """On a GPU, the batch with silence after its rows and below them, so that few shapes come."""
        if self._device.type != "cuda":
            return values
        num_samples = padded_length(values.shape[1])
        num_rows = max(len(values), int(self.settings.batch_s * SAMPLE_RATE_HZ) // num_samples)
        return F.pad(values, (0, num_samples - values.shape[1], 0, num_rows - len(values)))

    def _log(self, losses: list[dict[str, float]], heard_s: float, took_s: float) -> None:
        means = {name: float(np.mean([step[name] for step in losses])) for name in losses[0]}
        left_min = (self.settings.steps - self.step) * took_s / len(losses) / 60
        print(
            f"step {self.step}  epoch {self.epoch}  {_shown(means)}  "
            f"{parallel.num_processes() * heard_s / took_s:.0f} audio-s/s  {left_min:.0f} min left",
            flush=True,
        )
        self._note(means)

    def _note(self, values: dict[str, float]) -> None:
        """Add a point to the run's curve."""
        point = {"step": self.step, "minute": self.elapsed_s / 60, **values}
        with (self.work_dir / CURVE_NAME).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(point) + "\n")


def _dtype(settings: TrainerSettings) -> torch.dtype:
    return torch.bfloat16 if settings.bfloat16 else torch.float32


def _set_dropout(encoder: HubertModel, probability: float) -> None:
    for module in encoder.encoder.modules():
        if isinstance(module, nn.Dropout):
            module.p = probability
        elif isinstance(module, HubertAttention):
            module.dropout = probability


def _freeze(encoder: HubertModel, num_layers: int) -> None:
    """Keep everything below the layer of that index as it is."""
    encoder.requires_grad_(False)
    encoder.encoder.layers[num_layers:].requires_grad_(True)


def read_curve(work_dir: Path) -> list[dict[str, float]]:
    """Points of a run's curve, each with `step`, `minute`, and losses or valid scores by name.

    Raises:
        InputError: If the folder holds no run.
    """
    path = work_dir / CURVE_NAME
    if not path.exists():
        raise InputError(f"{work_dir} has no {CURVE_NAME}; give the --work folder of a run.")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _shown(values: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in values.items())


def _split_parameters(*modules: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Matrices of the Transformer layers (for Muon), and everything else (for AdamW)."""
    matrices: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for module in modules:
        for name, parameter in module.named_parameters():
            is_matrix = parameter.ndim == 2 and "encoder.layers" in name
            (matrices if is_matrix else others).append(parameter)
    return matrices, others
