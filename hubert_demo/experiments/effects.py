"""How much a changed pass differs from the one before, as sweeps measure it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import jiwer
import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.keywords.classification import MOST_LABELS, classify
from hubert_demo.analysis.keywords.detection import detect
from hubert_demo.analysis.transcript.collapse import merge_repeats
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.encoding import CtcOutput, Encoding, Problem
from hubert_demo.errors import InputError, require_text
from hubert_demo.inference import Answers

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Effects:
    """What some changes do, one number each; NaN where it is not computed, or there is no such head.

    Attributes:
        loss_rise: float64, in nats: by how much the CTC loss of the greedy text of before rises, which is by
            how much the logarithm of its probability falls.
        characters_changed: float64: characters replaced, missing or inserted in the greedy text.
        keyword_change: float64, -1..1: by how much the keyword's probability rises, in the window where it is
            highest before and after; of another classifier's label, that of the whole recording.
    """

    loss_rise: Numbers
    characters_changed: Numbers
    keyword_change: Numbers

    @classmethod
    def unknown(cls, *shape: int) -> Effects:
        """Nothing computed yet."""
        return cls(*(np.full(shape, np.nan) for _ in range(3)))

    def with_some(self, place: tuple[int | slice, ...], some: Effects) -> Effects:
        """The same with some more computed.

        Args:
            place: Where, as an index into each of the arrays.
            some: What was computed.
        """
        mine, theirs = self._all(), some._all()
        filled = [numbers.copy() for numbers in mine]
        for numbers, values in zip(filled, theirs, strict=True):
            numbers[place] = values
        return Effects(*filled)

    def as_json(self, digits: int | None = None) -> dict[str, list[Any]]:
        """Nested lists by the names of the fields, as `listed` makes them."""
        return {field.name: listed(getattr(self, field.name), digits) for field in fields(self)}

    def _all(self) -> tuple[Numbers, Numbers, Numbers]:
        return self.loss_rise, self.characters_changed, self.keyword_change


def listed(numbers: Numbers, digits: int | None = None) -> list[Any]:
    """Numbers as nested lists, with None for NaN and infinity, which JSON does not have.

    Args:
        numbers: Of any shape but a single one.
        digits: To round to; all of them if None.
    """
    # What is added makes 0 of -0.
    plain = ((numbers if digits is None else np.round(numbers, digits)) + 0.0).astype(object)
    plain[~np.isfinite(numbers)] = None
    found: list[Any] = plain.tolist()
    return found


def token_ids_of(ctc: CtcOutput, frame_token_ids: npt.NDArray[np.int64]) -> list[int]:
    """A greedy path's text as tokens, spaces included and blanks not."""
    runs = merge_repeats(frame_token_ids.tolist())
    return [run.token_id for run in runs if run.token_id != ctc.blank_id]


class Ruler:
    """Measures variants of a pass against the pass itself.

    Args:
        encoding: The pass.
        unchanged: What its heads say, by the way that the variants' are computed.
        keyword: Whose probability to follow, a keyword or another classifier's label; None for none.

    Raises:
        InputError: If the head does not know it or gives no probabilities, or there is none.
    """

    def __init__(self, encoding: Encoding, unchanged: Answers, keyword: str | None) -> None:
        self._encoding = encoding
        self._text = transcribe(encoding).text if encoding.ctc is not None else ""
        self.ctc_loss = np.nan if unchanged.ctc_losses is None else float(unchanged.ctc_losses[0])
        self._keyword = None if keyword is None else _required(encoding, keyword)
        self.keyword_probability = float(self._probabilities(unchanged)[0])

    def measure(self, answers: Answers) -> Effects:
        """The effects of variants, `(variants,)` each."""
        count = _count(answers)
        nothing = np.full(count, np.nan)
        return Effects(
            nothing if answers.ctc_losses is None else answers.ctc_losses - self.ctc_loss,
            nothing if answers.ctc_logits is None else self._characters_changed(answers),
            self._probabilities(answers) - self.keyword_probability,
        )

    def _characters_changed(self, answers: Answers) -> Numbers:
        assert answers.ctc_logits is not None
        ctc = self._encoding.require_ctc()
        texts = [
            transcribe(replace(self._encoding, ctc=replace(ctc, logits=logits))).text
            for logits in answers.ctc_logits
        ]
        return np.array([edits(self._text, text) for text in texts], np.float64)

    def _probabilities(self, answers: Answers) -> Numbers:
        classes = self._encoding.classes
        if self._keyword is None or classes is None or answers.class_logits is None:
            return np.full(_count(answers), np.nan)
        variants = (
            replace(self._encoding, classes=replace(classes, logits=each)) for each in answers.class_logits
        )
        return np.array([_probabilities_of(variant)[self._keyword] for variant in variants])


def edits(text: str, other: str) -> int:
    """Characters replaced, missing or inserted, at least, to make one text of the other."""
    if not text or not other:
        return len(text) + len(other)
    found = jiwer.process_characters(text, other)
    return int(found.substitutions + found.deletions + found.insertions)


def _probabilities_of(encoding: Encoding) -> Mapping[str, float]:
    """Of every keyword, in the window where it is highest; of another classifier's labels, as it answers."""
    keywords, other = detect(encoding), classify(encoding)
    if keywords is not None:
        return dict(zip(keywords.labels, keywords.window_probabilities.max(axis=0).tolist(), strict=True))
    if other is None or not other.are_probabilities:
        return {}
    return dict(zip(other.labels, other.scores.tolist(), strict=True))


def why_no_sweep(encoding: Encoding) -> str | None:
    """Why switches cannot be measured by what a checkpoint's own heads say; None where they can."""
    if encoding.ctc is not None or _probabilities_of(encoding):
        return None
    return (
        f"{encoding.checkpoint} has neither a CTC head nor one that gives probabilities, and a sweep "
        "measures each switch by what those say. Choose a checkpoint with one of them, or switch one part "
        "off at a time to see what changes."
    )


def _required(encoding: Encoding, keyword: str) -> str:
    known = list(_probabilities_of(encoding))
    if require_text("Keyword", keyword) in known:
        return keyword
    more = f" and {len(known) - MOST_LABELS} more" if len(known) > MOST_LABELS else ""
    listing = f"it knows {', '.join(known[:MOST_LABELS])}{more}"
    is_label = encoding.classes is not None and encoding.classes.problem is not Problem.KEYWORDS
    raise InputError(
        f"{encoding.checkpoint} does not know the {'label' if is_label else 'keyword'} {keyword[:30]!r}; "
        f"{listing if known else 'it has no head that gives probabilities'}."
    )


def _count(answers: Answers) -> int:
    given = answers.ctc_logits if answers.ctc_logits is not None else answers.class_logits
    assert given is not None
    return len(given)
