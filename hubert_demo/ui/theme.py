"""Type, and the static files as Gradio wants them."""

from collections.abc import Iterable
from pathlib import Path

import gradio as gr

from hubert_demo.ui.views import VIEWS
from hubert_demo.ui.views.base import View

_STATIC = Path(__file__).parent / "static"
_LAYERS = ("layer_colours", "layer_map", "layer_grid", "layer_curves", "layer_settings")
_TRANSCRIPT = ("emissions", "steps", "readings", "alignment")
_PARTS = ("words", "attention_map", "heads", *_LAYERS, *_TRANSCRIPT)
_SCRIPTS = (
    "store",
    "clock",
    "paint",
    "session",
    "recorder",
    "picker",
    "timeline",
    "take",
    "tour",
    *_PARTS,
)
_STYLES = (
    "tokens",
    "frame",
    "timeline",
    "input",
    "picker",
    "views",
    "maps",
    "keywords",
    "heads",
    "layers",
    "transcript",
    "take",
    "tour",
)


def theme() -> gr.themes.Base:
    """IBM Plex Sans in its two complete weights; colours are in `static/tokens.css`."""
    return gr.themes.Base(font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "sans-serif"])


def css() -> str:
    """All styles, one after the other."""
    return "\n".join((_STATIC / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES)


def head(views: Iterable[View] = VIEWS) -> str:
    """All scripts, those of the views last, and, once more, the styles.

    Gradio puts its own prefix before `css`, which loses rules for the page itself inside media queries; in
    the head alone they would lose against Gradio's. So they go to both.

    Args:
        views: The tabs of the page.
    """
    names = (*_SCRIPTS, *(view.name for view in views))
    scripts = "\n".join((_STATIC / f"{name}.js").read_text(encoding="utf-8") for name in names)
    return f"<style>\n{css()}\n</style>\n<script>\n{scripts}\n</script>"
