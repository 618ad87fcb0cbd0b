"""How probable every letter is at every moment."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hubert_demo.analysis.ctc import Word
from hubert_demo.plotting.style import INK_RAMP, frame_span_s, new_figure, tidy, write_words


def transcript_figure(
    probabilities: npt.NDArray[np.float64],
    vocabulary: Sequence[str],
    frame_times_s: npt.NDArray[np.float64],
    words: Sequence[Word] = (),
) -> Figure:
    """Draw letters over time; the blank and other tokens that stand for no letter are left out.

    Args:
        probabilities: `(frames, vocabulary)`, 0..1.
        vocabulary: Token of each column.
        frame_times_s: `(frames,)`, centres of the frames.
        words: Written above, at their times.

    Returns:
        A figure with one picture, letters in alphabetical order from the top.
    """
    letters = sorted((token, column) for column, token in enumerate(vocabulary) if len(token) == 1)
    start_s, end_s = frame_span_s(frame_times_s)
    figure = new_figure(10, 5.5)
    axes = figure.subplots()
    picture = axes.imshow(
        probabilities[:, [column for _, column in letters]].T,
        cmap=INK_RAMP,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(start_s, end_s, len(letters) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(letters)), ["space" if token == "|" else token for token, _ in letters])
    axes.set_ylabel("letter")
    axes.set_xlabel("time (s)")
    figure.colorbar(picture, ax=axes, label="probability", fraction=0.03, pad=0.01)
    write_words(axes, words)
    tidy(axes)
    return figure
