"""The language model that beam search listens to, from the training texts and from novels."""

from __future__ import annotations

from pathlib import Path

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.training.data import corpora

ORDER = 8


def train_language_model(data_dir: Path, path: Path, order: int = ORDER) -> LanguageModel:
    """Learn which letters and words follow which, from training texts and novels, and write it to `path`."""
    language_model = LanguageModel.from_sentences(corpora.sentences_to_read(data_dir), order)
    path.parent.mkdir(parents=True, exist_ok=True)
    language_model.save(path)
    return language_model
