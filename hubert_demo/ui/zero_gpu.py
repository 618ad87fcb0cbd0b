"""ZeroGPU on Hugging Face Spaces: a graphics card that is lent for the length of one function call."""

import logging
import os
from collections.abc import Callable
from typing import Any

import gradio as gr

from hubert_demo import checkpoints, inference
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.encoding import Encoding

_LOGGER = logging.getLogger(__name__)
_LONGEST_CALL_S = 30


def is_lent() -> bool:
    """Whether this process runs on ZeroGPU hardware."""
    return checkpoints.ZERO_GPU_VARIABLE in os.environ


def _lent(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as `spaces.GPU` wraps it; as it is where that package is missing."""
    try:
        import spaces
    except ImportError:
        return function
    wrapped: Callable[..., Any] = spaces.GPU(duration=_LONGEST_CALL_S)(function)
    return wrapped


@_lent
def _encode_on_lent_gpu(spec: CheckpointSpec, waveform: Waveform) -> Encoding:
    """Run the encoder in the process that holds the card; arguments and result travel there and back."""
    return inference.encode(checkpoints.load(spec, "cuda"), waveform)


def encode(loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
    """As `inference.encode`: on the lent card on ZeroGPU, else where the checkpoint's weights are.

    When no card can be had (the visitor's quota is used up, the queue too long), the processor does it.
    """
    if not is_lent():
        return inference.encode(loaded, waveform)
    try:
        encoding: Encoding = _encode_on_lent_gpu(loaded.spec, waveform)
    except gr.Error as error:
        _LOGGER.warning("no graphics card was lent, the processor computes instead: %s", error)
        return inference.encode(loaded, waveform)
    return encoding
