"""Named endpoints: what programs (`gradio_client`) and assistants (MCP) may ask about a recording."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import gradio as gr

from hubert_demo.analysis.layers.projection import (
    MAX_NEIGHBOURS,
    MAX_SEED,
    METHODS,
    METRICS,
    MIN_NEIGHBOURS,
)
from hubert_demo.analysis.layers.units import MAX_UNITS, MIN_UNITS
from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.analysis.transcript.beam import MAX_HOTWORDS_TEXT
from hubert_demo.changes.texts import MAX_TEXT as MAX_CHANGES_TEXT
from hubert_demo.changes.values import BY
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.export import Choices, zip_steps
from hubert_demo.ui.blocks import uploaded_path
from hubert_demo.ui.downloads import written, zip_name
from hubert_demo.ui.endpoints.attention import AttentionEndpoints
from hubert_demo.ui.endpoints.layers import LayerEndpoints
from hubert_demo.ui.endpoints.transcript import TranscriptEndpoints
from hubert_demo.ui.parameters import OneOf, Parameter, Text, Whole, reading
from hubert_demo.ui.views.base import SLOW, sentence

NAMES = (
    "analyze",
    "read",
    "align",
    "map_layers",
    "compare_layers",
    "read_layers",
    "hear_layer",
    "attend",
    "compare_heads",
    "change",
    "sweep_heads",
    "export",
)
MAX_BEST = 20
MAX_DRAWS = 200

PARAMETERS: dict[str, Parameter] = {
    "num_best": Whole(1, MAX_BEST),
    "hotwords": Text(MAX_HOTWORDS_TEXT),
    "reference": Text(MAX_REFERENCE),
    "method": OneOf(METHODS),
    "num_neighbours": Whole(MIN_NEIGHBOURS, MAX_NEIGHBOURS),
    "metric": OneOf(METRICS),
    "seed": Whole(0, MAX_SEED),
    "num_units": Whole(MIN_UNITS, MAX_UNITS),
    "layer": Whole(0),
    "attention_layer": Whole(0),
    "head": Whole(0),
    "changes": Text(MAX_CHANGES_TEXT),
    "by": OneOf(BY),
    "keyword": Text(200),
    "num_draws": Whole(0, MAX_DRAWS),
    "checkpoint": Text(200),
}
"""What values the parameters may have, beside the recording; one name means the same in every endpoint."""


class Endpoints(TranscriptEndpoints, LayerEndpoints, AttentionEndpoints):
    """All endpoints of a page."""

    def all(self) -> dict[str, Callable[..., Any]]:
        """Every endpoint by its name."""
        return {name: _in_sentences(getattr(self, name)) for name in NAMES}

    def export(
        self,
        recording: gr.FileData,
        layer: int | None = None,
        attention_layer: int | None = None,
        head: int = 0,
        reference: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> gr.FileData:
        """Export every figure (PNG, SVG), all numbers (CSV, NPZ), transcript, sound and script as one zip.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            layer: Layer whose map is drawn and whose sound is made; 0 is the input of the first layer; by
                default the last one.
            attention_layer: Layer whose attention is drawn, counted from 0 (layer 3 on the page is 2); by
                default the middle one.
            head: Head of that layer, counted from 0 (head 1 on the page is 0).
            reference: What was really said, to align and score; at most 2000 characters, or empty.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        choices = Choices(layer=layer, attention_layer=attention_layer, head=head, reference=reference)
        name = zip_name(uploaded_path(recording).name)
        path = self._turn(SLOW, written(name, partial(zip_steps, analysis, choices)))
        return gr.FileData(path=str(path))


def _in_sentences(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, given values of any type; its errors reach the caller as sentences."""
    read = reading(function, PARAMETERS)

    @wraps(function)
    def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return function(**read(*arguments, **named))
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from error

    return answer
