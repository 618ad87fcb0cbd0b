"""Our classes and transformers' with the same weights, and a few short sounds to learn from."""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
import torch

import hubert_demo.model
from tests.small import TINY, WITHOUT_CHANCE

TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ABCDEFG")
TEXTS = ("A CAB", "BAD", "A FACE", "DAB", "CAGE", "BEE")
RATE = 16_000


class Side(NamedTuple):
    """One library: its classes under transformers' names, and a model and a processor of its own."""

    name: str
    classes: object
    model: torch.nn.Module
    processor: object


@pytest.fixture(scope="session")
def clips():
    """Six sounds of 1,200 to 2,200 samples, each with a text and a class: float32 (samples,)."""
    rng = np.random.default_rng(0)
    made = []
    for number, text in enumerate(TEXTS):
        length = 1200 + 200 * number
        tone = np.sin(2 * np.pi * (200 + 300 * (number % 2)) * np.arange(length) / RATE)
        samples = (0.3 * tone + 0.05 * rng.standard_normal(length)).astype(np.float32)
        made.append(SimpleNamespace(samples=samples, text=text, label=number % 2))
    return made


@pytest.fixture
def sides(tmp_path):
    """Makes both sides of a class of models: transformers' first, then ours, in eval mode."""

    def make(class_name, **settings):
        transformers = pytest.importorskip("transformers")
        folder = tmp_path / "untrained"
        with torch.random.fork_rng():
            torch.manual_seed(1)
            config = transformers.HubertConfig(
                **{**TINY, **WITHOUT_CHANCE, "feat_extract_norm": "layer", **settings}
            )
            getattr(transformers, class_name)(config).save_pretrained(folder)
        tokenizer = hubert_demo.model.Wav2Vec2CTCTokenizer({token: i for i, token in enumerate(TOKENS)})
        extractor = hubert_demo.model.Wav2Vec2FeatureExtractor(return_attention_mask=True)
        hubert_demo.model.Wav2Vec2Processor(extractor, tokenizer).save_pretrained(folder)
        return [
            Side(
                name,
                classes,
                getattr(classes, class_name).from_pretrained(folder),
                classes.Wav2Vec2Processor.from_pretrained(folder),
            )
            for name, classes in (("theirs", transformers), ("ours", hubert_demo.model))
        ]

    return make


@pytest.fixture(scope="session")
def assert_close():
    """Compares numbers, tensors, or dicts of tensors within 1e-4."""

    def check(one, other):
        if isinstance(one, dict):
            assert one.keys() == other.keys()
            for name, value in one.items():
                check(value, other[name])
            return
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), atol=1e-4, rtol=1e-4)

    return check
