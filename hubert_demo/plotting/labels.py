"""Words beside the pictures, at their times: as many as there is room for."""

from collections.abc import Iterable, Sequence

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
    transform = axes.get_xaxis_transform()
    bracket, text = (_moved(axes, transform, 0, points) for points in (_BRACKET_PT, _TEXT_PT))
    labels = []
    for word in words:
        _bracket(axes, bracket, [word.start_s, word.end_s], [1, 1])
        labels.append(_label(axes, text, (word.start_s + word.end_s) / 2, 1, word.text))
        labels[-1].set(rotation=45, rotation_mode="anchor")
    return labels


def write_words_beside(axes: Axes, words: Iterable[Word]) -> list[Text]:
    """Each word right of the axes at its time, behind a bracket as long as the word; as above."""
    transform = axes.get_yaxis_transform()
    bracket, text = (_moved(axes, transform, points, 0) for points in (_BRACKET_PT, _TEXT_PT))
    labels = []
    for word in words:
        _bracket(axes, bracket, [1, 1], [word.start_s, word.end_s])
        labels.append(_label(axes, text, 1, (word.start_s + word.end_s) / 2, word.text))
        labels[-1].set(verticalalignment="center")
    return labels


def _moved(axes: Axes, transform: Transform, right_pt: float, up_pt: float) -> Transform:
    return offset_copy(transform, axes.get_figure(root=True), right_pt, up_pt, units="points")


def _bracket(axes: Axes, transform: Transform, xs: list[float], ys: list[float]) -> None:
    axes.plot(xs, ys, transform=transform, color=ACTION, lw=2, solid_capstyle="butt", clip_on=False)


def _label(axes: Axes, transform: Transform, x: float, y: float, text: str) -> Text:
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]}…"
    return axes.text(x, y, short, transform=transform, color=INK, fontsize=8)


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
