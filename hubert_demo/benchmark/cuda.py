"""Eager, sdpa and flash_attention_2 in half precision on a CUDA device, in both libraries."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from hubert_demo.benchmark.contenders import (
    Case,
    Contender,
    contenders,
    has_transformers,
    make_models,
    make_task,
)
from hubert_demo.benchmark.measure import cuda_peak_mb, median_ratio, seconds_of, times_in_turns
from hubert_demo.benchmark.report import aligned, environment, flat
from hubert_demo.errors import ConfigError, HubertDemoError
from hubert_demo.model.flash import check_flash_attention

_REFERENCE = Contender("hubert_demo", "eager")
_HEADER = (
    "size",
    "dtype",
    "batch",
    "s",
    "contender",
    "median s",
    "speedup",
    "ratio",
    "peak MB",
    "difference",
)
_LEGEND = (
    "speedup: eager of the same library ÷ this, above 1 is faster. "
    "ratio: this ÷ transformers with the same attention, below 1 is faster.\n"
    "peak MB: of the GPU's memory, above what the models take.\n"
    "difference: largest of any value of any layer's states from hubert_demo eager in float32, "
    "÷ the largest absolute value of that layer."
)


@dataclass(frozen=True)
class Result:
    """What was measured of one contender.

    Attributes:
        case: What was done.
        contender: Who did it.
        seconds: One time a round, taken in turns with the others.
        peak_mb: Peak of the GPU's memory above what was taken before, in megabytes; None on another device.
        difference: Largest difference of any value of any layer's states from `hubert_demo` eager in float32
            on the same device, divided by the largest absolute value of that layer.
    """

    case: Case
    contender: Contender
    seconds: tuple[float, ...]
    peak_mb: float | None
    difference: float


def check_cuda() -> None:
    """Refuse to measure without a card.

    Raises:
        HubertDemoError: If torch finds no CUDA device.
    """
    if not torch.cuda.is_available():
        raise HubertDemoError(
            "--cuda measures on a CUDA device, and torch finds none here. Without it, the CPU is measured."
        )


def measure(
    cases: Iterable[Case],
    implementations: Collection[str],
    rounds: int,
    device: str = "cuda",
    timer: Callable[[Callable[[], Any]], float] = seconds_of,
) -> Iterator[list[Result]]:
    """Measure everybody who can do a case; transformers only where it is installed.

    Args:
        cases: With those of one size and precision next to each other, which share their models.
        implementations: Leave others out.
        rounds: Timed rounds, after those that warm up.
        device: Where to measure; memory is measured on CUDA alone.
        timer: Does a task and says how many seconds it took.

    Yields:
        One list a case.

    Raises:
        HubertDemoError: If a case does not fit into the card's memory.
    """
    libraries = {"hubert_demo", "transformers"} if has_transformers() else {"hubert_demo"}
    for _, group in itertools.groupby(cases, key=lambda case: (case.size, case.dtype)):
        same_models = list(group)
        chosen = [c for c in contenders(same_models[0], implementations) if c.library in libraries]
        models = make_models(same_models[0], chosen, device)
        in_float32 = make_models(replace(same_models[0], dtype="float32"), [_REFERENCE], device)[_REFERENCE]
        for case in same_models:
            try:
                yield _measure(case, models, in_float32, rounds, timer)
            except torch.OutOfMemoryError as error:
                raise HubertDemoError(
                    f"The card's memory is too small for a batch of {case.batch} × {case.seconds:g} s at "
                    f"size {case.size}. Give smaller --batch-sizes or --seconds."
                ) from error


def _measure(
    case: Case,
    models: dict[Contender, torch.nn.Module],
    in_float32: torch.nn.Module,
    rounds: int,
    timer: Callable[[Callable[[], Any]], float],
) -> list[Result]:
    reference = _reference_states(case, in_float32)
    tasks = {contender: make_task(case, contender, model) for contender, model in models.items()}
    differences = {
        contender: largest_difference(_states(task()), reference) for contender, task in tasks.items()
    }
    del reference
    on_cuda = next(in_float32.parameters()).is_cuda
    peaks = {contender: cuda_peak_mb(task) if on_cuda else None for contender, task in tasks.items()}
    times = times_in_turns(tasks, rounds, timer)
    return [Result(case, c, tuple(times[c]), peaks[c], differences[c]) for c in tasks]


def _reference_states(case: Case, in_float32: torch.nn.Module) -> list[Tensor]:
    # On CUDA convolutions would be in TF32, with hardly more digits than what is compared.
    with torch.backends.cudnn.flags(allow_tf32=False):
        return _states(make_task(replace(case, dtype="float32"), _REFERENCE, in_float32)())


def _states(output: Any) -> list[Tensor]:
    # transformers 5 puts what comes before the final norm in the last place, we what comes after it.
    return [*output.hidden_states[:-1], output.last_hidden_state]


def largest_difference(states: Sequence[Tensor], reference: Sequence[Tensor]) -> float:
    """Largest difference of any value of any layer, divided by that layer's largest absolute value.

    Args:
        states: One tensor a layer, of any precision; NaN if a value is.
        reference: The same in float32.
    """
    shares = [(a.float() - b).abs().max() / b.abs().max() for a, b in zip(states, reference, strict=True)]
    return float(torch.stack(shares).max())


def notes(kernel: str) -> list[str]:
    """Sentences on what computed flash_attention_2, and on who is missing.

    Args:
        kernel: What `flash.flash_kernels` yielded.
    """
    sentences = [f"flash_attention_2 was computed by {kernel}."]
    try:
        check_flash_attention()
    except ConfigError as error:
        sentences = [f"flash_attention_2 was left out: {error}"]
    if not has_transformers():
        sentences.append("transformers is not installed, so hubert_demo was measured alone.")
    return sentences


def table(results: Sequence[Result], notes: Sequence[str]) -> str:
    """One line a contender and case, and what the columns mean."""
    times = {(result.case, result.contender): result.seconds for result in results}
    rows: list[tuple[str, ...]] = [_HEADER]
    for result in results:
        case, contender = result.case, result.contender
        eager = times.get((case, replace(contender, implementation="eager")))
        theirs = times.get((case, replace(contender, library="transformers")))
        rows.append(
            (
                *(case.size, case.dtype, str(case.batch), f"{case.seconds:g}", str(contender)),
                f"{statistics.median(result.seconds):.4f}",
                f"{1 / median_ratio(result.seconds, eager):.2f}" if eager else "",
                f"{median_ratio(result.seconds, theirs):.2f}" if theirs else "",
                "" if result.peak_mb is None else f"{result.peak_mb:.0f}",
                f"{result.difference:.1e}",
            )
        )
    return "\n\n".join([aligned(rows), _LEGEND, "\n".join(notes)])


def as_json(results: Sequence[Result], notes: Sequence[str]) -> dict[str, Any]:
    """Machine, versions, notes and every single measurement."""
    records = [
        {
            **flat(result.case),
            **asdict(result.contender),
            "seconds": result.seconds,
            "peak_mb": result.peak_mb,
            "difference": result.difference,
        }
        for result in results
    ]
    return {**environment(), "notes": list(notes), "measurements": records}
