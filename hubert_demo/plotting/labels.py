"""Words beside the pictures, at their times: as many as there is room for."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, Transform, offset_copy

from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.plotting.palette import ACTION, INK

_LONGEST = 24
# Away from the axes.
_BRACKET_PT = 5
_TEXT_PT = 11
# Between two labels; fonts differ a little from one file format to the other.
_LEAST_GAP_PX = 2


def write_words_above(axes: Axes, words: Iterable[Word]) -> list[Text]:
    """Each word above the axes at its time, over a bracket as long as the word.

    Returns:
        The labels in order of time, for `leave_out_crowded` to thin out.
    """
    return _write(axes, words, axes.get_xaxis_transform(), (0, 1), rotation=45, rotation_mode="anchor")


def write_words_beside(axes: Axes, words: Iterable[Word]) -> list[Text]:
    """Each word right of the axes at its time, behind a bracket as long as the word; as above."""
    return _write(axes, words, axes.get_yaxis_transform(), (1, 0), verticalalignment="center")


def _write(
    axes: Axes, words: Iterable[Word], transform: Transform, away: tuple[int, int], **style: Any
) -> list[Text]:
    """Each word with its bracket; `away` from the axes is either to the right, `(1, 0)`, or up, `(0, 1)`."""
    bracket, text = (
        offset_copy(transform, axes.get_figure(root=True), right_pt, up_pt, units="points")
        for right_pt, up_pt in np.outer((_BRACKET_PT, _TEXT_PT), away)
    )
    labels = []
    for word in words:
        span, edge = [word.start_s, word.end_s], [1.0, 1.0]
        xs, ys = (edge, span) if away == (1, 0) else (span, edge)
        axes.plot(xs, ys, transform=bracket, color=ACTION, lw=2, solid_capstyle="butt", clip_on=False)
        short = word.text if len(word.text) <= _LONGEST else f"{word.text[: _LONGEST - 2]}…"
        middle = sum(xs) / 2, sum(ys) / 2
        labels.append(axes.text(*middle, short, transform=text, color=INK, fontsize=8, **style))
    return labels


def leave_out_crowded(figure: Figure, rows: Iterable[Sequence[Text]]) -> None:
    """Remove each label that would touch an earlier one of its row.

    Args:
        figure: Complete but for this: where labels lie depends on all that is in it.
        rows: Labels that may touch each other, all turned by the same angle.
    """
    renderer: RendererAgg = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    figure.draw_without_rendering()
    for row in rows:
        kept: list[Bbox] = []
        for label in row:
            box = _box(label, renderer)
            if box.count_overlaps(kept):
                label.remove()
            else:
                kept.append(box.padded(_LEAST_GAP_PX))


def _box(label: Text, renderer: RendererAgg) -> Bbox:
    """Where a label lies, in pixels of axes that are turned as the label is."""
    angle = label.get_rotation()
    label.set_rotation(0)
    box = label.get_window_extent(renderer)
    label.set_rotation(angle)
    anchor = label.get_transform().transform(label.get_position())
    moved = Affine2D().rotate_deg(-angle).transform(anchor) - anchor
    return Bbox(box.get_points() + moved)
