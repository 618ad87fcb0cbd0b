"""Read-outs of every layer: what its states say already, in the words of the last one or in letters."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import CheckpointError
from hubert_demo.model.taught import Origin, damaged, read_taught, save_taught

READOUTS_NAME = "lens.safetensors"


class Readouts(nn.Module):
    """Two read-outs of each layer, both linear, of states that are standardised first.

    Source: for the affine map, Belrose et al. 2023, "Eliciting latent predictions from transformers with the
    tuned lens"; for the linear one, Alain and Bengio 2016, "Understanding intermediate layers using linear
    classifier probes", taught the whole model's probabilities in place of labels.

    Args:
        num_states: Encoder layers + 1.
        hidden_size: Width of the encoder's states.
        vocab_size: Outputs of the CTC head.
        origin: Where they come from.

    Attributes:
        mean: Of the states of each layer that they were taught on, (layers + 1, hidden).
        scale: Their deviation, likewise.
        affine_weight: From standardised states to the last layer's, (layers + 1, hidden, hidden).
        affine_bias: (layers + 1, hidden).
        linear_weight: From standardised states to letters, (layers + 1, vocabulary, hidden).
        linear_bias: (layers + 1, vocabulary).
    """

    def __init__(self, num_states: int, hidden_size: int, vocab_size: int, origin: Origin) -> None:
        super().__init__()
        self.origin = origin
        self.mean = nn.Parameter(torch.zeros(num_states, hidden_size))
        self.scale = nn.Parameter(torch.ones(num_states, hidden_size))
        self.affine_weight = nn.Parameter(torch.zeros(num_states, hidden_size, hidden_size))
        self.affine_bias = nn.Parameter(torch.zeros(num_states, hidden_size))
        self.linear_weight = nn.Parameter(torch.zeros(num_states, vocab_size, hidden_size))
        self.linear_bias = nn.Parameter(torch.zeros(num_states, vocab_size))

    def as_last(self, state: Tensor, layer: int) -> Tensor:
        """What a layer's states, (frames, hidden), would be in the last one; the same shape."""
        x = (state - self.mean[layer]) / self.scale[layer]
        return F.linear(x, self.affine_weight[layer], self.affine_bias[layer])

    def letters(self, state: Tensor, layer: int) -> Tensor:
        """What a layer's states say of letters: logits, (frames, vocabulary)."""
        x = (state - self.mean[layer]) / self.scale[layer]
        return F.linear(x, self.linear_weight[layer], self.linear_bias[layer])

    def all_letters(self, hidden_states: Tensor) -> Tensor:
        """`letters` of (layers + 1, frames, hidden) at once: (layers + 1, frames, vocabulary)."""
        x = (hidden_states - self.mean[:, None]) / self.scale[:, None]
        return torch.baddbmm(self.linear_bias[:, None], x, self.linear_weight.mT)

    def save(self, directory: str | Path) -> None:
        """Write them into the folder of their checkpoint."""
        save_taught(Path(directory) / READOUTS_NAME, self.state_dict(), self.origin)

    @classmethod
    def from_directory(cls, directory: str | Path) -> Readouts:
        """Read what `save` wrote, in float32 and eval mode.

        Raises:
            DamagedFileError: If the file is damaged.
        """
        path = Path(directory) / READOUTS_NAME
        tensors, origin = read_taught(path)
        try:
            num_states, vocab_size, hidden_size = tensors["linear_weight"].shape
            if tensors["affine_weight"].shape != (num_states, hidden_size, hidden_size):
                raise ValueError("as many inputs as outputs")
            readouts = cls(num_states, hidden_size, vocab_size, origin)
            readouts.load_state_dict(tensors)
        except (KeyError, ValueError, RuntimeError) as error:
            raise damaged(path) from error
        return readouts.eval().requires_grad_(False)

    def require_fit(self, num_states: int, hidden_size: int, vocab_size: int) -> None:
        """Refuse an encoder and head of other sizes.

        Raises:
            CheckpointError: If they are.
        """
        own = (*self.mean.shape, self.linear_weight.shape[1])
        if own != (num_states, hidden_size, vocab_size):
            raise CheckpointError(
                f"{READOUTS_NAME} was made for {own[0] - 1} layers of width {own[1]} and {own[2]} letters, "
                f"but the checkpoint beside it has {num_states - 1} of width {hidden_size} and {vocab_size}. "
                "Make it again with `python -m hubert_demo.training lens`, or remove it."
            )
