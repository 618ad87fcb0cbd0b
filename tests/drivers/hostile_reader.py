"""Fuzzes the reader: `python tests/drivers/hostile_reader.py --minutes 10 --seed 0`.

Every file of `hostile_made.py`, and between them files changed at random, some of them several times. A copy
of a process that has everything loaded limits itself and answers about each, as a reader does: the whole, a
stretch of it, and an overview. An answer is samples that make a `Waveform`, or a sentence. Without one, a
reader may end by its limits alone: out of time, or out of memory. The first file for which that is not so is
kept, and the exit status is 1.
"""

import argparse
import os
import random
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

# As a reader is told, before numpy takes memory for every core.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from hostile_made import Case, bases, bombs, changed, made_by_hand, write  # noqa: E402

from hubert_demo.audio import Waveform, reader  # noqa: E402
from hubert_demo.audio.messages import unpack  # noqa: E402
from hubert_demo.audio.readers import DEFAULT_LIMITS  # noqa: E402

NAMES = ("{}", "ü {}", "🎙️{}", "a\n{}", "'; rm -rf {}", ".{}", "%s{}", "{}." + 200 * "x", "{}\udcff.wav")
STRETCHES = ((0.0, 60.0), (0.0, 0.2), (0.5, 0.9), (3599.0, 3600.0), (0.9, 1.1))


def cases(seed: int) -> Iterator[Case]:
    """Files without end, the same for the same seed."""
    made = chain(made_by_hand(), bases(), bombs())
    for number in count():
        yield from islice(made, 1)
        yield at_random(random.Random(f"{seed} {number}"), number)


def at_random(rng: random.Random, number: int) -> Case:
    """A recording changed one to four times; sometimes two of them in one."""
    base = rng.choice(bases())
    content = base.content
    if rng.random() < 0.05:
        content += rng.choice(bases()).content
    case = Case(base.name, content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4))):
        if len(case.content) > 8:
            case = changed(case, rng.randrange(1 << 30), rng.randrange(1 << 30))
    stem, _, ending = base.name.rpartition(".")
    return Case(rng.choice(NAMES).format(f"{number}-{stem}.{ending}"), case.content)


def requests(path: Path, rng: random.Random) -> tuple[dict[str, Any], ...]:
    """What is asked about a file."""
    asked = {"path": os.fspath(path)}
    return (
        {**asked, "stretch": None},
        {**asked, "stretch": rng.choice(STRETCHES)},
        {**asked, "overview": True},
    )


def trial(request: dict[str, Any]) -> str:
    """What came of a request: "result", "sentence", "memory", "time", or what is wrong with it."""
    began = time.monotonic()
    pipe, target = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(request, target)
    os.close(target)
    content, in_time = _received(pipe, began + DEFAULT_LIMITS.clock_s)
    os.close(pipe)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not in_time:
        return "time"
    try:
        answer = unpack(content)
    except ValueError as error:
        return f"no message: {error}"
    if answer is not None:
        return _judged(request, *answer)
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
    if ended_by in (signal.SIGXCPU, signal.SIGKILL):
        return "time"
    return f"ended without an answer, by {'itself' if ended_by is None else signal.Signals(ended_by).name}"


def _answer(request: dict[str, Any], target: int) -> None:
    """What a reader does with a request, in this copy of the process, which ends with it."""
    try:
        reader.limit(DEFAULT_LIMITS.processor_s, None if DEFAULT_LIMITS.watches else DEFAULT_LIMITS.memory_mb)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with os.fdopen(target, "wb") as answers:
            answers.write(reader.answer(request))
    finally:
        os._exit(0)


def _received(pipe: int, until_s: float) -> tuple[bytes, bool]:
    """All that comes, and whether the end came in time."""
    content = bytearray()
    while True:
        left_s = until_s - time.monotonic()
        if left_s <= 0 or not select.select([pipe], [], [], left_s)[0]:
            return bytes(content), False
        received = os.read(pipe, 1 << 20)
        if not received:
            return bytes(content), True
        content += received


def _judged(request: dict[str, Any], fields: dict[str, Any], samples: bytes) -> str:
    if "needs_memory" in fields:
        return "memory"
    if "bug" in fields:
        return str(fields["bug"])
    if "error" in fields:
        return "sentence" if is_sentence(request, fields["error"]) else f"no sentence: {fields['error']!r}"
    values = np.frombuffer(samples, np.float32)
    if request.get("overview"):
        is_right = np.isfinite(values).all() and 0 <= fields["drawn_s"] <= fields["duration_s"] <= 3600.0005
        return "result" if is_right and fields["tracks"] else f"no overview: {fields}"
    Waveform(values, notes=tuple(fields["notes"]))
    # Between samples as loud as can be that alternate at random, as in damaged files, resampling overshoots:
    # 62% was seen.
    return "result" if np.abs(values).max() <= 2 else f"samples up to {np.abs(values).max():g}"


def is_sentence(request: dict[str, Any], said: str) -> bool:
    """Whether a refusal says something, and nothing of the folder in which the file is."""
    name = Path(request["path"])
    told = said.replace(name.name, "")
    unwanted = ("\n", "Traceback", str(name.parent))
    return 0 < len(told) < 500 and not any(word in told for word in unwanted)


def main() -> None:
    """Fuzz for a while."""
    parser = argparse.ArgumentParser(description="Have the reader read files that are changed at random.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--count", type=int, help="stop after so many files, if that is sooner")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hostile-reader-"))
    bases()
    until_s = time.monotonic() + 60 * options.minutes
    seen: Counter[str] = Counter()
    num_files, slowest_s = 0, 0.0
    for number, case in enumerate(cases(options.seed)):
        if time.monotonic() > until_s or number == options.count:
            break
        path = write(case, folder)
        for request in requests(path, random.Random(f"{options.seed} {number}")):
            began = time.monotonic()
            outcome = trial(request)
            slowest_s = max(slowest_s, time.monotonic() - began)
            seen[outcome] += 1
            if outcome not in ("result", "sentence", "memory", "time"):
                print(f"seed {options.seed}, {request!r}: {outcome}", file=sys.stderr)
                sys.exit(1)
        path.unlink()
        num_files += 1
    shutil.rmtree(folder)
    print(
        f"seed {options.seed}: {num_files} files, of each the whole, a stretch and an overview; "
        f"{seen['result']} results, {seen['sentence']} sentences, {seen['memory']} needed too much memory, "
        f"{seen['time']} too much time; the slowest {slowest_s:.1f} s"
    )


if __name__ == "__main__":
    main()
