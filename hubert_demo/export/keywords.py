"""What the Keywords view shows, to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.analysis.keywords.classification import Classification
from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.errors import InputError
from hubert_demo.export.exhibits import Columns, Exhibit
from hubert_demo.plotting.keywords import classification_figure, keywords_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure


def draw_keywords(analysis: Analysis, choices: Choices) -> Figure:
    """Class probabilities, over time and as bars."""
    return keywords_figure(_found(analysis))


def tabulate_keywords(analysis: Analysis, choices: Choices) -> Columns:
    """Probability of every keyword class in every one-second window."""
    found = _found(analysis)
    return {
        "time_s": found.window_times_s,
        **dict(zip(found.labels, found.window_probabilities.T, strict=True)),
    }


def tabulate_keywords_heard(analysis: Analysis, choices: Choices) -> Columns:
    """The commands that were heard, in order, each in the second in which it was clearest."""
    heard = _found(analysis).heard
    numbers = ("probability", "start_s", "end_s")
    return {
        "keyword": np.array([command.label for command in heard], dtype=str),
        **{name: np.array([getattr(each, name) for each in heard], dtype=float) for name in numbers},
    }


def _found(analysis: Analysis) -> Keywords:
    if analysis.keywords is None:
        raise InputError("This checkpoint has no keyword head; choose one that has.")
    return analysis.keywords


def draw_classification(analysis: Analysis, choices: Choices) -> Figure:
    """What a classifier of something else says: of the whole recording, and over time."""
    return classification_figure(_judged(analysis))


def tabulate_classification(analysis: Analysis, choices: Choices) -> Columns:
    """One row a label, the most probable first: its score for the whole recording."""
    found = _judged(analysis)
    labels = np.array(found.labels, dtype=str)
    return {"label": labels[found.order], "score": found.scores[found.order]}


def tabulate_classification_over_time(analysis: Analysis, choices: Choices) -> Columns:
    """The score of every label in every one-second window."""
    found = _judged(analysis)
    return {"time_s": found.window_times_s, **dict(zip(found.labels, found.window_scores.T, strict=True))}


def _judged(analysis: Analysis) -> Classification:
    if analysis.classification is None:
        raise InputError("This checkpoint has no classifier of its own; choose one that has.")
    return analysis.classification


_KEYWORDS, _CLASSIFICATION = ("keywords",), ("classification",)

EXHIBITS = (
    Exhibit("keywords", "Keywords", "keywords", draw_keywords, tabulate_keywords, parts=_KEYWORDS),
    Exhibit(
        "keywords_heard", "Commands heard", "keywords", tabulate=tabulate_keywords_heard, parts=_KEYWORDS
    ),
    Exhibit(
        "classification",
        "Labels",
        "keywords",
        draw_classification,
        tabulate_classification,
        parts=_CLASSIFICATION,
    ),
    Exhibit(
        "classification_over_time",
        "Labels over time",
        "keywords",
        tabulate=tabulate_classification_over_time,
        parts=_CLASSIFICATION,
    ),
)
