"""A page, launched once for all tests of this folder, and a browser in front of it."""

import asyncio
import re
import threading
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from weakref import WeakSet

import av
import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.ui.app import Page

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]


def run(coroutine):
    """Runs it in a thread of its own, because playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@pytest.fixture(scope="session")
def run_async():
    """Gives what a coroutine gives."""
    return run


PAGES = WeakSet()


def build(**options):
    """A page, built where a loop is running: elsewhere Gradio opens loops that nobody closes."""

    async def build_here():
        return Page(**options)

    return run(build_here())


@pytest.fixture(scope="session")
def build_page():
    """`Page`, without what Gradio leaves open."""
    return build


class Requests:
    """An ASGI app that counts the requests it is answering; not heartbeats, which last as long as a visit."""

    def __init__(self, app):
        self.app = app
        self.under_way = 0

    async def __call__(self, scope, receive, send):
        counts = "/heartbeat/" not in scope["path"]
        self.under_way += counts
        try:
            await self.app(scope, receive, send)
        finally:
            self.under_way -= counts


def serve(page, **options):
    """Launch a page; what it computes in the background begins when the server stands.

    While a server is built, FastAPI keeps pydantic's warnings back by the process's filters, which libraries
    reset in any thread.
    """
    may_begin = threading.Event()
    page.waiting.submit("quick", may_begin.wait)

    async def launch():
        page.launch(prevent_thread_lock=True, quiet=True, **options)

    try:
        run(launch())
    finally:
        may_begin.set()
    uvicorn = page.demo.server.config
    page.requests = uvicorn.loaded_app = Requests(uvicorn.loaded_app)
    PAGES.add(page)


@pytest.fixture(scope="session")
def serve_page():
    """Launches a page."""
    return serve


@pytest.fixture(scope="session")
def page():
    """The page, served."""
    page = build()
    serve(page)
    yield page
    page.close()


@pytest.fixture
def hear_little(page, monkeypatch):
    """Has the page analyse the first second alone; gives how long the recordings were, in seconds."""
    analyse, durations_s = page.analyse, []

    def analyse_the_first_second(waveform, *more, **greeting):
        if not greeting:
            durations_s.append(waveform.duration_s)
            waveform = Waveform(waveform.samples[:16_000], notes=waveform.notes)
        return analyse(waveform, *more, **greeting)

    monkeypatch.setattr(page, "analyse", analyse_the_first_second)
    return durations_s


PATIENCE_S = 120


def wait_until_idle(page):
    """Until a page computes nothing: no request is answered, no event of Gradio's queue, no job runs."""
    queue, until = page.demo._queue, time.monotonic() + PATIENCE_S
    while page.demo.is_running and (page.requests.under_way or len(queue) or queue._asyncio_tasks):
        assert time.monotonic() < until, "the page does not come to rest"
        time.sleep(0.01)
    assert page.waiting.idle(PATIENCE_S)


@pytest.fixture(autouse=True)
def at_rest_after_the_test():
    """Waits for the pages' threads, where libraries reset the whole process's warning filters, whenever."""
    yield
    for page in PAGES:
        wait_until_idle(page)


@pytest.fixture(scope="session")
def harbour(root):
    """Four seconds of speech."""
    return root / "assets" / "examples" / "harbour.wav"


@pytest.fixture(scope="session")
def bad_file(tmp_path_factory):
    """Text that calls itself a recording."""
    path = tmp_path_factory.mktemp("bad") / "poem.wav"
    path.write_text("Shall I compare thee to a summer's day?")
    return path


@pytest.fixture
def write_wav(tmp_path):
    """Writes a recording that no other test has used, so that nothing about it is kept already."""

    def write(name="noise.wav", duration_s=1.2, seed=0, rate_hz=16_000, channels=1):
        count = round(duration_s * rate_hz) * channels
        samples = np.random.default_rng(seed).normal(0, 3000, count).astype("<i2")
        path = tmp_path / name
        with wave.open(str(path), "wb") as file:
            file.setnchannels(channels)
            file.setsampwidth(2)
            file.setframerate(rate_hz)
            file.writeframes(samples.tobytes())
        return path

    return write


@pytest.fixture
def write_compressed(tmp_path):
    """Writes noise as phones (.m4a) and browsers (.webm) do; with a `container`, whatever the name says."""

    def write(name, duration_s=1, container=None):
        codec, rate_hz = ("libopus", 48_000) if name.endswith(".webm") else ("aac", 8_000)
        samples = np.random.default_rng(5).normal(0, 0.1, (1, duration_s * rate_hz)).astype(np.float32)
        path = tmp_path / name
        with av.open(str(path), "w", format=container) as file:
            track = file.add_stream(codec, rate=rate_hz, layout="mono")
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate_hz, 0
            context = track.codec_context
            fitting = av.AudioResampler(context.format, "mono", rate_hz, context.frame_size)
            for part in [*fitting.resample(frame), *fitting.resample(None), None]:
                file.mux(track.encode(part))
        return path

    return write


@pytest.fixture(scope="session")
def new_profile(chromium, harbour, tmp_path_factory):
    """Launches chromium with a profile on disk in which nobody has been before.

    Its microphone plays an example over and over.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        microphone = f"--use-file-for-fake-audio-capture={harbour}"

        def launch():
            return playwright.chromium.launch_persistent_context(
                tmp_path_factory.mktemp("profile"), executable_path=chromium, args=[*FLAGS, microphone]
            )

        yield launch


@pytest.fixture(scope="session")
def browser(new_profile):
    """Chromium with a profile that keeps the page's files and compiled scripts for the next visit."""
    profile = new_profile()
    yield profile
    profile.close()


# Gradio's own player, which is hidden, complains about a file that is no sound before it is emptied.
HARMLESS = "Waveform load error"
# Its recorder throws this where nobody catches it.
REFUSED = "Error accessing the microphone: refused"
# The first UMAP of a process is compiled, which takes a busy machine a while.
TIMEOUT_MS = 60_000


SERVER_FUNCTIONS = re.compile("/component_server")

# Nothing that the server sent may be written into.
FREEZE = """(() => {
  const frozen = (value) => {
    if (value && typeof value === "object" && !Object.isFrozen(value)) {
      Object.values(Object.freeze(value)).forEach(frozen);
    }
    return value;
  };
  const [{ parse }, { json }] = [JSON, Response.prototype];
  JSON.parse = (...given) => {
    const value = parse(...given);
    return ["busy", "error", "result"].includes(value?.kind) ? frozen(value) : value;
  };
  Response.prototype.json = async function () {
    const value = await json.call(this);
    return this.url.includes("/component_server") ? frozen(value) : value;
  };
})();"""

# What the page's modules know, for the tests alone.
LOOK_INSIDE = """async () => {
  const main = document.querySelector("script[type=module][src$='/page/main.js']").src;
  const load = (path) => import(main.replace("page/main.js", path));
  const [clock, store, events, mount, paint, path] = await Promise.all(
    ["clock", "store", "events", "mount", "paint", "letter_path"].map((name) => load(`core/${name}.js`)));
  const part = (name) => mount.fetchPart(store.store.result.token, name, () => true);
  window.inside = { ...clock, ...store, ...events, ...paint, ...path, part, load };
}"""


class Visitor:
    """A tab of the browser that looks at the page, with all that went wrong in it."""

    def __init__(self, browser, url, theme="light", width=1440, height=1000, script="", link=""):
        self.tab = browser.new_page()
        self.tab.set_viewport_size({"width": width, "height": height})
        self.tab.set_default_timeout(TIMEOUT_MS)
        self.problems = []
        self.outside = set()
        self.tab.on("console", self._hear)
        self.tab.on("pageerror", lambda error: REFUSED in str(error) or self.problems.append(str(error)))
        self.tab.on("request", self._watch)
        self.tab.add_init_script(FREEZE)
        self.tab.add_init_script(script)
        self.tab.goto(f"{url}?__theme={theme}{link}")
        self.tab.wait_for_selector("body[data-hx-ready]")
        self.tab.evaluate(LOOK_INSIDE)

    def lose_the_server(self):
        """Have every server function out of reach from now on."""
        self.tab.route(SERVER_FUNCTIONS, lambda route: route.abort())

    def change_answer(self, function, change, **fields):
        """Change what a server function answers from now on, where the request has these fields."""

        def answer(route):
            asked = route.request.post_data_json
            [request] = asked["data"] if isinstance(asked["data"], list) else [asked["data"]]
            if asked["fn_name"] != function or any(request[name] != value for name, value in fields.items()):
                return route.continue_()
            response = route.fetch()
            return route.fulfill(response=response, json=change(response.json()))

        self.tab.route(SERVER_FUNCTIONS, answer)

    def leave_answers(self):
        """Have the server's answers as they are."""
        self.tab.unroute(SERVER_FUNCTIONS)

    def leave(self):
        """Close the tab as if nobody had been there."""
        self.tab.evaluate("localStorage.clear()")
        self.tab.close()

    def _hear(self, message):
        if message.type == "error" and HARMLESS not in message.text:
            self.problems.append(message.text)

    def _watch(self, request):
        if request.url.startswith("http") and urlsplit(request.url).hostname != "127.0.0.1":
            self.outside.add(request.url)

    def id(self, name):
        return self.tab.get_by_test_id(name)

    @property
    def token(self):
        return self.tab.evaluate("document.body.dataset.hxReady || null")

    @property
    def time(self):
        return float(self.id("clock").inner_text())

    def open(self, title):
        self.tab.get_by_role("tab", name=title).click()
        self.id(f"view-{title.lower()}").wait_for()
        self.wait_until_open(title.lower())

    def box(self, selector):
        """Left, top, right and bottom of an element in the window."""
        return self.tab.evaluate(
            """(selector) => {
              const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
              return [left, top, right, bottom];
            }""",
            selector,
        )

    def wait_until_open(self, view):
        """Until everybody on the page has been told that a view is open."""
        self.tab.wait_for_function("view => inside.store.open === view", arg=view)
        self.tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def wait_for_other_result(self, token):
        self.tab.wait_for_function(
            "old => document.body.dataset.hxReady && document.body.dataset.hxReady !== old", arg=token
        )

    def upload(self, path):
        if not self.id("file-upload").count():
            self.tab.get_by_role("button", name="Upload file").click()
        self.id("file-upload").set_input_files(path)


@pytest.fixture
def visit(browser, page, new_profile):
    visitors, profiles = [], []

    def arrive(page=page, is_new=False, **options):
        if is_new:
            profiles.append(new_profile())
        profile = profiles[-1] if is_new else browser
        visitors.append(Visitor(profile, page.demo.local_url, **options))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.leave()
        assert visitor.problems == []
        assert visitor.outside == set()
    for profile in profiles:
        profile.close()
