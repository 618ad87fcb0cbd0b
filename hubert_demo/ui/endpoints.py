"""Named endpoints: what programs (`gradio_client`) and assistants (MCP) may ask about a recording."""

from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypedDict, TypeVar, cast

import gradio as gr

from hubert_demo.analysis.attention.heads import pool
from hubert_demo.analysis.layers.projection import (
    MAX_NEIGHBOURS,
    MAX_SEED,
    METHODS,
    METRICS,
    MIN_NEIGHBOURS,
    ProjectionSettings,
)
from hubert_demo.analysis.layers.units import MAX_UNITS, MIN_UNITS, NothingToPredict
from hubert_demo.analysis.transcript.alignment import MAX_REFERENCE
from hubert_demo.analysis.transcript.beam import MAX_HOTWORDS_TEXT, split_hotwords
from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.export import Choices, zip_steps
from hubert_demo.ui.blocks import uploaded_path
from hubert_demo.ui.downloads import written, zip_name
from hubert_demo.ui.lanes import at_once, one_step
from hubert_demo.ui.parameters import OneOf, Parameter, Text, Whole, reading
from hubert_demo.ui.recognition import Recognition, recognition
from hubert_demo.ui.results import Result
from hubert_demo.ui.views.base import SLOW, plain, sentence
from hubert_demo.ui.waiting import GLANCE

Value = TypeVar("Value")

NAMES = ("analyze", "read", "align", "map_layers", "compare_layers", "attend", "compare_heads", "export")
MAX_BINS = 200
MAX_BEST = 20
# From here on a beam search takes so long that it waits with what else takes long.
LONG_S = 10.0
# Nor is whoever sends several such recordings refused: as many are heard at once as may wait here.
PATIENCE_S = 60.0

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
    "checkpoint": Text(200),
}
"""What values the parameters may have, beside the recording; one name means the same in every endpoint."""

_MAPS = ("points", "trustworthiness", "neighbours_kept", "neighbours_kept_by_chance")
_SCORES = ("purity", "purity_by_chance", "pnmi", "pnmi_by_chance", "letters_from")


class RankedText(TypedDict):
    """A possible transcript: `score` ranks it; `ctc_log_probability` is from the speech model alone.

    `checkpoint` wrote it: another model than the chosen one where that was not trained to transcribe.
    """

    text: str
    score: float
    ctc_log_probability: float
    checkpoint: str


class LayerMaps(TypedDict):
    """`points[layer][frame]` is `[x, y]`; the other two have one number for each layer, and one by chance.

    `sources`: the model whose layers they are.

    `trustworthiness`: as scikit-learn defines it, 0 to 1. `neighbours_kept`: the share of each point's 5
    nearest neighbours in the layer (fewer for under 11 frames) that are among its 5 nearest on the map.
    """

    frame_times_s: list[float]
    points: list[list[list[float]]]
    trustworthiness: list[float]
    neighbours_kept: list[float]
    neighbours_kept_by_chance: float
    sources: dict[str, str | None]


class AttentionMap(TypedDict):
    """`attention[i][j]`: how much the frames of bin `i` look at bin `j`; every row sums to one.

    `sources`: the model whose attention it is.
    """

    frames_per_bin: int
    attention: list[list[float]]
    sources: dict[str, str | None]


class AlignedWord(TypedDict):
    """A word of the reference, or one that only the transcript has; `kind` says how the two compare."""

    kind: str
    text: str
    heard: str
    start_s: float
    end_s: float
    confidence: float


class Aligned(TypedDict):
    """A reference aligned with a recording, and the transcript's error rates against it.

    `sources`: the model that transcribed and aligned it.
    """

    words: list[AlignedWord]
    wer: float
    cer: float
    sources: dict[str, str | None]


class LayerNumbers(TypedDict):
    """One number for each layer, from the first one's input on; `cka` and `cosines` compare neighbours.

    `cka` is debiased, around 0 for unrelated layers; `cka_by_chance` is the same with one layer shifted in
    time. `purity` and `pnmi` say how well k-means clusters predict the letters, with chance beside them: the
    letters of the reference (`letters_from` is "reference"), or of the transcript ("transcript"), which come
    from the last layer, so that the comparison is partly circular. All five are null for too few letters.
    `sources`: the models whose layers and whose letters they are.
    """

    norms: list[float]
    cosines: list[float]
    cka: list[float]
    cka_by_chance: list[float]
    purity: list[float] | None
    purity_by_chance: list[float] | None
    pnmi: list[float] | None
    pnmi_by_chance: list[float] | None
    letters_from: str | None
    num_units: int
    sources: dict[str, str | None]


class HeadNumbers(TypedDict):
    """`kinds[layer][head]` is "global", "vertical" or "diagonal"; the rest are the numbers behind it.

    `sources`: the model whose heads they are.
    """

    kinds: list[list[str]]
    globalness: list[list[float]]
    verticality: list[list[float]]
    diagonality: list[list[float]]
    entropy_nats: list[list[float]]
    sources: dict[str, str | None]


class Endpoints:
    """All endpoints of a page. Each analyses a recording and computes what it is asked for, nothing else.

    Args:
        analyse: Analyses a recording by the checkpoint of a name, as `Page.analyse` does.
        read: Decodes a file, as `Readers.read` does where it may be a stranger's.
        turn: Has a job computed in a lane, as `Waiting.turn` does.
    """

    def __init__(
        self,
        analyse: Callable[[Waveform, str], Result],
        read: Callable[[Path], Waveform] = Waveform.from_file,
        turn: Callable[..., Any] = at_once,
    ) -> None:
        self._analyse_waveform = analyse
        self._read = read
        self._turn = turn

    def all(self) -> dict[str, Callable[..., Any]]:
        """Every endpoint by its name."""
        return {name: _in_sentences(getattr(self, name)) for name in NAMES}

    def analyze(self, recording: gr.FileData, checkpoint: str = DEFAULT_CHECKPOINT) -> Recognition:
        """Transcribe a recording of 0.1 to 60 seconds and list the commands, or other labels, heard in it.

        Args:
            recording: Sound file: WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM.
            checkpoint: Name of the model, one of those on the page.
        """
        analysis = self._analyse(recording, checkpoint)
        best = self._search(analysis, lambda: analysis.transcript, PATIENCE_S)
        return recognition(best, analysis)

    def read(
        self,
        recording: gr.FileData,
        num_best: int = 5,
        hotwords: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> list[RankedText]:
        """The most probable texts of a recording, best first, by beam search.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            num_best: How many texts to return at most, 1 to 20.
            hotwords: Words to prefer, separated by commas or spaces: at most 50, of up to 30 letters each.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        found = self._search(analysis, lambda: analysis.beam_search(num_best, split_hotwords(hotwords)))
        by = {"checkpoint": analysis.source_names["transcript"]}
        return [cast(RankedText, {**plain(hypothesis), **by}) for hypothesis in found]

    def align(self, recording: gr.FileData, reference: str, checkpoint: str = DEFAULT_CHECKPOINT) -> Aligned:
        """Find when each word of a known text was said, and compare the transcript with it.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            reference: What was really said, at most 2000 characters.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        found = self._search(analysis, lambda: analysis.align(reference), PATIENCE_S)
        words = [
            {
                "kind": word.outcome.value,
                "heard": word.recognised,
                **plain(word, "text", "start_s", "end_s", "confidence"),
            }
            for word in found.words
        ]
        return {
            "words": cast(list[AlignedWord], words),
            "wer": found.wer,
            "cer": found.cer,
            "sources": _sources(analysis, "transcript"),
        }

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
        maps = {**plain(found, *_MAPS), "sources": _sources(analysis, "layers")}
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
            sources = _sources(analysis, "layers", "transcript")
            return {**plain(analysis.layer_curves()), **scores, "num_units": count, "sources": sources}

        return cast(LayerNumbers, self._in(SLOW, compare))

    def attend(
        self, recording: gr.FileData, layer: int = 0, head: int = 0, checkpoint: str = DEFAULT_CHECKPOINT
    ) -> AttentionMap:
        """Show where one attention head looks, with neighbouring frames joined into at most 200 bins.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            layer: Layer, counted from 0 (layer 3 on the page is 2).
            head: Head of the layer, counted from 0 (head 1 on the page is 0).
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        pooled = self._in(GLANCE, lambda: pool(analysis.attention_maps(layer, [head]), MAX_BINS))
        return {
            "frames_per_bin": pooled.frames_per_bin,
            "attention": pooled.maps[0].tolist(),
            "sources": _sources(analysis, "attention"),
        }

    def compare_heads(self, recording: gr.FileData, checkpoint: str = DEFAULT_CHECKPOINT) -> HeadNumbers:
        """Classify every attention head as in Yang et al. 2020, with the numbers behind it.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        metrics = self._in(SLOW, analysis.head_metrics)
        numbers = plain(metrics, "kinds", "globalness", "verticality", "diagonality")
        numbers |= {"entropy_nats": numbers["globalness"], "sources": _sources(analysis, "attention")}
        return cast(HeadNumbers, numbers)

    def export(
        self,
        recording: gr.FileData,
        layer: int | None = None,
        attention_layer: int | None = None,
        head: int = 0,
        reference: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> gr.FileData:
        """Export every figure (PNG, SVG), all numbers (CSV, NPZ), the transcript and a script as one zip.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            layer: Layer whose map is drawn; 0 is the input of the first layer; by default the last one.
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

    def _search(self, analysis: Analysis, compute: Callable[[], Value], patience_s: float = 0.0) -> Value:
        """What takes a beam search, unless that was made already."""
        lane = SLOW if analysis.encoding.waveform.duration_s > LONG_S else GLANCE
        value: Value = self._turn(lane, one_step(compute), patience_s=patience_s)
        return value

    def _in(self, lane: str, compute: Callable[[], Value]) -> Value:
        value: Value = self._turn(lane, one_step(compute))
        return value

    def _analyse(self, recording: gr.FileData, checkpoint: str) -> Analysis:
        waveform = self._read(uploaded_path(recording))
        return self._analyse_waveform(waveform, checkpoint).analysis


def _sources(analysis: Analysis, *parts: str) -> dict[str, str | None]:
    """The model behind each of some parts."""
    return {part: analysis.source_names[part] for part in parts}


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
