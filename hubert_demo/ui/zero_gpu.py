"""ZeroGPU on Hugging Face Spaces: a graphics card that is lent for the length of one function call.

On ZeroGPU, importing `spaces` makes this process believe that it has CUDA; the real one exists only where a
call runs. So weights stay on the processor here (`checkpoints.ZERO_GPU_VARIABLE`), and go to the card inside
the call.

Source: https://huggingface.co/docs/hub/spaces-zerogpu
"""

import logging
import math
import os
from collections.abc import Callable
from typing import Any

from hubert_demo import checkpoints, inference
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.encoding import Encoding

_LOGGER = logging.getLogger(__name__)
# Guessed generously: what is asked for in vain costs a place in the queue, what is lacking the whole call.
_START_S = 5.0
_READING_S_PER_GB = 4.0
_S_PER_S_OF_SOUND = 0.1


def is_lent() -> bool:
    """Whether this process runs on ZeroGPU hardware."""
    return checkpoints.ZERO_GPU_VARIABLE in os.environ


def call_s(spec: CheckpointSpec, waveform: Waveform, num_bytes: int) -> int:
    """For how many seconds a card is asked for: to start, read the weights, encode, and send the result.

    Args:
        spec: The checkpoint. ZeroGPU hands over the call's own arguments.
        waveform: The recording.
        num_bytes: What the checkpoint's weights take.
    """
    reading_s = _READING_S_PER_GB * num_bytes / 1e9
    return math.ceil(_START_S + reading_s + _S_PER_S_OF_SOUND * waveform.duration_s)


def _lent(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as `spaces.GPU` wraps it; as it is where that package is missing."""
    try:
        import spaces
    except ImportError:
        return function
    wrapped: Callable[..., Any] = spaces.GPU(duration=call_s)(function)
    return wrapped


@_lent
def _encode_on_lent_gpu(spec: CheckpointSpec, waveform: Waveform, num_bytes: int) -> Encoding:
    """Run the encoder in the process that holds the card; arguments and result travel there and back."""
    return inference.encode(checkpoints.load(spec, "cuda"), waveform)


def encode(loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
    """As `inference.encode`: on the lent card on ZeroGPU, else where the checkpoint's weights are.

    When no card can be had (the visitor's quota is used up, the queue too long, ZeroGPU out of order), the
    processor does it; what is wrong with the recording or the checkpoint shows there again.
    """
    if not is_lent():
        return inference.encode(loaded, waveform)
    try:
        encoding: Encoding = _encode_on_lent_gpu(loaded.spec, waveform, loaded.num_bytes)
    except Exception as error:
        # ZeroGPU says most of it as Gradio's errors, the rest as those of its HTTP client, or as plain ones.
        _LOGGER.warning("no graphics card was lent, the processor computes instead: %s", error)
        return inference.encode(loaded, waveform)
    return encoding
