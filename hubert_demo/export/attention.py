"""What the Attention view shows, to download: the chosen head's map, and all heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.errors import InputError
from hubert_demo.export.choices import CLEAREST
from hubert_demo.export.exhibits import Columns, Exhibit, Need
from hubert_demo.plotting.attention import attention_figure, heads_figure
from hubert_demo.plotting.sweeps import head_sweep_figure, word_sweep_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.api.opening import HeadSweep, WordSweep
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure


def draw_attention(analysis: Analysis, choices: Choices) -> Figure:
    """The chosen head's map."""
    assert choices.attention_layer is not None
    return attention_figure(
        analysis.attention(choices.attention_layer, choices.head),
        analysis.encoding.span_s,
        choices.attention_layer,
        choices.head,
        analysis.transcript.in_reading_case(analysis.ctc.vocabulary).words,
    )


def tabulate_attention(analysis: Analysis, choices: Choices) -> Columns:
    """The chosen head's map, `(frames, frames)`: row = the frame that looks, column = the one looked at."""
    assert choices.attention_layer is not None
    return {
        "attention": analysis.attention(choices.attention_layer, choices.head),
        "frame_times_s": analysis.encoding.frame_times_s,
    }


def draw_heads(analysis: Analysis, choices: Choices) -> Figure:
    """The maps of all heads of all layers, small, each with its kind."""
    return heads_figure(analysis.head_metrics())


def tabulate_heads(analysis: Analysis, choices: Choices) -> Columns:
    """One row a head: its kind and the numbers behind it."""
    metrics = analysis.head_metrics()
    num_layers, num_heads = metrics.globalness.shape
    layer, head = np.divmod(np.arange(num_layers * num_heads), num_heads)
    return {
        "layer": layer,
        "head": head,
        "kind": metrics.kinds.ravel(),
        **{name: getattr(metrics, name).ravel() for name in ("globalness", "verticality", "diagonality")},
        "entropy_nats": metrics.globalness.ravel(),
    }


def draw_head_sweep(analysis: Analysis, choices: Choices) -> Figure:
    """How much the transcript loses without each head, those that do more than chance framed.

    Without a CTC head: by how much the probability changes that is followed.
    """
    sweep = _head_sweep(analysis, choices)
    if analysis.encoding.ctc is not None:
        return head_sweep_figure(sweep.effects.loss_rise, sweep.is_marked, sweep.by_chance)
    meaning = f"change of the probability of “{sweep.keyword}” (percentage points)"
    return head_sweep_figure(100 * sweep.effects.keyword_change, sweep.is_marked, None, meaning)


def tabulate_head_sweep(analysis: Analysis, choices: Choices) -> Columns:
    """One row a head: what changes without it, and the most that a random subspace of its layer does."""
    sweep = _head_sweep(analysis, choices)
    num_layers, num_heads = sweep.effects.loss_rise.shape
    layer, head = np.divmod(np.arange(num_layers * num_heads), num_heads)
    return {
        "layer": layer,
        "head": head,
        **{name: getattr(sweep.effects, name).ravel() for name in _EFFECTS},
        "is_marked": sweep.is_marked.ravel(),
        "highest_of_null": np.repeat(sweep.null.loss_rise.max(axis=1), num_heads),
    }


def _head_sweep(analysis: Analysis, choices: Choices) -> HeadSweep:
    return cast("HeadSweep", analysis.sweep("heads", keyword=_followed(choices.head_sweep, _HEADS_FIRST)))


def draw_word_sweep(analysis: Analysis, choices: Choices) -> Figure:
    """How much the transcript loses without each word's sound, and with more and more of them silenced."""
    sweep, show = _word_sweep(analysis, choices), reading_case(analysis.ctc.vocabulary)
    words = [show(word.text) for word in sweep.words]
    return word_sweep_figure(
        words, sweep.effects.loss_rise, sweep.is_marked, sweep.removed, sweep.removed_at_random
    )


def tabulate_word_sweep(analysis: Analysis, choices: Choices) -> Columns:
    """One row a word: when it is said, what changes when it is silenced, and whether that is marked."""
    sweep, show = _word_sweep(analysis, choices), reading_case(analysis.ctc.vocabulary)
    return {
        "word": np.array([show(word.text) for word in sweep.words]),
        "start_s": np.array([word.start_s for word in sweep.words]),
        "end_s": np.array([word.end_s for word in sweep.words]),
        **{name: getattr(sweep.effects, name) for name in _EFFECTS},
        "is_marked": sweep.is_marked,
    }


def _word_sweep(analysis: Analysis, choices: Choices) -> WordSweep:
    return cast("WordSweep", analysis.sweep("words", keyword=_followed(choices.word_sweep, _WORDS_FIRST)))


def _followed(chosen: str, reason: str) -> str | None:
    """The keyword of a sweep that was run.

    Raises:
        InputError: If none was.
    """
    if not chosen:
        raise InputError(reason)
    return None if chosen == CLEAREST else chosen


_EFFECTS = ("loss_rise", "characters_changed", "keyword_change")
_HEADS_FIRST = "Press “Every head off in turn” first, with nothing changed."
_WORDS_FIRST = "Press “Each word silenced in turn” first, with nothing changed."

EXHIBITS = (
    Exhibit(
        "attention",
        "Map of this head",
        "attention",
        draw_attention,
        tabulate_attention,
        is_table=False,
        parts=("attention", "transcript"),
    ),
    Exhibit("heads", "All heads", "attention", draw_heads, tabulate_heads, parts=("attention",)),
    Exhibit(
        "head_sweep",
        "Every head off in turn",
        "attention",
        draw_head_sweep,
        tabulate_head_sweep,
        need=Need("head_sweep", _HEADS_FIRST),
        why_not=lambda analysis: analysis.why_no_head_sweep,
        parts=("attention",),
    ),
    Exhibit(
        "word_sweep",
        "Each word silenced in turn",
        "attention",
        draw_word_sweep,
        tabulate_word_sweep,
        need=Need("word_sweep", _WORDS_FIRST),
        parts=("transcript",),
    ),
)
