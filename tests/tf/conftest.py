"""Pairs of a PyTorch and a Keras model with one set of weights; skipped where TensorFlow is not installed."""

import os
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertConfig, HubertForCTC, HubertModel
from tests.small import TINY

WITHOUT_TENSORFLOW = "test_without_tensorflow.py"

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Models this small lose time to every thread but the first.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")


class Absent(pytest.Module):
    """A file of tests that need TensorFlow, where there is none."""

    def collect(self):
        reason = "TensorFlow is not installed: pip install 'tensorflow-cpu>=2.20,<2.22'"
        if os.environ.get("NEEDS_TENSORFLOW"):
            pytest.fail(f"{reason} (a skip elsewhere, a failure because NEEDS_TENSORFLOW is set)")
        pytest.skip(reason, allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    if find_spec("tensorflow") is None and module_path.name != WITHOUT_TENSORFLOW:
        return Absent.from_parent(parent, path=module_path)
    return None


class Pair(NamedTuple):
    """The two models, in PyTorch in eval mode."""

    torch: Any
    tf: Any


def copy_weights(source, target):
    """Give a Keras model the weights of a PyTorch model."""
    from hubert_demo.tf.weights import parameters

    own = parameters(target)
    state = source.state_dict()
    assert own.keys() == state.keys()
    for name, parameter in own.items():
        parameter.assign(state[name].numpy())


def make_pair(kind: str = "ctc", **settings) -> Pair:
    from hubert_demo.tf import TFHubertForCTC, TFHubertModel

    config = HubertConfig(**{**TINY, **settings})
    theirs, ours = {"model": (HubertModel, TFHubertModel), "ctc": (HubertForCTC, TFHubertForCTC)}[kind]
    with torch.random.fork_rng():
        torch.manual_seed(5)
        reference = theirs(config).eval()
        with torch.no_grad():
            # So that no norm or bias is neutral.
            for parameter in reference.parameters():
                parameter += 0.1 * torch.randn(parameter.shape)
            for name, buffer in reference.named_buffers():
                if name.endswith(("running_mean", "running_var")):
                    buffer += 0.3 * torch.rand(buffer.shape)
    model = ours(config)
    copy_weights(reference, model)
    return Pair(reference, model)


@pytest.fixture(scope="session")
def pair():
    """Makes (or finds again) the two models of a kind ("model", "ctc"); not to be changed."""
    return cache(make_pair)


@pytest.fixture(scope="session")
def new_pair():
    """Makes two new models, which a test may train or change; arguments as for `pair`."""
    return make_pair


@pytest.fixture(scope="session")
def tiny_config():
    """Makes a small `HubertConfig`; keyword arguments replace its settings."""

    def make(**settings) -> HubertConfig:
        return HubertConfig(**{**TINY, **settings})

    return make


@pytest.fixture(scope="session")
def batch():
    """Two noisy recordings of 1,600 samples and the mask that says the second has only 1,000."""
    values = np.random.default_rng(11).standard_normal((2, 1600)).astype(np.float32)
    mask = np.ones((2, 1600), dtype=np.int64)
    mask[1, 1000:] = 0
    return values, mask


@pytest.fixture(scope="session")
def assert_close():
    """Compares a Keras result with a PyTorch one, relative to the largest reference value."""

    def check(actual, reference, tolerance=1e-4) -> None:
        actual = np.asarray(actual, dtype=np.float64)
        reference = np.asarray(reference.detach() if hasattr(reference, "detach") else reference)
        assert actual.shape == reference.shape
        assert np.isfinite(actual).all()
        assert np.abs(actual - reference).max() <= tolerance * max(np.abs(reference).max(), 1e-12)

    return check
