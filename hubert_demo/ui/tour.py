"""The guided tour: five steps through one recording, with numbers that are computed from it on the spot."""

from dataclasses import dataclass

import numpy as np

from hubert_demo.analysis.attention.heads import KINDS, NEAR_S, attention_within
from hubert_demo.analysis.layers.units import NothingToPredict, UnitScores
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.api import Analysis
from hubert_demo.percent import percent
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
    writer = _who(analysis, analysis.sources.transcript, "It")
    cut = (
        f"The model cut these {encoding.waveform.duration_s:.1f} seconds into {encoding.num_frames} frames, "
        f"one every {1000 * encoding.grid.hop_s:.0f} ms. {writer} chose a letter, or none, for each frame."
    )
    if not words:
        return Step("From sound to letters", f"{cut} Here it recognised no words.", "transcript", {})
    show = reading_case(analysis.ctc.vocabulary)
    doubtful = min(words, key=lambda word: word.confidence)
    word, sure = f"“{show(doubtful.text)}”", percent(doubtful.confidence)
    least = f"It was {sure} sure of its only word, {word}"
    if len(words) > 1:
        least = f"Of the {len(words)} words, it was least sure of {word} ({sure})"
    text = f"{cut} {least}: click the word and judge for yourself."
    return Step("From sound to letters", text, "transcript", {}, doubtful.start_s)


def _sound(analysis: Analysis) -> Step:
    text = (
        "Before the first layer, frames that sound similar lie close together. Here they are coloured by "
        "loudness, from the quietest to the loudest."
    )
    scores = _unit_scores(analysis)
    if scores is not None:
        text += (
            f" Knowing which of {scores.num_units} clusters a frame is in removes {percent(scores.pnmi[0])} "
            f"of the uncertainty about its letter ({percent(scores.pnmi_by_chance[0])} by chance)."
        )
    return Step("What goes in", text, "layers", {"layer": 0, "colour": "energy"})


def _letters(analysis: Analysis) -> Step:
    title, last = "Where letters appear", analysis.encoding.num_layers
    scores = _unit_scores(analysis)
    if scores is None:
        found = "Too few letters" if analysis.transcript_greedy.text else "No letters"
        text = (
            f"{found} were recognised here to say which layer predicts them best. Drag the slider from 0 to "
            f"{last} and watch which dots move together."
        )
        return Step(title, text, "layers", {"layer": last, "colour": "time"})
    above_chance = scores.pnmi - scores.pnmi_by_chance
    best = 1 + int(np.argmax(above_chance[1:]))
    text = (
        f"In layer {best}, knowing a frame’s cluster removes {percent(scores.pnmi[best])} of the uncertainty "
        f"about its letter ({percent(scores.pnmi_by_chance[best])} by chance); at the input, "
        f"{percent(scores.pnmi[0])} ({percent(scores.pnmi_by_chance[0])} by chance). "
    )
    if best == last:
        text += "The letters come from this very layer. "
    if above_chance[best] > above_chance[0]:
        text += f"Drag the slider from 0 to {best} and watch dots of the same letter come together."
    else:
        text += "In this recording, no layer is further above chance than the input."
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
        f"Compared with one another, {number['diagonal']} of {_counted(kinds.size, 'head')} attend to nearby "
        f"frames (diagonal), {number['vertical']} to the same few frames (vertical) and {number['global']} "
        f"to the whole recording (global). Head {head + 1} of layer {layer + 1} "
    )
    text += "is the most diagonal: " if diagonal.any() else "comes closest to being diagonal: "
    reach_frames = analysis.encoding.grid.frames_within(NEAR_S)
    share, by_chance = attention_within(analysis.attention(layer, head), reach_frames)
    text += f"{percent(share)} of its attention falls within 0.1 s ({percent(by_chance)} by chance)."
    return Step("Who looks where", text, "attention", {"attention_layer": layer, "head": head})


def _command(analysis: Analysis) -> Step:
    keywords = analysis.keywords
    if keywords is None:
        return Step("One question, all layers", "This model has no keyword head.", "keywords", {})
    listener = _who(analysis, analysis.sources.keywords, "the model")
    heard = [f"“{command.label}” ({percent(command.probability)})" for command in keywords.heard]
    answer = f"For every second, {listener} chose among {len(keywords.labels)} classes and heard " + (
        f"{', '.join(heard)}." if heard else "no command."
    )
    weights = keywords.layer_weights
    mix = ""
    if weights is not None:
        most = int(weights.argmax())
        mix = f" It mixes all layers and gives layer {most} the most weight ({percent(weights.max())})."
    return Step("One question, all layers", answer + mix, "keywords", {}, keywords.start_s)


def _who(analysis: Analysis, title: str | None, chosen: str) -> str:
    """The title of the model that did something where it is not the chosen one; else what that is called."""
    return chosen if title in (None, analysis.checkpoint.title) else f"“{title}”"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
