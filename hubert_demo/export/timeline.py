"""The timeline, to download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubert_demo.analysis.timeline.spectrogram import spectrogram
from hubert_demo.export.exhibits import Exhibit
from hubert_demo.plotting.timeline import timeline_figure

if TYPE_CHECKING:
    from hubert_demo.api import Analysis
    from hubert_demo.export.choices import Choices
    from hubert_demo.plotting.style import Figure


def draw_timeline(analysis: Analysis, choices: Choices) -> Figure:
    """Waveform over spectrogram, with the words."""
    waveform = analysis.encoding.waveform
    words = analysis.transcript.in_reading_case(analysis.ctc.vocabulary).words
    return timeline_figure(waveform.samples, waveform.sample_rate_hz, spectrogram(waveform), words)


EXHIBITS = (Exhibit("timeline", "Timeline", "timeline", draw_timeline, parts=("transcript",)),)
