"""Waveform over spectrogram, or spectrograms one over the other, on one scale of time."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hubert_demo.analysis.timeline.spectrogram import Spectrogram
from hubert_demo.analysis.transcript.ctc import Word
from hubert_demo.plotting.labels import leave_out_crowded, write_words_above
from hubert_demo.plotting.palette import INK, WAVEFORM
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
    _draw_spectrogram(spectrogram_axes, spectrogram)
    duration_s = len(samples) / sample_rate_hz
    spectrogram_axes.set(xlabel="time (s)", xlim=(0, duration_s))
    for axes in (waveform_axes, spectrogram_axes):
        tidy(axes)
    leave_out_crowded(figure, [labels])
    return figure


def spectrograms_figure(spectrograms: Mapping[str, Spectrogram]) -> Figure:
    """Draw several sounds of the same length, to compare.

    Args:
        spectrograms: By what each is of, which is written above it.

    Returns:
        A figure with one axes for each, top to bottom.
    """
    figure = new_figure(10, 2.6 * len(spectrograms))
    rows = figure.subplots(len(spectrograms), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, spectrogram) in zip(rows, spectrograms.items(), strict=True):
        _draw_spectrogram(axes, spectrogram)
        axes.set_title(name, fontsize=10, color=INK, loc="left")
        tidy(axes)
    rows[-1].set_xlabel("time (s)")
    return figure


def _draw_spectrogram(axes: Axes, spectrogram: Spectrogram) -> None:
    axes.pcolormesh(
        spectrogram.times_s,
        spectrogram.frequencies_hz / 1000,
        spectrogram.decibels,
        cmap=INK_RAMP,
        shading="nearest",
        rasterized=True,
    )
    axes.set_ylabel("frequency (kHz)")
