"""Decoders from the states of each layer to the sound's spectrogram, taught on training clips."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from hubert_demo.checkpoints import load, resolve
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.model.sound_decoders import DECODERS_NAME, SoundDecoder, SoundDecoders
from hubert_demo.model.sound_scores import SCORES_NAME
from hubert_demo.model.taught import Origin
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.data.states import LayerStates, amount, layer_states
from hubert_demo.training.engine import parallel


@dataclass(frozen=True)
class ResynthesisSettings:
    """Choices of a run.

    Attributes:
        hours: Speech to teach on, if there is so much.
        passes: Over it, of each layer's decoder, which begins with what the layer below has learnt.
        width: Of the decoders; 0 for seven ninths of the encoder's.
        num_blocks: Of each.
        batch: Stretches in a step.
        stretch: Frames of each.
        rate: Peak learning rate; it falls along a cosine.
        weight_decay: Of AdamW.
        seed: Of the choice of clips, the first weights and the order.
    """

    hours: float = 6.0
    passes: int = 4
    width: int = 0
    num_blocks: int = 3
    batch: int = 32
    stretch: int = 108
    rate: float = 2e-3
    weight_decay: float = 1e-2
    seed: int = 0


def teach_resynthesis(
    data_dir: Path, folder: Path, work: Path, settings: ResynthesisSettings
) -> SoundDecoders:
    """Teach the decoders of a checkpoint folder and write them there; goes on where it was stopped.

    Args:
        data_dir: Holds the corpus folders.
        folder: Of a checkpoint.
        work: Receives the states of the clips, and each layer's decoder when it is done.
        settings: Of the run.

    Raises:
        CheckpointError: If the checkpoint cannot be loaded.
        InputError: If there are no clips to teach on, or the checkpoint's frames fit no spectrogram.
    """
    # Those that belong to another encoder would keep the checkpoint from being loaded.
    for name in (DECODERS_NAME, SCORES_NAME):
        (folder / name).unlink(missing_ok=True)
    loaded = load(resolve(folder), str(parallel.join()))
    clips = load_clips(data_dir, corpora.opening_clips(data_dir, settings.hours, settings.seed))
    states = layer_states(loaded.encoder, clips, work)
    taught = {**asdict(settings), **amount(settings.hours, clips)}
    origin = Origin(encoder_fingerprint(loaded.encoder), taught)
    decoders = make_decoders(states, settings, origin, work, loaded.encoder.device)
    decoders.save(folder)
    return decoders


def make_decoders(
    states: LayerStates,
    settings: ResynthesisSettings,
    origin: Origin,
    work: Path,
    device: torch.device | None = None,
) -> SoundDecoders:
    """A decoder for every layer's states.

    Args:
        states: Of clips, with their sound.
        settings: Of the run.
        origin: Where the decoders come from.
        work: Receives each when it is done; one of the same origin that is there is taken as it is.
        device: Where they are taught; None for the processor.
    """
    num_states, _, hidden_size = states.states.shape
    width = settings.width or round(hidden_size * 7 / 9)
    torch.manual_seed(settings.seed)
    decoders = SoundDecoders(
        num_states, hidden_size, states.sound.shape[1], width, settings.num_blocks, origin
    ).to(device or "cpu")
    stream = _Stream(states, decoders.of(0))
    for layer in range(num_states):
        decoder = decoders.of(layer)
        path = work / f"decoder-{layer}.pt"
        done = torch.load(path, map_location="cpu", weights_only=True) if path.exists() else {}
        key = f"{origin.encoder} {dict(origin.taught)}"
        if done.get("key") == key:
            decoder.load_state_dict(done["weights"])
            continue
        if layer:
            decoder.load_state_dict(decoders.of(layer - 1).state_dict())
        _teach(decoder, stream, layer, settings)
        torch.save({"key": key, "weights": decoder.state_dict()}, path)
    return decoders.eval()


class _Stream:
    """Clips one behind the other, with as much nothing between them as a decoder reaches."""

    def __init__(self, states: LayerStates, decoder: SoundDecoder) -> None:
        self._states = states
        self.gap = decoder.reach_frames
        places = [
            np.arange(clip.start, clip.stop) + self.gap * (number + 1)
            for number, clip in enumerate(states.clips())
        ]
        self._places = torch.from_numpy(np.concatenate(places))
        self.length = states.num_frames + self.gap * (len(states.ends) + 1)
        self.is_frame = torch.zeros(self.length, dtype=torch.bool)
        self.is_frame[self._places] = True
        sound = torch.from_numpy(states.sound.astype(np.float32))
        self.mel_mean = sound.mean(0)
        # One for all bands: a band counts as much as it varies, as in the share of variance.
        self.mel_scale = (sound - self.mel_mean).square().mean().sqrt()
        self.sound = torch.zeros(self.length, sound.shape[1], dtype=torch.float16)
        self.sound[self._places] = ((sound - self.mel_mean) / self.mel_scale).half()

    def standard_states(self, decoder: SoundDecoder, layer: int) -> Tensor:
        """A layer's states, standardised as the decoder is told to; float16 (length, hidden)."""
        x = torch.from_numpy(self._states.states[layer])
        parts = torch.split(x, 65_536)
        mean = torch.stack([part.double().sum(0) for part in parts]).sum(0) / len(x)
        squares = [(part.double() - mean).square().sum(0) for part in parts]
        variance = torch.stack(squares).sum(0) / len(x)
        decoder.mean.copy_(mean)
        decoder.scale.copy_(variance.clamp(min=1e-8).sqrt())
        decoder.mel_mean.copy_(self.mel_mean)
        decoder.mel_scale.fill_(self.mel_scale)
        stream = torch.zeros(self.length, x.shape[1], dtype=torch.float16)
        for places, part in zip(torch.split(self._places, 65_536), parts, strict=True):
            standard = (part.to(decoder.mean.device).float() - decoder.mean) / decoder.scale
            stream[places] = standard.half().cpu()
        return stream.to(decoder.mean.device)


def _teach(decoder: SoundDecoder, stream: _Stream, layer: int, settings: ResynthesisSettings) -> None:
    """Mean squared error on stretches of the stream, AdamW, learning rate falling along a cosine."""
    x = stream.standard_states(decoder, layer)
    sound, is_frame = stream.sound.to(x.device), stream.is_frame.to(x.device)
    gap, step = stream.gap, settings.stretch
    reach = torch.arange(step + 2 * gap)
    generator = torch.Generator().manual_seed(settings.seed)
    weights = [each for each in decoder.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=settings.rate, weight_decay=settings.weight_decay)
    num_steps = settings.passes * max(1, stream.length // (step * settings.batch))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.rate, total_steps=num_steps + settings.passes, pct_start=0.05
    )
    progress = tqdm(total=num_steps, desc=f"layer {layer}", unit="step", mininterval=10)
    for _ in range(settings.passes):
        offset = int(torch.randint(step, (), generator=generator))
        starts = torch.arange(offset, max(offset + 1, stream.length - len(reach)), step)
        starts = starts[torch.randperm(len(starts), generator=generator)]
        errors, frames = torch.zeros((), device=x.device), 0
        for chosen in torch.split(starts, settings.batch):
            places = (chosen[:, None] + reach).clamp(max=stream.length - 1).to(x.device)
            said = decoder.standard(x[places].float())[:, gap:-gap]
            inner = places[:, gap:-gap]
            counts = is_frame[inner]
            loss = F.mse_loss(said[counts], sound[inner][counts].float())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            if schedule.last_epoch < num_steps:
                schedule.step()
            errors, frames = errors + loss.detach() * len(said), frames + len(said)
            progress.update()
        progress.set_postfix_str(f"share of variance {1 - float(errors) / frames:.3f}")
    progress.close()
