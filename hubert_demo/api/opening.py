"""What an `Analysis` does with the model opened: passes with changes, and sweeps of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hubert_demo.changes import Change, PatchedRows, PatchSource, StatesPatched, StretchSilenced, composed
from hubert_demo.checkpoints import CheckpointSpec
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects, Ruler, token_ids_of
from hubert_demo.experiments.heads import NUM_DRAWS, HeadSweep, LayerSweep, sweep_heads, sweep_layers
from hubert_demo.experiments.words import WordSweep, sweep_words
from hubert_demo.inference import Pass, Variants, encode_changed

if TYPE_CHECKING:
    from hubert_demo.api.analysis import Analysis

__all__ = [
    "MAX_SWEEPS",
    "SWEEPS",
    "Asked",
    "HeadSweep",
    "LayerSweep",
    "Sweep",
    "WordSweep",
    "changed",
    "patch",
    "sweep_steps",
    "swept",
]

Sweep = HeadSweep | LayerSweep | WordSweep

Asked = tuple[str, str, str | None, int, int]
"""The arguments of `Analysis.sweep`: what, by, keyword, num_draws, seed."""

MAX_SWEEPS = 8

SWEEPS = ("heads", "layers", "words")


def changed(analysis: Analysis, changes: Sequence[Change | str]) -> Analysis:
    """See `Analysis.change`."""
    original = analysis.before or analysis
    together = composed((*analysis.changes, *changes))
    if together == analysis.changes:
        return analysis
    made: dict[CheckpointSpec, Pass] = {}
    for each in original.passes:
        is_chosen = each.spec == original.checkpoint
        heard = together if is_chosen else [change for change in together if change.is_of_sound]
        if each.spec not in made:
            made[each.spec] = replace(each, encoding=_encoded(original, each, heard))
    chosen, ctc, keywords = (made[each.spec] for each in original.passes)
    return type(analysis)(chosen, ctc, keywords, original.load, before=original)


def _encoded(original: Analysis, made: Pass, changes: Sequence[Change]) -> Encoding:
    if not changes:
        return made.encoding
    return encode_changed(original.load(made.spec), made.encoding, changes)


def patch(
    analysis: Analysis, layer: int, start_s: float, end_s: float, at_s: float, example: str | None
) -> StatesPatched:
    """See `Analysis.patch`."""
    encoding = analysis.encoding
    frames = encoding.grid.frames_between(start_s, end_s, encoding.num_frames)
    rows = PatchedRows(analysis.state(layer)[frames])
    source = PatchSource(analysis.checkpoint.name, start_s, example, analysis.changes)
    return StatesPatched(layer, at_s, at_s + end_s - start_s, source, rows)


def sweep_steps(
    analysis: Analysis,
    what: str = "heads",
    *,
    by: str = "zero",
    keyword: str | None = None,
    num_draws: int = NUM_DRAWS,
    seed: int = 0,
) -> Iterator[Sweep]:
    """A sweep in steps of a few passes, so that others may compute meanwhile; see `Analysis.sweep`.

    Yields:
        The sweep as far as it is; the last one is whole, and remembered.
    """
    asked = what, by, keyword, num_draws, seed
    sweep: Sweep | None = None
    for sweep in _steps(analysis, *asked):
        yield sweep
    if sweep is not None:
        whole = sweep
        analysis.swept.get(asked, lambda: whole)


def _steps(
    analysis: Analysis, what: str, by: str, keyword: str | None, num_draws: int, seed: int
) -> Iterator[Sweep]:
    if seed < 0:
        raise InputError(f"A seed of {seed} is no seed; give 0 or more.")
    if what == "heads":
        followed = _keyword(analysis, keyword)
        variants = _variants(analysis, 0)
        return sweep_heads(
            variants, analysis.encoding, by=by, keyword=followed, num_draws=num_draws, seed=seed
        )
    if what == "layers":
        return sweep_layers(_variants(analysis, 0), analysis.encoding, keyword=_keyword(analysis, keyword))
    if what == "words":
        silence = _Silencer(analysis, keyword)
        words, duration_s = analysis.transcript_greedy.words, analysis.encoding.waveform.duration_s
        return sweep_words(silence, words, duration_s, keyword=silence.keyword, seed=seed)
    raise InputError(f"There is no sweep of {what[:20]!r}; choose one of {', '.join(SWEEPS)}.")


def swept(analysis: Analysis, asked: Asked) -> Sweep:
    """See `Analysis.sweep`."""

    def sweep() -> Sweep:
        *_, whole = _steps(analysis, *asked)
        return whole

    return analysis.swept.get(asked, sweep)


def _variants(analysis: Analysis, number: int) -> Variants:
    """Of one of the analysis's passes."""
    made, original = (each.passes[number] for each in (analysis, analysis.before or analysis))
    ctc = made.encoding.ctc
    text = [] if ctc is None else token_ids_of(ctc, ctc.logits.argmax(axis=1))
    return Variants(analysis.load(made.spec), made.encoding, original.encoding, text)


def _keyword(analysis: Analysis, keyword: str | None, number: int = 0) -> str | None:
    """The keyword or label to follow in one of the passes: the likeliest, unless another was chosen."""
    is_own = analysis.passes[number].spec == analysis.passes[2].spec
    if keyword is not None or not is_own:
        return keyword
    if analysis.keywords is not None:
        return analysis.keywords.label
    other = analysis.classification
    return other.labels[other.order[0]] if other is not None and other.are_probabilities else None


class _Silencer:
    """Measures silenced stretches, with the checkpoints behind the transcript and the keywords."""

    def __init__(self, analysis: Analysis, keyword: str | None) -> None:
        specs = [each.spec for each in analysis.passes]
        self._ctc = _variants(analysis, 1)
        self._keywords = self._ctc if specs[1] == specs[2] else _variants(analysis, 2)
        self.keyword = _keyword(analysis, keyword, 2)
        encodings = [each.encoding for each in analysis.passes]
        is_one = self._keywords is self._ctc
        self._ruler = Ruler(encodings[1], self._ctc.unchanged(), self.keyword if is_one else None)
        self._keyword_ruler = self._ruler
        if not is_one:
            self._keyword_ruler = Ruler(encodings[2], self._keywords.unchanged(), self.keyword)

    def __call__(self, stretches: Sequence[StretchSilenced]) -> Effects:
        effects = self._ruler.measure(self._ctc.changed(stretches))
        if self._keywords is self._ctc or self.keyword is None:
            return effects
        others = self._keyword_ruler.measure(self._keywords.changed(stretches))
        return replace(effects, keyword_change=others.keyword_change)
