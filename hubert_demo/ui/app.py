"""The page: what comes in, what is sent to the browser, and the frame around the views."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio import events

from hubert_demo.api import analyze
from hubert_demo.audio import SAMPLE_RATE_HZ, Readers, Waveform
from hubert_demo.checkpoints import (
    DEFAULT_CHECKPOINT,
    STORE,
    CheckpointSpec,
    CheckpointStore,
    LoadedCheckpoint,
)
from hubert_demo.encoding import Encoding
from hubert_demo.errors import TooLongError
from hubert_demo.inference import Passes
from hubert_demo.memo import Locks
from hubert_demo.ui import card, downloads, front_door, head, lessons, theme, zero_gpu
from hubert_demo.ui.begun import Begun
from hubert_demo.ui.blocks import ForgivingBlocks, uploaded_path
from hubert_demo.ui.changing import Changing
from hubert_demo.ui.clients import Clients
from hubert_demo.ui.endpoints import Endpoints
from hubert_demo.ui.examples import called, examples, picked, template, to_read
from hubert_demo.ui.facts import facts
from hubert_demo.ui.front_door import MAX_UPLOAD_MB
from hubert_demo.ui.health import health
from hubert_demo.ui.intake import READERS_BUSY, Intake
from hubert_demo.ui.janitor import Janitor
from hubert_demo.ui.lanes import Rank, one_step
from hubert_demo.ui.messages import NUMBERS, message, numbered
from hubert_demo.ui.models import Models
from hubert_demo.ui.parts import Parts
from hubert_demo.ui.preview import TITLE
from hubert_demo.ui.recorder import recorder
from hubert_demo.ui.results import Result, Results
from hubert_demo.ui.server_functions import ServerFunctions
from hubert_demo.ui.settings import require_free
from hubert_demo.ui.static_files import StaticFiles
from hubert_demo.ui.stretches import Stretches
from hubert_demo.ui.views import VIEWS, timeline
from hubert_demo.ui.views.base import QUICK, Json, View, component, frame, sentence
from hubert_demo.ui.waiting import ENCODER, MAX_THREADS, Waiting

# A recording of so many seconds is heard before longer ones that wait.
SHORT_S = 10.0
# Gradio remembers what it last sent to so many sessions; the page needs none of it.
MAX_SESSIONS = 64
CACHE_SECONDS = (3600, 3600)


class Page:
    """HuBERT Explorer as a Gradio app.

    Args:
        checkpoint: The one that greets: a name in the registry, or a directory.
        directories: Further checkpoints to choose from.
        own_lessons: Files of lessons beside the page's own.
        views: The tabs, in their order.
        store: Where checkpoints are loaded.
        results: Where results are kept; None makes a store of its own.
        waiting: Where what takes longer is computed; None makes one of its own.
        readers: Who decode what visitors send; None makes some of its own.
        janitor: Who clears up after them; None makes one of its own.
        any_model: Whether visitors may have any HuBERT fetched from the hub by its name.

    Attributes:
        demo: The Blocks, not yet launched.
        models: The checkpoints to choose from.
        results: What visitors are looking at.
        waiting: What is computed and fetched in the background.
        readers: Who decode what visitors send.
        janitor: Who removes it once the page has read it, or nobody fetches it.
        clients: Who of the visitors asks for what.
        parts: What the browser draws of the results.
        static_files: The browser's half of the page.
        examples: The recordings to pick from.
        lessons: What a class may go through, in the order in which it is offered.

    Raises:
        CheckpointError: If there is no such checkpoint or directory.
        LessonError: If a lesson's file cannot be used.
    """

    def __init__(
        self,
        checkpoint: str | Path = DEFAULT_CHECKPOINT,
        directories: Iterable[str | Path] = (),
        *,
        own_lessons: Iterable[Path] = (),
        views: tuple[View, ...] = VIEWS,
        store: CheckpointStore = STORE,
        results: Results | None = None,
        waiting: Waiting | None = None,
        readers: Readers | None = None,
        janitor: Janitor | None = None,
        any_model: bool = False,
    ) -> None:
        self.clients = Clients()
        self.results = Results() if results is None else results
        self.waiting = Waiting() if waiting is None else waiting
        self.results.who = self.waiting.who = self.clients.current
        self.readers = Readers() if readers is None else readers
        self.janitor = Janitor() if janitor is None else janitor
        self._intake = Intake(self.readers, self.waiting, self.janitor)
        self._stretches = Stretches(self._intake)
        self._begun = Begun()
        self.models = Models(self.waiting, checkpoint, directories, store, any_model)
        parts = (timeline.PART, *(part for view in views for part in view.parts))
        self.parts = Parts(parts, self.results, self.waiting)
        self.static_files = StaticFiles.from_folders(view.folder for view in views)
        self.examples = examples()
        self._changing = Changing(self.results, self.waiting, store, self.analyse, self.examples)
        self.lessons = lessons.lessons((example.path.name for example in self.examples), own_lessons)
        self._store = store
        self._passes = Passes(self._encode)
        self._listening: Locks[tuple[CheckpointSpec, str]] = Locks()
        self._welcome: Future[Result] | None = None
        self.demo = ForgivingBlocks(title=TITLE, analytics_enabled=False, delete_cache=CACHE_SECONDS)
        with self.demo:
            self._build(views)
        # Lines form in `waiting` alone, which is fair and says how long they are.
        self.demo.queue(default_concurrency_limit=None)

    def start(self) -> "Future[Result]":
        """Begin to analyse the example that greets, unless that was begun already; it is kept for good."""
        if self._welcome is None or (self._welcome.done() and self._welcome.exception() is not None):
            self._welcome = self.waiting.submit(QUICK, self._analyse_welcome)
        return self._welcome

    def launch(self, **options: Any) -> None:
        """Serve the page.

        Args:
            options: For `gr.Blocks.launch`, besides those that the page needs. Host and port come from
                `GRADIO_SERVER_NAME` and `GRADIO_SERVER_PORT`, else 127.0.0.1 and 7860.

        Raises:
            MachineError: If this machine cannot listen there.
        """
        require_free(options.get("server_name"), options.get("server_port"))
        self.start()
        self.readers.start()
        self.janitor.start(self.demo.forget_uncollected)
        said = facts(self.examples, self.models, self.lessons)
        settings: dict[str, Any] = {
            "theme": theme.theme(),
            "app_kwargs": front_door.app_kwargs(self.static_files, said, self.health, self.janitor),
            "footer_links": ["api"],
            "max_file_size": f"{MAX_UPLOAD_MB}mb",
            "max_threads": MAX_THREADS,
            "state_session_capacity": MAX_SESSIONS,
            "run_history": False,
            "ssr_mode": False,
            "mcp_server": True,
        }
        self.demo.launch(**{**settings, **options})

    def health(self) -> Json:
        """What `/healthz` answers."""
        return health(self.models.default.title, self._welcome, self.waiting.lengths())

    def close(self) -> None:
        """Stop serving, and what runs in the background."""
        self.demo.close()
        self.janitor.close()
        self.readers.close()
        self.waiting.close()

    def analyse(self, waveform: Waveform, checkpoint: object = None, for_good: bool = False) -> Result:
        """Analyse a recording, unless the very same one by the same checkpoint is still kept.

        Nothing is drawn yet: `parts` does that when the page shows the result.

        Args:
            waveform: The recording.
            checkpoint: Name of one that is offered, the default one when None; it may come from the browser.
            for_good: Whether it is kept as long as the page is there.

        Raises:
            BusyError: If too many recordings wait to be heard.
            HubertDemoError: As `hubert_demo.analyze` raises it; or if the checkpoint is not offered, or has
                to be fetched first.
        """
        spec = self.models.default if checkpoint is None else self.models.find_here(checkpoint)
        # Whoever has the same recording waits for the first one's result.
        with self._listening.of((spec, waveform.fingerprint)):
            known = self.results.find(spec, waveform)
            if known is not None:
                return known
            started = time.perf_counter()
            analysis = analyze(waveform, checkpoint=spec, passes=self._passes, store=self._store)
            return self.results.keep(analysis, time.perf_counter() - started, for_good)

    def _encode(self, loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
        """A pass of the encoder in its turn; each device takes one after the other, short ones first."""
        lane = f"{ENCODER} {loaded.encoder.device}"
        rank = Rank.FIRST if waveform.duration_s <= SHORT_S else Rank.LATER
        return self.waiting.turn(lane, one_step(partial(zero_gpu.encode, loaded, waveform)), rank)

    def _build(self, views: tuple[View, ...]) -> None:
        functions = ServerFunctions(self.results, self.waiting)
        component("head", head.TEMPLATE)
        with gr.Row(elem_id="hx-body"):
            with gr.Column(elem_id="hx-rail"):
                recording = recorder()
                component("note", '<div class="hx-root hx-note"></div>')
                picker = component("examples", template(self.examples), events=("pick",))
                component("recent")
                others = lessons.Others(self.models, self._passes, self._store)
                told = lessons.Telling(self.lessons, others.analysis)
                component("lessons", lessons.TEMPLATE, functions.of(slow=[told.lesson_step]))
                model = component(
                    "picker", self.models.template(), [self.models.fetching()], events=("choose",)
                )
                component("card", card.TEMPLATE)
            with gr.Column(elem_id="hx-main"):
                chooser = component("chooser", events=("part",))
                component("timeline", timeline.TEMPLATE)
                with gr.Tabs(elem_id="hx-tabs", overflow_behavior="wrap"):
                    for view in views:
                        with gr.Tab(view.title, id=view.name, elem_id=f"hx-tab-{view.name}"):
                            answers = functions.of(view.quick_answers, view.slow_answers, view.long_answers)
                            component(view.name, frame(view), answers, folder=view.name)
                script = functions.of([downloads.reproduce])
                files = component("downloads", downloads.template(), script, events=("take",))
        session = component("session", functions=[self.parts.fetching()], events=("again", "resend"))
        self._listen(recording, picker, model, files, session, chooser)
        ask = (self.analyse, self._intake.read_for_program, self.waiting.turn, self._changing.change)
        for name, function in Endpoints(*ask).all().items():
            events.api(function, api_name=name)

    def _listen(self, recording: gr.Audio, *pieces: gr.HTML) -> None:
        """Which callback answers which event; results go to `session`."""
        picker, model, files, session, chooser = pieces
        # The name of the chosen checkpoint is the picker's value, so that each browser remembers its own.
        inputs, outputs = [recording, model], [session, recording]
        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        latest = {**private, "trigger_mode": "always_last"}
        recording.upload(self.on_upload, inputs, outputs, **latest)
        recording.stop_recording(self.on_recording, inputs, outputs, **latest)
        picker.pick(self.on_pick, model, session, **latest)
        chooser.part(self.on_part, model, session, **latest)
        session.again(self.on_again, None, session, **latest)
        session.resend(self.on_resend, model, session, **private, trigger_mode="multiple")
        model.choose(self.on_choose, None, [session, model], **latest)
        self.demo.load(self.on_load, None, session, **private)
        files.take(self.on_download, None, files, **private)
        self.demo.unload(self.clients.leave)

    def on_upload(self, path: str | None, chosen: str | None = None) -> Iterator[tuple[str, Any]]:
        """Analyse an uploaded file; the recorder is emptied at once, ready for the next one.

        Args:
            path: The file, which Gradio has found to be one of its uploads; None when it was removed.
            chosen: Name of the visitor's checkpoint, None for the default one.
        """
        yield from self._on_file(path, Path(path or "").name, chosen, self._intake.read)

    def on_recording(self, path: str | None, chosen: str | None = None) -> Iterator[tuple[str, Any]]:
        """Analyse what the microphone recorded; arguments as for `on_upload`."""
        yield from self._on_file(path, "Your recording", chosen, self._intake.read_recording)

    def _on_file(
        self, path: str | None, title: str, chosen: str | None, read: Callable[[Path], Waveform]
    ) -> Iterator[tuple[str, Any]]:
        """Messages, with the first of which the recorder is emptied."""
        if path is not None:
            offer = partial(self._stretches.offer, Path(path), title)
            messages = self._steps(lambda: (partial(read, Path(path)), {"title": title}), chosen, offer)
            yield next(messages), None
            yield from ((message, gr.skip()) for message in messages)

    def on_pick(self, event: gr.EventData, chosen: str | None = None) -> Iterator[str]:
        """Analyse the example whose row was pressed; what the browser sends may be anything."""
        yield from self._steps(lambda: to_read(self.examples, event._data.get("index")), chosen)

    def on_part(self, event: gr.EventData, chosen: str | None = None) -> Iterator[str]:
        """Analyse the part of a long upload that was chosen; what the browser sends may be anything."""
        yield from self._steps(lambda: self._stretches.read(event._data), chosen)

    def on_resend(self, event: gr.EventData, chosen: str | None = None) -> Iterator[str]:
        """Analyse what the browser has sent by itself; what it says of it may be anything."""
        try:
            path = str(uploaded_path(event._data))
            handler = self.on_recording if event._data.get("recorded") else self.on_upload
            yield from (text for text, _ in handler(path, chosen))
        except Exception as error:
            yield message("error", text=sentence(error))

    def on_again(self, event: gr.EventData) -> str:
        """Show what the visitor had before, with some changes, or had begun; what is sent may be anything."""
        request, asked = numbered(event._data)
        try:
            if "claim" in request:
                begun = self._begun.find(request["claim"])
                return self._result(self.analyse(begun.waveform, begun.checkpoint), {**begun.about, **asked})
            about, kept = called(self.examples, request), self.results.again(request.get("ticket"))
            return self._result(self._changing.again(kept, request), {**about, **asked})
        except Exception as error:
            return message("error", text=sentence(error), again=True, number=next(NUMBERS), **asked)

    def on_choose(self, event: gr.EventData) -> Iterator[tuple[str, Any]]:
        """Analyse the recording on show by the checkpoint that was chosen, and remember that.

        What the browser says may be anything: names of checkpoint and recording, its number among the
        examples, and the token of the result on show; without one that example is analysed, or the first.
        """
        try:
            request = event._data if isinstance(event._data, dict) else {}
            spec = self.models.find_here(request.get("checkpoint"))
            waveform, about = self._on_show(request)
            yield message("busy", text=f"Analysing {waveform.duration_s:.1f} s with {spec.title}"), gr.skip()
            yield self._result(self.analyse(waveform, spec.name), about), spec.name
        except Exception as error:
            yield message("error", text=sentence(error)), gr.skip()

    def _on_show(self, request: Json) -> tuple[Waveform, Json]:
        """The recording that the browser names by its result's token, and what the browser calls it."""
        if request.get("token") is None:
            path, about = picked(self.examples, request.get("example", 0))
            return Waveform.from_file(path), about
        analysis = self.results.get(request["token"]).analysis
        return (analysis.before or analysis).encoding.waveform, called(self.examples, request)

    def on_download(self, event: gr.EventData) -> Json:
        """Give a file that was asked for, or say why there is none."""
        turn = partial(self.waiting.turn, patience_s=downloads.PATIENCE_S)
        return downloads.answer(self.results, event._data, turn)

    async def on_load(self) -> AsyncIterator[str]:
        """Greet a visitor with the first example, analysed once for everybody."""
        welcome = self.start()
        try:
            if not welcome.done():
                yield message("busy", text="Starting the model", welcome=True)
            result = await asyncio.shield(asyncio.wrap_future(welcome))
            about = {**picked(self.examples, 0)[1], "welcome": True}
            yield await asyncio.to_thread(self._result, result, about)
        except Exception as error:
            yield message("error", text=sentence(error), welcome=True)

    def _analyse_welcome(self) -> Result:
        # Libraries load on first use; analysing noise first keeps that out of the time shown for the example.
        noise = Waveform(np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE_HZ // 2).astype(np.float32))
        noisy = analyze(noise, checkpoint=self.models.default, passes=self._passes, store=self._store)
        timeline.payload(noisy)
        result = self.analyse(Waveform.from_file(self.examples[0].path), for_good=True)
        # All of it, since everybody meets it; this compiles what UMAP needs, too.
        dict(self.parts.rendering(result))
        return result

    def _steps(
        self,
        find: Callable[[], tuple[Callable[[], Waveform], Json]],
        chosen: str | None,
        offer: Callable[[], Json] | None = None,
    ) -> Iterator[str]:
        """From a file, of ours or of a visitor, to the result: one message to the browser at every step."""
        named: Json = {}
        try:
            read, about = find()
            named = {"title": about["title"]}
            yield message("busy", text="Reading the recording")
            if offer and self._intake.is_busy:
                yield message("busy", text=READERS_BUSY)
            try:
                waveform = read()
            except TooLongError:
                if offer is None:
                    raise
                yield message("part", **offer())
                return
            claim = self._begun.keep(waveform, chosen or None, about)
            told = f"Analysing {waveform.duration_s:.1f} s of sound"
            yield message("busy", text=told, claim=claim, **named)
            yield self._result(self.analyse(waveform, chosen or None), about)
        except Exception as error:
            yield message("error", text=sentence(error), **named)

    def _result(self, result: Result, about: Json) -> str:
        """The message that shows a result, whose parts are on their way from now on."""
        return message(
            "result",
            **self.results.keys_for(result),
            seconds=result.seconds,
            **card.about(result.analysis, self._store.find(result.analysis.checkpoint)),
            parts=list(self.parts.rendering(result)),
            **about,
        )
