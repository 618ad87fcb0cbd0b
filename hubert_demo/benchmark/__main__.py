"""`python -m hubert_demo.benchmark`: HuBERT side by side with transformers on this machine."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

from hubert_demo.benchmark.contenders import MAP, MAPS, SIZES, STATES, TASKS, Case, contenders
from hubert_demo.benchmark.measure import Latency, Memory, measure_latency, measure_memory
from hubert_demo.benchmark.report import as_json, table
from hubert_demo.benchmark.tensorflow import compare
from hubert_demo.errors import HubertDemoError
from hubert_demo.model.attention import ATTN_IMPLEMENTATIONS
from hubert_demo.plotting.benchmark import latency_chart

_SECONDS = (5.0, 10.0, 30.0, 60.0)
_TENSORFLOW_SECONDS = (10.0, 60.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.benchmark", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=["base"])
    parser.add_argument("--seconds", nargs="+", type=float, help="audio lengths")
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[1])
    parser.add_argument("--dtypes", nargs="+", choices=["float32", "bfloat16"], default=["float32"])
    parser.add_argument(
        "--implementations",
        nargs="+",
        choices=ATTN_IMPLEMENTATIONS,
        default=ATTN_IMPLEMENTATIONS,
        help="attention implementations to time; those that cannot run here are skipped",
    )
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=[STATES, MAP, MAPS])
    parser.add_argument("--rounds", type=int, default=7, help="timed rounds, after one warm-up round")
    parser.add_argument("--only", choices=["latency", "memory"], help="measure only this")
    parser.add_argument(
        "--tensorflow",
        action="store_true",
        help="compare with our TensorFlow models instead, on the CPU",
    )
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    parser.add_argument("--chart", type=Path, help="draw the latencies to this file (.png or .svg)")
    return parser


def _cases(options: argparse.Namespace) -> list[Case]:
    every = itertools.product(
        options.tasks, options.sizes, options.seconds or _SECONDS, options.batch_sizes, options.dtypes
    )
    return [
        Case(size, seconds, batch, dtype, task)
        for task, size, seconds, batch, dtype in every
        # Maps are looked at one recording at a time.
        if task == STATES or batch == 1
    ]


def _run(options: argparse.Namespace) -> None:
    if options.tensorflow:
        print(compare(options.sizes, options.seconds or _TENSORFLOW_SECONDS, options.rounds, options.only))
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
            text = json.dumps(as_json(latencies, memories), indent=2) + "\n"
            options.json.write_text(text, encoding="utf-8")
    print(table(latencies, memories))
    if options.chart and latencies:
        latency_chart(as_json(latencies, memories)["latency"]).savefig(options.chart, dpi=150)


def main() -> int:
    """Run the benchmark; a `HubertDemoError` is one line and exit status 2."""
    options = _parser().parse_args()
    try:
        _run(options)
    except HubertDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
