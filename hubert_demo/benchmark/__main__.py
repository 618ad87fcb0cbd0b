"""`python -m hubert_demo.benchmark`: HuBERT side by side with transformers on this machine."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from hubert_demo.benchmark import cuda
from hubert_demo.benchmark.contenders import MAP, MAPS, SIZES, STATES, TASKS, Case, contenders
from hubert_demo.benchmark.flash import flash_kernels
from hubert_demo.benchmark.measure import Latency, Memory, measure_latency, measure_memory
from hubert_demo.benchmark.report import as_json, table
from hubert_demo.benchmark.tensorflow import compare
from hubert_demo.errors import exit_status
from hubert_demo.model.attention import ATTN_IMPLEMENTATIONS
from hubert_demo.plotting.benchmark import cuda_chart, latency_chart

_SECONDS = (5.0, 10.0, 30.0, 60.0)
_TENSORFLOW_SECONDS = (10.0, 60.0)
_CUDA_BATCH_SIZES = (1, 8)
_HALVES = ("float16", "bfloat16")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.benchmark", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), help="base; with --cuda large")
    parser.add_argument("--seconds", nargs="+", type=float, help="audio lengths")
    parser.add_argument("--batch-sizes", nargs="+", type=int, help="1; with --cuda 1 and 8")
    parser.add_argument(
        "--dtypes",
        nargs="+",
        choices=["float32", *_HALVES],
        help="float32; with --cuda float16 and bfloat16",
    )
    parser.add_argument(
        "--implementations",
        nargs="+",
        choices=ATTN_IMPLEMENTATIONS,
        default=ATTN_IMPLEMENTATIONS,
        help="attention implementations to time; those that cannot run here are skipped",
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), help="all; with --cuda states")
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds, after one warm-up round")
    parser.add_argument("--only", choices=["latency", "memory"], help="measure only this")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--cuda",
        action="store_true",
        help="compare attention in half precision on a CUDA device: time, memory and rounding",
    )
    instead.add_argument(
        "--tensorflow",
        action="store_true",
        help="compare with our TensorFlow models instead, on the CPU",
    )
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    parser.add_argument(
        "--chart", type=Path, help="draw the times (with --cuda also the memory) to this file (.png or .svg)"
    )
    return parser


def _cases(options: argparse.Namespace) -> list[Case]:
    every = itertools.product(
        options.tasks or [STATES, MAP, MAPS],
        options.sizes or ["base"],
        options.seconds or _SECONDS,
        options.batch_sizes or [1],
        options.dtypes or ["float32"],
    )
    return [
        Case(size, seconds, batch, dtype, task)
        for task, size, seconds, batch, dtype in every
        # Maps are looked at one recording at a time.
        if task == STATES or batch == 1
    ]


def _run(options: argparse.Namespace) -> None:
    if options.tensorflow:
        print(
            compare(
                options.sizes or ["base"],
                options.seconds or _TENSORFLOW_SECONDS,
                options.rounds,
                options.only,
            )
        )
        return
    latencies: list[Latency] = []
    memories: list[Memory] = []
    for case in _cases(options):
        chosen = contenders(case, options.implementations)
        if options.only != "memory":
            latencies += measure_latency(case, chosen, options.rounds)
        if options.only != "latency":
            memories += [measure_memory(case, contender) for contender in chosen]
        print(f"done: {case}", file=sys.stderr, flush=True)
        if options.json:
            _write(options.json, as_json(latencies, memories))
    print(table(latencies, memories))
    if options.chart and latencies:
        latency_chart(as_json(latencies, memories)["latency"]).savefig(options.chart, dpi=150)


def _run_on_cuda(options: argparse.Namespace) -> None:
    cuda.check_cuda()
    every = itertools.product(
        options.sizes or ["large"],
        options.dtypes or _HALVES,
        options.batch_sizes or _CUDA_BATCH_SIZES,
        options.seconds or _SECONDS,
    )
    cases = [Case(size, seconds, batch, dtype, STATES) for size, dtype, batch, seconds in every]
    results: list[cuda.Result] = []
    with flash_kernels() as kernel:
        notes = cuda.notes(kernel)
        for measured in cuda.measure(cases, options.implementations, options.rounds):
            results += measured
            print(f"done: {measured[0].case}", file=sys.stderr, flush=True)
            if options.json:
                _write(options.json, cuda.as_json(results, notes))
    print(cuda.table(results, notes))
    if options.chart:
        cuda_chart(cuda.as_json(results, notes)).savefig(options.chart, dpi=150)


def _write(path: Path, record: dict[str, Any]) -> None:
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    """Run the benchmark; a `HubertDemoError` is one line and exit status 2."""
    parser = _parser()
    options = parser.parse_args()
    if options.cuda and (options.tasks or options.only):
        parser.error("--cuda measures time and memory of the hidden states: leave --tasks and --only out")
    return exit_status(lambda: _run_on_cuda(options) if options.cuda else _run(options))


if __name__ == "__main__":
    sys.exit(main())
