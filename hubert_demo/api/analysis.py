"""`Analysis`: everything about one recording, and the same with something changed inside the model."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.attention.heads import HeadMetrics, head_metrics
from hubert_demo.analysis.keywords.classification import Classification, classify
from hubert_demo.analysis.keywords.detection import Keywords, detect
from hubert_demo.analysis.layers import colouring as colourings
from hubert_demo.analysis.layers import units as kmeans
from hubert_demo.analysis.layers.colouring import Colouring
from hubert_demo.analysis.layers.projection import Projection, Projections, ProjectionSettings
from hubert_demo.analysis.layers.similarity import LayerCurves, layer_curves
from hubert_demo.analysis.layers.units import UnitScores
from hubert_demo.analysis.timeline.prosody import Prosody, measure_prosody
from hubert_demo.analysis.transcript.alignment import Alignment, align
from hubert_demo.analysis.transcript.beam import Hypothesis, beam_search
from hubert_demo.analysis.transcript.best import read_best
from hubert_demo.analysis.transcript.ctc import Transcript, carry_over, transcribe
from hubert_demo.analysis.transcript.emissions import Emissions, emissions
from hubert_demo.analysis.transcript.language_model import load_language_model
from hubert_demo.api import layers, opening
from hubert_demo.api.inside import Inside
from hubert_demo.api.opening import Asked, Sweep
from hubert_demo.audio import FloatArray
from hubert_demo.changes import Change, StatesPatched, text_of
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.deprecation import Renamed
from hubert_demo.encoding import CtcOutput, Encoding
from hubert_demo.errors import require_index
from hubert_demo.experiments.heads import NUM_DRAWS
from hubert_demo.inference import Pass, Sources, attention_map
from hubert_demo.memo import Memo

MAX_UNIT_RUNS, MAX_SEARCHES = 128, 4


class Analysis(Inside):
    """One recording as one checkpoint hears it.

    A head that the checkpoint lacks is borrowed from its companion, as `sources` says.

    The greedy transcript and keywords are ready; everything else is computed when first asked for and
    remembered, except attention maps, which are computed each time. None of these runs the encoder again.
    Safe to share between threads.

    Args:
        chosen: The pass whose states and attention are shown.
        ctc: The pass of a checkpoint with a CTC head; `chosen` again if it has one.
        keywords: The pass of a checkpoint with a keyword head; `chosen` again if it has one, or another
            classifier, or if none has.
        load: Gives a checkpoint, loaded again if it had to leave the memory meanwhile; an attribute, too.
        before: The same recording without changes, where these passes have some.

    Attributes:
        checkpoint: The one that was chosen.
        encoding: Hidden states, what the heads say, frame times and the waveform.
        ctc_encoding: The encoding whose CTC head wrote the transcript.
        keyword_encoding: The encoding whose keyword head, if it has one, recognised the keywords.
        transcript_greedy: The likeliest letter of every moment, by which letter colours and unit scores go.
        keywords: Keyword probabilities, or None where there is no keyword head.
        classification: What the chosen checkpoint's classifier says, where its classes are not the commands;
            None where it has none.
        sources: Which checkpoint each part comes from, by its title.
        source_names: The same by the names that `analyze` takes.
        changes: What was changed, see `change`; empty where nothing was.
        source_changes: What of it each part was made with: a companion hears the changes of sound alone.
        before: The analysis without any change; None where this is one.
        passes: Those of the chosen checkpoint, of the one that transcribes, and of the keyword spotter.
        swept: The latest sweeps, by arguments.
    """

    def __init__(
        self,
        chosen: Pass,
        ctc: Pass,
        keywords: Pass,
        load: Callable[[CheckpointSpec], LoadedCheckpoint],
        before: "Analysis | None" = None,
    ) -> None:
        super().__init__(chosen, load)
        self.encoding: Encoding = chosen.encoding
        self.ctc_encoding: Encoding = ctc.encoding
        self.keyword_encoding: Encoding = keywords.encoding
        self.transcript_greedy: Transcript = transcribe(self.ctc_encoding)
        self.keywords: Keywords | None = detect(self.keyword_encoding)
        self.classification: Classification | None = classify(self.encoding)
        makers = {
            "transcript": ctc,
            "keywords": None if self.keywords is None else keywords,
            "classification": None if self.classification is None else chosen,
            "layers": chosen,
            "attention": chosen,
        }
        made_by = {part: None if maker is None else maker.spec for part, maker in makers.items()}
        self.sources = Sources.from_specs(made_by)
        self.source_names = {part: None if spec is None else spec.name for part, spec in made_by.items()}
        self.changes: tuple[Change, ...] = self.encoding.changes
        self.source_changes = {part: maker.encoding.changes for part, maker in makers.items() if maker}
        self.before = before
        self.passes = (chosen, ctc, keywords)
        self._language_model = ctc.spec.language_model
        maps = before._projections if before else None
        self._projections: Projections = Projections(self.encoding.hidden_states, maps)
        self._transcript: Memo[None, Transcript] = Memo(1)
        self._hypotheses: Memo[tuple[int, frozenset[str] | str], tuple[Hypothesis, ...]] = Memo(MAX_SEARCHES)
        self._emissions: Memo[None, Emissions] = Memo(1)
        self._prosody: Memo[None, Prosody] = Memo(1)
        self._curves: Memo[None, LayerCurves] = Memo(1)
        self._units: Memo[tuple[int, int, int], npt.NDArray[np.int64]] = Memo(MAX_UNIT_RUNS)
        self._head_metrics: Memo[None, HeadMetrics] = Memo(1)
        self.swept: Memo[Asked, Sweep] = Memo(opening.MAX_SWEEPS)

    def __repr__(self) -> str:
        """How long it is, and which checkpoint each part comes from."""
        parts = ", ".join(f"{part} by {name}" for part, name in self.source_names.items() if name)
        changed = f", changed by {text_of(self.changes)}" if self.changes else ""
        return f"<Analysis of {self.encoding.waveform.duration_s:.2f} s{changed}: {parts}>"

    reading = Renamed("ctc_encoding")
    spotting = Renamed("keyword_encoding")

    def change(self, *changes: Change | str) -> "Analysis":
        """The same recording with something changed inside the chosen checkpoint's model, or in the sound.

        Only the layers from the lowest changed one on are computed. Changes add up: a changed analysis that
        is changed again has both, in whatever order, see `changes.composed`.

        Args:
            changes: Such as `HeadOff(layer=3, head=1)`, or as texts, such as `"head_off:3.1"`.

        Returns:
            An analysis whose `before` is this one, or this one's; this one itself where nothing is new.

        Raises:
            InputError: If the checkpoint or the recording cannot be changed so; the sentence says why.
        """
        return opening.changed(self, changes)

    def sweep(
        self,
        what: str = "heads",
        *,
        by: str = "zero",
        keyword: str | None = None,
        num_draws: int = NUM_DRAWS,
        seed: int = 0,
    ) -> Sweep:
        """Switch something off again and again, to see what the answer depends on; remembered.

        Args:
            what: `"heads"`: every head of the chosen checkpoint in turn; `"layers"`: every layer and every
                feed-forward; `"words"`: the sound of every word.
            by: What a head gives when it is off: `"zero"` or its `"mean"`.
            keyword: Keyword or label whose probability to follow; None for the likeliest, if there is one.
            num_draws: Random subspaces a layer that heads are compared with; 0 for none.
            seed: Of everything that is drawn.

        Raises:
            InputError: If there is no such sweep or keyword, no head that answers, or there are no words.
        """
        return opening.swept(self, (what, by, keyword, num_draws, seed))

    def patch(
        self, layer: int, start_s: float, end_s: float, at_s: float | None = None, example: str | None = None
    ) -> StatesPatched:
        """A stretch of one layer's states, to be put into another analysis by its `change`.

        Args:
            layer: Index into `encoding.hidden_states`: 0 is what the first layer is given.
            start_s: Where the stretch begins, in seconds.
            end_s: Where it ends.
            at_s: Where it begins there; None for the same time.
            example: The file's name of the page's example that this is of, by which links name it.

        Raises:
            InputError: If there is no such layer or stretch.
        """
        return opening.patch(self, layer, start_s, end_s, start_s if at_s is None else at_s, example)

    @property
    def ctc(self) -> CtcOutput:
        """What the CTC head says that wrote the transcript: logits, vocabulary, blank."""
        return self.ctc_encoding.require_ctc()

    @property
    def transcript(self) -> Transcript:
        """The best reading there is, see `read_best`; remembered."""
        greedy, search = self.transcript_greedy, self.beam_search if self.has_language_model else None
        return self._transcript.get(None, lambda: read_best(self.ctc_encoding, greedy, search))

    def beam_search(self, num_best: int = 5, hotwords: Collection[str] = ()) -> tuple[Hypothesis, ...]:
        """The most probable texts, with the CTC checkpoint's language model if it has one; remembered.

        Args:
            num_best: Most texts to return; best first.
            hotwords: Words to prefer, in any case; at most 50 of at most 30 letters.

        Raises:
            InputError: If `num_best` is below 1, or hotwords are too many, too long or cannot be written.
            CheckpointError: If the language model cannot be read.
        """
        path = self._language_model

        def search() -> tuple[Hypothesis, ...]:
            language_model = None if path is None else load_language_model(path)
            return beam_search(self.ctc_encoding, language_model, hotwords, num_best)

        key = hotwords if isinstance(hotwords, str) else frozenset(hotwords)  # The search refuses a text.
        return self._hypotheses.get((num_best, key), search)

    @property
    def has_language_model(self) -> bool:
        """Whether a language model has a say in `beam_search`."""
        return self._language_model is not None

    def align(self, reference: str) -> Alignment:
        """Find where a known text was said, and compare the transcript with it.

        Args:
            reference: What was really said; case, accents and punctuation do not matter.

        Raises:
            InputError: If it is empty, cannot be written in the vocabulary, or is too long for the recording.
        """
        return align(self.ctc_encoding, self.transcript, reference)

    def projections(self, method: str | ProjectionSettings = "umap") -> Projection:
        """Every layer on the plane.

        Args:
            method: `"umap"` (the first one in a process compiles for some seconds), `"pca"`, or all settings.

        Returns:
            Points `(layers + 1, frames, 2)`, and how far to trust them. The maps of the two methods as they
            are by default are remembered; so are the four latest others. Another machine, or another number
            of threads, makes another map: `put_projection` takes the one that was kept.

        Raises:
            InputError: If the method is unknown or the recording has fewer than ten frames.
        """
        return self._projections.get(method)

    def put_projection(self, projection: Projection) -> Projection:
        """Have a map made elsewhere stand for the one by its settings, unless that was made here before.

        Raises:
            InputError: If it has another number of layers or frames.
        """
        return self._projections.put(projection)

    def projection(self, layer: int, method: str | ProjectionSettings = "umap") -> FloatArray:
        """One layer of `projections`: float32 `(frames, 2)`.

        Raises:
            InputError: As for `projections`, or if there is no such layer.
        """
        self.state(layer)
        points: FloatArray = self.projections(method).points[layer]
        return points

    def emissions(self) -> Emissions:
        """How probable every letter is in every frame, on the frames of `ctc_encoding`; remembered."""
        return self._emissions.get(None, lambda: emissions(self.ctc))

    def prosody(self) -> Prosody:
        """Energy and pitch of every frame; remembered."""
        encoding = self.encoding
        return self._prosody.get(None, lambda: measure_prosody(encoding.waveform, encoding.grid))

    def layer_curves(self) -> LayerCurves:
        """Size of every layer's states; how alike neighbouring layers are, and by chance; remembered."""
        return self._curves.get(None, lambda: layer_curves(self.encoding.hidden_states))

    def num_units(self, wanted: int | None = None) -> int:
        """Clusters of k-means: as many as `wanted`; if None 20, or fewer in a short recording."""
        return kmeans.default_num_units(self.encoding.num_frames) if wanted is None else wanted

    def units(self, layer: int, num_units: int | None = None, seed: int = 0) -> npt.NDArray[np.int64]:
        """K-means units of one layer; the latest are remembered.

        Args:
            layer: Index into `encoding.hidden_states`: 0 is what the first layer is given.
            num_units: 2 to 100, and not more than there are frames; None takes 20, or fewer where there are
                fewer than 100 frames.
            seed: Of the first centres.

        Returns:
            int64 `(frames,)`, numbered in the order in which they first occur.

        Raises:
            InputError: If there is no such layer, or not so many units.
        """
        state = self.state(layer)
        count = self.num_units(num_units)
        return self._units.get((layer, count, seed), lambda: kmeans.kmeans_units(state, count, seed))

    def unit_scores(self, num_units: int | None = None, seed: int = 0, reference: str = "") -> UnitScores:
        """How well every layer's `units` predict which letter is said.

        Args:
            num_units: As for `units`.
            seed: As for `units`.
            reference: What was really said: its letters, where `align` puts them. If empty, the letters of
                the greedy transcript, which the last layer itself gave.

        Raises:
            InputError: As for `units` and `align`.
            NothingToPredict: If there are no letters, or too few to tell.
        """
        return layers.unit_scores(self, self.num_units(num_units), seed, reference)

    def colouring(self, name: str, layer: int = 0, num_units: int | None = None, seed: int = 0) -> Colouring:
        """What the dots of a map may be coloured by.

        Args:
            name: `"time"`, `"letter"`, `"energy"`, `"pitch"` or `"unit"`.
            layer: Whose units; only for `"unit"`.
            num_units: As for `units`; only for `"unit"`.
            seed: As for `units`; only for `"unit"`.

        Raises:
            InputError: If there is no such colouring; as for `units`.
        """
        return layers.colouring(self, name, layer, self.num_units(num_units), seed)

    @property
    def frame_token_ids(self) -> npt.NDArray[np.int64]:
        """The greedy transcript's token in every frame of `encoding`: int64 `(frames,)`, blanks included.

        Where that transcript comes from an encoder with other frames, tokens are carried over by time.
        """
        return self.on_own_frames(self.transcript_greedy)

    def on_own_frames(self, written: Transcript) -> npt.NDArray[np.int64]:
        """A transcript's token in every frame of `encoding`, carried over by time if need be."""
        ctc, encoding = self.ctc_encoding, self.encoding
        return carry_over(
            written.frame_token_ids, self.ctc.blank_id, ctc.grid, encoding.grid, encoding.num_frames
        )

    @property
    def frame_characters(self) -> tuple[str, ...]:
        """The recognised character of every frame of `encoding`: "" for none, a space between words."""
        return colourings.frame_characters(self.ctc, self.frame_token_ids)

    def state(self, layer: int) -> FloatArray:
        """Hidden states of one layer: float32 `(frames, hidden)`; 0 is what the first layer is given.

        Raises:
            InputError: If there is no such layer.
        """
        states = self.encoding.hidden_states
        state: FloatArray = states[require_index("Layer", layer, len(states))]
        return state

    def attention(self, layer: int, head: int) -> FloatArray:
        """Attention of one head, 0 to `encoding.num_heads - 1`; see `attention_maps`.

        Returns:
            float32 `(frames, frames)`: row = query frame, column = key frame; rows sum to one.
        """
        attention: FloatArray = self.attention_maps(layer, [head])[0]
        return attention

    def attention_maps(
        self, layer: int, heads: Sequence[int] | None = None, queries: slice | None = None
    ) -> FloatArray:
        """Attention of several heads of one layer.

        Args:
            layer: 0 to `encoding.num_layers - 1`.
            heads: Head indices; all when None.
            queries: Range of the frames that look; all when None.

        Returns:
            float32 `(heads, queries, frames)`; rows sum to one.

        Raises:
            InputError: If there is no such layer or head.
        """
        # Not held here: a large checkpoint must be able to leave the memory while its results are looked at.
        return attention_map(self.load(self.checkpoint), self.encoding, layer, heads, queries)

    def head_metrics(self) -> HeadMetrics:
        """What every head does: globalness, verticality, diagonality and its kind; remembered.

        Measured one map at a time; beyond 1000 frames from every n-th row.
        """
        encoding = self.encoding
        return self._head_metrics.get(
            None,
            lambda: head_metrics(
                self.attention_maps, encoding.num_layers, encoding.num_heads, encoding.num_frames
            ),
        )
