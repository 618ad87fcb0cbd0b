"""The guided tour: five steps through one recording, with numbers that are computed from it on the spot."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hubert_demo.analysis.attention.heads import KINDS, NEAR_S, attention_within
from hubert_demo.analysis.layers.units import NothingToPredict, UnitScores
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.ui.views.base import Json

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
    stops = [_words(analysis), _sound(analysis), _letters(analysis), _attention(analysis), _command(analysis)]
    return {"steps": [vars(stop) for stop in stops]}


def _words(analysis: Analysis) -> Step:
    encoding, words = analysis.encoding, analysis.transcript.words
    writer = _whose(analysis, analysis.sources.transcript)
    cut = (
        f"The model cut these {encoding.waveform.duration_s:.1f} seconds into {encoding.num_frames} moments, "
        f"{1000 * encoding.grid.hop_s:.0f} ms apart, and{writer} wrote a letter or nothing for each."
    )
    if not words:
        return Step("From sound to letters", f"{cut} Here it wrote nothing.", "transcript", {})
    show = reading_case(analysis.ctc.vocabulary)
    doubtful = min(words, key=lambda word: word.confidence)
    text = (
        f"{cut} Of {_counted(len(words), 'word')} it was least sure of “{show(doubtful.text)}” "
        f"({_percent(doubtful.confidence)}): click it and judge for yourself."
    )
    return Step("From sound to letters", text, "transcript", {}, doubtful.start_s)


def _sound(analysis: Analysis) -> Step:
    text = (
        "Before the first layer, moments lie together that sound alike: here they are coloured by "
        "loudness, from the faintest to the loudest."
    )
    scores = _unit_scores(analysis)
    if scores is not None:
        text += (
            f" Sorted into {scores.num_units} groups, they tell {_percent(scores.pnmi[0])} of what there is "
            f"to know about the letters that the model wrote, {_percent(scores.pnmi_by_chance[0])} by chance."
        )
    return Step("What goes in", text, "layers", {"layer": 0, "colour": "energy"})


def _letters(analysis: Analysis) -> Step:
    title, last = "Where letters appear", analysis.encoding.num_layers
    scores = _unit_scores(analysis)
    if scores is None:
        found = "Too few letters" if analysis.transcript_greedy.text else "No letters"
        text = (
            f"{found} were recognised here to say which layer tells them. Drag the slider from 0 to {last} "
            "and watch what gathers."
        )
        return Step(title, text, "layers", {"layer": last, "colour": "time"})
    above_chance = scores.pnmi - scores.pnmi_by_chance
    best = 1 + int(np.argmax(above_chance[1:]))
    text = (
        f"In layer {best} such groups tell {_percent(scores.pnmi[best])} of what there is to know about the "
        f"letters that the model wrote, {_percent(scores.pnmi_by_chance[best])} by chance; at the input "
        f"{_percent(scores.pnmi[0])}, {_percent(scores.pnmi_by_chance[0])} by chance. "
    )
    if best == last:
        text += "It wrote them from this very layer. "
    if above_chance[best] > above_chance[0]:
        text += f"Drag the slider from 0 to {best} and watch equal letters gather."
    else:
        text += "In this recording no layer is further above chance than the input."
    return Step(title, text, "layers", {"layer": best, "colour": "letter"})


def _unit_scores(analysis: Analysis) -> UnitScores | None:
    """None where there are too few letters to tell."""
    try:
        return analysis.unit_scores()
    except NothingToPredict:
        return None


def _attention(analysis: Analysis) -> Step:
    metrics = analysis.head_metrics()
    kinds = metrics.kinds
    diagonal = kinds == "diagonal"
    candidates = np.where(diagonal, metrics.diagonality, -np.inf) if diagonal.any() else metrics.diagonality
    layer, head = (int(number) for number in np.unravel_index(candidates.argmax(), candidates.shape))
    number = {kind: int((kinds == kind).sum()) for kind in KINDS}
    text = (
        f"Compared with one another, {number['diagonal']} of {_counted(kinds.size, 'head')} look near "
        f"(diagonal), {number['vertical']} at the same few moments (vertical), {number['global']} everywhere "
        f"(global). Head {head + 1} of layer {layer + 1} "
    )
    text += "is the most diagonal one: " if diagonal.any() else "comes nearest to being diagonal: "
    reach_frames = analysis.encoding.grid.frames_within(NEAR_S)
    share, by_chance = attention_within(analysis.attention(layer, head), reach_frames)
    text += (
        f"{_percent(share)} of its gaze stays within a tenth of a second, {_percent(by_chance)} would by "
        "chance."
    )
    return Step("Who looks where", text, "attention", {"attention_layer": layer, "head": head})


def _command(analysis: Analysis) -> Step:
    keywords = analysis.keywords
    if keywords is None:
        return Step("One question, all layers", "This model has no keyword head.", "keywords", {})
    listener = _whose(analysis, analysis.sources.keywords) or " the model"
    heard = [f"“{command.label}” ({_percent(command.probability)})" for command in keywords.heard]
    answer = f"Asked second by second for {len(keywords.labels)} classes,{listener} heard " + (
        f"{', '.join(heard)}." if heard else "no command."
    )
    weights = keywords.layer_weights
    mix = ""
    if weights is not None:
        most = int(weights.argmax())
        mix = f" It mixes all layers for that, and listens most to layer {most} ({_percent(weights.max())})."
    return Step("One question, all layers", answer + mix, "keywords", {}, keywords.start_s)


def _whose(analysis: Analysis, title: str | None) -> str:
    """The title of the model that did something, after a space, where it is not the chosen one; else ""."""
    return "" if title in (None, analysis.checkpoint.title) else f" “{title}”"


def _percent(share: Any) -> str:
    return f"{float(share):.0%}".replace("%", "\u00a0%")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
