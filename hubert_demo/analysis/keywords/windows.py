"""A classifier's frames, pooled over windows of one second along a recording."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.encoding import ClassOutput, Encoding

# Keyword heads are trained on clips of one second.
WINDOW_S = 1.0
WINDOW_HOP_S = 0.1
WHOLE_RECORDING_UP_TO_S = 1.5


@dataclass(frozen=True, eq=False)
class Windows:
    """Logits of windows.

    Attributes:
        logits: float64 `(windows, labels)`, each the mean over the frames of its window.
        starts_s: float64 `(windows,)`, where each begins.
        times_s: float64 `(windows,)`, their centres.
        are_whole: Whether there is one window only, the whole recording.
    """

    logits: npt.NDArray[np.float64]
    starts_s: npt.NDArray[np.float64]
    times_s: npt.NDArray[np.float64]
    are_whole: bool


def pooled(encoding: Encoding, classes: ClassOutput) -> Windows:
    """Mean logits of windows of one second, 0.1 s apart; of the whole recording where it has up to 1.5 s.

    Args:
        encoding: One recording.
        classes: Its logits, frame by frame.
    """
    logits, grid, times_s = classes.logits.astype(np.float64), encoding.grid, encoding.frame_times_s
    is_short = encoding.waveform.duration_s <= WHOLE_RECORDING_UP_TO_S
    length = len(logits) if is_short else grid.num_frames(round(WINDOW_S * SAMPLE_RATE_HZ))
    starts = np.arange(0, len(logits) - length + 1, max(1, grid.frames_within(WINDOW_HOP_S)))
    return Windows(
        # One by one: a classifier may know a thousand speakers.
        logits=np.stack([logits[start : start + length].mean(axis=0) for start in starts]),
        starts_s=np.multiply(starts, grid.hop_s, dtype=np.float64),
        times_s=(times_s[starts] + times_s[starts + length - 1]) / 2,
        are_whole=is_short,
    )
