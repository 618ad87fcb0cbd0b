"""Endpoints about the layers: where their frames lie, what they tell, how they read and how they sound."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import gradio as gr

from hubert_demo.analysis.layers.projection import ProjectionSettings
from hubert_demo.analysis.layers.units import NothingToPredict
from hubert_demo.api import Analysis
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.export.sound import as_wav
from hubert_demo.ui.answers import LayerMaps, LayerNumbers, LayerReadings
from hubert_demo.ui.downloads import write_bytes, written
from hubert_demo.ui.endpoints.base import Base, sources_of
from hubert_demo.ui.lanes import Steps
from hubert_demo.ui.views.base import SLOW, plain

_MAPS = ("points", "trustworthiness", "neighbours_kept", "neighbours_kept_by_chance")
_SCORES = ("purity", "purity_by_chance", "pnmi", "pnmi_by_chance", "letters_from")


class LayerEndpoints(Base):
    """Lay layers out, compare them, read them, hear them."""

    def map_layers(
        self,
        recording: gr.FileData,
        method: str = "umap",
        num_neighbours: int = 15,
        metric: str = "euclidean",
        seed: int = 0,
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> LayerMaps:
        """Every layer's frames as points on a 2-D map, each layer rotated to match the one before.

        Args:
            recording: Sound file of 0.21 to 60 seconds.
            method: "umap" or "pca".
            num_neighbours: UMAP only: how many neighbours each frame stays close to, 2 to 100.
            metric: UMAP only: distance measure, "euclidean" or "cosine".
            seed: UMAP only: random seed.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        settings = ProjectionSettings(method, num_neighbours, metric, seed)
        found = self._in(SLOW, lambda: analysis.projections(settings))
        maps = {**plain(found, *_MAPS), "sources": sources_of(analysis, "layers")}
        return cast(LayerMaps, {**plain(analysis.encoding, "frame_times_s"), **maps})

    def compare_layers(
        self,
        recording: gr.FileData,
        num_units: int | None = None,
        checkpoint: str = DEFAULT_CHECKPOINT,
        reference: str = "",
    ) -> LayerNumbers:
        """Compare layers: vector length, similarity to the previous layer, how well clusters predict letters.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            num_units: Number of k-means clusters, 2 to 100 and at most one per frame; 20 by default, fewer
                for recordings under 2 seconds.
            checkpoint: Name of the model.
            reference: What was really said, at most 2000 characters: clusters are compared with its letters.
                If empty, with the transcript's letters, which come from the last layer.
        """
        analysis = self._analyse(recording, checkpoint)
        count = analysis.num_units(num_units)

        def compare() -> dict[str, Any]:
            try:
                scores = plain(analysis.unit_scores(count, reference=reference), *_SCORES)
            except NothingToPredict:
                scores = dict.fromkeys(_SCORES)
            sources = sources_of(analysis, "layers", "transcript")
            return {**plain(analysis.layer_curves()), **scores, "num_units": count, "sources": sources}

        return cast(LayerNumbers, self._in(SLOW, compare))

    def read_layers(
        self,
        recording: gr.FileData,
        reference: str = "",
        changes: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> LayerReadings:
        """What each layer would write if it were the last, with character errors and what chance would give.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            reference: What was really said, at most 2000 characters: errors are counted against it. If empty,
                against the greedy transcript.
            changes: What to change inside the model first, as for `change`; nothing if empty.
            checkpoint: Name of the model.
        """
        _, result = self._changed(recording, checkpoint, changes)
        read = self._in(SLOW, lambda: result.analysis.lens(reference).as_json())
        return cast(LayerReadings, {**read, "sources": sources_of(result.analysis, "layers")})

    def hear_layer(
        self,
        recording: gr.FileData,
        layer: int | None = None,
        changes: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> gr.FileData:
        """Sound made of nothing but one layer's states, as loud and as long as the recording: a WAV file.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            layer: Layer to hear; 0 is the input of the first layer; by default the last one.
            changes: What to change inside the model first, as for `change`; nothing if empty.
            checkpoint: Name of the model.
        """
        _, result = self._changed(recording, checkpoint, changes)
        return gr.FileData(path=str(self._turn(SLOW, _sound(result.analysis, layer))))


def _sound(analysis: Analysis, layer: int | None) -> Steps[Path]:
    """The sound of a layer in a file that Gradio serves."""
    number = analysis.encoding.num_layers if layer is None else layer
    content = as_wav(analysis.resynthesise(number))
    yield
    return (yield from written(f"layer_{number}.wav", partial(write_bytes, content)))
