"""What the Attention view shows, to download: the chosen head's map, and all heads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hubert_demo.export.exhibits import Columns, Exhibit
from hubert_demo.plotting.attention import attention_figure, heads_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
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
)
