"""The optimiser: orthogonal updates, and that it learns."""

import pytest
import torch

from hubert_demo.training.engine.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(24, 24), (16, 48), (48, 16)])
def test_orthogonalising_brings_singular_values_near_one(shape):
    matrices = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalised(matrices))
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_orthogonalising_keeps_the_singular_vectors():
    generator = torch.Generator().manual_seed(1)
    matrix = torch.randn(16, 16, generator=generator)
    u, _, vh = torch.linalg.svd(matrix)
    diagonal = u.T @ orthogonalised(matrix[None])[0] @ vh.T
    assert (diagonal - diagonal.diag().diag()).abs().max() < 1e-3


def test_it_solves_a_least_squares_problem():
    generator = torch.Generator().manual_seed(2)
    wanted = torch.randn(8, 12, generator=generator)
    weight = torch.nn.Parameter(torch.zeros(8, 12))
    optimizer = Muon([weight], lr=0.1, weight_decay=0.0)
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 200)
        optimizer.zero_grad()
        (weight - wanted).square().sum().backward()
        optimizer.step()
    assert (weight - wanted).square().mean() < 0.02 * wanted.square().mean()


def test_weight_decay_shrinks_the_weights():
    weight = torch.nn.Parameter(torch.ones(4, 4))
    optimizer = Muon([weight], lr=0.1, weight_decay=0.5)
    weight.grad = torch.zeros(4, 4)
    optimizer.step()
    assert torch.allclose(weight, torch.full((4, 4), 0.95))


def test_in_bfloat16_the_update_points_nearly_the_same_way():
    torch.manual_seed(0)
    grads = torch.randn(3, 48, 32)
    updates = []
    for dtype in (torch.float32, torch.bfloat16):
        weights = [torch.nn.Parameter(torch.zeros(48, 32)) for _ in grads]
        optimizer = Muon(weights, lr=0.1, weight_decay=0.0, dtype=dtype)
        for weight, grad in zip(weights, grads, strict=True):
            weight.grad = grad.clone()
        optimizer.step()
        updates.append(torch.stack([weight.detach() for weight in weights]).flatten())
    assert updates[1].dtype == torch.float32
    assert torch.cosine_similarity(*updates, dim=0) > 0.99
