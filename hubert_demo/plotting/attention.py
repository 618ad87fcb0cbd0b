"""Where each moment looks."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from hubert_demo.analysis.ctc import Word
from hubert_demo.plotting.style import INK, INK_RAMP, frame_span_s, new_figure, tidy, write_words


def attention_figure(
    attention: npt.NDArray[np.float32],
    frame_times_s: npt.NDArray[np.float64],
    layer: int,
    head: int,
    words: Sequence[Word] = (),
) -> Figure:
    """Draw one head's attention map; the colour follows the square root, so that faint attention shows.

    Args:
        attention: `(frames, frames)`, rows sum to one; pooled maps will do.
        frame_times_s: Centres of the recording's frames.
        layer: For the title, as in the API.
        head: For the title, as in the API.
        words: Written above, at their times.

    Returns:
        A figure with one picture: rows, from the top, look at columns.
    """
    start_s, end_s = frame_span_s(frame_times_s)
    figure = new_figure(7, 6.5)
    axes = figure.subplots()
    picture = axes.imshow(
        attention,
        cmap=INK_RAMP,
        norm=PowerNorm(0.5, vmin=0, vmax=float(attention.max())),
        interpolation="nearest",
        extent=(start_s, end_s, end_s, start_s),
    )
    axes.set_xlabel("looked at (s)")
    axes.set_ylabel("looking (s)")
    figure.suptitle(f"layer {layer} · head {head}", fontsize=11, color=INK)
    figure.colorbar(picture, ax=axes, label="attention", fraction=0.04, pad=0.02)
    write_words(axes, words)
    tidy(axes)
    return figure
