"""What torch says when memory or the graphics card fails, in sentences."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from hubert_demo.errors import MachineError

_LOGGER = logging.getLogger(__name__)


@contextmanager
def machine_faults(what: str) -> Iterator[None]:
    """Make sentences of what torch says when memory or the graphics card fails.

    Args:
        what: Is being computed, to go on from "is too much for".

    Raises:
        MachineError: In place of torch's errors; other ones pass.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if is_out_of_memory(error):
            _LOGGER.warning("no memory for %s: %s", what, str(error)[:200])
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            raise MachineError(
                f"{what} needs more memory than this machine has at the moment. Try a shorter recording or a "
                "smaller model, or try again in a minute."
            ) from error
        if _is_of_graphics_card(error):
            _LOGGER.error("the graphics card failed at %s: %s", what, str(error)[:200])
            raise MachineError(
                "This machine's GPU stopped working. Try again: the CPU will take over."
            ) from error
        raise


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory is missing, on the processor or the graphics card."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error)
    return "can't allocate memory" in text or "not enough memory" in text or "out of memory" in text


def _is_of_graphics_card(error: Exception) -> bool:
    """Torch has an error of its own for it only from version 2.9 on."""
    return any(word in str(error) for word in ("CUDA error", "CUDA driver", "cuDNN error", "CUBLAS_STATUS"))
