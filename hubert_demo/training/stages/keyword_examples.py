"""Examples of the keyword classes: single words, words cut from sentences, running speech and noise.

People said most of the rarer commands only in sentences. Words cut from those, with their neighbours'
sounds at the edges, stand beside the words spoken alone; thousands of other cut words teach `_unknown_`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.model import HubertForCTC, HubertModel, KeywordHead, Wav2Vec2CTCTokenizer
from hubert_demo.model.masking import span_mask
from hubert_demo.training.augmentation.microphones import Microphone, heard_through, measured
from hubert_demo.training.augmentation.noise import background, mix, roughened
from hubert_demo.training.augmentation.speed import change_speed
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import cut_words
from hubert_demo.training.data.batches import normalised, pad_waveforms
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.data.windows import HOP_FRAMES, NO_LABEL, WINDOW_FRAMES, window_labels
from hubert_demo.training.engine.encode import pooled_logits
from hubert_demo.training.engine.trainer import Batch, Objective

_INDEX = {label: i for i, label in enumerate(corpora.KEYWORD_LABELS)}
_RUNNING_SPEECH = "running speech"
_NUM_SPEECH = 1200
_UNKNOWN_DRAWS = 2
_ALONE_WEIGHT = 4
_FEWEST_TO_MEASURE, _MOST_TO_MEASURE = 3, 30
_MICROPHONE_SHARE = 0.5
_MASK_PROB, _MASK_LENGTH = 0.1, 5


@dataclass(frozen=True)
class Example:
    """A recording and the stretch of it that the label speaks of.

    Attributes:
        samples: int16 (samples,).
        frames: Range of frames to pool over; all when None.
        label: Index into `corpora.KEYWORD_LABELS`.
    """

    samples: np.ndarray
    frames: slice | None
    label: int


class KeywordExamples:
    """Draws augmented examples without end.

    Every command comes equally often, `_unknown_` twice as often (it is the widest class). Within a class
    a corpus comes as often as the root of its size, and four times that where people say the words alone, so
    that the few such clips of the rarer commands are not drowned by synthetic voices and cut words. Half of
    those voices' and cut words are heard through the microphone of somebody who says words alone: so
    the sound of the recording tells less of the class.

    Args:
        words: Single words, with samples; their corpus names tell sources apart.
        speech: Running speech, with samples, to cut stretches from for `_unknown_`; clips that say a command
            are left out.
    """

    def __init__(self, words: list[Clip], speech: list[Clip]) -> None:
        self._words: dict[str, dict[str, list[Clip]]] = {label: defaultdict(list) for label in _INDEX}
        for clip in words:
            self._words[corpora.keyword_label(clip)][clip.corpus].append(clip)
        self._all_words = words
        self._own, self._microphones = _measured_microphones(words)
        self.speech = [clip for clip in speech if not corpora.says_command(clip)]

    def draw(self, count: int, rng: np.random.Generator, between: bool = False) -> list[Example]:
        """So many examples.

        Args:
            count: How many.
            rng: Source of every choice.
            between: Put every word between two others, labelled in the one-second window around it.
        """
        labels = (*corpora.COMMANDS, *[corpora.UNKNOWN] * _UNKNOWN_DRAWS, corpora.SILENCE)
        drawn = rng.choice(len(labels), count)
        return [self._example(labels[index], rng, between) for index in drawn]

    def _example(self, label: str, rng: np.random.Generator, between: bool) -> Example:
        if label == corpora.SILENCE:
            num_samples = int(SAMPLE_RATE_HZ * rng.uniform(0.5, 3.0 if between else 1.0))
            return Example(background(num_samples, rng), None, _INDEX[label])
        source = self._source(label, rng)
        if source == _RUNNING_SPEECH:
            return Example(roughened(self._stretch(rng), rng), None, _INDEX[label])
        clips = self._words[label][source]
        clip = clips[rng.integers(len(clips))]
        samples = change_speed(clip, rng.uniform(0.85, 1.18)).samples
        if between:
            return self._between(samples, _INDEX[label], rng)
        placed = _within_a_second(samples, rng)
        own = self._own.get((clip.corpus, clip.speaker))
        if own is not None and rng.random() < _MICROPHONE_SHARE:
            other = self._microphones[rng.integers(len(self._microphones))]
            placed = heard_through(placed, own, other, rng)
        return Example(roughened(placed, rng), None, _INDEX[label])

    def _source(self, label: str, rng: np.random.Generator) -> str:
        sizes = {corpus: len(clips) for corpus, clips in self._words[label].items()}
        if label == corpora.UNKNOWN and self.speech:
            sizes[_RUNNING_SPEECH] = len(self.speech)
        weights = np.array(
            [np.sqrt(n) * (_ALONE_WEIGHT if c in corpora.SPOKEN_ALONE else 1) for c, n in sizes.items()]
        )
        return str(rng.choice(list(sizes), p=weights / weights.sum()))

    def _stretch(self, rng: np.random.Generator) -> np.ndarray:
        """One second of running speech without a command."""
        samples = self.speech[rng.integers(len(self.speech))].samples
        start = rng.integers(0, len(samples) - SAMPLE_RATE_HZ)
        stretch: np.ndarray = samples[start : start + SAMPLE_RATE_HZ]
        return stretch

    def _between(self, samples: np.ndarray, label: int, rng: np.random.Generator) -> Example:
        """The word between two others."""
        others = [self._all_words[index].samples for index in rng.integers(len(self._all_words), size=2)]
        gaps = [np.zeros(int(SAMPLE_RATE_HZ * rng.uniform(0.15, 0.6)), np.int16) for _ in range(2)]
        before = np.concatenate([others[0], gaps[0]])
        whole = np.concatenate([before, samples, gaps[1], others[1]])
        centre = (len(before) + len(samples) / 2) / HUBERT_GRID.hop_samples
        start = max(0, round(centre - WINDOW_FRAMES / 2 + rng.uniform(-4, 4)))
        return Example(roughened(whole, rng), slice(start, start + WINDOW_FRAMES), label)


class KeywordSpotting(Objective):
    """Tell the keyword classes apart, learnt by an encoder together with reading.

    The recordings that are read beside bring all their windows, those around commands and all others.

    Args:
        head: Learns along; pooled by a mean over the frames of each example.
        examples: Where batches come from, beside the clips that the others learn from.
        batch: Examples a step; every third step puts half as many between other words.
        weight: Of this loss beside others.
    """

    def __init__(self, head: KeywordHead, examples: KeywordExamples, batch: int, weight: float = 1.0) -> None:
        super().__init__()
        self.head, self.weight = head, weight
        self._examples, self._batch = examples, batch

    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """Cross-entropy on newly drawn examples, plus that on the recordings' windows."""
        return self._example_loss(encoder, batch) + self._window_loss(batch)

    def _window_loss(self, batch: Batch) -> Tensor:
        """Cross-entropy on every second of the recordings: all commands count as much as everything else."""
        means = window_means(self.head(torch.stack(batch.states).float()))
        labels = torch.full(means.shape[:2], NO_LABEL)
        for row, clip in enumerate(batch.clips):
            known = window_labels(clip, HUBERT_GRID.num_frames(round(clip.duration_s * SAMPLE_RATE_HZ)))
            labels[row, : len(known)] = torch.from_numpy(known)
        labels = labels.flatten().to(means.device)
        losses = F.cross_entropy(means.flatten(0, 1), labels, ignore_index=NO_LABEL, reduction="none")
        is_command = (labels != NO_LABEL) & (labels < len(corpora.COMMANDS))
        is_other = labels >= len(corpora.COMMANDS)
        return _mean_where(losses, is_command) + _mean_where(losses, is_other)

    def _example_loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        between = batch.rng.random() < 1 / 3
        examples = self._examples.draw(self._batch // 2 if between else self._batch, batch.rng, between)
        device = batch.states[0].device
        values = pad_waveforms([normalised(example.samples) for example in examples]).to(device)
        masked = None
        if encoder.config.has_masked_spec_embed:
            # The encoder's own masks, two of 0.2 s, would hide most of a word.
            num_frames = int(encoder.num_frames(values.shape[1]))
            drawn = span_mask(len(values), num_frames, _MASK_PROB, _MASK_LENGTH, 0, batch.rng)
            masked = torch.from_numpy(drawn).to(device)
        encoded = encoder.encode(values, mask_time_indices=masked, output_hidden_states=True)
        assert encoded.hidden_states is not None
        rows = torch.stack(encoded.hidden_states, dim=1).float()
        frames = [
            example.frames or slice(int(encoder.num_frames(len(example.samples)))) for example in examples
        ]
        pooled = torch.stack([row[:, kept].mean(1) for row, kept in zip(rows, frames, strict=True)])
        labels = torch.tensor([example.label for example in examples], device=device)
        return F.cross_entropy(pooled_logits(self.head, pooled), labels, label_smoothing=0.05)


def _measured_microphones(
    words: list[Clip],
) -> tuple[dict[tuple[str, str], Microphone], list[Microphone]]:
    """Microphones by corpus and speaker of words to be heard elsewhere, and those to hear them through.

    None of the former where nobody says several words alone.
    """
    recordings: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for clip in words:
        recordings[clip.corpus, clip.speaker].append(clip.samples)
    alone = [
        measured(rows[:_MOST_TO_MEASURE])
        for (corpus, _), rows in recordings.items()
        if corpus in corpora.SPOKEN_ALONE and len(rows) >= _FEWEST_TO_MEASURE
    ]
    if not alone:
        return {}, []
    own = {
        source: measured(rows[:_MOST_TO_MEASURE])
        for source, rows in recordings.items()
        if source[0] not in (*corpora.SPOKEN_ALONE, corpora.SPLICED)
    }
    return own, alone


def window_means(frames: Tensor) -> Tensor:
    """Means over the page's windows, (…, frames, width) to (…, windows, width); no windows below a second."""
    if frames.shape[-2] < WINDOW_FRAMES:
        return frames[..., :0, :]
    return frames.mT.unfold(-1, WINDOW_FRAMES, HOP_FRAMES).mean(-1).mT


def _mean_where(losses: Tensor, counts: Tensor) -> Tensor:
    """Mean of those that count, nought where none does."""
    return (losses * counts).sum() / counts.sum().clamp(min=1)


def load_examples(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, data_dir: Path, rng: np.random.Generator
) -> KeywordExamples:
    """Examples from the training words and sentences under `data_dir`.

    Args:
        model: Aligns sentences to their texts, so that words can be cut from them.
        tokenizer: Of the model.
        data_dir: Holds the corpus folders.
        rng: Chooses the running speech.
    """
    sentences = load_clips(data_dir, corpora.sentences_with_commands(data_dir))
    words = load_clips(data_dir, corpora.word_training_clips(data_dir))
    speech = corpora.running_speech_clips(data_dir)
    chosen = rng.choice(len(speech), min(len(speech), _NUM_SPEECH), replace=False)
    speech = load_clips(data_dir, [speech[index] for index in chosen])
    return KeywordExamples([*words, *cut_words(model, tokenizer, sentences)], speech)


def _within_a_second(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The word as it is, or at a random place in a second of faint noise."""
    space = SAMPLE_RATE_HZ - len(samples)
    if space <= 0 or rng.random() < 0.3:
        return samples
    before = int(rng.integers(0, space + 1))
    placed = np.pad(samples, (before, space - before))
    return mix(placed, background(SAMPLE_RATE_HZ, rng), rng.uniform(20, 50))
