"""From the states of a layer back to the spectrogram of the sound."""

from __future__ import annotations

import torch

from hubert_demo.audio import FloatArray
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError, require_index
from hubert_demo.inference.passes import finite
from hubert_demo.model.faults import machine_faults


def why_no_sound(loaded: LoadedCheckpoint) -> str | None:
    """Why no layer of a checkpoint can be heard; None where each can. Reads no decoder."""
    if loaded.read_sound_decoders is not None:
        return None
    return (
        f"No decoders for “{loaded.spec.title}” turn its layers back into sound. For a checkpoint in a "
        "folder, `python -m hubert_demo.training resynthesise --checkpoint FOLDER` teaches them on some "
        "hours of speech."
    )


def decoded_sound(loaded: LoadedCheckpoint, encoding: Encoding, layer: int) -> FloatArray:
    """What a layer's states say of the spectrogram, as of `experiments.mel.frame_columns`: `(frames, …)`.

    Args:
        loaded: The checkpoint that made `encoding`.
        encoding: One recording, also with changes.
        layer: 0 is the layers' input.

    Raises:
        InputError: If there is no such layer, or no decoders were taught for this checkpoint.
        MachineError: If the machine's memory or its graphics card fails.
    """
    if loaded.sound_decoders is None:
        raise InputError(why_no_sound(loaded))
    layer = require_index("Layer", layer, len(encoding.hidden_states))
    with machine_faults(f"The sound of a layer of {loaded.spec.title}"), torch.inference_mode():
        states = torch.tensor(encoding.hidden_states[layer : layer + 1], device=loaded.encoder.device)
        return finite(loaded, loaded.sound_decoders(states, layer)[0])
