"""What one pass of an encoder says about one recording, in numpy: `Encoding`, and its frames in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import SAMPLE_RATE_HZ, FloatArray, Waveform
from hubert_demo.changes import Change
from hubert_demo.deprecation import Renamed
from hubert_demo.errors import InputError

# Of a frame: times that were rounded to a tenth of a millisecond still name the frame they were taken from.
_TOLERANCE = 0.01


@dataclass(frozen=True)
class FrameGrid:
    """Where an encoder's frames lie in time.

    Frame `t` sees `window_samples` samples, the first of which is `t * hop_samples`. It stands for one hop in
    the middle of its window.

    Attributes:
        hop_samples: From one frame to the next.
        window_samples: What one frame sees.
    """

    hop_samples: int
    window_samples: int

    @property
    def hop_s(self) -> float:
        """Seconds from one frame to the next."""
        return self.hop_samples / SAMPLE_RATE_HZ

    @property
    def window_s(self) -> float:
        """Seconds that one frame sees."""
        return self.window_samples / SAMPLE_RATE_HZ

    def num_frames(self, num_samples: int) -> int:
        """Frames of so many samples; 0 if they do not fill one window."""
        return max(0, (num_samples - self.window_samples) // self.hop_samples + 1)

    def frames_within(self, duration_s: float) -> int:
        """Steps from frame to frame that a time spans, to the nearest one."""
        return round(duration_s / self.hop_s)

    def times_s(self, num_frames: int) -> npt.NDArray[np.float64]:
        """Centres of the first frames: float64 `(num_frames,)` in seconds."""
        return (np.arange(num_frames) * self.hop_samples + self.window_samples / 2) / SAMPLE_RATE_HZ

    def start_s(self, frame: int) -> float:
        """Where the hop that a frame stands for begins, in seconds; the frame before ends there."""
        return (frame * self.hop_samples + (self.window_samples - self.hop_samples) // 2) / SAMPLE_RATE_HZ

    def nearest_frames(self, times_s: npt.ArrayLike, num_frames: int) -> npt.NDArray[np.int64]:
        """The frames, of the first `num_frames`, whose centres are nearest to each of these times."""
        positions = np.asarray(times_s) * SAMPLE_RATE_HZ - self.window_samples / 2
        frames: npt.NDArray[np.int64] = np.rint(positions / self.hop_samples).astype(np.int64)
        return frames.clip(0, num_frames - 1)

    def frames_between(self, start_s: float, end_s: float, num_frames: int) -> slice:
        """Those of the first `num_frames` whose centres lie in a stretch of time, its end not included.

        Raises:
            InputError: If there are none.
        """
        first, last = (self._first_from(time_s) for time_s in (start_s, end_s))
        frames = slice(min(max(0, first), num_frames), min(max(0, last), num_frames))
        if frames.start >= frames.stop:
            raise InputError(
                f"No frame has its centre between {start_s:g} s and {end_s:g} s; they are {self.hop_s:g} s "
                f"apart, the last of {num_frames} at {self.times_s(num_frames)[-1]:.3f} s. Choose a longer "
                "stretch, or one within the recording."
            )
        return frames

    def _first_from(self, time_s: float) -> int:
        """The first frame whose centre is not before a time; that of a frame's own centre is that frame."""
        position = (time_s * SAMPLE_RATE_HZ - self.window_samples / 2) / self.hop_samples
        return math.ceil(position - _TOLERANCE)


HUBERT_GRID = FrameGrid(hop_samples=320, window_samples=400)
"""The grid of HuBERTs of the usual sizes: 25 ms seen, 20 ms apart."""


@dataclass(frozen=True, eq=False)
class CtcOutput:
    """What a CTC head says.

    Attributes:
        logits: float32 `(frames, vocabulary)`.
        vocabulary: Token of each column.
        blank_id: Column of the CTC blank.
        word_delimiter_id: Column of the token between words.
        lm_weight: Weight that was chosen for a language model beside this head; None where none was.
        character_bonus: Likewise, what beam search adds for every character.
        confidence_curve: Slope and offset of the curve that says how often words are right, see
            `analysis.transcript.confidence`; None where none was fitted to this head.
        laid_curve: Likewise, of words that a language model helped to read and that were laid over the
            recording; None where none was fitted: then `confidence_curve` has to do for them.
    """

    logits: FloatArray
    vocabulary: tuple[str, ...]
    blank_id: int
    word_delimiter_id: int
    lm_weight: float | None = None
    character_bonus: float | None = None
    confidence_curve: tuple[float, float] | None = None
    laid_curve: tuple[float, float] | None = None


class Problem(StrEnum):
    """What a classifier was trained to tell; the last three are named as transformers names a `problem_type`.

    The logits of a keyword spotter are about the second around them, those of the others about the whole
    recording.
    """

    KEYWORDS = "keyword_spotting"
    ONE_LABEL = "single_label_classification"
    ANY_LABELS = "multi_label_classification"
    NUMBERS = "regression"


@dataclass(frozen=True, eq=False)
class ClassOutput:
    """What a classifier says, frame by frame.

    Attributes:
        labels: Names of the classes.
        logits: float32 `(frames, labels)`. The mean over a stretch of frames is the answer for that stretch;
            of a regression it is the number itself.
        threshold: Least probability at which the classifier's maker counts a command as heard; None where
            none was stated.
        layer_weights: float64 `(layers + 1,)`, the classifier's share of every layer's states, summing to
            one; None where it has none: it sees the last layer alone.
        problem: What it was trained to tell.
    """

    labels: tuple[str, ...]
    logits: FloatArray
    threshold: float | None
    layer_weights: npt.NDArray[np.float64] | None
    problem: Problem = Problem.KEYWORDS


@dataclass(frozen=True, eq=False)
class Encoding:
    """All that one forward pass says about one recording.

    Attributes:
        checkpoint: Name of the checkpoint that made it.
        waveform: What went in.
        hidden_states: float32 `(layers + 1, frames, hidden)`; index 0 is the input of the first layer.
        grid: Where the frames lie in time.
        num_heads: Attention heads of every layer.
        ctc: What the CTC head says; None where the checkpoint has none.
        classes: What the keyword head, or another classifier, says; None where the checkpoint has neither.
        checkpoint_notes: What the checkpoint's files leave open, and how that was read; a sentence each.
        changes: What was changed in this pass; `waveform` is what went in, with the stretches silenced that
            the changes name.
    """

    checkpoint: str
    waveform: Waveform
    hidden_states: FloatArray
    grid: FrameGrid
    num_heads: int
    ctc: CtcOutput | None = None
    classes: ClassOutput | None = None
    checkpoint_notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done to the recording, and what was assumed of the checkpoint."""
        return (*self.waveform.notes, *self.checkpoint_notes)

    @property
    def num_layers(self) -> int:
        """Transformer layers, one less than there are hidden states."""
        return len(self.hidden_states) - 1

    @property
    def middle_layer(self) -> int:
        """Index of the layer in the middle, the lower one of two: whose attention is shown first."""
        return (self.num_layers - 1) // 2

    @property
    def num_frames(self) -> int:
        """Frames of every layer."""
        return int(self.hidden_states.shape[1])

    @cached_property
    def frame_times_s(self) -> npt.NDArray[np.float64]:
        """Centre of each frame's window in seconds: float64 `(frames,)`."""
        return self.grid.times_s(self.num_frames)

    @property
    def span_s(self) -> tuple[float, float]:
        """Where the first frame begins and the last one ends, in seconds."""
        return self.grid.start_s(0), self.grid.start_s(self.num_frames)

    def require_ctc(self) -> CtcOutput:
        """What the CTC head says.

        Raises:
            InputError: If the checkpoint has none.
        """
        if self.ctc is None:
            raise InputError(f"{self.checkpoint} has no CTC head; use the encoding of a checkpoint with one.")
        return self.ctc

    # The attributes of version 0.1, with their ways to say "absent".
    ctc_logits = Renamed("ctc.logits", lambda encoding: np.zeros((encoding.num_frames, 0), np.float32))
    vocabulary = Renamed("ctc.vocabulary", lambda _: ())
    blank_id = Renamed("ctc.blank_id", lambda _: -1)
    word_delimiter_id = Renamed("ctc.word_delimiter_id", lambda _: -1)
    keyword_logits = Renamed("classes.logits")
    keyword_labels = Renamed("classes.labels", lambda _: ())
    keyword_threshold = Renamed("classes.threshold", lambda _: 0.5)
    layer_weights = Renamed("classes.layer_weights")
