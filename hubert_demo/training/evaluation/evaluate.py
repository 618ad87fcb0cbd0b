"""How well a checkpoint reads and spots keywords, on speakers it never heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from hubert_demo.analysis.keywords.detection import DEFAULT_THRESHOLD
from hubert_demo.analysis.transcript.beam import beam_search
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import CheckpointError
from hubert_demo.inference import encode
from hubert_demo.model import HubertForCTC, KeywordHead
from hubert_demo.training.augmentation.noise import TEST_SEEDS, noise
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.engine.encode import pooled_logits
from hubert_demo.training.evaluation.scores import Count, ErrorRate, ReadingScores, mean_interval
from hubert_demo.training.evaluation.spotting import Spotting, SpottingTrial
from hubert_demo.training.stages.keyword_examples import Example
from hubert_demo.training.stages.keywords import pooled_states

RARE_COMMANDS = ("yes", "no", "on", "off", "stop")


@dataclass(frozen=True)
class Evaluation:
    """Scores of one checkpoint.

    Attributes:
        reading: Scores of each corpus's test readers.
        recall: Right answers of each keyword class on clips by people; `_unknown_` counts words that
            training knew, `_silence_` generated noise.
        held_out: Right answers on words whose clips trained nothing; half of `_unknown_`'s recall.
        rare: Right answers on Speech Commands' test clips of yes, no, on, off and stop.
        synthetic: The same on unseen synthetic voices.
        spotting: Commands by people, and LibriSpeech's test readers, at the stored threshold.
    """

    reading: Mapping[str, ReadingScores]
    recall: Mapping[str, Count]
    held_out: Count
    rare: Mapping[str, Count]
    synthetic: Mapping[str, Count]
    spotting: Spotting

    @property
    def unknown_recall(self) -> float:
        """Mean of the recall on words known and unknown to training."""
        return (self.recall[corpora.UNKNOWN].share + self.held_out.share) / 2

    @property
    def mean_recall(self) -> float:
        """Recall averaged over the twelve classes."""
        shares = [c.share for label, c in self.recall.items() if label != corpora.UNKNOWN]
        return float(np.mean([*shares, self.unknown_recall]))

    @property
    def mean_recall_interval(self) -> tuple[float, float]:
        """95 % interval of `mean_recall`."""
        known = [c for label, c in self.recall.items() if label != corpora.UNKNOWN]
        unknown = [self.recall[corpora.UNKNOWN], self.held_out]
        return mean_interval([*known, *unknown], [1.0] * len(known) + [0.5, 0.5])

    def report(self) -> str:
        """The scores as lines of text."""
        rare = Count(sum(c.right for c in self.rare.values()), sum(c.total for c in self.rare.values()))
        low, high = self.mean_recall_interval
        lines = [
            "95 % intervals in brackets: bootstrap over clips for error rates, Wilson's for shares",
            *(f"{corpus}: {scores}" for corpus, scores in self.reading.items()),
            *(f"  {label:10} {count}" for label, count in self.recall.items()),
            f"  held-out words as _unknown_ {self.held_out} ({', '.join(sorted(corpora.HELD_OUT_WORDS))})",
            f"  _silence_ is generated noise, seeds {TEST_SEEDS.start} to {TEST_SEEDS.stop - 1}",
            f"keyword recall {self.mean_recall:.3f} [{low:.3f}, {high:.3f}]  "
            "(mean of 12 classes, clips by people)",
            f"yes, no, on, off, stop by people {rare}",
            *(f"  {label:10} {count}" for label, count in self.rare.items()),
            "the same by unseen synthetic voices",
            *(f"  {label:10} {count.share:.2f}  {count}" for label, count in self.synthetic.items()),
            str(self.spotting),
        ]
        return "\n".join(lines)


def evaluate(
    loaded: LoadedCheckpoint, data_dir: Path, language_model: LanguageModel | None = None
) -> Evaluation:
    """Score a checkpoint on the test splits under `data_dir`.

    Args:
        loaded: With a CTC head and a keyword head.
        data_dir: Holds the corpus folders.
        language_model: For beam search; none is made without it.

    Raises:
        CheckpointError: If the checkpoint has no CTC head or no keyword head.
        InputError: If a corpus is missing.
    """
    if loaded.keyword_head is None:
        raise CheckpointError(f"{loaded.spec.name} has no keyword head; train one before evaluating.")
    if loaded.ctc_model is None:
        raise CheckpointError(f"{loaded.spec.name} has no CTC head; train one before evaluating.")
    reading = {
        corpus: reading_scores(loaded, load_clips(data_dir, clips), language_model)
        for corpus, clips in corpora.reading_test_clips(data_dir).items()
    }
    words = load_clips(data_dir, corpora.word_test_clips(data_dir))
    silences = [Example(noise(seed), None, 0) for seed in TEST_SEEDS]
    guesses = keyword_guesses(
        loaded.ctc_model, loaded.keyword_head, [*(Example(c.samples, None, 0) for c in words), *silences]
    )
    answers = list(zip(words, guesses, strict=False))
    known = [(c, g) for c, g in answers if c.text.lower() not in corpora.HELD_OUT_WORDS]
    held_out = [(c, g) for c, g in answers if c.text.lower() in corpora.HELD_OUT_WORDS]
    recall = {
        label: Count.of(g == label for c, g in known if corpora.keyword_label(c) == label)
        for label in (*corpora.COMMANDS, corpora.UNKNOWN)
    }
    recall[corpora.SILENCE] = Count.of(g == corpora.SILENCE for g in guesses[len(words) :])
    rare = {
        label: Count.of(
            g == label for c, g in known if c.corpus == "speech_commands" and c.text.lower() == label
        )
        for label in RARE_COMMANDS
    }
    synthetic_words = load_clips(data_dir, corpora.synthetic_word_test_clips(data_dir))
    synthetic_guesses = keyword_guesses(
        loaded.ctc_model, loaded.keyword_head, [Example(c.samples, None, 0) for c in synthetic_words]
    )
    synthetic = {
        label: Count.of(
            g == label
            for c, g in zip(synthetic_words, synthetic_guesses, strict=True)
            if c.text.lower() == label
        )
        for label in RARE_COMMANDS
    }
    speech = load_clips(data_dir, corpora.reading_clips(data_dir, "test"))
    threshold = loaded.keyword_head.threshold
    spotting = SpottingTrial(loaded, words, speech).at(DEFAULT_THRESHOLD if threshold is None else threshold)
    unknown = Count.of(g == corpora.UNKNOWN for _, g in held_out)
    return Evaluation(reading, recall, unknown, rare, synthetic, spotting)


def reading_scores(
    loaded: LoadedCheckpoint, clips: Sequence[Clip], language_model: LanguageModel | None
) -> ReadingScores:
    """Error rates of a checkpoint on clips with texts."""
    references = [clip.text for clip in clips]
    greedy, beam = [], []
    for clip in tqdm(clips, desc="read", unit="clip", mininterval=10):
        encoding = encode(loaded, clip.waveform)
        greedy.append(transcribe(encoding).text)
        if language_model is not None:
            beam.append(beam_search(encoding, language_model, num_best=1)[0].text)
    return ReadingScores(
        characters=ErrorRate.of_characters(references, greedy),
        words=ErrorRate.of_words(references, greedy),
        beam_characters=ErrorRate.of_characters(references, beam) if beam else None,
        beam_words=ErrorRate.of_words(references, beam) if beam else None,
    )


def keyword_guesses(model: HubertForCTC, head: KeywordHead, examples: list[Example]) -> list[str]:
    """The most probable class of each example."""
    with torch.inference_mode():
        logits = pooled_logits(head, pooled_states(model, examples))
    return [head.labels[index] for index in logits.argmax(-1).tolist()]
