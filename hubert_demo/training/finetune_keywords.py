"""Train the keyword head on the CTC model's frozen encoder.

The head is affine and pools by a mean, so it sees of a recording only the mean over frames of every layer's
states. Those are computed once per example; the head then trains in seconds.

Source: SUPERB (Yang et al. 2021), keyword spotting: frozen encoder, learned weighted sum of layers, mean
pooling, twelve classes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.training import corpora
from hubert_demo.training.data import UNITS_HOP_SAMPLES, Clip, change_speed, load_clips, normalised
from hubert_demo.training.noise import mix, noise

WINDOW_FRAMES = 49


@dataclass(frozen=True)
class Example:
    """A recording and the stretch of it that the label speaks of.

    Attributes:
        samples: int16 (samples,).
        frames: Range of frames to pool over; all when None.
        label: Index into `corpora.KEYWORD_LABELS`.
        source: Where it comes from; sources of a class are drawn equally often.
    """

    samples: np.ndarray
    frames: slice | None
    label: int
    source: str = ""


@dataclass(frozen=True)
class KeywordSettings:
    """Choices of a run.

    Attributes:
        rounds: Times every word is augmented anew.
        num_stretches: Seconds cut from running speech in each round, for `_unknown_`.
        num_silences: Recordings of generated noise in each round, for `_silence_`.
        steps: Optimiser steps of the head.
        batch: Examples in a step, drawn so that all classes come equally often, and within a class all
            its corpora: the few commands by people count as much as the many by synthetic voices.
        rate: Learning rate.
        proj_size: Width of the projector.
        seed: Of augmentation, drawing and initialisation.
    """

    rounds: int = 3
    num_stretches: int = 1200
    num_silences: int = 600
    steps: int = 3000
    batch: int = 256
    rate: float = 2e-3
    weight_decay: float = 1e-2
    proj_size: int = 256
    seed: int = 0


def train_keyword_head(model: HubertForCTC, data_dir: Path, settings: KeywordSettings) -> KeywordHead:
    """Train a head for `model`'s encoder on the training words, running speech and generated noise."""
    rng = np.random.default_rng(settings.seed)
    words = load_clips(data_dir, corpora.word_training_clips(data_dir))
    speech = load_clips(data_dir, _drawn(rng, corpora.running_speech_clips(data_dir), settings.num_stretches))
    examples = [
        example
        for _ in range(settings.rounds)
        for example in _augmented(words, speech, settings.num_silences, rng)
    ]
    features = pooled_states(model, examples)
    labels = torch.tensor([example.label for example in examples])
    torch.manual_seed(settings.seed)
    config = model.config
    head = KeywordHead(
        corpora.KEYWORD_LABELS, config.num_hidden_layers + 1, config.hidden_size, settings.proj_size
    )
    _fit(head, features, labels, draw_weights(examples), settings)
    return head.eval()


def _drawn(rng: np.random.Generator, clips: list[Clip], count: int) -> list[Clip]:
    chosen = rng.choice(len(clips), min(count, len(clips)), replace=False)
    return [clips[index] for index in chosen]


def _augmented(
    words: list[Clip], speech: list[Clip], num_silences: int, rng: np.random.Generator
) -> Iterator[Example]:
    """One round of examples: every word alone or between others, stretches of speech, noise."""
    index = {label: i for i, label in enumerate(corpora.KEYWORD_LABELS)}
    for clip in words:
        label = index[corpora.keyword_label(clip)]
        faster = change_speed(clip, rng.uniform(0.88, 1.14))
        if rng.random() < 0.3:
            yield _between(faster, _drawn(rng, words, 2), label, rng)
        else:
            yield Example(_roughened(_within_a_second(faster.samples, rng), rng), None, label, clip.corpus)
    for clip in speech:
        start = rng.integers(0, len(clip.samples) - SAMPLE_RATE_HZ)
        stretch = clip.samples[start : start + SAMPLE_RATE_HZ]
        yield Example(stretch, None, index[corpora.UNKNOWN], "running speech")
    for _ in range(num_silences):
        num_samples = int(SAMPLE_RATE_HZ * rng.uniform(0.5, 3.0))
        yield Example(_background(num_samples, rng), None, index[corpora.SILENCE], "noise")


def _within_a_second(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The word as it is, or at a random place in a second of faint noise."""
    space = SAMPLE_RATE_HZ - len(samples)
    if space <= 0 or rng.random() < 0.5:
        return samples
    before = int(rng.integers(0, space + 1))
    return mix(
        np.pad(samples, (before, space - before)), _background(SAMPLE_RATE_HZ, rng), rng.uniform(25, 50)
    )


def _roughened(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half of the time, with noise 5 to 30 dB below the word."""
    if rng.random() < 0.5:
        return samples
    return mix(samples, _background(len(samples), rng), rng.uniform(5, 30))


def _between(clip: Clip, others: list[Clip], label: int, rng: np.random.Generator) -> Example:
    """The word between two others, labelled in the one-second window around it."""
    gaps = [np.zeros(int(SAMPLE_RATE_HZ * rng.uniform(0.15, 0.6)), np.int16) for _ in range(2)]
    before = np.concatenate([others[0].samples, gaps[0]])
    samples = np.concatenate([before, clip.samples, gaps[1], others[1].samples])
    centre = (len(before) + len(clip.samples) / 2) / UNITS_HOP_SAMPLES
    start = max(0, round(centre - WINDOW_FRAMES / 2 + rng.uniform(-4, 4)))
    mixed = mix(samples, _background(len(samples), rng), rng.uniform(15, 45))
    return Example(mixed, slice(start, start + WINDOW_FRAMES), label, clip.corpus)


def _background(num_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of a seed far from the evaluation's."""
    return noise(int(rng.integers(1 << 40, 1 << 41)), num_samples)


def pooled_states(model: HubertForCTC, examples: list[Example]) -> Tensor:
    """Mean of every layer's states over each example's frames, (examples, layers + 1, hidden)."""
    device = next(model.parameters()).device
    rows = []
    with torch.inference_mode():
        for example in tqdm(examples, desc="encode", unit="clip", mininterval=10):
            values = torch.from_numpy(normalised(example.samples))[None].to(device)
            states = model.hubert.encode(values, output_hidden_states=True).hidden_states
            assert states is not None
            rows.append(torch.stack([s[0, example.frames or slice(None)].mean(0) for s in states]).cpu())
    return torch.stack(rows).clone()


def draw_weights(examples: list[Example]) -> Tensor:
    """How likely each example is drawn (examples,): classes alike, and within a class its sources alike."""
    groups = Counter((example.label, example.source) for example in examples)
    sources = Counter(label for label, _ in groups)
    return torch.tensor([1.0 / (sources[e.label] * groups[e.label, e.source]) for e in examples])


def _fit(
    head: KeywordHead, features: Tensor, labels: Tensor, weights: Tensor, settings: KeywordSettings
) -> None:
    """Cross-entropy on batches drawn by weight, learning rate falling along a cosine."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    generator = torch.Generator().manual_seed(settings.seed)
    for step in range(settings.steps):
        chosen = torch.multinomial(weights, settings.batch, replacement=True, generator=generator)
        logits = head(features[chosen].transpose(0, 1)[:, :, None])[:, 0]
        loss = F.cross_entropy(logits, labels[chosen], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}  keyword loss {loss.item():.3f}", flush=True)
