"""Changes in files: what was before and after; patched states as an NPZ file; all of them in a script."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.analysis.keywords.classification import Classification
from hubert_demo.analysis.keywords.detection import Keywords
from hubert_demo.analysis.layers.similarity import like_before
from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.changes import Change, StatesPatched, from_dict, text_of, to_dict
from hubert_demo.errors import InputError
from hubert_demo.export.exhibits import Columns, Exhibit
from hubert_demo.plotting.changes import (
    Said,
    classification_change_figure,
    keywords_change_figure,
    layers_change_figure,
    words_change_figure,
)

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure

PATCHED_STATES = "numbers/patched_states.npz"
"""Where a bundle has what was patched in."""

_COUNTING = "What was changed inside the model; layers and heads count from 0."


def patched_states(changes: Iterable[Change]) -> bytes:
    """The patches among changes as an NPZ file: `patches`, JSON, and `rows_0`, … `(frames, hidden)` each."""
    patches = [change for change in changes if isinstance(change, StatesPatched)]
    rows = {f"rows_{number}": patch.require_rows() for number, patch in enumerate(patches)}
    stream = io.BytesIO()
    said = np.array(json.dumps([to_dict(patch) for patch in patches]))
    np.savez_compressed(stream, allow_pickle=False, patches=said, **rows)
    return stream.getvalue()


def restore_patches(path: str | Path) -> tuple[StatesPatched, ...]:
    """The patches that `patched_states` wrote, with their states.

    Args:
        path: The NPZ file.

    Raises:
        InputError: If the file holds something else.
    """
    try:
        with np.load(path, allow_pickle=False) as saved:
            patches = [from_dict(each) for each in json.loads(str(saved["patches"]))]
            rows = [saved[f"rows_{number}"] for number in range(len(patches))]
    except (KeyError, ValueError, EOFError, OSError) as error:
        raise InputError(f"{Path(path).name} holds no patched states that can be read: {error}") from error
    # Other changes have no states; `patched_states` writes none.
    found = [each for each in patches if isinstance(each, StatesPatched)]
    return tuple(patch.with_rows(states) for patch, states in zip(found, rows, strict=True))


def needs_patches(changes: Iterable[Change]) -> bool:
    """Whether some of the changes have states of their own."""
    return any(isinstance(change, StatesPatched) for change in changes)


def changing_lines(changes: Iterable[Change]) -> str:
    """Lines of a script that change `analysis`, whose patches lie beside it; "" where nothing is changed."""
    given = list(changes)
    plain = [repr(text_of([change])) for change in given if not isinstance(change, StatesPatched)]
    patches = [f'*restore_patches(here / "{PATCHED_STATES}")'] if needs_patches(given) else []
    lines = "".join(f"    {each},\n" for each in [*plain, *patches])
    if not lines:
        return ""
    return f"\n# {_COUNTING}\nanalysis = analysis.change(\n{lines})\n"


def draw_words_before_after(analysis: Analysis, choices: Choices) -> Figure:
    """The words of the best reading before and after a change, where they were said."""
    before, after = _words(analysis)
    return words_change_figure(before, after, analysis.encoding.waveform.duration_s)


def tabulate_words_before_after(analysis: Analysis, choices: Choices) -> Columns:
    """One row a word of the best reading, those of before first; whether the other has another one there."""
    before, after = _words(analysis)
    said = [("before", *each) for each in before] + [("after", *each) for each in after]
    return {
        "when": np.array([when for when, _, _ in said], dtype=str),
        "word": np.array([word.text for _, word, _ in said], dtype=str),
        **{
            name: np.array([getattr(word, name) for _, word, _ in said], dtype=float)
            for name in ("start_s", "end_s", "confidence")
        },
        "differs": np.array([differs for _, _, differs in said], dtype=bool),
    }


def _words(analysis: Analysis) -> tuple[list[Said], list[Said]]:
    """Words before and after, each with whether another one, or none, was in its place."""
    both = (_before(analysis), analysis)
    before, after = (each.transcript.in_reading_case(each.ctc.vocabulary) for each in both)
    return _marked(before.words, before.text, after.text), _marked(after.words, after.text, before.text)


def _marked(words: Iterable[Word], text: str, other: str) -> list[Said]:
    return [(word, differs) for word, (_, differs) in zip(words, differing_words(text, other), strict=True)]


def draw_keywords_before_after(analysis: Analysis, choices: Choices) -> Figure:
    """Class probabilities before and after a change, in the clearest second of each and over time."""
    return keywords_change_figure(*_keywords(analysis))


def tabulate_keywords_before_after(analysis: Analysis, choices: Choices) -> Columns:
    """Probability of every keyword class in every one-second window, before and after a change."""
    before, after = _keywords(analysis)
    columns = {"time_s": after.window_times_s}
    for number, label in enumerate(after.labels):
        columns[f"{label}_before"] = before.window_probabilities[:, number]
        columns[f"{label}_after"] = after.window_probabilities[:, number]
    return columns


def _keywords(analysis: Analysis) -> tuple[Keywords, Keywords]:
    before, after = _before(analysis).keywords, analysis.keywords
    if before is None or after is None:
        raise InputError("This checkpoint has no keyword head; choose one that has.")
    return before, after


def draw_classification_before_after(analysis: Analysis, choices: Choices) -> Figure:
    """What another classifier says of the whole recording before and after a change."""
    return classification_change_figure(*_classifications(analysis))


def tabulate_classification_before_after(analysis: Analysis, choices: Choices) -> Columns:
    """One row a label, in the classifier's order: its score of the whole recording before and after."""
    before, after = _classifications(analysis)
    return {
        "label": np.array(after.labels, dtype=str),
        "score_before": before.scores,
        "score_after": after.scores,
    }


def _classifications(analysis: Analysis) -> tuple[Classification, Classification]:
    before, after = _before(analysis).classification, analysis.classification
    if before is None or after is None:
        raise InputError("This checkpoint has no classifier of other labels; choose one that has.")
    return before, after


def draw_layers_before_after(analysis: Analysis, choices: Choices) -> Figure:
    """How like each layer is to what it was before a change; size and likeness of layers before and after."""
    before = _before(analysis)
    alike = like_before(analysis.encoding.hidden_states, before.encoding.hidden_states)
    return layers_change_figure(alike, before.layer_curves(), analysis.layer_curves())


def tabulate_layers_before_after(analysis: Analysis, choices: Choices) -> Columns:
    """One row a layer: how like it is to what it was, and its curves before and after; see `layers`."""
    before = _before(analysis)
    columns = {
        "layer": np.arange(analysis.encoding.num_layers + 1),
        "cosine_to_itself_before": like_before(
            analysis.encoding.hidden_states, before.encoding.hidden_states
        ),
    }
    for when, made in (("before", before), ("after", analysis)):
        curves = made.layer_curves()
        columns[f"norm_{when}"] = curves.norms
        columns[f"cka_to_previous_layer_{when}"] = np.concatenate([[np.nan], curves.cka])
    return columns


def _before(analysis: Analysis) -> Analysis:
    if analysis.before is None:
        raise InputError(
            "Nothing has been changed, so there is nothing to compare with; change something first."
        )
    return analysis.before


EXHIBITS = (
    Exhibit(
        "words_before_after",
        "Words before and after",
        "transcript",
        draw_words_before_after,
        tabulate_words_before_after,
        parts=("transcript",),
        needs_changes=True,
    ),
    Exhibit(
        "keywords_before_after",
        "Keywords before and after",
        "keywords",
        draw_keywords_before_after,
        tabulate_keywords_before_after,
        parts=("keywords",),
        needs_changes=True,
    ),
    Exhibit(
        "classification_before_after",
        "Labels before and after",
        "keywords",
        draw_classification_before_after,
        tabulate_classification_before_after,
        parts=("classification",),
        needs_changes=True,
    ),
    Exhibit(
        "layers_before_after",
        "Layers before and after",
        "layers",
        draw_layers_before_after,
        tabulate_layers_before_after,
        parts=("layers",),
        needs_changes=True,
    ),
)
