"""How probable every letter is in every frame, and which of them were chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from hubert_demo.analysis.transcript.collapse import merge_repeats
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.analysis.transcript.emissions import NOT_LETTERS, Emissions
from hubert_demo.encoding import FrameGrid
from hubert_demo.plotting.labels import leave_out_crowded, write_words_above
from hubert_demo.plotting.palette import ACTION, INK, NOW, SECOND_INK
from hubert_demo.plotting.style import INK_RAMP, new_figure, tidy

if TYPE_CHECKING:
    from hubert_demo.experiments.lens import Lens

_READ_OUTS = {
    "head": ("the CTC head as it is", SECOND_INK, "s"),
    "affine": ("the head behind an affine map", NOW, "^"),
    "linear": ("a linear read-out of each layer", ACTION, "o"),
}


def transcript_figure(
    emissions: Emissions,
    grid: FrameGrid,
    words: Sequence[Word] = (),
    frame_token_ids: Sequence[int] | npt.NDArray[np.int64] = (),
) -> Figure:
    """Draw letters over time.

    Args:
        emissions: Probabilities of the letters, and the names of their rows.
        grid: Where the frames lie in time.
        words: Written above, at their times, as far as there is room.
        frame_token_ids: `(frames,)`, the best path: its letters are written beside their cells, as far as
            there is room. None by default.

    Returns:
        A figure with one picture, a row a letter in the order of `emissions`.
    """
    labels, num_frames = emissions.labels, len(emissions.probabilities)
    figure = new_figure(10, 5.5)
    axes = figure.subplots()
    picture = axes.imshow(
        emissions.probabilities.T,
        cmap=INK_RAMP,
        vmin=0,
        vmax=1,
        aspect="auto",
        interpolation="nearest",
        extent=(grid.start_s(0), grid.start_s(num_frames), len(labels) - 0.5, -0.5),
    )
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="time (s)", ylabel="letter")
    figure.colorbar(picture, ax=axes, label="probability", fraction=0.03, pad=0.01)
    written = [write_words_above(axes, words), *_write_path(axes, frame_token_ids, emissions, grid)]
    tidy(axes)
    leave_out_crowded(figure, written)
    return figure


def lens_figure(lens: Lens) -> Figure:
    """Draw the character errors of every layer, by each read-out, with what chance would have.

    Args:
        lens: A recording read at every layer.

    Returns:
        A figure with one curve for each read-out, and a dotted one for chance by the best of them.
    """
    figure = new_figure(6.4, 3.8)
    axes = figure.subplots()
    for name, (label, colour, marker) in _READ_OUTS.items():
        if name in lens.read_outs:
            axes.plot(lens.read_outs[name].cer, marker=marker, color=colour, label=label)
    axes.plot(lens.best.cer_by_chance, color=SECOND_INK, linestyle=":", label="letters in random order")
    axes.set_xticks(range(len(lens.best.texts)))
    axes.set_xlabel("layer (0: input of the first)", color=INK)
    axes.set_ylim(bottom=0)
    against = "the text that was given" if lens.is_reference else "the model's own greedy transcript"
    axes.set_title(f"Character errors against {against}", fontsize=10, color=INK, loc="left")
    axes.legend(frameon=False, fontsize=8)
    tidy(axes)
    return figure


def _write_path(axes: Axes, path: Iterable[int], emissions: Emissions, grid: FrameGrid) -> list[list[Text]]:
    """Each letter of the best path to the right of its cells; gives those of every row."""
    row_of = {token_id: row for row, token_id in enumerate(emissions.token_ids.tolist())}
    written: list[list[Text]] = [[] for _ in row_of]
    for run in merge_repeats(path):
        row = row_of.get(run.token_id)
        # Neither the space nor the blank is a letter to write.
        if row is not None and emissions.labels[row] not in NOT_LETTERS:
            letter = axes.annotate(
                emissions.labels[row],
                (grid.start_s(run.end_frame), row),
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
            written[row].append(letter)
    return written
