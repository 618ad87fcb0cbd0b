"""The results as a table for people and as JSON."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from typing import Any

import torch

from hubert_demo.benchmark.contenders import TASKS, Case, import_transformers
from hubert_demo.benchmark.measure import Latency, Memory

_HEADER = ("size", "s", "batch", "dtype", "contender", "median s", "ratio", "peak MB")


def table(latencies: list[Latency], memories: list[Memory]) -> str:
    """One block a task; ratios are to transformers in the same round, below 1 is faster."""
    peaks = {(m.case, m.contender): m.peak_mb for m in memories}
    timed = {(t.case, t.contender): t for t in latencies}
    blocks = []
    for task, title in TASKS.items():
        rows = [_HEADER]
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
            widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
            lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
            blocks.append("\n".join([title, *lines]))
    return "\n\n".join(blocks)


def as_json(latencies: list[Latency], memories: list[Memory]) -> dict[str, Any]:
    """Machine, versions and every single measurement."""
    return {
        "machine": {
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": import_transformers().__version__,
        },
        "latency": [
            {**_flat(t.case), **asdict(t.contender), "seconds": t.seconds, "ratio": t.ratio}
            for t in latencies
        ],
        "memory": [{**_flat(m.case), **asdict(m.contender), "peak_mb": m.peak_mb} for m in memories],
    }


def _flat(case: Case) -> dict[str, Any]:
    """A case's fields; its length is called `audio_s` beside measured seconds."""
    fields = asdict(case)
    fields["audio_s"] = fields.pop("seconds")
    return fields
