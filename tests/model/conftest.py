"""Small random models and their transformers twins, with the same weights."""

from functools import cache
from typing import NamedTuple

import pytest
import torch
import transformers

from hubert_demo.model import HubertConfig, HubertForCTC, HubertForSequenceClassification, HubertModel
from tests.small import TINY

OURS = {"model": HubertModel, "ctc": HubertForCTC, "classifier": HubertForSequenceClassification}
THEIRS = {
    "model": transformers.HubertModel,
    "ctc": transformers.HubertForCTC,
    "classifier": transformers.HubertForSequenceClassification,
}


class Twins(NamedTuple):
    """Two models with one set of weights, in eval mode."""

    ours: HubertModel | HubertForCTC | HubertForSequenceClassification
    theirs: transformers.PreTrainedModel


def randomise(model: torch.nn.Module, seed: int) -> None:
    """Move every parameter off its initial value, so that no norm or bias is neutral."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)


def make_twins(kind: str, attn_implementation: str = "eager", **settings) -> Twins:
    config = transformers.HubertConfig(**{**TINY, **settings})
    with torch.random.fork_rng():
        torch.manual_seed(5)
        theirs = THEIRS[kind]._from_config(config, attn_implementation="eager").eval()
    randomise(theirs, seed=7)
    ours = OURS[kind](
        HubertConfig.from_dict(config.to_dict()), attn_implementation=attn_implementation
    ).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    return Twins(ours, theirs)


@pytest.fixture(scope="session")
def twins():
    """Makes (or finds again) the twins of a kind ("model", "ctc", "classifier"); not to be changed."""
    return cache(make_twins)


@pytest.fixture(scope="session")
def new_twins():
    """Makes new twins, which a test may train or change; arguments as for `twins`."""
    return make_twins


@pytest.fixture(scope="session")
def tiny_config():
    """Makes a small `HubertConfig`; keyword arguments replace its settings."""

    def make(**settings) -> HubertConfig:
        return HubertConfig(**{**TINY, **settings})

    return make


@pytest.fixture(scope="session")
def batch():
    """Two noisy recordings of 1,600 samples and the mask that says the second has only 1,000."""
    values = torch.randn(2, 1600, generator=torch.Generator().manual_seed(11))
    mask = torch.ones(2, 1600, dtype=torch.long)
    mask[1, 1000:] = 0
    return values, mask


@pytest.fixture(scope="session")
def assert_parity():
    """Compares within 1e-5 × max(1, largest reference value), the project's promise in float32."""

    def check(actual: torch.Tensor, reference: torch.Tensor) -> None:
        assert actual.shape == reference.shape
        assert torch.isfinite(actual).all()
        tolerance = 1e-5 * max(1.0, reference.abs().max().item())
        assert (actual - reference).abs().max().item() <= tolerance

    return check
