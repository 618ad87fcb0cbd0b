"""Every head off in turn, and every layer and feed-forward: what that changes, and what chance would."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hubert_demo.audio import FloatArray
from hubert_demo.changes import FeedForwardOff, HeadOff, LayerSkipped
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects, Ruler, why_no_sweep
from hubert_demo.inference import Variants

MAX_DRAWS = 1000
NUM_DRAWS = 50
"""Random subspaces of each layer: what exceeds all of them does so by chance once in 51 times."""


@dataclass(frozen=True, eq=False)
class HeadSweep:
    """What each head does for the answer, by switching it off.

    Attributes:
        by: `"zero"` or `"mean"`, see `HeadOff`.
        keyword: Whose probability is followed; None for none.
        ctc_loss: Of the greedy text without the switch, in nats; NaN without a CTC head.
        keyword_probability: Of the keyword without it, 0..1; NaN where none is followed.
        effects: `(layers, heads)` each.
        null: `(layers, draws)` each: the same for random subspaces of a head's size, taken from the layer's
            joined head outputs. No draws where none were asked for.
        num_done: Passes that have been run.
        num_passes: Passes in all.
    """

    by: str
    keyword: str | None
    ctc_loss: float
    keyword_probability: float
    effects: Effects
    null: Effects
    num_done: int
    num_passes: int

    @property
    def is_marked(self) -> npt.NDArray[np.bool_]:
        """Boolean `(layers, heads)`: whether the loss rises more than for every random subspace of the layer.

        False where no subspaces were drawn, or not all of them are done.
        """
        draws = self.null.loss_rise
        highest = draws.max(axis=1, initial=-np.inf) if draws.shape[1] else np.full(len(draws), np.nan)
        # Comparisons with NaN are false.
        marked: npt.NDArray[np.bool_] = self.effects.loss_rise > highest[:, None]
        return marked

    @property
    def by_chance(self) -> float | None:
        """How often a head that does no more than others would be marked; None without draws."""
        num_draws = self.null.loss_rise.shape[1]
        return 1 / (num_draws + 1) if num_draws else None


def sweep_heads(
    variants: Variants,
    encoding: Encoding,
    *,
    by: str = "zero",
    keyword: str | None = None,
    num_draws: int = NUM_DRAWS,
    seed: int = 0,
) -> Iterator[HeadSweep]:
    """Switch every head off in turn, then take random subspaces from every layer.

    Args:
        variants: Of `encoding`.
        encoding: One recording.
        by: As for `HeadOff`.
        keyword: Whose probability to follow; None for none.
        num_draws: Random subspaces of each layer, up to `MAX_DRAWS`; 0 for none. Heads are compared with
            them by CTC loss, so that there are none without a CTC head either.
        seed: Of these.

    Yields:
        The sweep as far as it is, after each few passes; the last one is whole.

    Raises:
        InputError: If the checkpoint has no head that answers, the keyword or `by` is unknown, or `num_draws`
            is below 0 or above `MAX_DRAWS`.
    """
    # Another way to be off is refused as one of a single head is.
    HeadOff(0, 0, by)
    if not isinstance(num_draws, int) or not 0 <= num_draws <= MAX_DRAWS:
        told = f"{num_draws:,}" if isinstance(num_draws, int) else str(num_draws)[:20]
        raise InputError(f"{told} random subspaces cannot be drawn; give 0 to {MAX_DRAWS:,}.")
    ruler = _ruler(variants, encoding, keyword)
    num_draws = 0 if encoding.ctc is None else num_draws
    num_layers, num_heads = encoding.num_layers, encoding.num_heads
    sweep = HeadSweep(
        by,
        keyword,
        ruler.ctc_loss,
        ruler.keyword_probability,
        Effects.unknown(num_layers, num_heads),
        Effects.unknown(num_layers, num_draws),
        0,
        num_layers * (num_heads + num_draws),
    )
    at_once = variants.num_at_once
    # From the top, where passes are short, so that something is seen at once.
    for layer in reversed(range(num_layers)):
        for heads in _parts(num_heads, at_once):
            found = ruler.measure(variants.heads_off(layer, range(num_heads)[heads], by))
            effects = sweep.effects.with_some((layer, heads), found)
            sweep = replace(sweep, effects=effects, num_done=sweep.num_done + heads.stop - heads.start)
            yield sweep
    for layer in reversed(range(num_layers)):
        bases = random_bases(encoding, num_draws, np.random.default_rng((seed, layer)))
        for draws in _parts(num_draws, at_once):
            found = ruler.measure(variants.subspaces_off(layer, bases[draws], by))
            null = sweep.null.with_some((layer, draws), found)
            sweep = replace(sweep, null=null, num_done=sweep.num_done + draws.stop - draws.start)
            yield sweep


def random_bases(encoding: Encoding, count: int, rng: np.random.Generator) -> FloatArray:
    """Subspaces of a head's rank in a layer's joined heads: `(count, hidden, rank)`, orthonormal columns."""
    hidden_size = encoding.hidden_states.shape[-1]
    directions = rng.normal(size=(count, hidden_size, hidden_size // encoding.num_heads))
    # As a QR would, which takes a hundred times as long: threads wait for each other in each of its steps.
    # Random directions are far from dependent, so that this is as exact.
    factors = np.linalg.cholesky(directions.swapaxes(1, 2) @ directions)
    bases: FloatArray = (directions @ np.linalg.inv(factors).swapaxes(1, 2)).astype(np.float32)
    return bases


@dataclass(frozen=True, eq=False)
class LayerSweep:
    """What each layer and each feed-forward does for the answer. There is no null for these.

    Attributes:
        keyword: As in `HeadSweep`.
        ctc_loss: As in `HeadSweep`.
        keyword_probability: As in `HeadSweep`.
        skipped: `(layers,)` each: with the layer skipped.
        feed_forward_off: `(layers,)` each: with its feed-forward off.
        num_done: Passes that have been run.
        num_passes: Passes in all.
    """

    keyword: str | None
    ctc_loss: float
    keyword_probability: float
    skipped: Effects
    feed_forward_off: Effects
    num_done: int
    num_passes: int


def sweep_layers(
    variants: Variants, encoding: Encoding, *, keyword: str | None = None
) -> Iterator[LayerSweep]:
    """Skip every layer in turn, then switch every feed-forward off.

    Args:
        variants: Of `encoding`.
        encoding: One recording.
        keyword: Whose probability to follow; None for none.

    Yields:
        The sweep as far as it is, after each pass; the last one is whole.

    Raises:
        InputError: As for `sweep_heads`.
    """
    ruler = _ruler(variants, encoding, keyword)
    num_layers = encoding.num_layers
    nothing = Effects.unknown(num_layers)
    sweep = LayerSweep(
        keyword, ruler.ctc_loss, ruler.keyword_probability, nothing, nothing, 0, 2 * num_layers
    )
    for layer in reversed(range(num_layers)):
        skipped = ruler.measure(variants.changed([LayerSkipped(layer)]))
        sweep = replace(
            sweep,
            skipped=sweep.skipped.with_some((slice(layer, layer + 1),), skipped),
            num_done=sweep.num_done + 1,
        )
        yield sweep
    for layer in reversed(range(num_layers)):
        off = ruler.measure(variants.changed([FeedForwardOff(layer)]))
        effects = sweep.feed_forward_off.with_some((slice(layer, layer + 1),), off)
        sweep = replace(sweep, feed_forward_off=effects, num_done=sweep.num_done + 1)
        yield sweep


def _ruler(variants: Variants, encoding: Encoding, keyword: str | None) -> Ruler:
    if reason := why_no_sweep(encoding):
        raise InputError(reason)
    return Ruler(encoding, variants.unchanged(), keyword)


def _parts(count: int, at_once: int) -> Sequence[slice]:
    return [slice(start, min(start + at_once, count)) for start in range(0, count, at_once)]
