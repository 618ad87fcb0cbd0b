"""Train the keyword head on the CTC model's frozen encoder.

The head is affine and pools by a mean, so it sees of a second only the mean over frames of every layer's
states. Those are computed once, for single words and for seconds of recordings with speech in them; the head
then trains in seconds.

Source: SUPERB (Yang et al. 2021), keyword spotting: frozen encoder, learned weighted sum of layers, mean
pooling, twelve classes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.augmentation.hearing import Augmentation, draw_speeds, hear
from hubert_demo.training.augmentation.recordings import lay_out
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import place_commands
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.data.windows import NO_LABEL, window_labels
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import character_tokenizer
from hubert_demo.training.engine.encode import encoded, pooled_logits
from hubert_demo.training.evaluation.listening import Listener
from hubert_demo.training.evaluation.running_speech import MOST_FALSE_ALARMS_PER_MINUTE, RunningSpeechTrial
from hubert_demo.training.evaluation.spotting import CANDIDATE_THRESHOLDS
from hubert_demo.training.stages.keyword_examples import (
    Example,
    KeywordExamples,
    load_examples,
    window_means,
)

_NATS = [step / 4 for step in range(13)]
_AS_HEARD = Augmentation(speed_share=0.5, voice_share=0.2, rough_share=0.3, pause_share=0.6, empty_share=0.1)
"""How sentences are heard whose seconds teach the head."""

_OTHER_WINDOWS = 80
"""Most windows without a command that are kept of a recording."""

_MOST_LIKE_COMMANDS = 0.05
"""Share of the windows without a command from which the hard ones are drawn."""

_SURE = 0.8
"""How sure it is, at the threshold, that false alarms are few among other speakers too."""


@dataclass(frozen=True)
class KeywordSettings:
    """Choices of a run.

    Attributes:
        num_examples: How many are drawn and encoded; a quarter has its word between others.
        num_sentences: Most sentences that say a command, and most that say none, to be heard with pauses.
        steps: Optimiser steps of the head.
        batch: Examples in a step.
        rate: Peak learning rate.
        weight_decay: Of AdamW.
        hard_share: Of a step's windows without a command, the share taken from those that the head most takes
            for one.
        proj_size: Width of the projector.
        bfloat16: Encode in bfloat16 where autocast allows.
        seed: Of drawing and initialisation.
    """

    num_examples: int = 24_000
    num_sentences: int = 3500
    steps: int = 3000
    batch: int = 256
    rate: float = 2e-3
    weight_decay: float = 1e-2
    hard_share: float = 0.5
    proj_size: int = 256
    bfloat16: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Windows:
    """Seconds of recordings, as the page's moving window has them.

    Attributes:
        states: Means over their frames, float16 (windows, layers + 1, hidden).
        labels: Their classes, (windows,).
    """

    states: Tensor
    labels: Tensor

    def where(self, kept: Tensor) -> Windows:
        """Those that a mask or indices choose."""
        return Windows(self.states[kept], self.labels[kept])


def finetune_keywords(data_dir: Path, checkpoint: Path, settings: KeywordSettings) -> None:
    """Train the keyword head of a checkpoint that reads, and write both.

    What `_unknown_` is lowered by and the threshold are chosen on speakers who train nothing, the threshold
    for running speech (`RunningSpeechTrial`): the lowest with few false alarms in every corpus finds most.
    """
    model = HubertForCTC.from_pretrained(checkpoint, require_head=True).eval().to(parallel.join())
    tokenizer = character_tokenizer()
    rng = np.random.default_rng(settings.seed)
    with torch.autocast(model.device.type, torch.bfloat16, enabled=settings.bfloat16):
        examples = load_examples(model, tokenizer, data_dir, rng)
        clips = load_clips(data_dir, _sentences(data_dir, settings.num_sentences, rng))
        placed = place_commands(model, tokenizer, clips)
    head = train_keyword_head(model, examples, placed, settings)
    words = load_clips(data_dir, corpora.choosing_words(data_dir))
    nats = balance_unknown(head, *word_states(model, words))
    head.encoder = encoder_fingerprint(model.hubert)
    head.save(checkpoint)
    loaded = load(CheckpointSpec("keywords", "keywords", checkpoint, "", ""))
    assert loaded.keyword_head is not None
    listener = Listener(loaded)
    speech = {
        corpus: load_clips(data_dir, chosen) for corpus, chosen in corpora.choosing_clips(data_dir).items()
    }
    trials = [RunningSpeechTrial(chosen, listener.answers(chosen)) for chosen in speech.values()]
    threshold = choose_threshold(trials)
    print(f"_unknown_ lowered by {nats:.2f} nats; threshold {threshold:.3f}", flush=True)
    for corpus, trial in zip(speech, trials, strict=True):
        print(f"  {corpus}: {trial.at(threshold)}", flush=True)
    loaded.keyword_head.threshold = threshold
    loaded.keyword_head.save(checkpoint)


def choose_threshold(trials: Sequence[RunningSpeechTrial]) -> float:
    """The lowest at which false alarms are surely few in each; the highest if there is none.

    Few are at most half a one a minute, and sure is the upper end of a one-sided 80% interval.
    """
    for threshold in CANDIDATE_THRESHOLDS:
        highest = max(trial.at(threshold).false_alarms_per_minute.upper(_SURE) for trial in trials)
        if highest <= MOST_FALSE_ALARMS_PER_MINUTE:
            return threshold
    return CANDIDATE_THRESHOLDS[-1]


def _sentences(data_dir: Path, most: int, rng: np.random.Generator) -> list[Clip]:
    """So many transcribed clips of several words that say a command, and as many that say none."""
    clips = corpora.without_repeats(corpora.transcribed_training_clips(data_dir))
    sentences = [clip for clip in clips if " " in clip.text]
    kinds = [[clip for clip in sentences if corpora.says_command(clip) == said] for said in (True, False)]
    return [kind[index] for kind in kinds for index in rng.permutation(len(kind))[:most].tolist()]


def new_keyword_head(model: HubertForCTC, proj_size: int = KeywordSettings.proj_size) -> KeywordHead:
    """An untrained head that fits `model`'s encoder."""
    config = model.config
    return KeywordHead(corpora.KEYWORD_LABELS, config.num_hidden_layers + 1, config.hidden_size, proj_size)


def train_keyword_head(
    model: HubertForCTC, examples: KeywordExamples, sentences: list[Clip], settings: KeywordSettings
) -> KeywordHead:
    """Train a head for `model`'s frozen encoder.

    Args:
        model: In eval mode.
        examples: Single words and more, to draw from.
        sentences: With samples and the places of their commands.
        settings: Of the run.
    """
    num_between = settings.num_examples // 4
    rng = np.random.default_rng(settings.seed)
    alone = examples.draw(settings.num_examples - num_between, rng)
    drawn = [*alone, *examples.draw(num_between, rng, between=True)]
    labels = torch.tensor([example.label for example in drawn])
    with torch.autocast(model.device.type, torch.bfloat16, enabled=settings.bfloat16):
        single = Windows(pooled_states(model, drawn).half(), labels)
        running = window_states(model, sentences, rng)
    torch.manual_seed(settings.seed)
    head = new_keyword_head(model, settings.proj_size)
    is_command = running.labels < len(corpora.COMMANDS)
    _fit(head, single, running.where(is_command), running.where(~is_command), settings)
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


def window_states(model: HubertForCTC, sentences: list[Clip], rng: np.random.Generator) -> Windows:
    """Seconds of recordings put together of sentences, each of which comes once.

    Of a recording, the windows of commands are kept and some of the others that have a label.

    Args:
        model: In eval mode.
        sentences: With samples and the places of their commands.
        rng: Source of every choice.
    """
    durations_s, speeds = (
        [clip.duration_s for clip in sentences],
        draw_speeds(len(sentences), 0.5, rng).tolist(),
    )
    may_join = [True] * len(sentences)
    layouts = lay_out(durations_s, speeds, may_join, _AS_HEARD.pause_share, _AS_HEARD.empty_share, rng)
    device = next(model.parameters()).device
    kept_states, kept_labels = [], []
    for layout in tqdm(layouts, desc="encode recordings", unit="recording", mininterval=10):
        heard = hear(sentences, [layout], _AS_HEARD, rng)
        with torch.inference_mode():
            states = model.hubert.encode(heard.values.to(device), output_hidden_states=True).hidden_states
        assert states is not None
        means = window_means(torch.cat(states)).transpose(0, 1)
        labels = window_labels(heard.clips[0], states[0].shape[1])
        kept = _some_windows(labels, rng)
        kept_states.append(means[kept].half().cpu().numpy())
        kept_labels.append(labels[kept])
    if not layouts:
        config = model.config
        empty = torch.zeros(0, config.num_hidden_layers + 1, config.hidden_size, dtype=torch.float16)
        return Windows(empty, torch.zeros(0, dtype=torch.long))
    # Not torch.cat, which autocast refuses for float16 on the CPU.
    return Windows(*(torch.from_numpy(np.concatenate(kept)) for kept in (kept_states, kept_labels)))


def _some_windows(labels: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Every window of a command, and some of the others that have a label, in order."""
    is_command = (labels != NO_LABEL) & (labels < len(corpora.COMMANDS))
    others = np.flatnonzero((labels != NO_LABEL) & ~is_command)
    some = rng.permutation(others)[:_OTHER_WINDOWS]
    return np.sort(np.concatenate([np.flatnonzero(is_command), some]))


def _encoded_all(model: HubertForCTC, recordings: list[np.ndarray]) -> Iterator[Tensor]:
    """States (layers + 1, frames, hidden) of one recording after the other, on the CPU."""
    for samples in tqdm(recordings, desc="encode", unit="clip", mininterval=10):
        yield encoded(model.hubert, samples).cpu()


def _fit(
    head: KeywordHead, single: Windows, commands: Windows, others: Windows, settings: KeywordSettings
) -> None:
    """Cross-entropy on random batches, learning rate falling along a cosine.

    Half of a batch are single words, the rest windows with a command and windows without one in equal parts,
    however many there are of each. From a third of the run on, some of those without are hard ones.

    Source: Shrivastava et al. 2016, "Training region-based object detectors with online hard example mining";
    here the hard ones are found anew four times.
    """
    optimizer = torch.optim.AdamW(head.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    generator = torch.Generator().manual_seed(settings.seed)
    quarter = settings.batch // 4
    hard, num_hard = others, 0

    def some(windows: Windows, count: int) -> Windows:
        num = len(windows.labels)
        return windows.where(torch.randint(max(num, 1), (count if num else 0,), generator=generator))

    for step in range(settings.steps):
        if step in range(settings.steps // 3, settings.steps, max(settings.steps // 6, 1)):
            hard, num_hard = _most_like_commands(head, others), round(settings.hard_share * quarter)
        parts = [
            some(single, settings.batch - 2 * quarter),
            some(commands, quarter),
            some(hard, num_hard),
            some(others, quarter - num_hard),
        ]
        states = torch.cat([part.states for part in parts]).float()
        labels = torch.cat([part.labels for part in parts])
        loss = F.cross_entropy(pooled_logits(head, states), labels, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 500 == 0:
            print(f"step {step}  keyword loss {loss.item():.3f}", flush=True)


def _most_like_commands(head: KeywordHead, windows: Windows) -> Windows:
    """The windows that the head gives the highest probability of any one command."""
    if not len(windows.labels):
        return windows
    with torch.no_grad():
        logits = torch.cat(
            [pooled_logits(head, part.float()) for part in torch.split(windows.states, 20_000)]
        )
    highest = logits.softmax(-1)[:, : len(corpora.COMMANDS)].amax(-1)
    return windows.where(highest.topk(math.ceil(_MOST_LIKE_COMMANDS * len(highest))).indices)
