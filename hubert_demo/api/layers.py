"""What the dots of an `Analysis` may be coloured by, and how well its clusters tell letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubert_demo.analysis.layers import colouring as colourings
from hubert_demo.analysis.layers import units as kmeans
from hubert_demo.analysis.layers.colouring import COLOURINGS, Colouring
from hubert_demo.analysis.layers.units import UnitScores
from hubert_demo.errors import InputError

if TYPE_CHECKING:
    from hubert_demo.api.analysis import Analysis


def unit_scores(analysis: Analysis, count: int, seed: int, reference: str) -> UnitScores:
    """See `Analysis.unit_scores`."""
    written = analysis.align(reference).reference if reference.strip() else analysis.transcript_greedy
    units = [analysis.units(layer, count, seed) for layer in range(analysis.encoding.num_layers + 1)]
    kmeans.require_enough_letters([character.text for character in written.characters], count)
    reach_frames = analysis.encoding.grid.frames_within(kmeans.LABEL_REACH_S)
    labels = kmeans.frame_labels(analysis.on_own_frames(written), analysis.ctc.blank_id, reach_frames)
    letters_from = kmeans.TRANSCRIPT if written is analysis.transcript_greedy else kmeans.REFERENCE
    return kmeans.unit_scores(units, labels, count, letters_from)


def colouring(analysis: Analysis, name: str, layer: int, count: int, seed: int) -> Colouring:
    """See `Analysis.colouring`."""
    if name == "time":
        return colourings.by_time(analysis.encoding.frame_times_s, analysis.encoding.span_s)
    if name == "letter":
        return colourings.by_letter(analysis.frame_characters)
    if name == "energy":
        return colourings.by_energy(analysis.prosody())
    if name == "pitch":
        return colourings.by_pitch(analysis.prosody())
    if name == "unit":
        return colourings.by_unit(analysis.units(layer, count, seed), count)
    raise InputError(f"Colouring {name!r} is unknown; choose one of {', '.join(COLOURINGS)}.")
