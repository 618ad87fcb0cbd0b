"""Results that visitors look at: kept for a while, in bounded memory, under tokens that nobody can guess."""

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.changes import Change
from hubert_demo.checkpoints import CheckpointSpec
from hubert_demo.errors import InputError
from hubert_demo.ui.lanes import Client
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, fields_of

MAX_RESULTS = 32
MAX_BYTES = 1 << 30

GONE = "This result is no longer kept on the server. Analyse the recording again."


@dataclass(frozen=True, eq=False)
class Result:
    """One analysed recording.

    Attributes:
        token: The secret under which the browser asks about it.
        analysis: All that was found out.
        seconds: How long the analysis took.
        original: What it was before something was changed inside the model; None where nothing was.
    """

    token: str
    analysis: Analysis
    seconds: float
    original: "Result | None" = None

    @property
    def num_bytes(self) -> int:
        """About how much memory it holds: states, their copies while drawing, and sound.

        Of one that was changed, also the states of what it was before.
        """
        analysis, before = self.analysis, self.analysis.before
        passes = (*analysis.passes, *(before.passes if before else ()))
        states: int = sum(encoding.hidden_states.nbytes for encoding in {each.encoding for each in passes})
        return 2 * states + 4 * analysis.encoding.waveform.samples.nbytes


class Results:
    """A bounded store of results; the one not asked for longest leaves first. Safe to share between threads.

    What was changed leaves before what it was made from, which is asked for with it: it can be had again.

    Args:
        max_results: How many results are kept at most, and beside them how many that were changed.
        max_bytes: About how much memory they may hold together; one result is always kept.
        who: Tells who asks, None where that is the house itself, for whom every token is good.
    """

    def __init__(
        self,
        max_results: int = MAX_RESULTS,
        max_bytes: int = MAX_BYTES,
        who: Callable[[], Client | None] = lambda: None,
    ) -> None:
        self.who = who
        self._secret = secrets.token_bytes(32)
        self._max_results = max_results
        self._max_bytes = max_bytes
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._for_good: set[str] = set()
        self._lock = threading.Lock()

    def keep(
        self, analysis: Analysis, seconds: float, for_good: bool = False, original: Result | None = None
    ) -> Result:
        """Keep an analysis under a new token.

        Args:
            analysis: All that was found out about a recording.
            seconds: How long that took.
            for_good: Whether it never makes room for others, and takes none of theirs.
            original: What it was before it was changed; None where it was not.
        """
        result = Result(secrets.token_urlsafe(24), analysis, seconds, original)
        with self._lock:
            self._results[result.token] = result
            if for_good:
                self._for_good.add(result.token)
            self._make_room()
        return result

    def find(self, spec: CheckpointSpec, waveform: Waveform) -> Result | None:
        """The result of the very same samples by the same checkpoint, or None.

        One that tells otherwise how the samples came about is none: its notes go with all that is shown.
        Nor is one that was made with changes.

        Args:
            spec: The checkpoint that was chosen.
            waveform: The recording.
        """
        wanted = (spec, waveform.fingerprint, waveform.notes, ())
        with self._lock:
            for token, result in reversed(self._results.items()):
                analysis = result.analysis
                heard = analysis.encoding.waveform
                if (analysis.checkpoint, heard.fingerprint, heard.notes, analysis.changes) == wanted:
                    return self._touch(token)
        return None

    def find_changed(self, original: Result, changes: tuple[Change, ...]) -> Result | None:
        """The result that some changes have made of another, or None.

        Args:
            original: The other.
            changes: As an `Analysis` has them.
        """
        with self._lock:
            for token, result in reversed(self._results.items()):
                if result.original is original and result.analysis.changes == changes:
                    return self._touch(token)
        return None

    def token_for(self, result: Result) -> str:
        """The token by which whoever asks now may ask about a result; of no use to anybody else."""
        client = self.who()
        return result.token if client is None else self._signed(result.token, client)

    def ticket_for(self, result: Result) -> str:
        """By which the browser that was shown a result may have it again, also when it has been reloaded.

        It is no token: what a page sends with every question opens nothing to another one.
        """
        signature = hmac.new(self._secret, f"again {result.token}".encode(), "sha256").hexdigest()
        return f"{result.token}~{signature}"

    def keys_for(self, result: Result) -> Json:
        """What opens a result to the browser that it is shown to: its token, and its original's ticket.

        `before` is the token of what it was before it was changed; None where it was not.
        """
        original = result.original
        return {
            "token": self.token_for(result),
            "ticket": self.ticket_for(original or result),
            "before": None if original is None else self.token_for(original),
        }

    def again(self, ticket: object) -> Result:
        """The result of a ticket, which may come from the browser and be anything.

        Raises:
            InputError: If there is none, or none any more.
        """
        if not isinstance(ticket, str):
            raise InputError(NOT_UNDERSTOOD)
        result = self.kept(ticket.partition("~")[0])
        told, due = (each.encode("utf-8", "replace") for each in (ticket, self.ticket_for(result)))
        if not hmac.compare_digest(told, due):
            raise InputError(GONE)
        return result

    def of(self, request: Any) -> Result:
        """The result that the browser names by its `token` in a request, which may be anything.

        Raises:
            InputError: As for `get`, or if the request is not understood.
        """
        return self.get(fields_of(request).get("token"))

    def get(self, token: object) -> Result:
        """The result kept under a token, which may come from the browser and be anything.

        Raises:
            InputError: If there is none, or none any more.
        """
        if not isinstance(token, str):
            raise InputError(NOT_UNDERSTOOD)
        plain = token.partition(".")[0]
        if (client := self.who()) is not None:
            told, due = (each.encode("utf-8", "replace") for each in (token, self._signed(plain, client)))
            if not hmac.compare_digest(told, due):
                raise InputError(GONE)
        return self.kept(plain)

    def kept(self, token: str) -> Result:
        """The result of a token of the house's own, as `Result.token` is.

        Raises:
            InputError: If there is none any more.
        """
        with self._lock:
            if token not in self._results:
                raise InputError(GONE)
            return self._touch(token)

    def holds(self, result: Result) -> bool:
        """Whether a result is still kept."""
        with self._lock:
            return result.token in self._results

    def _signed(self, token: str, client: Client) -> str:
        whose = f"{token} {client.is_program} {client.name}".encode("utf-8", "replace")
        signature = hmac.new(self._secret, whose, "sha256").hexdigest()
        return f"{token}.{signature}"

    def _touch(self, token: str) -> Result:
        result = self._results[token]
        for each in (result.original, result):
            if each is not None and each.token in self._results:
                self._results.move_to_end(each.token)
        return result

    def _make_room(self) -> None:
        newest = next(reversed(self._results.values()))
        staying = {*self._for_good, newest.token, (newest.original or newest).token}
        counted = [each for token, each in self._results.items() if token not in self._for_good]
        num_bytes = sum(each.num_bytes for each in counted)
        # Those that were changed first; each kind in the order in which they were asked for.
        for is_changed in (True, False):
            kind = [each for each in counted if (each.original is not None) is is_changed]
            num_kept = len(kind)
            for each in kind:
                if num_kept <= self._max_results and num_bytes <= self._max_bytes:
                    break
                if each.token not in staying:
                    num_bytes -= each.num_bytes
                    num_kept -= 1
                    del self._results[each.token]
