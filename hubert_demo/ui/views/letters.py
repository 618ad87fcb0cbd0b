"""Letters over time and words side by side, as the browser draws them."""

from collections.abc import Callable

import numpy as np

from hubert_demo.analysis.transcript.alignment import differing_words
from hubert_demo.analysis.transcript.collapse import Run, writes
from hubert_demo.analysis.transcript.emissions import Emissions
from hubert_demo.analysis.transcript.spelling import reading_case
from hubert_demo.encoding import CtcOutput
from hubert_demo.ui.views.base import Json, pack


def path_as_json(
    ctc: CtcOutput, found: Emissions, runs: tuple[Run, ...], runs_before: tuple[Run, ...] | None = None
) -> Json:
    """The map as uint8 `(rows, frames)`, 255 is certain; and the runs of the best path, int32 `(runs, 3)`.

    A run is a symbol, its first frame, and the frame after its last. Symbols are the map's rows, followed by
    tokens that have no row but lie on the path, or lay on it before something was changed.
    """
    show = reading_case(ctc.vocabulary)
    rows = found.token_ids.tolist()
    others = sorted({run.token_id for run in (*runs, *(runs_before or ()))} - set(rows))
    places = {token_id: place for place, token_id in enumerate([*rows, *others])}
    labels = [show(label) for label in found.labels]
    labels += [ctc.vocabulary[token_id] for token_id in others]
    return {
        "symbols": [
            {"text": label, "writes": writes(ctc, token_id), "space": token_id == ctc.word_delimiter_id}
            for label, token_id in zip(labels, places, strict=True)
        ],
        "emissions": pack(np.rint(found.probabilities.T * 255).astype(np.uint8)),
        "runs": _packed(runs, places),
        "runs_before": None if runs_before is None else _packed(runs_before, places),
    }


def _packed(runs: tuple[Run, ...], places: dict[int, int]) -> Json:
    listed = [[places[run.token_id], run.first_frame, run.end_frame] for run in runs]
    return pack(np.array(listed, dtype=np.int32).reshape(-1, 3))


def compared(text: str, other: str, show: Callable[[str], str]) -> list[Json]:
    """The words of a text, and whether another text has another one there, or none."""
    return [{"text": show(word), "differs": differs} for word, differs in differing_words(text, other)]
