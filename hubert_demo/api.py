"""`analyze`: everything about one recording from one pass of each encoder that is needed."""

import os
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.attention.heads import HeadMetrics, head_metrics
from hubert_demo.analysis.keywords import detection as keywords
from hubert_demo.analysis.layers import units as layers
from hubert_demo.analysis.layers.colouring import (
    COLOURINGS,
    Colouring,
    by_energy,
    by_letter,
    by_pitch,
    by_time,
    by_unit,
    frame_characters,
)
from hubert_demo.analysis.layers.projection import Projection, Projections, ProjectionSettings
from hubert_demo.analysis.timeline.prosody import Prosody, measure_prosody
from hubert_demo.analysis.transcript import alignment, beam, ctc
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.audio import SAMPLE_RATE_HZ, FloatArray, Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, CheckpointSpec, LoadedCheckpoint
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.inference import Encoding, Passes, attention_map, encode, load_checkpoint
from hubert_demo.memo import Kept

MAX_KEPT_UNITS = 128
MAX_KEPT_READINGS = 4


@dataclass(frozen=True)
class Sources:
    """Titles of the checkpoints that the parts of an analysis come from.

    Attributes:
        transcript: Whose CTC head wrote the transcript.
        keywords: Whose keyword head told the keywords; None where none did.
        layers: Whose hidden states are shown: the chosen checkpoint's.
        attention: Whose attention is shown: the chosen checkpoint's.
    """

    transcript: str
    keywords: str | None
    layers: str
    attention: str


@dataclass(frozen=True, eq=False)
class Pass:
    """One checkpoint's pass over a recording.

    Attributes:
        spec: The checkpoint.
        device: Where it ran, None for where it runs by default.
        encoding: What it gave.
    """

    spec: CheckpointSpec
    device: str | None
    encoding: Encoding


class Analysis:
    """One recording as one checkpoint hears it.

    A head that the checkpoint lacks is borrowed from its companion, as `sources` says.

    Transcript and keywords are ready; projections are computed when first asked for and kept; attention maps
    are computed each time they are asked for. None of these runs the encoder again. Safe to share between
    threads.

    Args:
        chosen: The pass whose states and attention are shown.
        reading: The pass of a checkpoint with a CTC head; `chosen` again if it has one.
        spotting: The pass of a checkpoint with a keyword head; `chosen` again if it has one, or if none has.

    Attributes:
        checkpoint: The one that was chosen.
        encoding: Hidden states, logits, frame times and the waveform.
        reading: The encoding whose CTC head wrote the transcript: its logits, vocabulary and blank.
        spotting: The encoding whose keyword head, if it has one, told the keywords.
        transcript: Text, words and characters, with times and confidence.
        keywords: Keyword probabilities, or None where there is no keyword head.
        sources: Which checkpoint each part comes from.
    """

    def __init__(self, chosen: Pass, reading: Pass, spotting: Pass) -> None:
        encoding = chosen.encoding
        self.checkpoint = chosen.spec
        self.encoding = encoding
        self.reading: Encoding = reading.encoding
        self.spotting: Encoding = spotting.encoding
        self.transcript: ctc.Transcript = ctc.transcribe(self.reading)
        self.keywords: keywords.Keywords | None = keywords.detect(self.spotting)
        self.sources = Sources(
            transcript=reading.spec.title,
            keywords=None if self.keywords is None else spotting.spec.title,
            layers=chosen.spec.title,
            attention=chosen.spec.title,
        )
        self._device = chosen.device
        self._language_model = reading.spec.language_model
        self._projections = Projections(encoding.hidden_states)
        self._readings: Kept[tuple[int, frozenset[str]], tuple[beam.Hypothesis, ...]] = Kept(
            MAX_KEPT_READINGS
        )
        self._prosody: Kept[str, Prosody] = Kept(1)
        self._curves: Kept[str, layers.LayerCurves] = Kept(1)
        self._units: Kept[tuple[int, int, int], npt.NDArray[np.int64]] = Kept(MAX_KEPT_UNITS)
        self._head_metrics: HeadMetrics | None = None
        self._measuring = threading.Lock()

    def beam_search(self, num_best: int = 5, hotwords: Collection[str] = ()) -> tuple[beam.Hypothesis, ...]:
        """The most probable texts, with the reading checkpoint's language model if it has one; kept.

        Args:
            num_best: Most texts to return; best first.
            hotwords: Words to prefer, in any case; at most 50 of at most 30 letters.

        Raises:
            InputError: If `num_best` is below 1, or hotwords are too many, too long or cannot be written.
            CheckpointError: If the language model cannot be read.
        """
        path = self._language_model

        def search() -> tuple[beam.Hypothesis, ...]:
            language_model = None if path is None else _load_language_model(path)
            return beam.beam_search(self.reading, language_model, hotwords, num_best)

        return self._readings.get((num_best, frozenset(hotwords)), search)

    @property
    def has_language_model(self) -> bool:
        """Whether a language model has a say in `beam_search`."""
        return self._language_model is not None

    def align(self, reference: str) -> alignment.Alignment:
        """Find where a known text was said, and compare the transcript with it.

        Args:
            reference: What was really said; case, accents and punctuation do not matter.

        Raises:
            InputError: If it is empty, cannot be written in the vocabulary, or is too long for the recording.
        """
        return alignment.align(self.reading, self.transcript, reference)

    def projections(self, method: str | ProjectionSettings = "umap") -> Projection:
        """Every layer on the plane.

        Args:
            method: `"umap"` (the first one in a process compiles for some seconds), `"pca"`, or all settings.

        Returns:
            Points `(layers + 1, frames, 2)` and their trustworthiness. The maps of the two methods as they
            are by default are kept; so are the four latest others.

        Raises:
            InputError: If the method is unknown or the recording has fewer than ten frames.
        """
        return self._projections.get(method)

    def projection(self, layer: int, method: str | ProjectionSettings = "umap") -> FloatArray:
        """One layer on the plane.

        Args:
            layer: Index into `encoding.hidden_states`: 0 is what the first layer is given.
            method: As for `projections`.

        Returns:
            float32 `(frames, 2)`.

        Raises:
            InputError: As for `projections`, or if there is no such layer.
        """
        self._check_state(layer)
        points: FloatArray = self.projections(method).points[layer]
        return points

    def prosody(self) -> Prosody:
        """Energy and pitch of every frame; kept."""
        return self._prosody.get("prosody", lambda: measure_prosody(self.encoding.waveform))

    def layer_curves(self) -> layers.LayerCurves:
        """Size of every layer's states, and how alike neighbouring layers are; kept."""
        return self._curves.get("curves", lambda: layers.layer_curves(self.encoding.hidden_states))

    def units(self, layer: int, num_units: int | None = None, seed: int = 0) -> npt.NDArray[np.int64]:
        """K-means units of one layer; the latest are kept.

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
        self._check_state(layer)
        count = self._num_units(num_units)
        state = self.encoding.hidden_states[layer]
        return self._units.get((layer, count, seed), lambda: layers.kmeans_units(state, count, seed))

    def unit_scores(self, num_units: int | None = None, seed: int = 0) -> layers.UnitScores:
        """How well every layer's units tell which character was recognised.

        Args:
            num_units: As for `units`.
            seed: As for `units`.

        Raises:
            InputError: As for `units`, or if no characters were recognised.
        """
        count = self._num_units(num_units)
        units = [self.units(layer, count, seed) for layer in range(self.encoding.num_layers + 1)]
        labels = layers.frame_labels(self.transcript.frame_token_ids, self.reading.blank_id)
        return layers.unit_scores(units, labels, count)

    def colouring(self, name: str, layer: int = 0, num_units: int | None = None) -> Colouring:
        """What the dots of a map may be coloured by.

        Args:
            name: `"time"`, `"letter"`, `"energy"`, `"pitch"` or `"unit"`.
            layer: Whose units; only for `"unit"`.
            num_units: As for `units`; only for `"unit"`.

        Raises:
            InputError: If there is no such colouring; as for `units`.
        """
        if name == "time":
            return by_time(self.encoding.frame_times_s)
        if name == "letter":
            return by_letter(self.frame_characters)
        if name == "energy":
            return by_energy(self.prosody())
        if name == "pitch":
            return by_pitch(self.prosody())
        if name == "unit":
            count = self._num_units(num_units)
            return by_unit(self.units(layer, count), count)
        raise InputError(f"Colouring {name!r} is unknown; choose one of {', '.join(COLOURINGS)}.")

    @property
    def frame_characters(self) -> tuple[str, ...]:
        """The recognised character of every frame: "" for none, a space between words."""
        return frame_characters(self.reading, self.transcript.frame_token_ids)

    def _num_units(self, wanted: int | None) -> int:
        return layers.default_num_units(self.encoding.num_frames) if wanted is None else wanted

    def _check_state(self, layer: int) -> None:
        if not 0 <= layer <= self.encoding.num_layers:
            raise InputError(f"Layer {layer} does not exist; choose 0 to {self.encoding.num_layers}.")

    def attention(self, layer: int, head: int) -> FloatArray:
        """Attention of one head.

        Args:
            layer: 0 to `encoding.num_layers - 1`.
            head: 0 to `encoding.num_heads - 1`.

        Returns:
            float32 `(frames, frames)`: row = the frame that looks, column = the frame looked at; rows sum to
            one.

        Raises:
            InputError: If there is no such layer or head.
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
        # Not kept here: a large checkpoint must be able to leave the memory while its results are looked at.
        loaded = load_checkpoint(self.checkpoint, self._device)
        return attention_map(loaded, self.encoding, layer, heads, queries)

    def head_metrics(self) -> HeadMetrics:
        """What every head does: globalness, verticality, diagonality, entropy and its kind.

        Measured when first asked for and kept, one map at a time; beyond 1000 frames from every n-th row.

        Returns:
            The numbers, `(layers, heads)` each, and all maps pooled; the same object at every call.
        """
        with self._measuring:
            if self._head_metrics is None:
                encoding = self.encoding
                self._head_metrics = head_metrics(
                    self.attention_maps, encoding.num_layers, encoding.num_heads, encoding.num_frames
                )
            return self._head_metrics


@lru_cache(maxsize=4)
def _load_language_model(path: Path) -> LanguageModel:
    return LanguageModel.load(path)


def analyze(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform,
    *,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    checkpoint: str | CheckpointSpec = DEFAULT_CHECKPOINT,
    device: str | None = None,
    passes: Passes | None = None,
) -> Analysis:
    """Analyse one recording of 0.1 s to 60 s.

    Args:
        recording: A file, samples as `Waveform.from_array` takes them, or a waveform.
        sample_rate_hz: Rate of `recording` if it is an array.
        checkpoint: Name in the registry, or a directory in transformers' layout.
        device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.
        passes: Where to look for encodings that other analyses hold, before an encoder is run.

    Returns:
        The analysis; the encoder, and that of a companion whose head it borrows, has run once and will not
        run again.

    Raises:
        InputError: If the recording or the device cannot be used.
        CheckpointError: If there is no such checkpoint, or it or its companion cannot be loaded.
    """
    waveform = _to_waveform(recording, sample_rate_hz)
    chosen = load_checkpoint(checkpoint, device)
    three = (chosen, _reader(chosen, device), _spotter(chosen, device))
    run = encode if passes is None else passes.encode
    distinct = {loaded.spec: loaded for loaded in three}
    made = {spec: Pass(spec, device, run(loaded, waveform)) for spec, loaded in distinct.items()}
    return Analysis(*(made[loaded.spec] for loaded in three))


def _reader(chosen: LoadedCheckpoint, device: str | None) -> LoadedCheckpoint:
    """The checkpoint that transcribes: the chosen one or its companion."""
    if chosen.model is not None:
        return chosen
    companion = load_checkpoint(chosen.spec.ctc_companion, device)
    if companion.model is None:
        raise CheckpointError(
            f"{chosen.spec.title} has no CTC head; {companion.spec.title}, which is to transcribe for it, "
            "has none either. Choose another checkpoint."
        )
    return companion


def _spotter(chosen: LoadedCheckpoint, device: str | None) -> LoadedCheckpoint:
    """The checkpoint that tells the keywords: the chosen one, its companion, or again the chosen one."""
    if chosen.keyword_head is not None:
        return chosen
    companion = load_checkpoint(chosen.spec.keyword_companion, device)
    return chosen if companion.keyword_head is None else companion


def _to_waveform(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform, sample_rate_hz: int
) -> Waveform:
    if isinstance(recording, Waveform):
        return recording
    if isinstance(recording, str | os.PathLike):
        return Waveform.from_file(recording)
    return Waveform.from_array(recording, sample_rate_hz)
