"""Every figure to take away, drawn from an analysis and what was chosen in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hubert_demo.analysis.timeline.spectrogram import spectrogram
from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.export.choices import Choices
from hubert_demo.export.lettering import lettering, readable
from hubert_demo.plotting.attention import attention_figure, heads_figure
from hubert_demo.plotting.keywords import keywords_figure
from hubert_demo.plotting.layers import layer_curves_figure, layer_figure, layer_grid_figure
from hubert_demo.plotting.style import Figure
from hubert_demo.plotting.timeline import timeline_figure
from hubert_demo.plotting.transcript import transcript_figure


@dataclass(frozen=True)
class Picture:
    """One figure.

    Attributes:
        title: Shown to people. A table of the same title in the same view belongs to it.
        view: Name of the view that it belongs to.
        make: Draws it.
    """

    title: str
    view: str
    make: Callable[[Analysis, Choices], Figure]


def timeline(analysis: Analysis, choices: Choices) -> Figure:
    """Waveform over spectrogram, with the words."""
    waveform = analysis.encoding.waveform
    words = readable(analysis, analysis.transcript).words
    return timeline_figure(waveform.samples, waveform.sample_rate_hz, spectrogram(waveform), words)


def emissions(analysis: Analysis, choices: Choices) -> Figure:
    """Letters over time, with the path that was chosen."""
    show = lettering(analysis)
    found = analysis.emissions()
    return transcript_figure(
        replace(found, labels=tuple(show(label) for label in found.labels)),
        analysis.ctc_encoding.grid,
        readable(analysis, analysis.transcript).words,
        analysis.transcript.frame_token_ids,
    )


def keywords(analysis: Analysis, choices: Choices) -> Figure:
    """Class probabilities, over time and as bars."""
    if analysis.keywords is None:
        raise InputError("No keyword head judged this recording; choose a checkpoint that has one.")
    return keywords_figure(analysis.keywords)


def layer_map(analysis: Analysis, choices: Choices) -> Figure:
    """The chosen layer on the plane, coloured as chosen."""
    assert choices.layer is not None
    return layer_figure(
        analysis.projections(choices.projection),
        choices.layer,
        analysis.colouring(choices.colour, choices.layer, choices.num_units, choices.seed),
        analysis.frame_characters if choices.colour == "letter" else None,
    )


def layer_grid(analysis: Analysis, choices: Choices) -> Figure:
    """All layers side by side."""
    assert choices.layer is not None
    colouring = analysis.colouring(choices.colour, choices.layer, choices.num_units, choices.seed)
    return layer_grid_figure(analysis.projections(choices.projection), colouring)


def layer_curves(analysis: Analysis, choices: Choices) -> Figure:
    """Size and likeness of the layers, and what their units tell of the letters."""
    scores = analysis.unit_scores(choices.num_units, choices.seed) if analysis.transcript.text else None
    return layer_curves_figure(analysis.layer_curves(), scores)


def attention(analysis: Analysis, choices: Choices) -> Figure:
    """The chosen head's map."""
    assert choices.attention_layer is not None
    return attention_figure(
        analysis.attention(choices.attention_layer, choices.head),
        analysis.encoding.span_s,
        choices.attention_layer,
        choices.head,
        readable(analysis, analysis.transcript).words,
    )


def heads(analysis: Analysis, choices: Choices) -> Figure:
    """All heads of all layers, and of what kind they are."""
    return heads_figure(analysis.head_metrics())


PICTURES: dict[str, Picture] = {
    "timeline": Picture("Timeline", "timeline", timeline),
    "emissions_map": Picture("Letters over time", "transcript", emissions),
    "keyword_strip": Picture("Keywords", "keywords", keywords),
    "map_of_layer": Picture("Map of the layer", "layers", layer_map),
    "all_layers": Picture("All layers", "layers", layer_grid),
    "layer_curves": Picture("From layer to layer", "layers", layer_curves),
    "attention_map": Picture("The map shown", "attention", attention),
    "all_heads": Picture("All heads", "attention", heads),
}
"""By the name of the file; adding one is one function and one line here."""
