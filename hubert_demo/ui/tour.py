"""The guided tour: five steps through one recording, told in figures computed from it there and then."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json

_NEAR_S = 0.1

TEMPLATE = '<div class="hx-root hx-tour" data-testid="tour"></div>'


@dataclass(frozen=True)
class Step:
    """One stop of the tour.

    Attributes:
        title: A few words.
        text: Two sentences: what there is to see, with its figures.
        view: Name of the view to open.
        choices: What to choose there.
        time_s: Where the clock is put; None leaves it.
    """

    title: str
    text: str
    view: str
    choices: Json
    time_s: float | None = None


def steps(analysis: Analysis, request: Json) -> Json:
    """All five steps as JSON; the browser shows one after the other."""
    stops = [_words(analysis), _sound(analysis), _letters(analysis), _gaze(analysis), _command(analysis)]
    return {"steps": [vars(stop) for stop in stops]}


def _words(analysis: Analysis) -> Step:
    encoding, words = analysis.encoding, analysis.transcript.words
    cut = (
        f"The model cut these {encoding.waveform.duration_s:.1f} seconds into {encoding.num_frames} moments, "
        "20 ms apart, and wrote a letter or nothing for each."
    )
    if not words:
        return Step("From sound to letters", f"{cut} Here it wrote nothing.", "transcript", {})
    doubtful = min(words, key=lambda word: word.confidence)
    text = (
        f"{cut} Of {_counted(len(words), 'word')} it was least sure of “{doubtful.text.lower()}” "
        f"({_percent(doubtful.confidence)}): click it and judge for yourself."
    )
    return Step("From sound to letters", text, "transcript", {}, doubtful.start_s)


def _sound(analysis: Analysis) -> Step:
    text = (
        "Before the first layer, moments lie together that sound alike: here they are coloured by "
        "loudness, from the faintest to the loudest."
    )
    if analysis.transcript.text:
        scores = analysis.unit_scores()
        text += (
            f" Sorted into {scores.num_units} groups, they tell {_percent(scores.pnmi[0])} of what there is "
            "to know about which letter is being said."
        )
    return Step("What goes in", text, "layers", {"layer": 0, "colour": "energy"})


def _letters(analysis: Analysis) -> Step:
    title, last = "Where letters appear", analysis.encoding.num_layers
    if not analysis.transcript.text:
        text = (
            f"No letters were recognised here. Drag the slider from 0 to {last} and watch what gathers "
            "instead."
        )
        return Step(title, text, "layers", {"layer": last, "colour": "time"})
    scores = analysis.unit_scores()
    best = int(np.argmax(scores.pnmi))
    text = (
        f"In layer {best} such groups tell {_percent(scores.pnmi[best])} about the letters, against "
        f"{_percent(scores.pnmi[0])} at the input. Drag the slider from 0 to {best} and watch equal letters "
        "gather."
    )
    return Step(title, text, "layers", {"layer": best, "colour": "letter"})


def _gaze(analysis: Analysis) -> Step:
    metrics = analysis.head_metrics()
    layer, head = np.unravel_index(int(metrics.diagonality.argmax()), metrics.diagonality.shape)
    attention = analysis.attention(int(layer), int(head))
    times = analysis.encoding.frame_times_s
    near = np.abs(times[:, np.newaxis] - times) <= _NEAR_S
    share = float((attention * near).sum(axis=1).mean())
    kinds = [kind for row in metrics.kinds for kind in row]
    text = (
        f"Head {head + 1} of layer {layer + 1} looks nearest of all: {_percent(share)} of its gaze stays "
        f"within a tenth of a second. Of {len(kinds)} heads, {kinds.count('diagonal')} are diagonal like it, "
        f"{kinds.count('vertical')} stare at the same few moments, {kinds.count('global')} look everywhere."
    )
    return Step("Who looks where", text, "attention", {"attention_layer": int(layer), "head": int(head)})


def _command(analysis: Analysis) -> Step:
    heard = analysis.keywords
    if heard is None:
        return Step("One question, all layers", "This model has no keyword head.", "keywords", {})
    answer = (
        f"Asked which of {len(heard.labels)} classes it heard, the model says “{heard.label.strip('_')}” "
        f"with {_percent(heard.probability)}."
    )
    weights = heard.layer_weights
    mix = ""
    if weights is not None:
        most = int(weights.argmax())
        mix = f" It mixes all layers for that, and listens most to layer {most} ({_percent(weights.max())})."
    return Step("One question, all layers", answer + mix, "keywords", {}, heard.start_s)


def _percent(share: Any) -> str:
    return f"{float(share):.0%}".replace("%", " %")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
