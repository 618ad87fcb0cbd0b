"""Results that visitors look at: kept for a while, in bounded memory, under tokens that nobody can guess."""

import asyncio
import hashlib
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubert_demo.api import Analysis, analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, CheckpointSpec
from hubert_demo.errors import InputError
from hubert_demo.inference import Passes
from hubert_demo.ui import zero_gpu
from hubert_demo.ui.models import Models
from hubert_demo.ui.views import VIEWS, timeline
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Answers, Json, View, attempt, sentence

MAX_RESULTS = 32
MAX_BYTES = 1 << 30
PATIENCE_S = 20.0
MAX_ASKED = 16
# How many jobs of a stage run at once: of the late ones two, so that only a UMAP waits for a UMAP.
STAGES = {"soon": 1, "late": 2}

BUSY = "Too much is being computed for other visitors. Try again in a minute."
GONE = "This result is no longer kept on the server. Analyse the recording again."


@dataclass(frozen=True, eq=False)
class Result:
    """One analysed recording.

    Attributes:
        token: The secret under which the browser asks about it.
        analysis: All that was found out.
        views: What each view draws, by name; and the timeline.
        later: What slower views draw, by name and stage (`"soon"` or `"late"`), once it is computed.
        seconds: How long the analysis took.
    """

    token: str
    analysis: Analysis
    views: Json
    later: Mapping[tuple[str, str], "Future[Json]"]
    seconds: float

    @property
    def num_bytes(self) -> int:
        """About how much memory it holds: states, their copies while drawing, and sound."""
        analysis = self.analysis
        passes = {
            id(each): each for each in (analysis.encoding, analysis.ctc_encoding, analysis.keyword_encoding)
        }
        states = sum(each.hidden_states.nbytes for each in passes.values())
        return 2 * states + 4 * analysis.encoding.waveform.samples.nbytes


class Results:
    """A bounded store of results, oldest out first. Safe to share between threads.

    Args:
        checkpoint: The one used unless another is asked for: a name in the registry, or a directory.
        directories: Further checkpoints to offer.
        max_results: How many results are kept at most.
        max_bytes: About how much memory they may hold together; one result is always kept.

    Attributes:
        models: The checkpoints to choose from.

    Raises:
        CheckpointError: If there is no such checkpoint or directory.
    """

    def __init__(
        self,
        checkpoint: str | Path = DEFAULT_CHECKPOINT,
        directories: Iterable[str | Path] = (),
        max_results: int = MAX_RESULTS,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.models = Models(checkpoint, directories)
        self._passes = Passes(zero_gpu.encode)
        self._max_results = max_results
        self._max_bytes = max_bytes
        self._results: OrderedDict[str, Result] = OrderedDict()
        self._tokens: dict[tuple[CheckpointSpec, str], str] = {}
        self._lock = threading.Lock()
        self._workers = {
            stage: ThreadPoolExecutor(count, thread_name_prefix=stage) for stage, count in STAGES.items()
        }
        # Attention maps of a long recording are large: few are made at once.
        self._drawing = threading.Semaphore(2)
        self._asked: dict[str, Future[Json]] = {}

    def analyse(self, waveform: Waveform, checkpoint: object = None) -> Result:
        """Analyse a recording, unless the very same one by the same checkpoint is still kept.

        Args:
            waveform: The recording.
            checkpoint: Name of one that is offered, the default one when None; it may come from the browser.

        Returns:
            The result; its slower parts are on their way.

        Raises:
            HubertDemoError: As `hubert_demo.analyze` raises it; or if the checkpoint is not offered, or has
                to be fetched first.
        """
        spec = self.models.default if checkpoint is None else self.models.find_here(checkpoint)
        key = (spec, waveform.fingerprint)
        with self._lock:
            known = self._results.get(self._tokens.get(key, ""))
        if known is not None:
            return known
        started = time.perf_counter()
        analysis = analyze(waveform, checkpoint=spec, passes=self._passes)
        views = {"timeline": timeline.payload(analysis)}
        views |= {view.name: view.payload(analysis) for view in VIEWS}
        token = secrets.token_urlsafe(24)
        stages = {(view.name, stage): getattr(view, stage) for stage in STAGES for view in VIEWS}
        later = {key: Future[Json]() for key, compute in stages.items() if compute}
        result = Result(token, analysis, views, later, time.perf_counter() - started)
        self._keep(key, result)
        for (name, stage), future in later.items():
            self._workers[stage].submit(self._finish, result, stages[name, stage], future)
        return result

    def _keep(self, key: tuple[CheckpointSpec, str], result: Result) -> None:
        with self._lock:
            self._tokens[key] = result.token
            self._results[result.token] = result
            while len(self._results) > 1 and self._is_full():
                self._results.popitem(last=False)
            self._tokens = {key: token for key, token in self._tokens.items() if token in self._results}

    def _is_full(self) -> bool:
        num_bytes = sum(result.num_bytes for result in self._results.values())
        return len(self._results) > self._max_results or num_bytes > self._max_bytes

    def _finish(self, result: Result, compute: Callable[[Analysis], Json], future: "Future[Json]") -> None:
        """Compute what a slower view draws, unless the result has been dropped meanwhile."""

        def finish() -> Json:
            self.get(result.token)
            return compute(result.analysis)

        future.set_result(attempt(finish))

    def get(self, token: object) -> Result:
        """The result kept under a token.

        Raises:
            InputError: If there is none, or none any more.
        """
        if not isinstance(token, str):
            raise InputError(NOT_UNDERSTOOD)
        with self._lock:
            if token not in self._results:
                raise InputError(GONE)
            self._results.move_to_end(token)
            return self._results[token]

    def in_background(self, job: Callable[[], Result]) -> "Future[Result]":
        """Run a job before whatever waits in the background from now on."""
        return self._workers["soon"].submit(job)

    def close(self) -> None:
        """Let the jobs in the background finish and drop those that wait."""
        for worker in self._workers.values():
            worker.shutdown(cancel_futures=True)
        self.models.close()

    def answers(self, piece: View | Answers) -> list[Callable[[Any], Any]]:
        """The functions of a piece of the page that the browser may call, made safe for whatever it sends."""
        quick = [self._answer(function) for function in piece.answers]
        return [*quick, *(self._slow_answer(function) for function in piece.slow_answers)]

    def _answer(self, function: Callable[[Analysis, Json], Json]) -> Callable[[Any], Json]:
        def answer(request: Any) -> Json:
            def compute() -> Json:
                result = self.get(_fields(request).get("token"))
                with self._drawing:
                    return function(result.analysis, request)

            return attempt(compute)

        answer.__name__ = function.__name__
        return answer

    def _slow_answer(
        self, function: Callable[[Analysis, Json], Json]
    ) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        async def answer(request: Any) -> Json:
            return await _patiently(lambda: self._begin(function, request))

        answer.__name__ = function.__name__
        return answer

    def _begin(self, function: Callable[[Analysis, Json], Json], request: Any) -> "Future[Json]":
        """Have a slow answer computed, unless the very same question waits for one already."""
        result = self.get(_fields(request).get("token"))
        asked = json.dumps([function.__name__, request], sort_keys=True)
        question = hashlib.sha256(asked.encode()).hexdigest()
        with self._lock:
            if question in self._asked:
                return self._asked[question]
            if len(self._asked) >= MAX_ASKED:
                raise InputError(BUSY)
            future = self._asked[question] = Future()
        future.add_done_callback(lambda _: self._asked.pop(question, None))
        self._workers["late"].submit(
            self._finish, result, lambda analysis: function(analysis, request), future
        )
        return future

    def waiting(self) -> Callable[[Any], Coroutine[Any, Any, Json]]:
        """The function by which the browser waits for a slower view, without holding a thread meanwhile."""

        async def later(request: Any) -> Json:
            return await _patiently(lambda: self._pending(request))

        return later

    def _pending(self, request: Any) -> "Future[Json]":
        fields = _fields(request)
        later = self.get(fields.get("token")).later
        asked = (str(fields.get("view")), str(fields.get("stage")))
        if asked not in later:
            raise InputError(NOT_UNDERSTOOD)
        return later[asked]


async def _patiently(begin: Callable[[], "Future[Json]"]) -> Json:
    """What a future gives, or `"ready": False` when that takes longer than a connection should be held."""
    try:
        pending = asyncio.wrap_future(begin())
        done = await asyncio.wait_for(asyncio.shield(pending), PATIENCE_S)
        return {"ready": True, **done}
    except TimeoutError:
        return {"ok": True, "ready": False}
    except Exception as error:
        return {"ok": False, "error": sentence(error)}


def _fields(request: Any) -> Json:
    if not isinstance(request, dict):
        raise InputError(NOT_UNDERSTOOD)
    return request
