"""Named endpoints: what programs (`gradio_client`) and assistants (MCP) may ask about a recording."""

from collections.abc import Callable, Iterator
from functools import partial, wraps
from pathlib import Path
from typing import Any, TypeVar, cast

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
from hubert_demo.api.opening import Sweep, sweep_steps
from hubert_demo.audio import Waveform
from hubert_demo.changes import text_of
from hubert_demo.changes.texts import MAX_TEXT as MAX_CHANGES_TEXT
from hubert_demo.changes.values import BY
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.experiments.effects import edits
from hubert_demo.experiments.heads import NUM_DRAWS, HeadSweep
from hubert_demo.export import Choices, zip_steps
from hubert_demo.ui.answers import (
    Aligned,
    AlignedWord,
    AttentionMap,
    Change,
    Changed,
    HeadNumbers,
    HeadSweepNumbers,
    LayerMaps,
    LayerNumbers,
    RankedText,
)
from hubert_demo.ui.blocks import uploaded_path
from hubert_demo.ui.downloads import written, zip_name
from hubert_demo.ui.lanes import Rank, Steps, at_once, one_step
from hubert_demo.ui.parameters import OneOf, Parameter, Text, Whole, reading
from hubert_demo.ui.recognition import Recognition, recognition
from hubert_demo.ui.results import Result
from hubert_demo.ui.views.base import SLOW, plain, sentence
from hubert_demo.ui.views.sweeps import DIGITS
from hubert_demo.ui.waiting import GLANCE

Value = TypeVar("Value")

NAMES = (
    "analyze",
    "read",
    "align",
    "map_layers",
    "compare_layers",
    "attend",
    "compare_heads",
    "change",
    "sweep_heads",
    "export",
)
MAX_BINS = 200
MAX_BEST = 20
MAX_DRAWS = 200
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
    "changes": Text(MAX_CHANGES_TEXT),
    "by": OneOf(BY),
    "keyword": Text(40),
    "num_draws": Whole(0, MAX_DRAWS),
    "checkpoint": Text(200),
}
"""What values the parameters may have, beside the recording; one name means the same in every endpoint."""

_MAPS = ("points", "trustworthiness", "neighbours_kept", "neighbours_kept_by_chance")
_SCORES = ("purity", "purity_by_chance", "pnmi", "pnmi_by_chance", "letters_from")


def changed_at_once(result: Result, changes: str, _rank: Rank) -> Result:
    """A result with changes, without a lane; nobody keeps it."""
    return Result("", result.analysis.change(changes), 0.0, result)


class Endpoints:
    """All endpoints of a page. Each analyses a recording and computes what it is asked for, nothing else.

    Args:
        analyse: Analyses a recording by the checkpoint of a name, as `Page.analyse` does.
        read: Decodes a file, as `Readers.read` does where it may be a stranger's.
        turn: Has a job computed in a lane, as `Waiting.turn` does.
        change: Makes a result with changes of another, as `Changing.change` does.
    """

    def __init__(
        self,
        analyse: Callable[[Waveform, str], Result],
        read: Callable[[Path], Waveform] = Waveform.from_file,
        turn: Callable[..., Any] = at_once,
        change: Callable[[Result, str, Rank], Result] = changed_at_once,
    ) -> None:
        self._analyse_waveform = analyse
        self._read = read
        self._turn = turn
        self._change = change

    def all(self) -> dict[str, Callable[..., Any]]:
        """Every endpoint by its name."""
        return {name: _in_sentences(getattr(self, name)) for name in NAMES}

    def analyze(self, recording: gr.FileData, checkpoint: str = DEFAULT_CHECKPOINT) -> Recognition:
        """Transcribe a recording of 0.1 to 60 seconds and list the commands, or other labels, heard in it.

        Args:
            recording: Sound file: WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM.
            checkpoint: Name of the model, one of those on the page.
        """
        return self._recognise(self._analyse(recording, checkpoint))

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

    def change(self, recording: gr.FileData, changes: str, checkpoint: str = DEFAULT_CHECKPOINT) -> Changed:
        """Switch parts of the model off, or mask or silence a stretch; the answers before and after.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            changes: What to change, separated by commas; layers and heads count from 0, times are seconds:
                head_off:3.1 (layer 3, head 1), head_off:3.1:mean, layer_skipped:4, feed_forward_off:4,
                frames_masked:1.2-1.6, stretch_silenced:1.2-1.6, attention_cut:1.2-1.6:2-2.4.
            checkpoint: Name of the model.
        """
        result = self._analyse_waveform(self._read(uploaded_path(recording)), checkpoint)
        changed = self._change(result, changes, Rank.LATER).analysis
        before, after = (self._recognise(each) for each in (result.analysis, changed))
        return {
            "changes": [Change(text=text_of([each]), words=each.as_words()) for each in changed.changes],
            "before": before,
            "after": after,
            "characters_changed": edits(before["transcript_greedy"], after["transcript_greedy"]),
            "made_with": {part: text_of(each) for part, each in changed.source_changes.items()},
        }

    def sweep_heads(
        self,
        recording: gr.FileData,
        by: str = "zero",
        keyword: str = "",
        num_draws: int = NUM_DRAWS,
        seed: int = 0,
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> HeadSweepNumbers:
        """Switch every attention head off in turn, and measure how much the transcript and a keyword change.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            by: What a head gives when it is off: "zero", or its "mean" over the recording.
            keyword: Whose probability to follow; if empty, the clearest one.
            num_draws: Random subspaces of each layer to compare heads with, 0 to 200; 0 is the quickest.
            seed: Random seed of these.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        followed = keyword or None
        sweep = partial(
            sweep_steps, analysis, "heads", by=by, keyword=followed, num_draws=num_draws, seed=seed
        )
        found: HeadSweep = self._turn(SLOW, _last(sweep), Rank.LAST)
        numbers = {
            **plain(found, "by", "keyword", "by_chance", "is_marked"),
            **found.effects.as_json(DIGITS),
        }
        return cast(HeadSweepNumbers, {**numbers, "sources": _sources(analysis, "attention")})

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

    def _recognise(self, analysis: Analysis) -> Recognition:
        return recognition(self._search(analysis, lambda: analysis.transcript, PATIENCE_S), analysis)

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


def _last(begin: Callable[[], Iterator[Sweep]]) -> Steps[Sweep]:
    """A sweep as a job in steps."""
    latest: Sweep | None = None
    for sweep in begin():
        latest = sweep
        yield
    assert latest is not None
    return latest


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
