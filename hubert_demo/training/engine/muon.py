"""Muon: momentum whose matrix updates are orthogonalised.

`torch.optim.Muon` iterates in bfloat16, which a processor without bfloat16 instructions computes some
twenty times slower than float32, and one that has them several times faster; this one lets you choose,
batches equal shapes, and lets several processes orthogonalise a share each.

Source: Jordan et al. 2024, "Muon"; update scale 0.2 · sqrt(max(rows, columns)) from Liu et al. 2025,
"Muon is scalable for LLM training", so that AdamW's learning rates carry over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

from hubert_demo.training.engine import parallel

_QUINTIC = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 4


class Muon(torch.optim.Optimizer):
    """Optimiser for the weight matrices of hidden layers.

    Args:
        params: Two-dimensional parameters.
        lr: Learning rate, on AdamW's scale.
        momentum: Nesterov momentum.
        weight_decay: Decoupled weight decay.
        dtype: To orthogonalise in.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.01,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._dtype = dtype

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[tuple(parameter.shape)].append(parameter)
            for parameters in by_shape.values():
                self._step_alike(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _step_alike(self, parameters: list[Tensor], lr: float, momentum: float, weight_decay: float) -> None:
        directions = []
        for parameter in parameters:
            grad = parameter.grad
            assert grad is not None
            buffer = self.state[parameter].setdefault("momentum_buffer", torch.zeros_like(grad))
            buffer.lerp_(grad, 1 - momentum)
            directions.append(grad.lerp(buffer, momentum))
        scale = 0.2 * max(parameters[0].shape) ** 0.5
        updates = parallel.shared_out(self._orthogonalised, torch.stack(directions))
        for parameter, update in zip(parameters, updates, strict=True):
            parameter.mul_(1 - lr * weight_decay).add_(update, alpha=-lr * scale)

    def _orthogonalised(self, matrices: Tensor) -> Tensor:
        return orthogonalised(matrices.to(self._dtype)).to(matrices.dtype)


def orthogonalised(matrices: Tensor) -> Tensor:
    """Nearly orthogonal matrices with the singular vectors of (batch, rows, columns).

    Source: the quintic Newton-Schulz iteration of Jordan et al. 2024; singular values end near one.
    """
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x: Tensor = matrices.mT if is_tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    a, b, c = _QUINTIC
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if is_tall else x
