"""Type, as Gradio wants it."""

import gradio as gr


def theme() -> gr.themes.Base:
    """IBM Plex Sans in its two complete weights; colours are in `static/core/tokens.css`."""
    return gr.themes.Base(font=[gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700)), "sans-serif"])
