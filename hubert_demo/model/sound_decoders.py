"""Decoders from the states of any layer to the mel spectrogram of the sound."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import CheckpointError
from hubert_demo.model.sound_scores import SoundScores
from hubert_demo.model.taught import Origin, damaged, read_taught, save_taught

DECODERS_NAME = "sound_decoders.safetensors"

_FIRST_KERNEL, _BLOCK_KERNEL = 3, 7


class _Block(nn.Module):
    """A wide convolution of each channel by itself, then one that mixes channels, beside the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.along = nn.Conv1d(width, width, _BLOCK_KERNEL, padding=_BLOCK_KERNEL // 2, groups=width)
        self.across = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, frames, width) to the same shape."""
        y = self.along(self.norm(x).mT).mT
        out: Tensor = x + self.across(F.gelu(y))
        return out


class SoundDecoder(nn.Module):
    """From the states of one layer to the columns of a spectrogram: a few convolutions over time.

    Args:
        hidden_size: Width of the states.
        outputs: Numbers that stand for one frame.
        width: Of the layers in between.
        num_blocks: How many there are.

    Attributes:
        mean: Of the states that it was taught on, (hidden,).
        scale: Their deviation, likewise.
        mel_mean: Of what it is to say, (outputs,).
        mel_scale: Its deviation, likewise.
    """

    def __init__(self, hidden_size: int, outputs: int, width: int, num_blocks: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(hidden_size), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(hidden_size), requires_grad=False)
        self.mel_mean = nn.Parameter(torch.zeros(outputs), requires_grad=False)
        self.mel_scale = nn.Parameter(torch.ones(outputs), requires_grad=False)
        self.first = nn.Conv1d(hidden_size, width, _FIRST_KERNEL, padding=_FIRST_KERNEL // 2)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(num_blocks))
        self.last = nn.Linear(width, outputs)

    @property
    def reach_frames(self) -> int:
        """How many frames before and behind one have a say in it."""
        return _FIRST_KERNEL // 2 + len(self.blocks) * (_BLOCK_KERNEL // 2)

    def forward(self, states: Tensor) -> Tensor:
        """States (batch, frames, hidden) to log-mel columns, (batch, frames, outputs)."""
        reach = self.reach_frames
        x = F.pad((states - self.mean) / self.scale, (0, 0, reach, reach))
        return self.standard(x)[:, reach : x.shape[1] - reach] * self.mel_scale + self.mel_mean

    def standard(self, x: Tensor) -> Tensor:
        """The same of standardised states, in units of `mel_scale`; the outer `reach_frames` are unsure."""
        x = self.first(x.mT).mT
        for block in self.blocks:
            x = block(x)
        out: Tensor = self.last(F.gelu(x))
        return out


class SoundDecoders(nn.Module):
    """One decoder for each layer's states, the layers' input first.

    Args:
        num_states: Encoder layers + 1.
        hidden_size: Width of the states.
        outputs: Numbers that stand for one frame.
        width: Of the decoders.
        num_blocks: Of each decoder.
        origin: Where they come from.

    Attributes:
        scores: What was measured of them on other speakers, None where nothing was.
    """

    scores: SoundScores | None = None

    def __init__(
        self, num_states: int, hidden_size: int, outputs: int, width: int, num_blocks: int, origin: Origin
    ) -> None:
        super().__init__()
        self.origin = origin
        self.layers = nn.ModuleList(
            SoundDecoder(hidden_size, outputs, width, num_blocks) for _ in range(num_states)
        )

    def forward(self, states: Tensor, layer: int) -> Tensor:
        """States (batch, frames, hidden) of a layer to log-mel columns, (batch, frames, outputs)."""
        found: Tensor = self.of(layer)(states)
        return found

    def of(self, layer: int) -> SoundDecoder:
        """The decoder of one layer."""
        decoder = self.layers[layer]
        assert isinstance(decoder, SoundDecoder)
        return decoder

    def save(self, directory: str | Path) -> None:
        """Write them into the folder of their checkpoint."""
        save_taught(Path(directory) / DECODERS_NAME, self.state_dict(), self.origin)

    @classmethod
    def from_directory(cls, directory: str | Path) -> SoundDecoders:
        """Read what `save` wrote, in float32 and eval mode.

        Raises:
            DamagedFileError: If the file is damaged, or that of their scores.
            CheckpointError: If the scores beside it are of other decoders.
        """
        path = Path(directory) / DECODERS_NAME
        tensors, origin = read_taught(path)
        try:
            width, hidden_size, _ = tensors["layers.0.first.weight"].shape
            outputs = len(tensors["layers.0.mel_mean"])
            places = [name.split(".") for name in tensors]
            num_states = 1 + max(int(place[1]) for place in places)
            num_blocks = 1 + max([int(place[3]) for place in places if place[2] == "blocks"], default=-1)
            if num_states * (1 + num_blocks) > len(tensors):
                raise ValueError("as many decoders as the file holds")
            decoders = cls(num_states, hidden_size, outputs, width, num_blocks, origin)
            decoders.load_state_dict(tensors)
        except (KeyError, IndexError, ValueError, RuntimeError) as error:
            raise damaged(path) from error
        decoders.scores = SoundScores.from_directory(directory, origin, num_states)
        return decoders.eval().requires_grad_(False)

    def require_fit(self, num_states: int, hidden_size: int) -> None:
        """Refuse an encoder of other sizes.

        Raises:
            CheckpointError: If it is.
        """
        own = len(self.layers), len(self.of(0).mean)
        if own != (num_states, hidden_size):
            raise CheckpointError(
                f"{DECODERS_NAME} was made for {own[0] - 1} layers of width {own[1]}, but the checkpoint "
                f"beside it has {num_states - 1} of width {hidden_size}. Make it again with `python -m "
                "hubert_demo.training resynthesise`, or remove it."
            )
