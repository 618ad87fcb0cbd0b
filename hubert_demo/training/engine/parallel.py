"""Several processes that train one model, as `torchrun` starts them; alone, everything here is trivial."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from torch import Tensor, distributed, nn


def join() -> torch.device:
    """Join the group that `torchrun` announces, if it does, and say which device this process computes on.

    On a GPU what is left in float32 (Muon) multiplies in TF32.
    """
    has_cuda = torch.cuda.is_available()
    if has_cuda:
        torch.set_float32_matmul_precision("high")
    if "RANK" in os.environ and not distributed.is_initialized():
        distributed.init_process_group("nccl" if has_cuda else "gloo")
    return torch.device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if has_cuda else "cpu")


def process() -> int:
    """Number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def num_processes() -> int:
    """How many there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def share_weights(module: nn.Module) -> None:
    """Give every process the first one's parameters and buffers."""
    if distributed.is_initialized():
        for tensor in module.state_dict().values():
            distributed.broadcast(tensor, 0)


def average_gradients(parameters: list[nn.Parameter]) -> None:
    """Replace every gradient by its mean over the processes."""
    if not distributed.is_initialized():
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))


def shared_out(compute: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """`compute(rows)`, every process computing a share of the rows; it must keep their shape."""
    if not distributed.is_initialized():
        return compute(rows)
    mine = slice(process(), None, num_processes())
    computed = torch.zeros_like(rows)
    if len(rows[mine]):
        computed[mine] = compute(rows[mine])
    distributed.all_reduce(computed)
    return computed
