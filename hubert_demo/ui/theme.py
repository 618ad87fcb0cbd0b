"""Type, and the static files as Gradio wants them."""

from pathlib import Path

import gradio as gr

_STATIC = Path(__file__).parent / "static"
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


def head() -> str:
    """All scripts, the store first, on which the others hang; and, once more, the styles.

    Gradio puts its own prefix before `css`, which loses rules for the page itself inside media queries; in
    the head alone they would lose against Gradio's. So they go to both.
    """
    files = sorted(_STATIC.glob("*.js"), key=lambda file: (file.stem != "store", file.name))
    scripts = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return f"<style>\n{css()}\n</style>\n<script>\n{scripts}\n</script>"
