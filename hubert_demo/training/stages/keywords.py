"""Train the keyword head on the CTC model's frozen encoder.

The head is affine and pools by a mean, so it sees of a recording only the mean over frames of every layer's
states. Those are computed once per example; the head then trains in seconds.

Source: SUPERB (Yang et al. 2021), keyword spotting: frozen encoder, learned weighted sum of layers, mean
pooling, twelve classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.engine.encode import encoded, pooled_logits
from hubert_demo.training.evaluation.spotting import SpottingTrial
from hubert_demo.training.stages.keyword_examples import (
    Example,
    KeywordExamples,
    is_without_command,
    load_examples,
    window_means,
)

_NATS = [step / 4 for step in range(13)]


@dataclass(frozen=True)
class KeywordSettings:
    """Choices of a run.

    Attributes:
        num_examples: How many are drawn and encoded; an eighth has its word between others.
        num_windows: Most seconds of sentences without a command that are `_unknown_` besides.
        steps: Optimiser steps of the head.
        batch: Examples in a step.
        rate: Peak learning rate.
        weight_decay: Of AdamW.
        proj_size: Width of the projector.
        seed: Of drawing and initialisation.
    """

    num_examples: int = 17_000
    num_windows: int = 3000
    steps: int = 3000
    batch: int = 256
    rate: float = 2e-3
    weight_decay: float = 1e-2
    proj_size: int = 256
    seed: int = 0


def finetune_keywords(data_dir: Path, checkpoint: Path, settings: KeywordSettings) -> None:
    """Train the keyword head of a checkpoint that reads, and write both.

    What `_unknown_` is lowered by and the threshold are chosen on valid.
    """
    model = HubertForCTC.from_pretrained(checkpoint, require_head=True).eval().to(parallel.join())
    rng = np.random.default_rng(settings.seed)
    examples = load_examples(model, character_tokenizer(), data_dir, rng)
    head = train_keyword_head(model, examples, settings)
    words = load_clips(data_dir, corpora.word_test_clips(data_dir, "valid"))
    nats = balance_unknown(head, *word_states(model, words))
    head.save(checkpoint)
    loaded = load(CheckpointSpec("keywords", "keywords", checkpoint, "", ""))
    assert loaded.keyword_head is not None
    speech = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    judged = SpottingTrial(loaded, words, speech).choose()
    print(f"_unknown_ lowered by {nats:.2f} nats; on valid, {judged}", flush=True)
    loaded.keyword_head.threshold = judged.threshold
    loaded.keyword_head.save(checkpoint)


def new_keyword_head(model: HubertForCTC, proj_size: int = KeywordSettings.proj_size) -> KeywordHead:
    """An untrained head that fits `model`'s encoder."""
    config = model.config
    return KeywordHead(corpora.KEYWORD_LABELS, config.num_hidden_layers + 1, config.hidden_size, proj_size)


def train_keyword_head(
    model: HubertForCTC, examples: KeywordExamples, settings: KeywordSettings
) -> KeywordHead:
    """Train a head for `model`'s frozen encoder."""
    num_between = settings.num_examples // 8
    rng = np.random.default_rng(settings.seed)
    alone = examples.draw(settings.num_examples - num_between, rng)
    drawn = [*alone, *examples.draw(num_between, rng, between=True)]
    windows = window_states(model, [clip for clip in examples.speech if is_without_command(clip)])
    windows = windows[rng.permutation(len(windows))[: settings.num_windows]]
    features = torch.cat([pooled_states(model, drawn), windows])
    labels = [example.label for example in drawn]
    labels += [corpora.KEYWORD_LABELS.index(corpora.UNKNOWN)] * len(windows)
    torch.manual_seed(settings.seed)
    head = new_keyword_head(model, settings.proj_size)
    _fit(head, features, torch.tensor(labels), settings)
    return head.eval()


def balance_unknown(head: KeywordHead, states: Tensor, labels: Tensor) -> float:
    """Lower what `_unknown_` is given so that the mean recall of the classes is highest.

    Most of what a head learns from is `_unknown_`: it gives that answer more often than one class in twelve.

    Source: Menon et al. 2021, "Long-tail learning via logit adjustment", with the amount chosen on valid.

    Args:
        head: Changed in place.
        states: Of words that trained nothing, as from `word_states`.
        labels: Their classes.

    Returns:
        By how much, in nats.
    """
    unknown = corpora.KEYWORD_LABELS.index(corpora.UNKNOWN)
    with torch.no_grad():
        logits = pooled_logits(head, states)

        def mean_recall(nats: float) -> float:
            lowered = logits.clone()
            lowered[:, unknown] -= nats
            is_right = (lowered.argmax(-1) == labels).float()
            return float(
                torch.stack([is_right[labels == label].mean() for label in set(labels.tolist())]).mean()
            )

        # The first of equals: the least change.
        best = max(_NATS, key=mean_recall)
        head.classifier.bias[unknown] -= best
    return best


def pooled_states(model: HubertForCTC, examples: list[Example]) -> Tensor:
    """Mean of every layer's states over each example's frames, (examples, layers + 1, hidden)."""
    rows = _encoded_all(model, [example.samples for example in examples])
    means = [
        states[:, example.frames or slice(None)].mean(1)
        for states, example in zip(rows, examples, strict=True)
    ]
    return torch.stack(means)


def word_states(model: HubertForCTC, words: list[Clip]) -> tuple[Tensor, Tensor]:
    """Pooled states of whole clips, (clips, layers + 1, hidden), and their classes, (clips,)."""
    labels = [corpora.KEYWORD_LABELS.index(corpora.keyword_label(clip)) for clip in words]
    examples = [Example(clip.samples, None, label) for clip, label in zip(words, labels, strict=True)]
    return pooled_states(model, examples), torch.tensor(labels)


def window_states(model: HubertForCTC, sentences: list[Clip]) -> Tensor:
    """Mean of every layer's states over the sentences' seconds, (windows, layers + 1, hidden)."""
    means = [window_means(states) for states in _encoded_all(model, [clip.samples for clip in sentences])]
    if not means:
        return torch.zeros(0, model.config.num_hidden_layers + 1, model.config.hidden_size)
    return torch.cat(means, dim=1).transpose(0, 1)


def _encoded_all(model: HubertForCTC, recordings: list[np.ndarray]) -> Iterator[Tensor]:
    """States (layers + 1, frames, hidden) of one recording after the other, on the CPU."""
    for samples in tqdm(recordings, desc="encode", unit="clip", mininterval=10):
        yield encoded(model.hubert, samples).cpu()


def _fit(head: KeywordHead, features: Tensor, labels: Tensor, settings: KeywordSettings) -> None:
    """Cross-entropy on random batches, learning rate falling along a cosine."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    generator = torch.Generator().manual_seed(settings.seed)
    for step in range(settings.steps):
        chosen = torch.randint(len(features), (settings.batch,), generator=generator)
        loss = F.cross_entropy(pooled_logits(head, features[chosen]), labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}  keyword loss {loss.item():.3f}", flush=True)
