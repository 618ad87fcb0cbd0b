"""Results as matplotlib figures, to download; nothing is computed here. matplotlib comes with the first."""

from typing import TYPE_CHECKING

from hubert_demo.lazy import hand_out

if TYPE_CHECKING:
    from hubert_demo.plotting.attention import attention_figure as attention_figure
    from hubert_demo.plotting.keywords import classification_figure as classification_figure
    from hubert_demo.plotting.keywords import keywords_figure as keywords_figure
    from hubert_demo.plotting.layers import layer_curves_figure as layer_curves_figure
    from hubert_demo.plotting.layers import layer_figure as layer_figure
    from hubert_demo.plotting.layers import layer_grid_figure as layer_grid_figure
    from hubert_demo.plotting.timeline import timeline_figure as timeline_figure
    from hubert_demo.plotting.transcript import lens_figure as lens_figure
    from hubert_demo.plotting.transcript import transcript_figure as transcript_figure

__getattr__ = hand_out(
    __name__,
    {
        "attention_figure": "attention",
        "classification_figure": "keywords",
        "keywords_figure": "keywords",
        "layer_curves_figure": "layers",
        "layer_figure": "layers",
        "layer_grid_figure": "layers",
        "lens_figure": "transcript",
        "timeline_figure": "timeline",
        "transcript_figure": "transcript",
    },
)
