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
from hubert_demo.checkpoints import CheckpointSpec
from hubert_demo.errors import InputError
from hubert_demo.ui.lanes import Client
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, fields_of

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
    """

    token: str
    analysis: Analysis
    seconds: float

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

    Args:
        max_results: How many results are kept at most.
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

    def keep(self, analysis: Analysis, seconds: float, for_good: bool = False) -> Result:
        """Keep an analysis under a new token.

        Args:
            analysis: All that was found out about a recording.
            seconds: How long that took.
            for_good: Whether it never makes room for others, and takes none of theirs.
        """
        result = Result(secrets.token_urlsafe(24), analysis, seconds)
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
        self._results.move_to_end(token)
        return self._results[token]

    def _make_room(self) -> None:
        leaving = {
            token: each.num_bytes for token, each in self._results.items() if token not in self._for_good
        }
        num_bytes = sum(leaving.values())
        for token in list(leaving)[:-1]:
            if len(leaving) <= self._max_results and num_bytes <= self._max_bytes:
                return
            num_bytes -= leaving.pop(token)
            del self._results[token]
