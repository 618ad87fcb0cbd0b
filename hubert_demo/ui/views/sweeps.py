"""Sweeps on the page: every head, layer and feed-forward off in turn, every word silenced in turn."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from hubert_demo.api import Analysis
from hubert_demo.api.opening import sweep_steps
from hubert_demo.errors import InputError
from hubert_demo.experiments.effects import Effects, listed
from hubert_demo.experiments.heads import HeadSweep, LayerSweep
from hubert_demo.experiments.words import WordSweep
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, plain

DIGITS = 4
"""Of the numbers of sweeps, as the page and its endpoint give them."""

_MAX_KEYWORD = 200


def sweep(analysis: Analysis, request: Json) -> Iterator[Json]:
    """A sweep as far as it is: `HeadSweepAnswer` or `WordSweepAnswer` in `static/core/types.d.ts`.

    Args:
        analysis: The recording.
        request: `what`, `"heads"` (with layers and feed-forwards) or `"words"`, and the `keyword` to follow,
            null for the clearest one; from the browser, and so anything.

    Raises:
        InputError: If there is no such sweep or keyword, or nothing that it could measure.
    """
    what, keyword = request.get("what"), request.get("keyword")
    if not (keyword is None or (isinstance(keyword, str) and len(keyword) <= _MAX_KEYWORD)):
        raise InputError(NOT_UNDERSTOOD)
    if what == "heads":
        return _heads(analysis, keyword)
    if what == "words":
        found = sweep_steps(analysis, "words", keyword=keyword)
        return (_words_as_json(each) for each in found if isinstance(each, WordSweep))
    raise InputError(NOT_UNDERSTOOD)


def _heads(analysis: Analysis, keyword: str | None) -> Iterator[Json]:
    """Heads first, then layers and feed-forwards, then what chance would do."""
    num_layers, num_heads = analysis.encoding.num_layers, analysis.encoding.num_heads
    nothing = Effects.unknown(num_layers)
    layers: Any = LayerSweep(None, np.nan, np.nan, nothing, nothing, 0, 2 * num_layers)
    for heads in sweep_steps(analysis, "heads", keyword=keyword):
        assert isinstance(heads, HeadSweep)
        yield _heads_as_json(analysis, heads, layers)
        if heads.num_done == num_layers * num_heads:
            for layers in sweep_steps(analysis, "layers", keyword=keyword):
                yield _heads_as_json(analysis, heads, layers)


def _heads_as_json(analysis: Analysis, heads: HeadSweep, layers: LayerSweep) -> Json:
    return {
        # Without a CTC head of its own there is no loss of any text.
        "has_text": analysis.encoding.ctc is None or bool(analysis.transcript_greedy.text),
        **plain(heads, "by_chance", "is_marked"),
        "keyword": _named(heads.keyword),
        "num_done": heads.num_done + layers.num_done,
        "num_passes": heads.num_passes + layers.num_passes,
        "effects": heads.effects.as_json(DIGITS),
        "layer_skipped": layers.skipped.as_json(DIGITS),
        "feed_forward_off": layers.feed_forward_off.as_json(DIGITS),
    }


def _words_as_json(found: WordSweep) -> Json:
    return {
        **plain(found, "is_marked", "is_compared", "by_chance", "num_done", "num_passes"),
        "keyword": _named(found.keyword),
        "words": [plain(word, "text", "start_s", "end_s") for word in found.words],
        "effects": found.effects.as_json(DIGITS),
        "removed": listed(found.removed, DIGITS),
        "removed_at_random": listed(found.removed_at_random, DIGITS),
    }


def _named(keyword: str | None) -> str | None:
    """A keyword as the keywords' tab writes it."""
    return None if keyword is None else keyword.strip("_")
