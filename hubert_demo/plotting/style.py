"""Colours and the few things that every figure does alike.

Figures are built directly, without matplotlib's global state, so that threads can draw at the same time.
"""

import io
import itertools
import re
import textwrap
from collections import defaultdict

from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from hubert_demo.plotting.palette import HAIRLINE, INK, INK_STOPS, SECOND_INK, TIME_STOPS

__all__ = ["Figure", "new_figure", "rendered", "say_changed", "sign", "tidy"]

INK_RAMP: Colormap = LinearSegmentedColormap.from_list("ink", INK_STOPS)
TIME_RAMP: Colormap = LinearSegmentedColormap.from_list("time", TIME_STOPS)

_SIGNATURE_IN = 0.18
# Of what was changed, above a figure.
_LETTERS_PER_IN = 13
_MAX_LINES = 3

# A prefix and ten digits of a hash, where an id is given (`id="…"`) and where it is used (`#…`).
_SVG_ID = re.compile(r'(\bid="|#)((?:C[0-9a-f]+_[0-9a-f]+_)?[A-Za-z_]*)([0-9a-f]{10})(?=["\)])')


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty white figure that arranges itself."""
    return Figure(figsize=(width_in, height_in), layout="constrained", facecolor="white")


def sign(figure: Figure, text: str) -> None:
    """Write a line at a figure's foot, beneath all that is in it; none where the text is empty."""
    if not text:
        return
    engine = figure.get_layout_engine()
    assert isinstance(engine, ConstrainedLayoutEngine)
    height = _SIGNATURE_IN / figure.get_figheight()
    engine.set(rect=(0, height, 1, 1 - height))
    figure.text(0.99, 0.2 * height, text, ha="right", va="bottom", fontsize=7, color=SECOND_INK)


def say_changed(figure: Figure, changes: str) -> None:
    """Write above a figure what was changed inside the model, beneath its title if it has one.

    Args:
        figure: To be drawn.
        changes: In words; nothing is written where they are empty.
    """
    if not changes:
        return
    lines = textwrap.wrap(f"Changed: {changes}", int(_LETTERS_PER_IN * figure.get_figwidth()))
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], f"{lines[_MAX_LINES - 1]} …"]
    title = figure.get_suptitle()
    figure.suptitle("\n".join([title, *lines] if title else lines), fontsize=10, color=INK)


def rendered(figure: Figure, file_format: str) -> bytes:
    """A figure as a file.

    Args:
        figure: To be drawn.
        file_format: `"png"` or `"svg"`; the same figure gives the same bytes.
    """
    stream = io.BytesIO()
    metadata = {"Date": None} if file_format == "svg" else {}
    figure.savefig(stream, format=file_format, dpi=160, metadata=metadata)
    content = stream.getvalue()
    return _with_counted_ids(content) if file_format == "svg" else content


def _with_counted_ids(svg: bytes) -> bytes:
    """The same with names in order of mention instead of matplotlib's random ones.

    matplotlib's own remedy, `svg.hashsalt`, is a setting of the whole process.
    """
    numbers: defaultdict[str, int] = defaultdict(itertools.count(1).__next__)
    return _SVG_ID.sub(
        lambda found: f"{found[1]}{found[2]}{numbers[found[2] + found[3]]}", svg.decode()
    ).encode()


def tidy(axes: Axes) -> None:
    """Thin grey frame, ink labels."""
    axes.spines[:].set_color(HAIRLINE)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=SECOND_INK, labelsize=9)
