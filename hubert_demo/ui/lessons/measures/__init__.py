"""What a lesson may ask about a recording, each computed from it there and then."""

from collections.abc import Mapping

from hubert_demo.ui.lessons.measures import attention, changes, keywords, layers, learning, lens, transcript
from hubert_demo.ui.lessons.measures.base import (
    LAYER,
    NAME,
    REGISTERED,
    WORD,
    CannotAnswerError,
    Kind,
    Measure,
    Subject,
)

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in REGISTERED}
"""All that can be asked, by name."""

__all__ = [
    "LAYER",
    "MEASURES",
    "NAME",
    "WORD",
    "CannotAnswerError",
    "Kind",
    "Measure",
    "Subject",
    "attention",
    "changes",
    "keywords",
    "layers",
    "learning",
    "lens",
    "transcript",
]
