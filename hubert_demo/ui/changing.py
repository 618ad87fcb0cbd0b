"""What a visitor changes inside a model: the same recording again, made from the result that is kept."""

import time
from collections.abc import Callable
from functools import partial

from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.changes import Change, StatesPatched, composed, from_text, text_of
from hubert_demo.checkpoints import CheckpointStore
from hubert_demo.errors import InputError
from hubert_demo.memo import Locks
from hubert_demo.ui.examples import Example
from hubert_demo.ui.lanes import Rank, one_step
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, fields_of
from hubert_demo.ui.waiting import ENCODER, Waiting


class Changing:
    """Makes changed results, each a result of its own beside the one it was made from. Safe between threads.

    Args:
        results: Where both are kept.
        waiting: In whose lanes the layers are computed.
        store: Where checkpoints are loaded.
        analyse: Analyses a recording by the checkpoint of a name, as `Page.analyse` does.
        examples: The recordings that patches may come from.
    """

    def __init__(
        self,
        results: Results,
        waiting: Waiting,
        store: CheckpointStore,
        analyse: Callable[[Waveform, str], Result],
        examples: tuple[Example, ...],
    ) -> None:
        self._results, self._waiting, self._store = results, waiting, store
        self._analyse = analyse
        self._examples = {example.path.name: example.path for example in examples}
        self._making: Locks[tuple[str, tuple[Change, ...]]] = Locks()

    def change(self, result: Result, text: object, rank: Rank = Rank.FIRST, sources: object = None) -> Result:
        """A result with nothing but some changes: the very same one where there are none.

        Args:
            result: With other changes, or with none.
            text: The changes as a link has them; it may come from the browser and be anything.
            rank: What goes first.
            sources: Tickets of the recordings that patches come from which are no examples, by the patches'
                texts; None for none. It may come from the browser and be anything, too.

        Raises:
            BusyError: If too many passes wait to be run.
            InputError: If the text is none of changes, or the model or the recording cannot be changed so.
        """
        if not isinstance(text, str):
            raise InputError(NOT_UNDERSTOOD)
        tickets = fields_of({} if sources is None else sources)
        return self._change(result.original or result, composed(from_text(text)), rank, tickets)

    def again(self, result: Result, request: Json) -> Result:
        """As `change`, for what the browser sent: its `changes`, and the `sources` of patches."""
        return self.change(result, request.get("changes", ""), sources=request.get("sources"))

    def _change(self, original: Result, wanted: tuple[Change, ...], rank: Rank, tickets: Json) -> Result:
        changes = composed(self._with_states(each, rank, tickets) for each in wanted)
        if not changes:
            return original
        # Whoever wants the same waits for the first one's result.
        with self._making.of((original.token, changes)):
            known = self._results.find_changed(original, changes)
            if known is not None:
                return known
            started = time.perf_counter()
            steps = one_step(partial(original.analysis.change, *changes))
            changed: Analysis = self._waiting.turn(self._lane(original.analysis), steps, rank)
            return self._results.keep(changed, time.perf_counter() - started, original=original)

    def _lane(self, analysis: Analysis) -> str:
        return f"{ENCODER} {self._store.find(analysis.checkpoint).encoder.device}"

    def _with_states(self, change: Change, rank: Rank, tickets: Json) -> Change:
        """A patch with its states, where these can be had; all else as it is."""
        original = self._source_of(change, tickets) if isinstance(change, StatesPatched) else None
        if original is None or not isinstance(change, StatesPatched):
            return change
        source = change.source
        made = self._change(original, source.changes, rank, tickets).analysis
        rows = made.patch(change.layer, source.start_s, change.source_end_s).require_rows()
        return change.with_rows(rows)

    def _source_of(self, patch: StatesPatched, tickets: Json) -> Result | None:
        """What a patch comes from, without changes: an example, or what there is a ticket of."""
        source = patch.source
        if source.example in self._examples:
            return self._analyse(Waveform.from_file(self._examples[str(source.example)]), source.checkpoint)
        ticket = tickets.get(text_of([patch]))
        if source.example is not None or ticket is None:
            return None
        kept = self._results.again(ticket)
        if kept.analysis.checkpoint.name != source.checkpoint:
            raise InputError(NOT_UNDERSTOOD)
        return kept
