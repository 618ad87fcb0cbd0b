"""HuBERT in PyTorch beside HuBERT in TensorFlow: every layer's hidden states, timed in turns in one run."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import torch

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.benchmark.contenders import SIZES
from hubert_demo.benchmark.measure import (
    forget_peak,
    in_own_process,
    median_ratio,
    peak_bytes,
    times_in_turns,
)
from hubert_demo.benchmark.report import aligned
from hubert_demo.errors import HubertDemoError
from hubert_demo.model import HubertConfig, HubertModel

PYTORCH, EAGER, GRAPH = "PyTorch sdpa", "TensorFlow eager", "tf.function"
CONTENDERS = (PYTORCH, EAGER, GRAPH)
_HEADER = ("size", "s", "contender", "median s", "ratio", "peak MB")


def compare(sizes: Sequence[str], seconds: Sequence[float], rounds: int, only: str | None = None) -> str:
    """Time and peak memory of all contenders, as a table.

    Args:
        sizes: Keys of `contenders.SIZES`.
        seconds: Lengths of audio.
        rounds: Timed rounds, after one to warm up.
        only: `"latency"` or `"memory"`: leave the other out.

    Returns:
        One line a measurement. Ratios are to PyTorch in the same round, below 1 is faster; memory is what a
        fresh process takes at most above the model, tracing included.

    Raises:
        HubertDemoError: If TensorFlow is not installed.
    """
    try:
        import_module("hubert_demo.tf")
    except ImportError as error:
        raise HubertDemoError(str(error)) from error
    rows: list[tuple[str, ...]] = [_HEADER]
    for size in sizes:
        for length in seconds:
            times = None if only == "memory" else measure_latency(size, length, rounds)
            for name in CONTENDERS:
                timed = ("", "") if times is None else _summary(times, name)
                peak = "" if only == "latency" else f"{measure_memory(size, length, name):.0f}"
                rows.append((size, f"{length:g}", name, *timed, peak))
            print(f"done: {size}, {length:g} s", file=sys.stderr, flush=True)
    return aligned(rows)


def _summary(times: dict[str, list[float]], name: str) -> tuple[str, str]:
    return f"{statistics.median(times[name]):.3f}", f"{median_ratio(times[name], times[PYTORCH]):.2f}"


def measure_latency(size: str, length: float, rounds: int) -> dict[str, list[float]]:
    """Seconds of every round for each contender, one after the other in every round."""
    return times_in_turns({name: make_task(size, length, name) for name in CONTENDERS}, rounds)


def measure_memory(size: str, length: float, name: str) -> float:
    """Peak memory above the model in megabytes, of a fresh process.

    Raises:
        HubertDemoError: If that process fails, with what it said.
    """
    return in_own_process(__name__, [json.dumps([size, length, name])], name)


def peak_mb(size: str, length: float, name: str) -> float:
    """Peak memory above the model, of this process: for a process that has done nothing else."""
    task = make_task(size, length, name)
    before = forget_peak()
    result = task()
    peak = peak_bytes()
    del result
    return (peak - before) / 1e6


def make_task(size: str, length: float, name: str) -> Callable[[], Any]:
    """The work of a contender, ready to be called; all have the same weights."""
    samples = np.random.default_rng(1).standard_normal((1, round(length * SAMPLE_RATE_HZ)), dtype=np.float32)
    if name == PYTORCH:
        return _torch_task(_reference(size), samples)
    return _tensorflow_task(_reference(size), samples, name)


@cache
def _reference(size: str) -> HubertModel:
    torch.manual_seed(0)
    return HubertModel(replace(HubertConfig(**SIZES[size]), output_hidden_states=True)).eval()


def _torch_task(model: HubertModel, samples: Any) -> Callable[[], Any]:
    values = torch.from_numpy(samples)

    def run() -> Any:
        with torch.inference_mode():
            return model(values).hidden_states

    return run


def _tensorflow_task(reference: HubertModel, samples: Any, name: str) -> Callable[[], Any]:
    from hubert_demo.tf import TFHubertModel
    from hubert_demo.tf.libraries import tf
    from hubert_demo.tf.weights import parameters

    model = TFHubertModel(reference.config)
    tensors = reference.state_dict()
    for key, parameter in parameters(model).items():
        parameter.assign(tensors[key].numpy())
    call = tf.function(model, input_signature=[tf.TensorSpec((None, None))]) if name == GRAPH else model
    values = tf.constant(samples)
    # Eager results may be there before they are computed.
    return lambda: [state.numpy() for state in call(values).hidden_states]


if __name__ == "__main__":
    print(peak_mb(*json.loads(sys.argv[1])))
