"""What the Keywords view shows, to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def _found(analysis: Analysis) -> Keywords:
    if analysis.keywords is None:
        raise InputError("No keyword head judged this recording; choose a checkpoint that has one.")
    return analysis.keywords


EXHIBITS = (Exhibit("keywords", "Keywords", "keywords", draw_keywords, tabulate_keywords),)
