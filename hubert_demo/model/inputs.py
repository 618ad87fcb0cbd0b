"""What the models accept; what does not fit is refused in a sentence.

While torch records a graph (`torch.compile`, `torch.export`), the values of tensors are not known: then only
types and numbers of dimensions are checked, NaN gives NaN, and recordings that are too short give torch's own
errors.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hubert_demo.errors import InputError
from hubert_demo.model.config import HubertConfig


def is_traced() -> bool:
    """Whether torch records this call as a graph rather than computing it."""
    return torch.compiler.is_compiling()


def check_recordings(config: HubertConfig, input_values: Tensor, attention_mask: Tensor | None) -> bool:
    """Refuse what is not a batch of waveforms, each long enough for one frame.

    Args:
        config: The model's.
        input_values: As the model was given it.
        attention_mask: As the model was given it.

    Returns:
        Whether a recording is padded; false where that is not known.

    Raises:
        InputError: If something does not fit.
    """
    if input_values.ndim != 2 or (not is_traced() and not len(input_values)):
        raise InputError(
            f"input_values has shape {tuple(input_values.shape)}; HuBERT needs (batch, samples)."
        )
    if not input_values.is_floating_point():
        raise InputError(
            f"input_values is {input_values.dtype}; HuBERT needs the floats that "
            "Wav2Vec2FeatureExtractor makes."
        )
    if attention_mask is not None and attention_mask.ndim != 2:
        raise _mask_does_not_fit(input_values, attention_mask)
    if is_traced():
        return False
    if attention_mask is not None and attention_mask.shape != input_values.shape:
        raise _mask_does_not_fit(input_values, attention_mask)
    lengths = [input_values.shape[1]] if attention_mask is None else attention_mask.sum(-1).tolist()
    for row, length in enumerate(lengths):
        if length < config.min_samples:
            which = "Recording" if attention_mask is None else f"Recording {row} of the batch"
            raise InputError(
                f"{which} is {length} samples; this HuBERT needs at least {config.min_samples} samples "
                f"({config.min_samples / 16:g} ms). Record longer."
            )
    if not bool(torch.isfinite(input_values).all()):
        raise InputError("input_values has NaN or infinity; record or convert the audio again.")
    return min(lengths) < input_values.shape[1]


def _mask_does_not_fit(input_values: Tensor, attention_mask: Tensor) -> InputError:
    return InputError(
        f"attention_mask has shape {tuple(attention_mask.shape)} and input_values "
        f"{tuple(input_values.shape)}; they must be the same."
    )


def check_labels(labels: Tensor, shape: tuple[int, ...], limit: int, limit_name: str) -> None:
    """Refuse labels of another shape or above the last class; negative ones are padding.

    Args:
        labels: As the model was given them.
        shape: What they should have.
        limit: Number of classes.
        limit_name: What the configuration calls it.

    Raises:
        InputError: If they do not fit.
    """
    if is_traced():
        return
    if tuple(labels.shape) != shape:
        raise InputError(f"Labels have shape {tuple(labels.shape)}; give {shape}, one row per recording.")
    if labels.is_floating_point():
        raise InputError(f"Labels are {labels.dtype}; give integers.")
    if labels.numel() and int(labels.max()) >= limit:
        raise InputError(f"Labels must be below {limit_name}={limit}, got {int(labels.max())}.")
