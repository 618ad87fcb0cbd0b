"""Every number on the page as named columns, to be written as CSV or NPZ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.transcript.ctc import token_probabilities
from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.export.choices import Choices
from hubert_demo.export.lettering import lettering, readable

Columns = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True)
class Need:
    """What has to be chosen before there is anything to give.

    Attributes:
        choice: The field of `Choices` that must not be empty.
        reason: Told to people as long as it is.
    """

    choice: str
    reason: str


@dataclass(frozen=True)
class Numbers:
    """One table, or one set of arrays.

    Attributes:
        title: Shown to people. A figure of the same title in the same view belongs to it.
        view: Name of the view that it belongs to.
        make: Gives the named columns.
        is_table: Whether every column has one value a row, so that it can be written as CSV.
        need: What has to be chosen first; None where there is always something.
    """

    title: str
    view: str
    make: Callable[[Analysis, Choices], Columns]
    is_table: bool = True
    need: Need | None = None


def words(analysis: Analysis, choices: Choices) -> Columns:
    """The recognised words with times in seconds and confidence."""
    found = readable(analysis, analysis.transcript).words
    return {
        "word": np.array([word.text for word in found], dtype=str),
        "start_s": np.array([word.start_s for word in found], dtype=float),
        "end_s": np.array([word.end_s for word in found], dtype=float),
        "confidence": np.array([word.confidence for word in found], dtype=float),
    }


def emissions(analysis: Analysis, choices: Choices) -> Columns:
    """Probability of every token of the vocabulary, named as it is there, in every frame."""
    ctc = analysis.ctc
    probabilities = token_probabilities(ctc).astype(np.float32)
    times_s = analysis.ctc_encoding.frame_times_s
    return {"time_s": times_s, **dict(zip(ctc.vocabulary, probabilities.T, strict=True))}


def readings(analysis: Analysis, choices: Choices) -> Columns:
    """What beam search found, best first."""
    found, show = analysis.beam_search(hotwords=choices.words_to_hear), lettering(analysis)
    return {
        "text": np.array([show(one.text) for one in found], dtype=str),
        "score": np.array([one.score for one in found]),
        "ctc_log_probability": np.array([one.ctc_log_probability for one in found]),
    }


def alignment(analysis: Analysis, choices: Choices) -> Columns:
    """The words of the reference where they were said, and what was made of them."""
    if not choices.reference.strip():
        raise InputError("No text was given to align; type what was said.")
    found, show = analysis.align(choices.reference).words, lettering(analysis)
    return {
        "kind": np.array([word.kind.value for word in found], dtype=str),
        "said": np.array([show(word.text) for word in found], dtype=str),
        "heard": np.array([show(word.heard) for word in found], dtype=str),
        "start_s": np.array([word.start_s for word in found], dtype=float),
        "end_s": np.array([word.end_s for word in found], dtype=float),
        "confidence": np.array([word.confidence for word in found], dtype=float),
    }


def keywords(analysis: Analysis, choices: Choices) -> Columns:
    """Probability of every keyword class in every one-second window."""
    heard = analysis.keywords
    if heard is None:
        raise InputError("No keyword head judged this recording; choose a checkpoint that has one.")
    return {
        "time_s": heard.window_times_s,
        **dict(zip(heard.labels, heard.window_probabilities.T, strict=True)),
    }


def layer_map(analysis: Analysis, choices: Choices) -> Columns:
    """The dots of the chosen layer's map, and all that they can be coloured by."""
    assert choices.layer is not None
    points = analysis.projections(choices.projection).points[choices.layer]
    prosody = analysis.prosody()
    return {
        "time_s": analysis.encoding.frame_times_s,
        "x": points[:, 0],
        "y": points[:, 1],
        "character": np.array(analysis.frame_characters, dtype=str),
        "energy_db": prosody.energy_db,
        "pitch_hz": prosody.pitch_hz,
        "unit": analysis.units(choices.layer, choices.num_units, choices.seed),
    }


def layer_maps(analysis: Analysis, choices: Choices) -> Columns:
    """The maps of all layers."""
    projection = analysis.projections(choices.projection)
    return {"points": projection.points, "trustworthiness": projection.trustworthiness}


def layers(analysis: Analysis, choices: Choices) -> Columns:
    """One row a layer: size of its states, likeness to the layer before, how well its units tell letters."""
    curves = analysis.layer_curves()
    scores = analysis.unit_scores(choices.num_units, choices.seed)
    return {
        "layer": np.arange(len(curves.norms)),
        "norm": curves.norms,
        "cosine_to_layer_before": np.concatenate([[np.nan], curves.cosines]),
        "cka_to_layer_before": np.concatenate([[np.nan], curves.cka]),
        "purity": scores.purity,
        "purity_by_chance": scores.purity_by_chance,
        "pnmi": scores.pnmi,
        "pnmi_by_chance": scores.pnmi_by_chance,
    }


def hidden_states(analysis: Analysis, choices: Choices) -> Columns:
    """Every layer's states in half precision, `(layers + 1, frames, hidden)`."""
    encoding = analysis.encoding
    return {
        "hidden_states": encoding.hidden_states.astype(np.float16),
        "frame_times_s": encoding.frame_times_s,
    }


def heads(analysis: Analysis, choices: Choices) -> Columns:
    """One row a head: its kind and the numbers behind it."""
    metrics = analysis.head_metrics()
    num_layers, num_heads = metrics.globalness.shape
    layer, head = np.divmod(np.arange(num_layers * num_heads), num_heads)
    return {
        "layer": layer,
        "head": head,
        "kind": metrics.kinds.ravel(),
        "globalness": metrics.globalness.ravel(),
        "verticality": metrics.verticality.ravel(),
        "diagonality": metrics.diagonality.ravel(),
        "entropy_nats": metrics.globalness.ravel(),
    }


def attention(analysis: Analysis, choices: Choices) -> Columns:
    """The chosen head's map, `(frames, frames)`: row = the frame that looks, column = the one looked at."""
    assert choices.attention_layer is not None
    return {
        "attention": analysis.attention(choices.attention_layer, choices.head),
        "frame_times_s": analysis.encoding.frame_times_s,
    }


NUMBERS: dict[str, Numbers] = {
    "words": Numbers("Words", "transcript", words),
    "emissions": Numbers("Letters over time", "transcript", emissions),
    "readings": Numbers("Readings of the search", "transcript", readings),
    "alignment": Numbers(
        "Your text, aligned",
        "transcript",
        alignment,
        need=Need("reference", "Nothing is aligned yet: type what was said in “Align your own text” first."),
    ),
    "keywords": Numbers("Keywords", "keywords", keywords),
    "layer_map": Numbers("Map of the layer", "layers", layer_map),
    "layers": Numbers("From layer to layer", "layers", layers),
    "layer_maps": Numbers("All layers", "layers", layer_maps, is_table=False),
    "hidden_states": Numbers("Hidden states", "layers", hidden_states, is_table=False),
    "heads": Numbers("All heads", "attention", heads),
    "attention": Numbers("The map shown", "attention", attention, is_table=False),
}
"""By the name of the file; adding one is one function and one line here."""
