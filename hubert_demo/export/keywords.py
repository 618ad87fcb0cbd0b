"""What the Keywords view shows, to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.errors import InputError
from hubert_demo.export.exhibits import Columns, Exhibit
from hubert_demo.plotting.keywords import keywords_figure

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


EXHIBITS = (
    Exhibit("keywords", "Keywords", "keywords", draw_keywords, tabulate_keywords),
    Exhibit("keywords_heard", "Commands heard", "keywords", tabulate=tabulate_keywords_heard),
)
