"""The results as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch

from hubert_demo.benchmark.contenders import TASKS, Case, has_transformers, import_transformers
from hubert_demo.benchmark.measure import Latency, Memory

_HEADER = ("size", "s", "batch", "dtype", "contender", "median s", "ratio", "peak MB")


def table(latencies: list[Latency], memories: list[Memory]) -> str:
    """One block a task; ratios are to transformers in the same round, below 1 is faster."""
    peaks = {(m.case, m.contender): m.peak_mb for m in memories}
    timed = {(t.case, t.contender): t for t in latencies}
    blocks = []
    for task, title in TASKS.items():
        rows: list[tuple[str, ...]] = [_HEADER]
        for case, contender in dict.fromkeys([*timed, *peaks]):
            if case.task != task:
                continue
            time, peak = timed.get((case, contender)), peaks.get((case, contender))
            rows.append(
                (
                    case.size,
                    f"{case.seconds:g}",
                    str(case.batch),
                    case.dtype,
                    str(contender),
                    f"{time.median_s:.3f}" if time else "",
                    f"{time.ratio:.2f}" if time else "",
                    f"{peak:.0f}" if peak is not None else "",
                )
            )
        if len(rows) > 1:
            blocks.append(f"{title}\n{aligned(rows)}")
    return "\n\n".join(blocks)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equally many cells as lines, the columns one below the other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def environment() -> dict[str, Any]:
    """Machine and versions; transformers' is None where it is not installed."""
    return {
        "machine": {
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": import_transformers().__version__ if has_transformers() else None,
        },
    }


def as_json(latencies: list[Latency], memories: list[Memory]) -> dict[str, Any]:
    """Machine, versions and every single measurement."""
    return {
        **environment(),
        "latency": [
            {**flat(t.case), **asdict(t.contender), "seconds": t.seconds, "ratio": t.ratio} for t in latencies
        ],
        "memory": [{**flat(m.case), **asdict(m.contender), "peak_mb": m.peak_mb} for m in memories],
    }


def flat(case: Case) -> dict[str, Any]:
    """A case's fields; its length is called `audio_s` beside measured seconds."""
    fields = asdict(case)
    fields["audio_s"] = fields.pop("seconds")
    return fields
