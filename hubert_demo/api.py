"""`analyze`: everything about one recording from one pass of the encoder."""

import os
import threading
from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis import ctc, keywords
from hubert_demo.analysis.attention import HeadMetrics, head_metrics
from hubert_demo.analysis.language_model import CharacterModel
from hubert_demo.analysis.projection import METHODS, Projection, project
from hubert_demo.audio import SAMPLE_RATE_HZ, FloatArray, Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, LoadedCheckpoint
from hubert_demo.errors import InputError
from hubert_demo.inference import Encoding, attention_map, encode, load_checkpoint


class Analysis:
    """One recording as one checkpoint hears it.

    Transcript and keywords are ready; projections are computed when first asked for and kept; attention maps
    are computed each time they are asked for. None of these runs the encoder again. Safe to share between
    threads.

    Args:
        loaded: The checkpoint that made `encoding`.
        encoding: The pass that everything is read from.

    Attributes:
        encoding: Hidden states, logits, frame times and the waveform.
        transcript: Text, words and characters, with times and confidence.
        keywords: Keyword probabilities, or None where the checkpoint has no keyword head.
    """

    def __init__(self, loaded: LoadedCheckpoint, encoding: Encoding) -> None:
        self.encoding = encoding
        self.transcript: ctc.Transcript = ctc.transcribe(encoding)
        self.keywords: keywords.Keywords | None = keywords.detect(encoding)
        self._loaded = loaded
        self._projections: dict[str, Projection] = {}
        # One for each method: nobody who wants the quick one waits for the slow one.
        self._projecting = {method: threading.Lock() for method in METHODS}
        self._head_metrics: HeadMetrics | None = None
        self._measuring = threading.Lock()

    @property
    def reading(self) -> Encoding:
        """The pass whose CTC head wrote the transcript: its logits, vocabulary and blank."""
        return self.encoding

    @property
    def spotting(self) -> Encoding:
        """The pass whose keyword head, if it has one, told the keywords."""
        return self.encoding

    def beam_search(self, num_best: int = 5, hotwords: Collection[str] = ()) -> tuple[ctc.Hypothesis, ...]:
        """The most probable texts, best first, with the checkpoint's language model where it has one.

        Args:
            num_best: Most texts to return.
            hotwords: Words to prefer, in any case.

        Raises:
            InputError: If `num_best` is below 1.
            CheckpointError: If the language model cannot be read.
        """
        path = self._loaded.spec.language_model
        language_model = None if path is None else _load_language_model(path)
        return ctc.beam_search(self.reading, language_model, hotwords, num_best)

    def projections(self, method: str = "umap") -> Projection:
        """Every layer on the plane.

        Args:
            method: `"umap"` (the first one in a process compiles for some seconds) or `"pca"`.

        Returns:
            Points `(layers + 1, frames, 2)` and their trustworthiness; the same object at every call.

        Raises:
            InputError: If the method is unknown or the recording has fewer than ten frames.
        """
        if method not in METHODS:
            raise InputError(f"Projection {method!r} is unknown; choose one of {', '.join(METHODS)}.")
        with self._projecting[method]:
            if method not in self._projections:
                self._projections[method] = project(self.encoding.hidden_states, method)
            return self._projections[method]

    def projection(self, layer: int, method: str = "umap") -> FloatArray:
        """One layer on the plane.

        Args:
            layer: Index into `encoding.hidden_states`: 0 is what the first layer is given.
            method: As for `projections`.

        Returns:
            float32 `(frames, 2)`.

        Raises:
            InputError: As for `projections`, or if there is no such layer.
        """
        if not 0 <= layer <= self.encoding.num_layers:
            raise InputError(f"Layer {layer} does not exist; choose 0 to {self.encoding.num_layers}.")
        points: FloatArray = self.projections(method).points[layer]
        return points

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
        return attention_map(self._loaded, self.encoding, layer, heads, queries)

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
def _load_language_model(path: Path) -> CharacterModel:
    return CharacterModel.load(path)


def analyze(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform,
    *,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
    checkpoint: str = DEFAULT_CHECKPOINT,
    device: str | None = None,
) -> Analysis:
    """Analyse one recording of 0.1 s to 60 s.

    Args:
        recording: A file, samples as `Waveform.from_array` takes them, or a waveform.
        sample_rate_hz: Rate of `recording` if it is an array.
        checkpoint: Name in the registry, or a directory in transformers' layout.
        device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.

    Returns:
        The analysis; the encoder has run once and will not run again.

    Raises:
        InputError: If the recording or the device cannot be used.
        CheckpointError: If there is no such checkpoint or it cannot be loaded.
    """
    waveform = _to_waveform(recording, sample_rate_hz)
    loaded = load_checkpoint(checkpoint, device)
    return Analysis(loaded, encode(loaded, waveform))


def _to_waveform(
    recording: str | os.PathLike[str] | npt.NDArray[np.generic] | Waveform, sample_rate_hz: int
) -> Waveform:
    if isinstance(recording, Waveform):
        return recording
    if isinstance(recording, str | os.PathLike):
        return Waveform.from_file(recording)
    return Waveform.from_array(recording, sample_rate_hz)
