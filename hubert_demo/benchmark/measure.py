"""Interleaved latencies, and peak memory in a process of its own."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hubert_demo.benchmark.contenders import Case, Contender, make_models, make_task
from hubert_demo.errors import HubertDemoError

_MEGABYTE = 1e6


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
    tasks = {contender: make_task(case, contender, models[contender]) for contender in chosen}
    times: dict[Contender, list[float]] = {contender: [] for contender in chosen}
    for number in range(rounds + 1):
        # Whoever goes first finds other caches: take turns at that too.
        for contender in chosen if number % 2 else chosen[::-1]:
            seconds = seconds_of(tasks[contender])
            if number > 0:
                times[contender].append(seconds)
    results = []
    for contender in chosen:
        reference = times[_reference(chosen, contender)]
        ratios = [own / other for own, other in zip(times[contender], reference, strict=True)]
        results.append(Latency(case, contender, tuple(times[contender]), statistics.median(ratios)))
    return results


def _reference(chosen: list[Contender], contender: Contender) -> Contender:
    theirs = [c for c in chosen if c.library == "transformers"]
    return next((c for c in theirs if c.implementation == contender.implementation), theirs[0])


def seconds_of(task: Callable[[], Any]) -> float:
    """How long a task takes."""
    started = time.perf_counter()
    result = task()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    elapsed = time.perf_counter() - started
    del result
    return elapsed


def measure_memory(case: Case, contender: Contender) -> Memory:
    """Peak memory of a case, in a fresh process.

    Raises:
        HubertDemoError: If that process fails, with what it said.
    """
    request = json.dumps({"case": asdict(case), "contender": asdict(contender)})
    command = [sys.executable, "-m", "hubert_demo.benchmark.measure", request]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise HubertDemoError(f"The memory of {contender} was not measured:\n{finished.stderr.strip()}")
    return Memory(case, contender, float(finished.stdout.split()[-1]))


def peak_mb(case: Case, contender: Contender) -> float:
    """Peak memory above the model, of this process: for a process that has done nothing else."""
    model = make_models(case, [contender])[contender]
    task = make_task(case, contender, model)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        result = task()
        peak = torch.cuda.max_memory_allocated()
        del result
        return (peak - before) / _MEGABYTE
    before = forget_peak()
    result = task()
    peak = peak_bytes()
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
