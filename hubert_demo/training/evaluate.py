"""How well a checkpoint reads and spots keywords, on speakers it never heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import torch

from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForCTC, KeywordHead, Wav2Vec2CTCTokenizer
from hubert_demo.training import corpora
from hubert_demo.training.data import Clip, load_clips, normalised
from hubert_demo.training.finetune_keywords import pooled_states
from hubert_demo.training.keyword_examples import Example
from hubert_demo.training.noise import TEST_SEEDS, noise

RARE_COMMANDS = ("yes", "no", "on", "off", "stop")


@dataclass(frozen=True)
class ErrorRate:
    """Character error rate of a set of clips.

    Attributes:
        rate: Edit operations per reference character.
        num_clips: Recordings scored.
        num_characters: Reference characters.
    """

    rate: float
    num_clips: int
    num_characters: int


@dataclass(frozen=True)
class Count:
    """So many right of so many."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """Right answers, 0 to 1."""
        return self.right / self.total

    def __str__(self) -> str:
        return f"{self.right}/{self.total}"


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint.

    Attributes:
        reading: Greedy character error on LibriSpeech's test readers.
        recall: Right answers of each keyword class on clips by people; `_unknown_` counts words that
            training knew, `_silence_` generated noise.
        held_out: Right answers on words whose clips trained nothing; half of `_unknown_`'s recall.
        rare: Right answers on Speech Commands' test clips of yes, no, on, off and stop.
    """

    reading: ErrorRate
    recall: Mapping[str, Count]
    held_out: Count
    rare: Mapping[str, Count]

    @property
    def unknown_recall(self) -> float:
        """Mean of the recall on words known and unknown to training."""
        return (self.recall[corpora.UNKNOWN].share + self.held_out.share) / 2

    @property
    def mean_recall(self) -> float:
        """Recall averaged over the twelve classes."""
        shares = [c.share for label, c in self.recall.items() if label != corpora.UNKNOWN]
        return float(np.mean([*shares, self.unknown_recall]))

    def report(self) -> str:
        """The scores as lines of text."""
        reading, rare = self.reading, list(self.rare.values())
        lines = [
            f"character error rate {reading.rate:.3f}  (greedy, LibriSpeech test readers: "
            f"{reading.num_clips} clips, {reading.num_characters} characters)",
            *(f"  {label:10} {count}" for label, count in self.recall.items()),
            f"  held-out words as _unknown_ {self.held_out} ({', '.join(sorted(corpora.HELD_OUT_WORDS))})",
            f"  _silence_ is generated noise, seeds {TEST_SEEDS.start} to {TEST_SEEDS.stop - 1}",
            f"keyword recall {self.mean_recall:.3f}  (mean of 12 classes, clips by people)",
            f"yes, no, on, off, stop by people {sum(c.right for c in rare)}/{sum(c.total for c in rare)}  ("
            + ", ".join(f"{label} {count}" for label, count in self.rare.items())
            + ")",
        ]
        return "\n".join(lines)


def evaluate(loaded: LoadedCheckpoint, data_dir: Path) -> Evaluation:
    """Score a checkpoint on the test splits under `data_dir`.

    Raises:
        CheckpointError: If the checkpoint has no keyword head.
        InputError: If a corpus is missing.
    """
    if loaded.keyword_head is None:
        raise CheckpointError(f"{loaded.spec.name} has no keyword head; train one before evaluating.")
    reading_clips = load_clips(data_dir, corpora.reading_clips(data_dir, "test"))
    reading = character_error_rate(loaded.model, loaded.tokenizer, reading_clips)
    words = load_clips(data_dir, corpora.word_test_clips(data_dir))
    silences = [Example(noise(seed), None, 0) for seed in TEST_SEEDS]
    guesses = keyword_guesses(
        loaded.model, loaded.keyword_head, [*(Example(c.samples, None, 0) for c in words), *silences]
    )
    answers = list(zip(words, guesses, strict=False))
    known = [(c, g) for c, g in answers if c.text.lower() not in corpora.HELD_OUT_WORDS]
    held_out = [(c, g) for c, g in answers if c.text.lower() in corpora.HELD_OUT_WORDS]
    recall = {
        label: _count(g == label for c, g in known if corpora.keyword_label(c) == label)
        for label in (*corpora.COMMANDS, corpora.UNKNOWN)
    }
    recall[corpora.SILENCE] = _count(g == corpora.SILENCE for g in guesses[len(words) :])
    rare = {
        label: _count(
            g == label for c, g in known if c.corpus == "speech_commands" and c.text.lower() == label
        )
        for label in RARE_COMMANDS
    }
    return Evaluation(reading, recall, _count(g == corpora.UNKNOWN for _, g in held_out), rare)


def _count(answers: Iterable[bool]) -> Count:
    listed = list(answers)
    return Count(sum(listed), len(listed))


def keyword_guesses(model: HubertForCTC, head: KeywordHead, examples: list[Example]) -> list[str]:
    """The most probable class of each example."""
    with torch.inference_mode():
        logits = head(pooled_states(model, examples).transpose(0, 1)[:, :, None])[:, 0]
    return [head.labels[index] for index in logits.argmax(-1).tolist()]


def transcribe_greedily(model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clip: Clip) -> str:
    """Best path of one clip, alone and unpadded."""
    values = torch.from_numpy(normalised(clip.samples))[None].to(model.lm_head.weight.device)
    with torch.inference_mode():
        token_ids = model.lm_head(model.hubert.encode(values).last_hidden_state)[0].argmax(-1)
    text: str = tokenizer.decode(token_ids)
    return text


def character_error_rate(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clips: Sequence[Clip]
) -> ErrorRate:
    """Character error rate of greedy transcripts against the clips' texts."""
    references = [clip.text for clip in clips]
    guesses = [transcribe_greedily(model, tokenizer, clip) for clip in clips]
    return ErrorRate(jiwer.cer(references, guesses), len(clips), sum(map(len, references)))
