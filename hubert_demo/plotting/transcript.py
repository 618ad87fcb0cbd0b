"""How probable every letter is at every moment, and which of them were chosen."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from hubert_demo.analysis.transcript.collapse import merge_repeats
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.plotting.labels import leave_out_crowded, write_words_above
from hubert_demo.plotting.style import (
    INK_RAMP,
    NOW,
    frame_span_s,
    new_figure,
    tidy,
)

_SPACE = "|"
_HOP_S = 0.02


def transcript_figure(
    probabilities: npt.NDArray[np.float64],
    vocabulary: Sequence[str],
    frame_times_s: npt.NDArray[np.float64],
    words: Sequence[Word] = (),
    frame_token_ids: Sequence[int] | npt.NDArray[np.int64] = (),
) -> Figure:
    """Draw letters over time; the blank and other tokens that stand for no letter are left out.

    Args:
        probabilities: `(frames, vocabulary)`, 0..1.
        vocabulary: Token of each column.
        frame_times_s: `(frames,)`, centres of the frames.
        words: Written above, at their times, as far as there is room.
        frame_token_ids: `(frames,)`, the best path: its letters are written beside their cells, as far as
            there is room. None by default.

    Returns:
        A figure with one picture: the space on top, then letters in alphabetical order.
    """
    letters = sorted(
        ((token, column) for column, token in enumerate(vocabulary) if len(token) == 1),
        key=lambda letter: (letter[0] != _SPACE, letter),
    )
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
    axes.set_yticks(range(len(letters)), ["space" if token == _SPACE else token for token, _ in letters])
    axes.set_ylabel("letter")
    axes.set_xlabel("time (s)")
    figure.colorbar(picture, ax=axes, label="probability", fraction=0.03, pad=0.01)
    rows = {column: row for row, (token, column) in enumerate(letters) if token != _SPACE}
    path = [int(token_id) for token_id in frame_token_ids]
    labels = [write_words_above(axes, words), *_write_path(axes, path, vocabulary, rows, start_s)]
    tidy(axes)
    leave_out_crowded(figure, labels)
    return figure


def _write_path(
    axes: Axes,
    frame_token_ids: Sequence[int],
    vocabulary: Sequence[str],
    rows: dict[int, int],
    start_s: float,
) -> list[list[Text]]:
    """Each letter of the best path to the right of its cells; gives those of every row."""
    written: dict[int, list[Text]] = {row: [] for row in rows.values()}
    for run in merge_repeats(frame_token_ids):
        if run.token_id in rows:
            letter = axes.annotate(
                vocabulary[run.token_id],
                (start_s + run.end_frame * _HOP_S, rows[run.token_id]),
                xytext=(1.5, 0),
                textcoords="offset points",
                va="center",
                color=NOW,
                fontsize=8,
                fontweight="bold",
                annotation_clip=True,
            )
            # They lie in the picture; a thousand of them would only keep the layout busy.
            letter.set_in_layout(False)
            written[rows[run.token_id]].append(letter)
    return list(written.values())
