"""Loaded checkpoints of random weights in every build of HuBERT, and a second of noise."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.inference import encode
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    KeywordHead,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
)

VOCABULARY = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B", "C")
SMALL = HubertConfig(
    vocab_size=len(VOCABULARY),
    hidden_size=24,
    num_hidden_layers=4,
    num_attention_heads=3,
    intermediate_size=32,
    conv_dim=(8,) * 7,
    num_conv_pos_embeddings=16,
    num_conv_pos_embedding_groups=2,
)


def make(
    norm: str = "group",
    stable: bool = False,
    implementation: str = "sdpa",
    config: HubertConfig = SMALL,
    scale: float = 0.2,
    seed: int = 2,
) -> LoadedCheckpoint:
    """A CTC model and a keyword head of random weights, as they are when they have been loaded."""
    config = replace(config, feat_extract_norm=norm, do_stable_layer_norm=stable, conv_bias=norm == "layer")
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = HubertForCTC(config, attn_implementation=implementation).eval()
        head = KeywordHead(("yes", "no"), config.num_hidden_layers + 1, config.hidden_size, 8).eval()
    # Off their first values, so that no norm or bias is neutral and every change shows.
    with torch.no_grad():
        for weights in (*model.parameters(), *head.parameters()):
            weights += scale * torch.randn(weights.shape, generator=generator)
    return LoadedCheckpoint(
        spec=CheckpointSpec("random", "Random weights", Path("nowhere"), "nothing", "none"),
        encoder=model.hubert,
        ctc_model=model,
        feature_extractor=Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer"),
        tokenizer=Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(VOCABULARY)}),
        keyword_head=head,
    )


@pytest.fixture(scope="session")
def make_loaded():
    """Makes (or finds again) a loaded checkpoint; arguments of `make`; not to be changed."""
    return cache(make)


@pytest.fixture(
    scope="module",
    params=[(norm, stable) for norm in ("group", "layer") for stable in (False, True)],
    ids=["group-post", "group-pre", "layer-post", "layer-pre"],
)
def build(request) -> tuple[str, bool]:
    """The norm of the front end, and whether layers begin with their norm."""
    return request.param


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def loaded(request, build, make_loaded) -> LoadedCheckpoint:
    return make_loaded(*build, request.param)


@pytest.fixture(scope="session")
def noise() -> Waveform:
    """A second: 49 frames."""
    return Waveform.from_array(np.random.default_rng(0).normal(size=16_000) * 0.1)


@pytest.fixture(scope="module")
def before(loaded, noise):
    """The pass without changes."""
    return encode(loaded, noise)
