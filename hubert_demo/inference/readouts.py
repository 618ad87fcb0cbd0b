"""What every layer's states say of letters, by the read-outs that there are."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from hubert_demo.audio import FloatArray
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError
from hubert_demo.inference.passes import finite
from hubert_demo.model.faults import machine_faults

HEAD, AFFINE, LINEAR = "head", "affine", "linear"
READ_OUTS = (HEAD, AFFINE, LINEAR)
"""The CTC head as it is; the same behind an affine map onto the last layer; letters straight from a layer."""


def why_no_lens(loaded: LoadedCheckpoint) -> str | None:
    """Why no layer of a checkpoint can be read; None where each can."""
    if loaded.ctc_model is not None:
        return None
    return (
        f"“{loaded.spec.title}” has no CTC head, so none of its layers can be read. Choose a checkpoint with "
        "one, or train one with `python -m hubert_demo.training ctc`."
    )


def layer_logits(loaded: LoadedCheckpoint, encoding: Encoding) -> dict[str, FloatArray]:
    """Logits of every layer, `(layers + 1, frames, vocabulary)`, by read-out; the encoder does not run again.

    Args:
        loaded: The checkpoint that made `encoding`.
        encoding: One recording, also with changes.

    Returns:
        By `HEAD`, and where read-outs were taught for this checkpoint, by `AFFINE` and `LINEAR`.

    Raises:
        InputError: If the checkpoint has no CTC head.
        MachineError: If the machine's memory or its graphics card fails.
    """
    model, readouts = loaded.ctc_model, loaded.readouts
    if model is None:
        raise InputError(why_no_lens(loaded))
    layers, num_layers = loaded.encoder.encoder, encoding.num_layers

    def as_it_is(state: Tensor, layer: int) -> Tensor:
        # The norm behind the last layer belongs to what the head reads.
        return layers.layer_norm(state) if layers.is_pre_norm and layer < num_layers else state

    ways: dict[str, Callable[[Tensor, int], Tensor]] = {HEAD: lambda s, i: model.lm_head(as_it_is(s, i))}
    if readouts is not None:
        ways |= {AFFINE: lambda s, i: model.lm_head(readouts.as_last(s, i)), LINEAR: readouts.letters}
    with machine_faults(f"Every layer of {loaded.spec.title}"), torch.inference_mode():
        states = [
            torch.tensor(state, device=loaded.encoder.device, dtype=loaded.encoder.dtype)
            for state in encoding.hidden_states
        ]
        return {
            name: finite(loaded, torch.stack([read(state, layer) for layer, state in enumerate(states)]))
            for name, read in ways.items()
        }


def head_logits(loaded: LoadedCheckpoint, last_states: FloatArray) -> FloatArray:
    """What the CTC head says of states of the last layer, `(…, frames, hidden)`: `(…, frames, vocabulary)`.

    Args:
        loaded: With a CTC head.
        last_states: Of its encoder, or what stands for them.
    """
    assert loaded.ctc_model is not None
    with machine_faults(f"The CTC head of {loaded.spec.title}"), torch.inference_mode():
        states = torch.tensor(last_states, device=loaded.encoder.device, dtype=loaded.encoder.dtype)
        return finite(loaded, loaded.ctc_model.lm_head(states))
