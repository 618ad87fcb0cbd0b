"""Type, as Gradio wants it."""

import gradio as gr


def theme() -> gr.themes.Base:
    """IBM Plex Sans and Mono in their two complete weights; colours are in `static/core/tokens.css`."""
    sans, mono = (
        gr.themes.LocalFont(name, weights=(400, 700)) for name in ("IBM Plex Sans", "IBM Plex Mono")
    )
    return gr.themes.Base(font=[sans, "sans-serif"], font_mono=[mono, "monospace"])
