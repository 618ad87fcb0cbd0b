"""How often words are right, by the probabilities of their letters: the curve behind a word's confidence."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.analysis.transcript.ctc import Transcript, transcribe
from hubert_demo.checkpoints import LoadedCheckpoint, load, resolve
from hubert_demo.checkpoints.confidence import CONFIDENCE_NAME, ConfidenceCurve
from hubert_demo.inference import encode
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips

Judged = tuple[float, bool]
"""The logarithm of the product of a word's letters' probabilities, and whether the word is right."""


def fit_folder(data_dir: Path, folder: Path) -> ConfidenceCurve | None:
    """Fit the curve of a checkpoint folder and write it there, in place of one that was there before.

    Args:
        data_dir: Holds the corpus folders.
        folder: Of a checkpoint with a CTC head.

    Returns:
        The curve; None where none can be fitted: then there is no file either.

    Raises:
        CheckpointError: If the checkpoint cannot be loaded.
        InputError: If no corpus to fit it on is at hand.
    """
    path = folder / CONFIDENCE_NAME
    # One that belongs to another encoder would keep the checkpoint from being loaded.
    path.unlink(missing_ok=True)
    listed = corpora.confidence_clips(data_dir)
    clips = {corpus: load_clips(data_dir, each) for corpus, each in listed.items()}
    curve = fit_confidence(load(resolve(folder)), clips)
    if curve is not None:
        curve.save(path)
    return curve


def fit_confidence(loaded: LoadedCheckpoint, clips: Mapping[str, Sequence[Clip]]) -> ConfidenceCurve | None:
    """The curve that says how often the words are right that a checkpoint reads greedily.

    Args:
        loaded: With a CTC head.
        clips: By corpus, with samples and texts, of speakers who train nothing. Every corpus counts alike.

    Returns:
        The curve; None where all words are right, or all wrong, or the surer ones are not right more often.
    """
    plain = replace(loaded, confidence=None)
    words: dict[str, list[Judged]] = {}
    for corpus, listed in clips.items():
        read = [(clip.text, transcribe(encode(plain, clip.waveform))) for clip in listed]
        words[corpus] = [word for text, transcript in read for word in judged_words(text, transcript)]
        right = sum(is_right for _, is_right in words[corpus])
        print(f"{corpus}: {right} of {len(words[corpus])} words are right", flush=True)
    fitted = fit_curve([each for each in words.values() if each])
    if fitted is None:
        print("no curve of confidence can be fitted to these words", flush=True)
        return None
    print(f"confidence: slope {fitted[0]:.3f}, offset {fitted[1]:.3f}", flush=True)
    return ConfidenceCurve(*fitted, encoder_fingerprint(loaded.encoder))


def judged_words(reference: str, transcript: Transcript) -> list[Judged]:
    """Every word of a transcript whose confidence is the plain product, with whether it is right."""
    differing = differing_words(transcript.text, reference)
    return [
        (math.log(max(word.confidence, sys.float_info.min)), not differs)
        for word, (_, differs) in zip(transcript.words, differing, strict=True)
    ]


def fit_curve(groups: Sequence[Iterable[Judged]]) -> tuple[float, float] | None:
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
    products, is_right, sizes = np.array(rows, dtype=float).T
    shares = len(rows) / len(groups) / sizes
    model = LogisticRegression().fit(products[:, np.newaxis], is_right, shares)
    slope, offset = float(model.coef_[0, 0]), float(model.intercept_[0])
    return (slope, offset) if slope > 0 else None
