"""`python -m hubert_demo.benchmark.page`: how long a visitor waits, measured in chromium.

Needs playwright and a chromium (`pip install playwright`, `apt-get install chromium`). The page is started
from the current directory (`app.py`) on a port of its own, unless `--url` names one that runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from hubert_demo.audio import SAMPLE_RATE_HZ, Waveform
from hubert_demo.checkpoints import ASSETS_DIR
from hubert_demo.errors import InputError, exit_status
from hubert_demo.model import HubertConfig, HubertForCTC, Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--autoplay-policy=no-user-gesture-required"]
_TIMEOUT_MS = 120_000
_TABS = ("Transcript", "Keywords", "Layers", "Attention")
_PLAY_S = 3.0
_TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ")

# What the page's modules know.
_LOOK_INSIDE = """async () => {
  const main = document.querySelector("script[type=module][src$='/page/main.js']").src;
  const load = (path) => import(main.replace("page/main.js", `${path}.js`));
  const paths = ["core/clock", "core/store", "core/events", "page/changing"];
  window.inside = Object.assign({}, ...await Promise.all(paths.map(load)));
}"""

# Title of the view that is open, what is waited for, and what says that it is there.
_CHANGED = (
    ("Transcript", "greedy words", "hxReady"),
    ("Keywords", "keywords", "hxReady"),
    ("Layers", "map and curves", "hxComplete"),
)

_SWITCH_OFF = """(head) =>
  inside.changing.put([inside.headOff(Math.floor(inside.store.result.num_layers / 2), head)])"""

_TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"

_COUNT_TICKS = """async (seconds) => {
  inside.clock.seek(5);
  await inside.clock.toggle();
  let ticks = 0;
  const off = inside.on("tick", () => { ticks += 1; });
  const began = performance.now();
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  off();
  const took = performance.now() - began;
  await inside.clock.toggle();
  return (1000 * ticks) / took;
}"""


@dataclass
class Measured:
    """Numbers of one unit, by what they are of; each measured several times."""

    unit: str
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def note(self, what: str, number: float) -> None:
        """Add a measurement."""
        self.numbers.setdefault(what, []).append(number)

    def report(self) -> str:
        """A line each: median, and from least to most."""
        return "\n".join(
            f"{what:44} {statistics.median(all_):6.2f} {self.unit:3} ({min(all_):.2f} to {max(all_):.2f})"
            for what, all_ in self.numbers.items()
        )


@dataclass
class Traffic:
    """Bytes that a tab received, as they travelled.

    Attributes:
        total: All of them.
        queue: Those of the stream that answers what was queued.
    """

    total: int = 0
    queue: int = 0
    _streams: set[str] = field(default_factory=set)

    def listen(self, tab: Any) -> None:
        """Count from now on."""
        session = tab.context.new_cdp_session(tab)
        session.send("Network.enable")
        session.on("Network.responseReceived", self._remember)
        session.on("Network.dataReceived", self._add)

    def _remember(self, event: dict[str, Any]) -> None:
        if "/queue/data" in event["response"]["url"]:
            self._streams.add(event["requestId"])

    def _add(self, event: dict[str, Any]) -> None:
        # Of a stream, the browser tells the bytes after unpacking alone.
        count = event["encodedDataLength"] or event["dataLength"]
        self.total += count
        self.queue += count if event["requestId"] in self._streams else 0


class Visitor:
    """A tab of chromium that looks at the page."""

    def __init__(self, tab: Any, url: str) -> None:
        self._tab = tab
        tab.set_default_timeout(_TIMEOUT_MS)
        self._traffic = Traffic()
        self._traffic.listen(tab)
        tab.goto(url)
        tab.wait_for_selector("body[data-hx-complete]")
        tab.evaluate(_LOOK_INSIDE)
        for title in _TABS:
            self.open(title)

    def open(self, title: str) -> None:
        """Show a view."""
        self._tab.get_by_role("tab", name=title).click()
        self._tab.get_by_test_id(f"view-{title.lower()}").wait_for()

    def upload(self, path: Path, waits: Measured, traffic: Measured, size: str) -> None:
        """Hand a recording over, and wait until all that every view shows is about it."""
        before = self._tab.get_attribute("body", "data-hx-ready")
        if not self._tab.get_by_test_id("file-upload").count():
            self._tab.get_by_role("button", name="Upload file").click()
        self.open("Transcript")
        began, came = time.perf_counter(), replace(self._traffic)
        self._tab.get_by_test_id("file-upload").set_input_files(path)
        self._wait_for("hxReady", before)
        waits.note(f"{size}: transcript", time.perf_counter() - began)
        self._wait_for("hxComplete", before)
        for title in _TABS[1:]:
            self.open(title)
            # A tab that opens asks for its parts when it is laid out.
            self._tab.evaluate(_TWO_FRAMES)
            self._wait_for("hxComplete", before)
        waits.note(f"{size}: everything", time.perf_counter() - began)
        traffic.note(f"{size}: through the queue", (self._traffic.queue - came.queue) / 1000)
        traffic.note(f"{size}: in all", (self._traffic.total - came.total) / 1000)

    def _wait_for(self, mark: str, before: str) -> None:
        self._tab.wait_for_function(
            "([mark, old]) => document.body.dataset[mark] && document.body.dataset[mark] !== old",
            arg=[mark, before],
        )

    def switch(self, waits: Measured, size: str) -> None:
        """Choose another layer, then another head, in the attention view."""
        self.open("Attention")
        self._tab.wait_for_selector("[data-shown]")
        for what, choice in (
            ("layer", {"attention_layer": 0}),
            ("head", {"head": 1}),
            ("layer", {"attention_layer": 1}),
            ("head", {"head": 0}),
        ):
            before = self._tab.get_attribute("[data-shown]", "data-shown")
            began = time.perf_counter()
            self._tab.evaluate("wanted => inside.choose(wanted)", choice)
            self._tab.wait_for_function(
                "old => document.querySelector('[data-shown]').dataset.shown !== old", arg=before
            )
            waits.note(f"{size}: another {what} of attention", time.perf_counter() - began)

    def change(self, waits: Measured, size: str) -> None:
        """Switch heads of the middle layer off, each with another view open, and take that back."""
        for head, (title, what, mark) in enumerate(_CHANGED):
            self.open(title)
            self._wait_for_rest()
            before = self._tab.get_attribute("body", "data-hx-ready")
            began = time.perf_counter()
            self._tab.evaluate(_SWITCH_OFF, head)
            self._wait_for(mark, before)
            waits.note(f"{size}: a change, {what}", time.perf_counter() - began)
            self._take_back()

    def _take_back(self) -> None:
        before = self._tab.get_attribute("body", "data-hx-ready")
        self._tab.evaluate("inside.changing.put([])")
        self._wait_for("hxComplete", before)

    def _wait_for_rest(self) -> None:
        self._tab.evaluate(_TWO_FRAMES)
        self._tab.wait_for_function("document.body.dataset.hxComplete === document.body.dataset.hxReady")

    def sweep(self, waits: Measured, size: str) -> None:
        """Begin to sweep over all heads, and end it when the first numbers are there."""
        self.open("Attention")
        self._wait_for_rest()
        began = time.perf_counter()
        self._tab.get_by_test_id("sweep-heads").click()
        self._tab.wait_for_function("document.querySelector('.hx-switch:not(:empty)')")
        waits.note(f"{size}: first numbers of a sweep", time.perf_counter() - began)
        self._tab.get_by_test_id("sweep-stop").first.click()

    def look_inside(self, waits: Measured, size: str) -> None:
        """Have every layer read, then the sound of two of them made."""
        self.open("Transcript")
        began = time.perf_counter()
        self._tab.get_by_test_id("lens-read").click()
        self._tab.get_by_test_id("lens-texts").wait_for()
        waits.note(f"{size}: every layer read", time.perf_counter() - began)
        for layer in (0, 1):
            self._tab.get_by_test_id("sound-layer").fill(str(layer))
            began = time.perf_counter()
            self._tab.get_by_test_id("hear-layer").click()
            self._tab.wait_for_function("layer => inside.clock.layer === layer", arg=layer)
            waits.note(f"{size}: sound of a layer", time.perf_counter() - began)
        self._tab.evaluate("inside.clock.playing && inside.clock.toggle()")

    def frames_per_second(self, path: Path, traffic: Measured) -> dict[str, float]:
        """How often the cursor moves while a recording plays, by the view that is open."""
        self.upload(path, Measured("s"), traffic, "60 s")
        rates = {}
        for title in _TABS:
            self.open(title)
            self._tab.wait_for_timeout(1000)
            rates[title] = self._tab.evaluate(_COUNT_TICKS, _PLAY_S)
        return rates


def recording(duration_s: float, number: int, folder: Path) -> Path:
    """A recording that no page has seen: examples one after the other, with noise of its own."""
    examples = sorted((ASSETS_DIR / "examples").glob("*.wav"))
    spoken = np.concatenate([Waveform.from_file(path).samples for path in examples])
    count = round(duration_s * SAMPLE_RATE_HZ)
    rng = np.random.default_rng(number)
    samples = np.resize(np.roll(spoken, rng.integers(len(spoken))), count) + rng.normal(0, 1e-3, count)
    path = folder / f"recording-{duration_s:g}-{number}.wav"
    soundfile.write(path, samples, SAMPLE_RATE_HZ)
    return path


def write_base_checkpoint(folder: Path) -> Path:
    """A checkpoint of HuBERT base's size with a CTC head; random weights take as long as trained ones."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        HubertForCTC(HubertConfig(vocab_size=len(_TOKENS))).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)
    Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(_TOKENS)}).save_pretrained(folder)
    return folder


@contextmanager
def serve(arguments: list[str], waits: Measured) -> Iterator[str]:
    """The page of the current directory, in a process of its own; how long it took to answer is noted."""
    if not Path("app.py").exists():
        raise InputError("There is no app.py here; run this in the project's folder, or give --url.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py", *arguments],
        env={**os.environ, "GRADIO_SERVER_PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until(lambda: _answers(url) or process.poll() is not None)
        if process.poll() is not None:
            raise InputError(f"app.py ended with status {process.returncode}; start it by hand to see why.")
        waits.note("server answers", time.perf_counter() - began)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIMEOUT_MS / 1000
    while not condition():
        if time.monotonic() > deadline:
            raise InputError("The page did not answer within two minutes.")
        time.sleep(0.05)


@contextmanager
def _chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise InputError("This needs playwright: pip install playwright.") from error
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise InputError("This needs chromium: apt-get install chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield browser
        browser.close()


def _visit(browser: Any, url: str, waits: Measured) -> None:
    """How long the page takes to a visitor who comes for the first time, and for the second."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    for cache in ("cold", "warm"):
        tab = context.new_page()
        tab.set_default_timeout(_TIMEOUT_MS)
        began = time.perf_counter()
        tab.goto(url)
        tab.wait_for_selector("body[data-hx-ready]")
        waits.note(f"page ready, {cache} cache", time.perf_counter() - began)
        waits.note(f"first paint, {cache} cache", tab.evaluate(_FIRST_PAINT))
        tab.close()
    context.close()


def _measure(
    url: str,
    size: str,
    rounds: int,
    folder: Path,
    waits: Measured,
    traffic: Measured,
    has_taught: bool = True,
) -> dict[str, float]:
    """How often the cursor moves, by view; layers are read and heard where `has_taught` says they can be."""
    with _chromium() as browser:
        visitor = Visitor(browser.new_page(viewport={"width": 1440, "height": 900}), url)
        for number in range(rounds):
            _visit(browser, url, waits)
            visitor.upload(recording(10, number, folder), waits, traffic, size)
            visitor.switch(waits, size)
            visitor.change(waits, size)
            visitor.sweep(waits, size)
            if has_taught:
                visitor.look_inside(waits, size)
        return visitor.frames_per_second(recording(60, 0, folder), traffic)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.benchmark.page", description=__doc__)
    parser.add_argument("--url", help="a page that runs already")
    parser.add_argument("--rounds", type=int, default=5, help="recordings of ten seconds")
    parser.add_argument("--base", action="store_true", help="also a checkpoint of base size (random weights)")
    return parser


def _run(options: argparse.Namespace) -> None:
    waits, traffic = Measured("s"), Measured("kB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.url:
            rates = _measure(options.url, "10 s", options.rounds, folder, waits, traffic)
        else:
            with serve([], waits) as url:
                rates = _measure(url, "10 s", options.rounds, folder, waits, traffic)
        if options.base:
            directory = write_base_checkpoint(folder / "base")
            with serve(["--checkpoint", str(directory)], Measured("s")) as url:
                sizes = "10 s, base size", options.rounds
                _measure(url, *sizes, folder, waits, traffic, has_taught=False)
    print(waits.report())
    print(traffic.report())
    for title, rate in rates.items():
        print(f"{'60 s: cursor, ' + title:44} {rate:6.1f} times a second")


def main() -> int:
    """Run the benchmark; a `HubertDemoError` is one line and exit status 2."""
    options = _parser().parse_args()
    return exit_status(lambda: _run(options))


if __name__ == "__main__":
    sys.exit(main())
