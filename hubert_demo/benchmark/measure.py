"""Interleaved latencies, and peak memory in a process of its own."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from hubert_demo.benchmark.contenders import Case, Contender, make_models, make_task
from hubert_demo.errors import HubertDemoError

_MEGABYTE = 1e6

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Latency:
    """Times of one contender, taken in turns with the others.

    Attributes:
        case: What was done.
        contender: Who did it.
        seconds: One time a round.
        ratio: Median over the rounds of this time ÷ the reference's of the same round; the reference is
            transformers under the same implementation.
    """

    case: Case
    contender: Contender
    seconds: tuple[float, ...]
    ratio: float

    @property
    def median_s(self) -> float:
        """Median time."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Memory:
    """Peak memory of one contender above what the model takes.

    Attributes:
        case: What was done.
        contender: Who did it.
        peak_mb: Megabytes, of resident memory or of the GPU's.
    """

    case: Case
    contender: Contender
    peak_mb: float


def measure_latency(case: Case, chosen: list[Contender], rounds: int) -> list[Latency]:
    """Time the contenders of a case, one after the other in every round, after one round to warm up."""
    models = make_models(case, chosen)
    times = times_in_turns({c: make_task(case, c, models[c]) for c in chosen}, rounds)
    results = []
    for contender in chosen:
        ratio = median_ratio(times[contender], times[_reference(chosen, contender)])
        results.append(Latency(case, contender, tuple(times[contender]), ratio))
    return results


def times_in_turns(
    tasks: Mapping[Key, Callable[[], Any]],
    rounds: int,
    timer: Callable[[Callable[[], Any]], float] | None = None,
) -> dict[Key, list[float]]:
    """Times of every task, one after the other in every round, after one round to warm up.

    Args:
        tasks: What to do, by any key.
        rounds: How many times of each task are kept.
        timer: Does a task and says how many seconds it took; `seconds_of` when None.
    """
    times: dict[Key, list[float]] = {key: [] for key in tasks}
    order = list(tasks)
    for number in range(rounds + 1):
        # Whoever goes first finds other caches: take turns at that too.
        for key in order if number % 2 else order[::-1]:
            seconds = (timer or seconds_of)(tasks[key])
            if number > 0:
                times[key].append(seconds)
    return times


def median_ratio(own: Sequence[float], reference: Sequence[float]) -> float:
    """Median over the rounds of a time ÷ the reference's of the same round."""
    return statistics.median(a / b for a, b in zip(own, reference, strict=True))


def _reference(chosen: list[Contender], contender: Contender) -> Contender:
    theirs = [c for c in chosen if c.library == "transformers"]
    return next((c for c in theirs if c.implementation == contender.implementation), theirs[0])


def seconds_of(task: Callable[[], Any]) -> float:
    """How long a task takes, from when CUDA has nothing left to do until it has done this."""
    _synchronise()
    started = time.perf_counter()
    result = task()
    _synchronise()
    elapsed = time.perf_counter() - started
    del result
    return elapsed


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def measure_memory(case: Case, contender: Contender) -> Memory:
    """Peak memory of a case, in a fresh process.

    Raises:
        HubertDemoError: If that process fails, with what it said.
    """
    request = json.dumps({"case": asdict(case), "contender": asdict(contender)})
    return Memory(case, contender, in_own_process("hubert_demo.benchmark.measure", [request], contender))


def in_own_process(module: str, arguments: Sequence[str], what: object) -> float:
    """The last number that a fresh process prints, the memory of something.

    Args:
        module: What that process runs.
        arguments: On its command line.
        what: Whose memory it is, for the message.

    Raises:
        HubertDemoError: If that process fails, with what it said.
    """
    command = [sys.executable, "-m", module, *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise HubertDemoError(f"The memory of {what} was not measured:\n{finished.stderr.strip()}")
    return float(finished.stdout.split()[-1])


def peak_mb(case: Case, contender: Contender) -> float:
    """Peak memory above the model, of this process: for a process that has done nothing else."""
    model = make_models(case, [contender])[contender]
    task = make_task(case, contender, model)
    if torch.cuda.is_available():
        return cuda_peak_mb(task)
    before = forget_peak()
    result = task()
    peak = peak_bytes()
    del result
    return (peak - before) / _MEGABYTE


def cuda_peak_mb(task: Callable[[], Any]) -> float:
    """The most of the GPU's memory that a task has at once, above what was taken before."""
    _synchronise()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = task()
    _synchronise()
    peak = torch.cuda.max_memory_allocated()
    del result
    return (peak - before) / _MEGABYTE


def forget_peak() -> int:
    """Start a new peak where the kernel can, and say where it starts, in bytes."""
    reset = Path("/proc/self/clear_refs")
    if reset.exists():
        reset.write_text("5", encoding="ascii")
    return peak_bytes()


def peak_bytes() -> int:
    """The most memory that this process has had."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(peak_mb(Case(**asked["case"]), Contender(**asked["contender"])))
