"""Where recordings come in."""

import gradio as gr


def recorder() -> gr.Audio:
    """Microphone and upload in one; its own player is hidden, because the timeline plays."""
    return gr.Audio(
        sources=["microphone", "upload"],
        type="filepath",
        label="Your recording",
        show_label=False,
        editable=False,
        buttons=[],
        waveform_options=gr.WaveformOptions(waveform_color="#6697b8"),
        elem_id="hx-recorder",
    )
