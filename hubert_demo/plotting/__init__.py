"""Results as matplotlib figures, to download; nothing is computed here."""

from hubert_demo.plotting.attention import attention_figure
from hubert_demo.plotting.keywords import keywords_figure
from hubert_demo.plotting.layers import layer_curves_figure, layer_figure, layer_grid_figure
from hubert_demo.plotting.timeline import timeline_figure
from hubert_demo.plotting.transcript import transcript_figure

__all__ = [
    "attention_figure",
    "keywords_figure",
    "layer_curves_figure",
    "layer_figure",
    "layer_grid_figure",
    "timeline_figure",
    "transcript_figure",
]
