"""The mean of the weights of several fine-tuned checkpoints, which can read better than each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from hubert_demo.errors import InputError
from hubert_demo.model import HubertForCTC
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint


def average_checkpoints(checkpoints: Sequence[Path], output: Path) -> None:
    """Write the CTC checkpoint whose weights are the mean of several that started from the same one.

    Source: Wortsman et al. 2022, "Model soups".

    Args:
        checkpoints: CTC checkpoint folders of one architecture.
        output: Receives the whole folder, without a keyword head, since the encoder is another.

    Raises:
        InputError: If two differ in their weights' names or shapes.
    """
    models = [HubertForCTC.from_pretrained(checkpoint, require_head=True) for checkpoint in checkpoints]
    rows = [model.state_dict() for model in models]
    shapes = [{name: tensor.shape for name, tensor in row.items()} for row in rows]
    if any(each != shapes[0] for each in shapes):
        raise InputError("Only checkpoints of one architecture have a mean; give runs that began alike.")
    models[0].load_state_dict({name: torch.stack([row[name] for row in rows]).mean(0) for name in rows[0]})
    save_ctc_checkpoint(models[0], output)
