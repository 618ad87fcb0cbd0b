"""Waveform over spectrogram, on one scale of time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hubert_demo.analysis.timeline.spectrogram import Spectrogram
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.plotting.labels import leave_out_crowded, write_words_above
from hubert_demo.plotting.palette import WAVEFORM
from hubert_demo.plotting.style import INK_RAMP, new_figure, tidy


def timeline_figure(
    samples: npt.NDArray[np.float32],
    sample_rate_hz: int,
    spectrogram: Spectrogram,
    words: Sequence[Word] = (),
) -> Figure:
    """Draw a recording.

    Args:
        samples: `(num_samples,)`.
        sample_rate_hz: Samples per second.
        spectrogram: That of the same recording.
        words: Written above, at their times, as far as there is room.

    Returns:
        A figure with two axes: waveform and spectrogram.
    """
    figure = new_figure(10, 4)
    waveform_axes, spectrogram_axes = figure.subplots(2, 1, sharex=True, height_ratios=[1, 2])
    waveform_axes.plot(np.arange(len(samples)) / sample_rate_hz, samples, color=WAVEFORM, linewidth=0.6)
    waveform_axes.set_ylabel("amplitude")
    labels = write_words_above(waveform_axes, words)
    spectrogram_axes.pcolormesh(
        spectrogram.times_s,
        spectrogram.frequencies_hz / 1000,
        spectrogram.decibels,
        cmap=INK_RAMP,
        shading="nearest",
        rasterized=True,
    )
    duration_s = len(samples) / sample_rate_hz
    spectrogram_axes.set(xlabel="time (s)", ylabel="frequency (kHz)", xlim=(0, duration_s))
    for axes in (waveform_axes, spectrogram_axes):
        tidy(axes)
    leave_out_crowded(figure, [labels])
    return figure
