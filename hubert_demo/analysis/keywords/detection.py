"""Which commands were heard, and probabilities of the keyword classes along the time of a recording."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.keywords.windows import WINDOW_S, pooled
from hubert_demo.analysis.softmax import softmax
from hubert_demo.encoding import Encoding, Problem

# Where a classifier's maker stated no threshold: a command more probable than all other classes together.
DEFAULT_THRESHOLD = 0.5
NOT_COMMANDS = ("_unknown_", "_silence_")


@dataclass(frozen=True)
class HeardKeyword:
    """A command that was heard.

    Attributes:
        label: Which.
        probability: 0..1, in the window in which it was heard most clearly.
        start_s: Where that window begins.
        end_s: Where it ends.
    """

    label: str
    probability: float
    start_s: float
    end_s: float

    @property
    def time_s(self) -> float:
        """The middle of what was taken for it."""
        return (self.start_s + self.end_s) / 2


@dataclass(frozen=True, eq=False)
class Keywords:
    """Keyword probabilities of one recording.

    Attributes:
        labels: Names of the classes.
        probabilities: float64 `(labels,)`, sums to one: of the whole recording if it is short, else of the
            second in which a command was heard most clearly.
        start_s: Where the stretch that `probabilities` is about begins.
        end_s: Where it ends.
        window_times_s: float64 `(windows,)`, centres of the windows.
        window_probabilities: float64 `(windows, labels)`, rows sum to one.
        threshold: Least probability at which a command counts as heard.
        layer_weights: float64 `(layers + 1,)`, the classifier's learned share of every layer's states,
            summing to one; they belong to the head, not to the recording.
    """

    labels: tuple[str, ...]
    probabilities: npt.NDArray[np.float64]
    start_s: float
    end_s: float
    window_times_s: npt.NDArray[np.float64]
    window_probabilities: npt.NDArray[np.float64]
    threshold: float = DEFAULT_THRESHOLD
    layer_weights: npt.NDArray[np.float64] | None = None

    @property
    def heard(self) -> tuple[HeardKeyword, ...]:
        """The commands that reach the threshold, in order of time; none where there was none.

        One that is heard again while it is still heard was said once.
        """
        heard: list[HeardKeyword] = []
        for one in self.heard_from(self.threshold):
            if not (heard and one.label == heard[-1].label and one.start_s < heard[-1].end_s):
                heard.append(one)
            elif one.probability > heard[-1].probability:
                heard[-1] = one
        return tuple(heard)

    def heard_from(self, threshold: float) -> tuple[HeardKeyword, ...]:
        """Runs of windows whose most probable class is the same command, at `threshold` or above in each.

        Args:
            threshold: Least probability, 0..1.
        """
        classes, highest = self.window_probabilities.argmax(axis=1), self.window_probabilities.max(axis=1)
        is_command = np.array([label not in NOT_COMMANDS for label in self.labels])
        found = np.where((highest >= threshold) & is_command[classes], classes, -1)
        edges = np.flatnonzero(np.diff(found, prepend=-2, append=-2))
        clearest = [
            (found[first], first + int(highest[first:end].argmax()))
            for first, end in pairwise(edges.tolist())
        ]
        return tuple(
            HeardKeyword(self.labels[label], float(highest[window]), *self._window_s(window))
            for label, window in clearest
            if label >= 0
        )

    def _window_s(self, window: int) -> tuple[float, float]:
        """Where a window begins and ends; a single one is the whole recording."""
        if len(self.window_times_s) == 1:
            return self.start_s, self.end_s
        start_s = float(self.window_times_s[window] - self.window_times_s[0])
        return start_s, start_s + WINDOW_S

    @property
    def is_heard(self) -> bool:
        """Whether a command (not `_unknown_`, not `_silence_`) reaches the threshold."""
        return self.label not in NOT_COMMANDS and self.probability >= self.threshold

    @property
    def label(self) -> str:
        """Name of the most probable class."""
        return self.labels[int(self.probabilities.argmax())]

    @property
    def probability(self) -> float:
        """Probability, 0..1, of the most probable class."""
        return float(self.probabilities.max())


def detect(encoding: Encoding) -> Keywords | None:
    """Pool the keyword head's frame logits, over the recording or over windows of one second.

    Up to 1.5 s the mean is over the whole recording. Beyond that, a window moves in steps of 0.1 s, and the
    one whose strongest command (not `_unknown_`, not `_silence_`) is highest speaks for the recording.

    Args:
        encoding: One recording.

    Returns:
        The probabilities, or None where the checkpoint has no keyword head.
    """
    classes = encoding.classes
    if classes is None or classes.problem is not Problem.KEYWORDS:
        return None
    windows = pooled(encoding, classes)
    probabilities = softmax(windows.logits)
    is_command = [label not in NOT_COMMANDS for label in classes.labels]
    best = int(probabilities[:, is_command].max(axis=1).argmax())
    start_s = float(windows.starts_s[best])
    return Keywords(
        labels=classes.labels,
        probabilities=probabilities[best],
        start_s=start_s,
        end_s=encoding.waveform.duration_s if windows.are_whole else start_s + WINDOW_S,
        window_times_s=windows.times_s,
        window_probabilities=probabilities,
        threshold=DEFAULT_THRESHOLD if classes.threshold is None else classes.threshold,
        layer_weights=classes.layer_weights,
    )
