"""Sends hostile files to a running page and to the shell, and checks what comes of each.

    python tests/drivers/hostile_files.py --count 1800 --seed 1 --out /tmp/hostile

The files are made from the seed (`hostile_made.py`): every container and codec that can be written here,
changed in header, packet and timestamp, and some made by hand. Every one has to come to a result or to a
sentence within 15 seconds; no reader may exceed 1 GB of address space, nor the server by more than 150 MB
what it needs for as many recordings as they should be; nothing may be left on disk; and the server has to
be right afterwards. What went wrong is printed, its files are kept in `--out`, and the exit status is 1.

With `--tree`, the page of another working tree gets the same files instead, and it is counted how often they
end or stall it; it is started anew each time.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from answers_page import served  # noqa: E402
from hostile_made import Case, hostile, speech_like, write  # noqa: E402

MOST_S = 15.0
# What asking takes besides: the page's queue, the network, another test on the same cores.
SLACK_S = 2.0
MOST_ADDRESS_SPACE = 1 << 30
MOST_GROWTH = 150 << 20
APOLOGY = "Something went wrong"
HARBOUR = ROOT / "assets" / "examples" / "harbour.wav"


@dataclass
class Report:
    """What was seen.

    Attributes:
        num_files: How many files were sent.
        num_results: How many of them came to a result.
        slowest_s: The longest that one took.
        largest_reader: Most bytes of address space that a reader had.
        faults: What went wrong, a sentence each.
    """

    num_files: int = 0
    num_results: int = 0
    slowest_s: float = 0.0
    largest_reader: int = 0
    faults: list[str] = field(default_factory=list)

    def note(self, name: str, outcome: str, seconds: float) -> bool:
        """Write down what came of a file; whether that was as it should be."""
        self.num_files += 1
        self.slowest_s = max(self.slowest_s, seconds)
        self.num_results += outcome == "result"
        fault = None
        if seconds > MOST_S + SLACK_S:
            fault = f"took {seconds:.1f} s"
        elif outcome != "result" and not _is_sentence(outcome):
            fault = f"got {outcome[:200]!r}"
        if fault:
            self.faults.append(f"{name} {fault}")
        return fault is None


def _is_sentence(said: str) -> bool:
    return bool(said) and APOLOGY not in said and "Traceback" not in said and "\n" not in said.strip()


class Upload:
    """The running page as a browser drives it: an upload, and the event that it triggers.

    Args:
        url: Of the page.
        patience_s: Seconds without an answer, after which there is a `TimeoutError`.
    """

    def __init__(self, url: str, patience_s: float = 600.0) -> None:
        import httpx

        self._patience_s = patience_s
        self._http = httpx.Client(base_url=url, timeout=patience_s)
        config = self._http.get("/config").json()
        self._http.base_url = f"{url}{config.get('api_prefix', '')}"
        recorder = next(
            each["id"] for each in config["components"] if each["props"].get("elem_id") == "hx-recorder"
        )
        self._recorder = recorder
        wanted = [recorder, "upload"]
        self._event = next(
            each["id"] for each in config["dependencies"] if wanted in map(list, each["targets"])
        )

    def send(self, path: Path) -> tuple[str, str]:
        """`"result"` and the text that was recognised's token, or the sentence, and nothing."""
        with path.open("rb") as file:
            answer = self._http.post("/upload", files={"files": (path.name, file)})
        if answer.status_code != 200:
            return f"HTTP {answer.status_code}: {answer.text}", ""
        sent = {
            "path": answer.json()[0],
            "orig_name": path.name,
            "meta": {"_type": "gradio.FileData"},
        }
        message = self._trigger([sent, None])
        if message["kind"] == "result":
            return "result", str(message["token"])
        return str(message.get("text")), ""

    def _trigger(self, data: list[Any]) -> dict[str, Any]:
        session = uuid.uuid4().hex
        body = {"data": data, "fn_index": self._event, "session_hash": session, "trigger_id": self._recorder}
        self._http.post("/queue/join", json=body).raise_for_status()
        last: dict[str, Any] = {"kind": "error", "text": "The queue sent nothing\n"}
        until_s = time.monotonic() + self._patience_s
        with self._http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                # Heartbeats keep coming from a server that is stuck.
                if time.monotonic() > until_s:
                    raise TimeoutError
                event = json.loads(line.removeprefix("data:") or "{}")
                values = (event.get("output") or {}).get("data") or []
                if values and isinstance(values[0], str) and values[0].startswith("{"):
                    last = json.loads(values[0])
                if event.get("msg") == "process_completed":
                    if not event.get("success"):
                        return {"kind": "error", "text": f"{event.get('output')}\n"}
                    return last
        return last


class Watch:
    """Looks at the readers below a process while a block lasts, for the most address space that one has.

    Args:
        report: Where that is written down.
        parent: The process's number.
    """

    def __init__(self, report: Report, parent: int) -> None:
        self._report, self._parent = report, parent
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ends.wait(0.02):
            # A child that has not become a reader yet looks as large as its parent.
            for child in filter(is_reader, children(self._parent)):
                self._report.largest_reader = max(self._report.largest_reader, memory(child, "VmPeak"))


def children(parent: int) -> list[int]:
    """Numbers of a process's children; where there is no /proc, none."""
    found = []
    for path in Path(f"/proc/{parent}/task").glob("*/children"):
        try:
            found += [int(number) for number in path.read_text().split()]
        except OSError:
            continue
    return found


def is_reader(process_id: int) -> bool:
    """Whether a process is a reader."""
    try:
        return b"hubert_demo.audio.reader" in Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False


def memory(process_id: int, name: str) -> int:
    """A figure of a process's memory in bytes, 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def valid_recordings(count: int) -> Iterator[Case]:
    """As many recordings as they should be, of half a second to a minute."""
    import io

    import soundfile

    for number in range(count):
        target = io.BytesIO()
        duration_s = 0.5 + 59.5 * number / max(1, count - 1)
        soundfile.write(target, speech_like(duration_s, number), 16_000, format="FLAC")
        yield Case(f"valid-{number}.flac", target.getvalue(), valid=True)


def through_the_page(
    cases: Iterable[Case],
    num_valid: int,
    folder: Path,
    report: Report,
    until_s: float,
    model: Sequence[str] = (),
) -> None:
    """Send files to a page of its own, and see that it is as it was."""
    with served(folder, arguments=model) as url:
        (server,) = servers(folder)
        page = Upload(url)
        expected = page.send(HARBOUR)[0]
        for case in valid_recordings(num_valid):
            page.send(write(case, folder))
        peak = memory(server, "VmHWM")
        with Watch(report, server):
            for case in cases:
                if time.monotonic() > until_s:
                    break
                _send(page, case, folder, report)
        if memory(server, "VmHWM") == 0:
            report.faults.append("the server has ended")
            return
        grown = memory(server, "VmHWM") - peak
        if num_valid and grown > MOST_GROWTH:
            report.faults.append(f"the server grew by {grown >> 20} MB beyond its peak of {peak >> 20} MB")
        if page.send(HARBOUR)[0] != expected or expected != "result":
            report.faults.append("the server is not right afterwards")
    log = (folder / "page.log").read_text()
    if "Traceback" in log:
        report.faults.append(f"a traceback in the log:\n{log[log.index('Traceback') :][:3000]}")
    left = [path for path in (folder / "tmp").rglob("*") if path.is_file() and "numba" not in str(path)]
    if left:
        report.faults.append(f"left on disk: {[str(path) for path in left[:5]]}")


def _send(page: Upload, case: Case, folder: Path, report: Report) -> None:
    path = write(case, folder)
    began = time.monotonic()
    try:
        outcome = page.send(path)[0]
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}\n"
    if report.note(f"page: {case.name}", outcome, time.monotonic() - began):
        path.unlink()


@dataclass
class Toll:
    """What files did to a server that reads them itself.

    Attributes:
        num_files: How many were sent.
        ended: Names of those that ended it.
        stalled: Names of those after which it did not answer in `MOST_S`.
    """

    num_files: int = 0
    ended: list[str] = field(default_factory=list)
    stalled: list[str] = field(default_factory=list)


def toll_of(tree: Path, cases: list[Case], folder: Path, until_s: float) -> Toll:
    """Send files to the page of another working tree, which is started anew where it has ended or is stuck.

    Args:
        tree: Where its `app.py` is.
        cases: The files.
        folder: For uploads and log.
        until_s: When to stop, on the clock of `time.monotonic`.
    """
    toll = Toll()
    left = iter(cases)
    while True:
        with served(folder, tree) as url:
            (server,) = servers(folder)
            page = Upload(url, MOST_S)
            if not _goes_on(page, server, left, folder, toll, until_s):
                return toll


def _goes_on(
    page: Upload, server: int, cases: Iterator[Case], folder: Path, toll: Toll, until_s: float
) -> bool:
    """Send files until one ends or stalls the server; False when there are none left."""
    for case in cases:
        if time.monotonic() > until_s:
            return False
        toll.num_files += 1
        path = write(case, folder)
        try:
            page.send(path)
        except Exception as error:
            # A process that crashes takes a moment to vanish.
            time.sleep(2)
            has_ended = memory(server, "VmHWM") == 0
            (toll.ended if has_ended else toll.stalled).append(case.name)
            print(f"{case.name}: {'ended' if has_ended else f'stalled ({type(error).__name__})'}", flush=True)
            if not has_ended:
                os.kill(server, signal.SIGKILL)
            return True
        finally:
            path.unlink()
    return False


def servers(folder: Path) -> list[int]:
    """Numbers of the processes whose uploads go into a folder."""
    mark = f"GRADIO_TEMP_DIR={folder / 'uploads'}".encode()
    found = []
    for status in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in status.read_bytes().split(b"\0"):
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found


def through_the_shell(
    cases: list[Case], folder: Path, report: Report, until_s: float, model: Sequence[str] = ()
) -> None:
    """Have the shell analyse files, many at once, as people do."""
    paths = [write(case, folder) for case in cases]
    command = [sys.executable, "-m", "hubert_demo", "analyze", "--json", *model, *map(str, paths)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    assert process.stderr is not None
    answered = 0
    with Watch(report, process.pid):
        last = time.monotonic()
        for line in process.stdout:
            answer, now = json.loads(line), time.monotonic()
            # The first one waits for the model to be loaded.
            seconds = 0.0 if answered == 0 else now - last
            outcome = answer.get("error") or "result"
            if report.note(f"shell: {Path(answer['file']).name}", outcome, seconds):
                Path(answer["file"]).unlink()
            answered, last = answered + 1, now
            if now > until_s:
                process.kill()
                break
        else:
            if answered != len(cases):
                report.faults.append(f"the shell answered for {answered} of {len(cases)} files")
    said = process.stderr.read()
    process.wait()
    if "Traceback" in said:
        report.faults.append(f"a traceback in the shell:\n{said[-3000:]}")
    for path in paths[answered:]:
        path.unlink(missing_ok=True)


def run(
    count: int, seed: int, num_valid: int, seconds: float | None, out: Path, model: Sequence[str] = ()
) -> Report:
    """Do it all.

    Args:
        count: How many files.
        seed: Of what is changed in them.
        num_valid: How many recordings as they should be the server's memory is compared with.
        seconds: When to stop, about; None for all files.
        out: An empty folder, in which the files that went wrong are left.
        model: Which one listens, as page and shell are told.
    """
    report = Report()
    cases = list(hostile(seed, count))
    began = time.monotonic()
    far = float("inf") if seconds is None else seconds
    (out / "tmp").mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = str(out / "tmp")
    through_the_page(cases, num_valid, out, report, began + far * 2 / 3, model)
    through_the_shell(cases, out, report, began + far, model)
    if report.largest_reader > MOST_ADDRESS_SPACE:
        report.faults.append(f"a reader had {report.largest_reader >> 20} MB of address space")
    shutil.rmtree(out / "tmp", ignore_errors=True)
    shutil.rmtree(out / "uploads", ignore_errors=True)
    return report


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1800, help="how many files; default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--valid", type=int, default=500, help="recordings to compare the memory with")
    parser.add_argument("--seconds", type=float, help="stop after about so long")
    parser.add_argument("--out", type=Path, required=True, help="an empty folder")
    parser.add_argument("--checkpoint", help="the model that listens: a name on the page or a folder")
    parser.add_argument("--tree", type=Path, help="have the page of this working tree read them")
    options = parser.parse_args()
    if options.tree is not None:
        until_s = time.monotonic() + (options.seconds or float("inf"))
        cases = list(hostile(options.seed, options.count))
        toll = toll_of(options.tree, cases, options.out, until_s)
        print(
            f"{toll.num_files} files: {len(toll.ended)} ended the server, {len(toll.stalled)} stalled it "
            f"(no answer in {MOST_S:g} s)"
        )
        return
    model = ("--checkpoint", options.checkpoint) if options.checkpoint else ()
    report = run(options.count, options.seed, options.valid, options.seconds, options.out, model)
    print(
        f"{report.num_files} files, {report.num_results} results; slowest {report.slowest_s:.1f} s; largest "
        f"reader {report.largest_reader >> 20} MB; {len(report.faults)} faults"
    )
    print(*report.faults, sep="\n")
    sys.exit(bool(report.faults))


if __name__ == "__main__":
    main()
