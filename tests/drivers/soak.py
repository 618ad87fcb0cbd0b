"""A crowd at the page: 30 programs and a browser, each waiting for its answers, for as long as you like.

    python tests/drivers/soak.py --minutes 10
    python tests/drivers/soak.py --minutes 10 --tree ../an-older-checkout

Twelve programs ask for every endpoint about 0.5 to 60 s of sound, eighteen for the quick ones with pauses;
each has an address of its own (127.0.0.2 to 127.0.0.31). Now and then one sends what is no recording, or
leaves. Every recording is unique. Printed is, as JSON, what came of it; the exit status is 1 where something
is not as it should be. Linux only: it reads /proc.
"""

import argparse
import json
import math
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 16_000
NUM_ALL, NUM_QUICK = 12, 18
QUICK = ("analyze", "align", "attend")
SLOW = ("read", "map_layers", "compare_layers", "compare_heads")
# Short enough for half a second.
REFERENCE = "The old harbour"
PARAMETERS: dict[str, dict[str, Any]] = {
    "align": {"reference": REFERENCE},
    "attend": {"layer": 1, "head": 2},
    "export": {"reference": REFERENCE},
    "read": {"num_best": 3},
}
PATIENCE_S = 600.0
SHORT_S = 1.0
MAX_REFUSED = 0.02
MAX_GROWTH = 1.05

REFUSAL = re.compile(r"Try again in about \d+ s\.")
# What the page says before lanes said how long they are.
OLD_REFUSALS = ("Too much is being computed", "Queue is full")
EXPECTED = ("answer", "sentence", "left", "refusal")
APOLOGY = "Something went wrong on our side"


@dataclass
class Asked:
    """One request and what came of it.

    Attributes:
        endpoint: Its name.
        path: The recording, kept here.
        seconds: Of sound.
        outcome: "answer", "refusal", "sentence", "left", or what went wrong.
        took_s: From the upload to the answer.
    """

    endpoint: str
    path: Path
    seconds: float
    outcome: str = ""
    took_s: float = 0.0


@dataclass
class Log:
    """Everything that was asked, and what the server took for it."""

    asked: list[Asked] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    greetings_s: list[float] = field(default_factory=list)
    words_s: list[float] = field(default_factory=list)
    browser: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, asked: Asked) -> None:
        with self.lock:
            self.asked.append(asked)


def parameters(endpoint: str, path: Path) -> dict[str, Any]:
    """What is asked of an endpoint about a recording: of every other map of layers, PCA."""
    if endpoint == "map_layers":
        return {"method": "pca" if int(path.stem) % 2 else "umap"}
    return PARAMETERS.get(endpoint, {})


class Server:
    """`app.py` of a checkout on a free port.

    Args:
        tree: The checkout.
        folder: Where its uploads and its log go.
        keep_minutes: How long it keeps files, if it can be told.
    """

    def __init__(self, tree: Path, folder: Path, keep_minutes: float) -> None:
        self.uploads, self.log = folder / "server", folder / "server.log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "app.py", "--port", str(port)]
        known = (tree / "hubert_demo" / "ui" / "command.py").exists() and (
            tree / "hubert_demo" / "ui" / "command.py"
        ).read_text()
        if known and "--keep-minutes" in known:
            command += ["--keep-minutes", str(keep_minutes)]
        environment = {
            **os.environ,
            "GRADIO_TEMP_DIR": str(self.uploads),
            "GRADIO_ANALYTICS_ENABLED": "False",
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=tree, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def wait_until_ready(self) -> None:
        """Until it answers a request for a page."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                httpx.get(self.url, timeout=5)
                return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise SystemExit(f"The page does not answer:\n{self.log.read_text()}")

    @property
    def memory_mb(self) -> float:
        return self._status("VmRSS") / 1024

    @property
    def num_threads(self) -> int:
        return self._status("Threads")

    @property
    def num_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @property
    def disk_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.uploads.rglob("*") if path.is_file())

    def _status(self, name: str) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", text)[1])  # type: ignore[index]

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Recordings:
    """Unique recordings: speech, repeated or cut, with seeded noise.

    Args:
        folder: Where they are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        paths = sorted((ROOT / "assets" / "examples").glob("*.wav"))
        self._speech = [soundfile.read(path, dtype="float32")[0] for path in paths]
        self._lock = threading.Lock()
        self._number = 0

    def write(self, chance: random.Random, seconds: float) -> Path:
        """A new one of so many seconds."""
        with self._lock:
            self._number += 1
            number = self._number
        speech = self._speech[chance.randrange(len(self._speech))]
        samples = np.resize(speech, round(seconds * RATE_HZ))
        noise = np.random.default_rng(chance.getrandbits(32)).normal(0, 0.003, len(samples))
        path = self._folder / f"{number}.wav"
        soundfile.write(path, samples + noise.astype(np.float32), RATE_HZ, subtype="PCM_16")
        return path

    def write_bad(self, chance: random.Random) -> Path:
        """One that is none."""
        path = self.write(chance, 0.5)
        kind = chance.choice(("text", "empty", "short", "silent", "long"))
        if kind == "text":
            path.write_text("Shall I compare thee to a summer's day?")
        elif kind == "empty":
            path.write_bytes(b"")
        else:
            count = {"short": 400, "silent": RATE_HZ, "long": 70 * RATE_HZ}[kind]
            soundfile.write(path, np.zeros(count, np.float32), RATE_HZ)
        return path


class Program:
    """A program that asks the named endpoints, from an address of its own.

    Args:
        url: Of the page.
        number: 0 to 29; its address is 127.0.0.2 and so on.

    Attributes:
        step: What it is doing.
    """

    def __init__(self, url: str, number: int) -> None:
        # The server closes a connection that was idle for 5 s. httpx would keep it as long, and now and then
        # send a request in that very moment.
        limits = httpx.Limits(keepalive_expiry=2)
        transport = httpx.HTTPTransport(local_address=f"127.0.0.{number + 2}", limits=limits)
        self._http = httpx.Client(base_url=f"{url}/gradio_api", transport=transport, timeout=PATIENCE_S)
        self.step = ""

    def ask(self, endpoint: str, path: Path, leaves: bool = False, collects: bool = True) -> tuple[str, Any]:
        """The outcome and the answer; with `leaves` nobody waits for it, or without `collects` ever asks."""
        self.step = "upload"
        with path.open("rb") as file:
            answer = self._http.post("/upload", files={"files": (path.name, file)})
        if answer.status_code != 200:
            return f"upload: HTTP {answer.status_code}", None
        recording = {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}
        body = {"recording": recording, **parameters(endpoint, path)}
        self.step = "call"
        answer = self._http.post(f"/call/v2/{endpoint}", json=body)
        if answer.status_code != 200:
            return _outcome(answer.text, f"HTTP {answer.status_code}"), None
        event_id = answer.json()["event_id"]
        if not collects:
            return "uncollected", None
        self.step = "answer"
        with self._http.stream("GET", f"/call/v2/{endpoint}/{event_id}") as stream:
            if leaves:
                return "left", None
            return _read(stream.iter_lines())

    def fetch(self, url: str, path: Path) -> None:
        """Download a file."""
        path.write_bytes(self._http.get(url).raise_for_status().content)

    def close(self) -> None:
        self._http.close()


def _read(lines: Iterator[str]) -> tuple[str, Any]:
    event = ""
    for line in lines:
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: ") and event in {"complete", "error"}:
            data = json.loads(line.removeprefix("data: "))
            if event == "complete":
                return "answer", data[0]
            said = data.get("error") if isinstance(data, dict) else data
            return _outcome(str(said), "error"), str(said)
    return "the stream ended", None


def _outcome(said: str, kind: str) -> str:
    if REFUSAL.search(said) or any(each in said for each in OLD_REFUSALS):
        return "refusal"
    if kind == "error" and said.strip() and APOLOGY not in said and said != "None" and "session" not in said:
        return "sentence"
    return f"{kind}: {said[:200]}"


def use(
    program: Program,
    number: int,
    recordings: Recordings,
    log: Log,
    until: float,
    seed: int,
    longest_s: float,
) -> None:
    """What one program does until a time."""
    chance = random.Random(f"{seed} {number}")
    asks_all = number < NUM_ALL
    while time.monotonic() < until:
        if asks_all:
            endpoint = "export" if chance.random() < 0.1 else chance.choice(QUICK + SLOW)
            seconds = 0.5 * (2 * longest_s) ** chance.random()
        else:
            endpoint = chance.choice(QUICK)
            seconds = chance.uniform(0.5, 1.0) if chance.random() < 0.5 else 8 ** chance.random()
            time.sleep(chance.uniform(1, 5))
        kind = chance.choices(("good", "bad", "leaves"), (94, 3, 3))[0]
        path = recordings.write_bad(chance) if kind == "bad" else recordings.write(chance, seconds)
        asked = Asked(endpoint, path, seconds)
        begun = time.monotonic()
        try:
            outcome, answer = program.ask(endpoint, path, kind == "leaves")
            if endpoint == "export" and outcome == "answer":
                program.fetch(answer["url"], path.with_suffix(".zip"))
            # On disk, since all answers together are large.
            path.with_suffix(".json").write_text(json.dumps(answer))
        except (httpx.HTTPError, KeyError, ValueError) as error:
            outcome = f"{program.step}: {type(error).__name__}: {error}"[:200]
            print(f"{number} {time.time():.2f} {outcome}", file=sys.stderr, flush=True)
        asked.took_s = time.monotonic() - begun
        expected = {"good": "answer", "bad": "sentence", "leaves": "left"}[kind]
        if outcome not in {expected, "refusal"}:
            said = f": {answer}"[:200] if outcome == "sentence" else ""
            outcome = f"{kind} {endpoint}: {outcome}{said}"
        asked.outcome = outcome
        log.add(asked)


def browse(url: str, chromium: str, recordings: Recordings, log: Log, until: float, seed: int) -> None:
    """Two pages in a browser that record and look at tabs, and new visitors who want to be greeted."""
    from playwright import sync_api

    chance = random.Random(f"{seed} browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        pages = [browser.new_context().new_page() for _ in range(2)]
        for page in pages:
            page.set_default_timeout(1000 * PATIENCE_S)
            page.goto(url)
        while time.monotonic() < until:
            try:
                _visit(browser, url, log)
                for page in pages:
                    _look(page, recordings.write(chance, 0.9), log)
            except sync_api.Error as error:
                log.browser.append(str(error)[:300])
        browser.close()


def _visit(browser: Any, url: str, log: Log) -> None:
    visitor = browser.new_page()
    visitor.set_default_timeout(1000 * PATIENCE_S)
    visitor.goto(url, wait_until="commit")
    begun = time.monotonic()
    visitor.wait_for_selector("body[data-hx-ready]")
    log.greetings_s.append(time.monotonic() - begun)
    visitor.close()


def _look(page: Any, path: Path, log: Log) -> None:
    page.wait_for_selector("body[data-hx-ready]")
    before = page.evaluate("document.body.dataset.hxReady")
    if not page.get_by_test_id("file-upload").count():
        page.get_by_role("button", name="Upload file").click()
    begun = time.monotonic()
    page.get_by_test_id("file-upload").set_input_files(path)
    page.wait_for_function(
        "old => document.body.dataset.hxReady && document.body.dataset.hxReady !== old", arg=before
    )
    log.words_s.append(time.monotonic() - begun)
    for title in ("Layers", "Attention", "Transcript"):
        page.get_by_role("tab", name=title).click()
        page.wait_for_timeout(500)


def watch(server: Server, log: Log, until: float) -> None:
    """Memory, twice a second."""
    while time.monotonic() < until:
        log.memory_mb.append(server.memory_mb)
        time.sleep(0.5)


def compare(log: Log, folder: Path, most: int, seed: int) -> list[str]:
    """Which of the answers differ from those that the same functions give alone, of at most so many."""
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    from gradio import FileData

    from hubert_demo.api import analyze
    from hubert_demo.ui.endpoints import Endpoints

    endpoints = Endpoints(lambda wave, name: SimpleNamespace(analysis=analyze(wave, checkpoint=name))).all()
    answered = [each for each in log.asked if each.outcome == "answer"]
    random.Random(seed).shuffle(answered)
    # Each endpoint has its share.
    places: Counter[str] = Counter()
    order = []
    for asked in answered:
        order.append((places[asked.endpoint], len(order), asked))
        places[asked.endpoint] += 1
    differing = []
    for _, _, asked in sorted(order)[:most]:
        recording = FileData(path=str(asked.path))
        alone = endpoints[asked.endpoint](recording, **parameters(asked.endpoint, asked.path))
        if asked.endpoint == "export":
            same = _contents(asked.path.with_suffix(".zip")) == _contents(Path(alone.path))
        else:
            answer = json.loads(asked.path.with_suffix(".json").read_text())
            is_umap = parameters(asked.endpoint, asked.path).get("method") == "umap"
            same = _same_worth(answer, alone) if is_umap else alike(answer, alone)
        if not same:
            differing.append(f"{asked.endpoint} of {asked.path.name}, {asked.seconds:.1f} s")
    return differing


def _same_worth(one: Any, other: Any) -> bool:
    """Whether two UMAPs are worth the same: the last digit of a state may move all their points."""
    is_alike = alike(one["frame_times_s"], other["frame_times_s"])
    worth = [each["trustworthiness"] for each in (one, other)]
    return (
        is_alike and np.shape(one["points"]) == np.shape(other["points"]) and np.allclose(*worth, atol=0.05)
    )


def _contents(path: Path) -> dict[str, bytes]:
    """The texts in a zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith((".txt", ".srt"))}


def alike(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for the last digits of their numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-4)
    return bool(one == other)


def report(log: Log, differing: list[str], rest: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """What came of it, and under `problems` what is not as it should be."""
    outcomes = Counter(each.outcome for each in log.asked)
    errors = {
        each: count
        for each, count in outcomes.items()
        if each not in {"answer", "sentence", "left", "refusal"}
    }
    refused = outcomes["refusal"] / max(1, len(log.asked))
    short = [each for each in log.asked if each.endpoint == "analyze" and each.seconds <= SHORT_S]
    times_s = sorted(
        each.took_s if each.outcome == "answer" else math.inf
        for each in short
        if each.outcome in {"answer", "refusal"}
    )
    answered = [each for each in log.asked if each.outcome == "answer"]
    third = max(1, len(log.memory_mb) // 3)
    thirds = [statistics.mean(log.memory_mb[third * i : third * (i + 1)] or [0.0]) for i in range(3)]
    problems = [f"{count} × {what}" for what, count in errors.items()]
    problems += [f"differs from what is computed alone: {each}" for each in differing]
    problems += [f"browser: {each}" for each in log.browser]
    if refused > MAX_REFUSED:
        problems.append(f"{refused:.1%} of requests were refused")
    if thirds[2] > MAX_GROWTH * thirds[1]:
        problems.append(f"memory grew: {thirds[1]:.0f} MB, then {thirds[2]:.0f} MB")
    for name, (before, after) in rest.items():
        slack = {"file descriptors": 10, "threads": 20, "disk bytes": 0}[name]
        if after > before + slack:
            problems.append(f"{name}: {before:.0f} before, {after:.0f} after")
    return {
        "requests": len(log.asked),
        "outcomes": dict(outcomes),
        "refused": round(refused, 4),
        "by endpoint": {
            name: _times([each.took_s for each in answered if each.endpoint == name])
            for name in (*QUICK, *SLOW, "export")
        },
        "short analyses": _times(times_s),
        "memory by thirds (MB)": [round(each) for each in thirds],
        "before and after": rest,
        "greetings": _times(log.greetings_s),
        "words of 0.9 s on the page": _times(log.words_s),
        "problems": problems,
    }


def _times(times_s: list[float]) -> dict[str, float]:
    if not times_s:
        return {"count": 0}
    ordered = sorted(times_s)
    at = {"p50_s": 0.5, "p95_s": 0.95, "most_s": 1.0}
    found = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in at.items()}
    return {"count": len(ordered), **{name: round(value, 2) for name, value in found.items()}}


@contextmanager
def running(works: list[Callable[[], None]]) -> Iterator[None]:
    """Threads that run meanwhile, and are waited for."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def soak(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Let the crowd in, and say what came of it."""
    log, recordings = Log(), Recordings(folder / "uploads")
    server = Server(options.tree, folder, options.keep_minutes)
    try:
        server.wait_until_ready()
        programs = [Program(server.url, number) for number in range(options.clients)]
        # What is loaded on first use belongs to the start.
        first = recordings.write(random.Random(options.seed), 2.0)
        for endpoint in (*QUICK, *SLOW):
            programs[0].ask(endpoint, first)
        before = (server.num_files, server.num_threads, 0)
        print(f"{options.clients} programs for {options.minutes:g} min", file=sys.stderr, flush=True)
        until = time.monotonic() + 60 * options.minutes
        works: list[Callable[[], None]] = [lambda: watch(server, log, until)]
        for number, program in enumerate(programs):
            # So that a small crowd has both kinds.
            kind = number * (NUM_ALL + NUM_QUICK) // options.clients
            works.append(
                lambda program=program, kind=kind: use(  # type: ignore[misc]
                    program, kind, recordings, log, until, options.seed, options.longest_s
                )
            )
        if options.chromium:
            works.append(lambda: browse(server.url, options.chromium, recordings, log, until, options.seed))
        with running(works):
            pass
        for program in programs:
            program.close()
        rested = time.monotonic() + 60 * options.keep_minutes + 30
        while time.monotonic() < rested and (server.disk_bytes or server.num_files > before[0] + 5):
            time.sleep(0.5)
        after = (server.num_files, server.num_threads, server.disk_bytes)
    finally:
        server.close()
    names = ("file descriptors", "threads", "disk bytes")
    rest = {name: (float(one), float(other)) for name, one, other in zip(names, before, after, strict=True)}
    result = report(log, compare(log, folder / "uploads", options.compare, options.seed), rest)
    tracebacks = server.log.read_text().count("Traceback")
    if tracebacks:
        result["problems"].append(f"{tracebacks} tracebacks in the server's log")
        result["log"] = server.log.read_text()[-3000:]
    return result


def main(arguments: list[str] | None = None) -> int:
    """Let the crowd in; gives the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=NUM_ALL + NUM_QUICK)
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose page is visited")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compare", type=int, default=100, help="how many answers are made again, alone")
    parser.add_argument("--chromium", help="a browser that visits too; without it programs do alone")
    parser.add_argument("--longest-s", type=float, default=60, help="how long the longest recordings are")
    parser.add_argument("--keep-minutes", type=float, default=1, help="how long the page keeps files")
    options = parser.parse_args(arguments)
    options.tree = options.tree.resolve()
    # Whoever ends this ends the page too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.path.insert(0, str(options.tree))
    with tempfile.TemporaryDirectory() as folder:
        result = soak(options, Path(folder))
    print(json.dumps(result, indent=1))
    return 1 if result["problems"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
