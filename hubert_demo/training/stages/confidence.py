"""How often words are right, by the probabilities of their letters: the curves behind a word's confidence."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from hubert_demo.analysis.transcript.alignment import differing_words, word_support
from hubert_demo.analysis.transcript.confidence import Curve
from hubert_demo.analysis.transcript.ctc import Transcript
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import LoadedCheckpoint, load, resolve
from hubert_demo.checkpoints.confidence import CONFIDENCE_NAME, ConfidenceCurve
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.evaluation.confidence import confidence_table, read

Judged = tuple[float, bool]
"""What speaks for a word, and whether it is right.

For a word read letter by letter, the logarithm of the product of its letters' probabilities does; for one
that a language model helped to read, its `support`.
"""


def fit_folder(data_dir: Path, folder: Path) -> ConfidenceCurve | None:
    """Fit the curves of a checkpoint folder and write them there, in place of what was there before.

    Args:
        data_dir: Holds the corpus folders.
        folder: Of a checkpoint with a CTC head, and with its language model if it is to have one.

    Returns:
        The curves; None where none can be fitted: then there is no file either.

    Raises:
        CheckpointError: If the checkpoint cannot be loaded.
        InputError: If no corpus to fit them on is at hand.
    """
    path = folder / CONFIDENCE_NAME
    # One that belongs to another encoder would keep the checkpoint from being loaded.
    path.unlink(missing_ok=True)
    listed = corpora.confidence_clips(data_dir)
    clips = {corpus: load_clips(data_dir, each) for corpus, each in listed.items()}
    curve = fit_confidence(load(resolve(folder)), clips, _language_model(folder))
    if curve is not None:
        curve.save(path)
    return curve


def confidence_report(data_dir: Path, folder: Path) -> str:
    """How far the confidence of words can be believed on the test speakers of every corpus: a table.

    Args:
        data_dir: Holds the corpus folders.
        folder: Of a checkpoint for which `fit_folder` found curves.

    Raises:
        CheckpointError: If the checkpoint cannot be loaded.
    """
    listed = corpora.reading_test_clips(data_dir)
    clips = {corpus: load_clips(data_dir, each) for corpus, each in listed.items()}
    return confidence_table(load(resolve(folder)), clips, _language_model(folder))


def fit_confidence(
    loaded: LoadedCheckpoint, clips: Mapping[str, Sequence[Clip]], language_model: LanguageModel | None = None
) -> ConfidenceCurve | None:
    """The curves that say how often the words are right that a checkpoint reads.

    Args:
        loaded: With a CTC head.
        clips: By corpus, with samples and texts, of speakers who train nothing. Every corpus counts alike.
        language_model: That helps to read; without one there is no curve for such words.

    Returns:
        The curves; None where all words read letter by letter are right, or all wrong, or the surer ones are
        not right more often. Where that is so with the language model alone, there is no curve for that.
    """
    greedy: dict[str, list[Judged]] = {corpus: [] for corpus in clips}
    laid: dict[str, list[Judged]] = {corpus: [] for corpus in clips}
    for corpus, listed in clips.items():
        for clip in tqdm(listed, desc=corpus, unit="clip", mininterval=10):
            (found,) = read(loaded, clip, [None], language_model)
            greedy[corpus] += judged_words(clip.text, found.greedy)
            if found.best is not None:
                laid[corpus] += judged_laid_words(clip.text, found.best, found.greedy)
    curve = _fit("letter by letter", greedy)
    if curve is None:
        return None
    other = None if language_model is None else _fit("with the language model", laid)
    return ConfidenceCurve(*curve, encoder_fingerprint(loaded.encoder), other)


def judged_words(reference: str, transcript: Transcript) -> list[Judged]:
    """Every word of a transcript whose confidence is the plain product, with whether it is right."""
    differing = differing_words(transcript.text, reference)
    return [
        (math.log(max(word.confidence, sys.float_info.min)), not differs)
        for word, (_, differs) in zip(transcript.words, differing, strict=True)
    ]


def judged_laid_words(reference: str, laid: Transcript, greedy: Transcript) -> list[Judged]:
    """Every word that a language model helped to read, with whether it is right.

    Args:
        reference: What was said.
        laid: Whose words' confidence is the plain product.
        greedy: What was read letter by letter.
    """
    differing = differing_words(laid.text, reference)
    return [
        (evidence, not differs)
        for evidence, (_, differs) in zip(word_support(laid, greedy).tolist(), differing, strict=True)
    ]


def _fit(how_read: str, words: Mapping[str, Sequence[Judged]]) -> Curve | None:
    """The curve of words by corpus, in which each corpus counts alike; says what it is and of how many."""
    for corpus, judged in words.items():
        right = sum(is_right for _, is_right in judged)
        print(f"{corpus}, {how_read}: {right} of {len(judged)} words are right", flush=True)
    curve = fit_curve([each for each in words.values() if each])
    if curve is None:
        print(f"no curve of confidence can be fitted to words read {how_read}", flush=True)
    else:
        print(f"confidence, {how_read}: slope {curve[0]:.3f}, offset {curve[1]:.3f}", flush=True)
    return curve


def _language_model(folder: Path) -> LanguageModel | None:
    path = resolve(folder).language_model
    return None if path is None else LanguageModel.from_file(path)


def fit_curve(groups: Sequence[Iterable[Judged]]) -> Curve | None:
    """Slope and offset of the logistic curve that fits best, by likelihood, where every group counts alike.

    The default penalty on the slope is nothing beside some hundred words, and keeps a curve finite to which
    the few words of a trial run would give an edge.

    Args:
        groups: Words of each.

    Returns:
        None where no rising curve can be fitted.
    """
    rows = [(*word, len(words)) for words in map(list, groups) for word in words]
    if len({is_right for _, is_right, _ in rows}) < 2:
        return None
    evidence, is_right, sizes = np.array(rows, dtype=float).T
    shares = len(rows) / len(groups) / sizes
    model = LogisticRegression().fit(evidence[:, np.newaxis], is_right, shares)
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    return (slope, offset) if slope > 0 else None
