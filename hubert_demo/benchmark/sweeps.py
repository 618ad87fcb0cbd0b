"""`python -m hubert_demo.benchmark.sweeps`: what sweeps cost, in whole passes over the same recording.

A sweep resumes layers hundreds of times. Each is timed in turns with whole passes of its checkpoint, and run
once more in a process of its own, which says by how much it grew.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubert_demo.api import Analysis, analyze
from hubert_demo.api.opening import sweep_steps
from hubert_demo.benchmark.measure import forget_peak, in_own_process, peak_bytes, seconds_of
from hubert_demo.benchmark.page import recording, write_base_checkpoint
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, STORE
from hubert_demo.errors import exit_status
from hubert_demo.experiments.heads import NUM_DRAWS
from hubert_demo.inference import encode

MAX_GROWTH_MB = 300

_DURATION_S = 10.0
# How often what is short is timed in every round.
_SHORT = 3
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Case:
    """A sweep, and how many whole passes it may take.

    Attributes:
        name: For the command line.
        what: As `Analysis.sweep` takes it.
        num_draws: Likewise.
        is_base: Whether the checkpoint has HuBERT base's size and random weights; else it is the default one.
        max_passes: What it may cost.
    """

    name: str
    what: str
    num_draws: int
    is_base: bool
    max_passes: int

    def steps(self, analysis: Analysis) -> Iterator[object]:
        """The sweep, which is not kept."""
        return sweep_steps(analysis, self.what, num_draws=self.num_draws)


CASES = {
    case.name: case
    for case in (
        Case("heads", "heads", 0, False, 30),
        Case("heads-null", "heads", NUM_DRAWS, False, 230),
        Case("words", "words", 0, False, 230),
        Case("base-heads", "heads", 0, True, 90),
    )
}


@dataclass(frozen=True)
class Cost:
    """What a sweep took.

    Attributes:
        case: The sweep.
        pass_s: Whole passes, in seconds.
        first_s: Until something was known, likewise.
        sweep_s: The whole, likewise.
        growth_mb: Memory of a process at its most, above what it took before.
    """

    case: Case
    pass_s: Sequence[float]
    first_s: Sequence[float]
    sweep_s: Sequence[float]
    growth_mb: float

    def line(self) -> str:
        """For people."""
        whole = statistics.median(self.pass_s)
        passes = [each / whole for each in self.sweep_s]
        return (
            f"{self.case.name:12} {statistics.median(passes):6.1f} passes ({min(passes):.1f} to "
            f"{max(passes):.1f}; limit {self.case.max_passes}), {statistics.median(self.sweep_s):.2f} s of "
            f"{whole:.3f} s each; first after {statistics.median(self.first_s):.2f} s; "
            f"{self.growth_mb:+.0f} MB (limit {MAX_GROWTH_MB})"
        )


def measured(case: Case, rounds: int, duration_s: float, folder: Path) -> Cost:
    """Time a sweep in turns with whole passes, once both are warm, and weigh it in a process of its own."""
    analysis = _analysis(case, duration_s, folder)
    loaded, waveform = STORE.find(analysis.checkpoint), analysis.encoding.waveform
    encode(loaded, waveform)
    next(case.steps(analysis))
    pass_s: list[float] = []
    first_s: list[float] = []
    sweep_s: list[float] = []
    for _ in range(rounds):
        pass_s += [seconds_of(lambda: encode(loaded, waveform)) for _ in range(_SHORT)]
        first_s += [seconds_of(lambda: next(case.steps(analysis))) for _ in range(_SHORT)]
        sweep_s.append(seconds_of(lambda: [*case.steps(analysis)][-1]))
        pass_s += [seconds_of(lambda: encode(loaded, waveform)) for _ in range(_SHORT)]
    return Cost(case, pass_s, first_s, sweep_s, _weighed(case, duration_s, folder))


def _weighed(case: Case, duration_s: float, folder: Path) -> float:
    options = ["--weigh", str(folder), "--cases", case.name, "--seconds", str(duration_s)]
    return in_own_process("hubert_demo.benchmark.sweeps", options, case.name)


def growth_mb(case: Case, duration_s: float, folder: Path) -> float:
    """By how much this process grows at most while it sweeps, above what it has after an analysis."""
    analysis = _analysis(case, duration_s, folder)
    before = forget_peak()
    for _ in case.steps(analysis):
        pass
    return (peak_bytes() - before) / _MEGABYTE


def _analysis(case: Case, duration_s: float, folder: Path) -> Analysis:
    checkpoint = str(folder / "base") if case.is_base else DEFAULT_CHECKPOINT
    if case.is_base and not (folder / "base").exists():
        write_base_checkpoint(folder / "base")
    return analyze(recording(duration_s, 0, folder), checkpoint=checkpoint, device="cpu")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.benchmark.sweeps", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES), help="all")
    parser.add_argument("--rounds", type=int, default=3, help="timed sweeps of each kind")
    parser.add_argument("--seconds", type=float, default=_DURATION_S, help="length of the recording")
    parser.add_argument("--weigh", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    return parser


def _run(options: argparse.Namespace) -> None:
    cases = [CASES[name] for name in options.cases]
    if options.weigh:
        print(growth_mb(cases[0], options.seconds, options.weigh))
        return
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            print(measured(case, options.rounds, options.seconds, Path(folder)).line(), flush=True)


def main() -> int:
    """Run the benchmark; a `HubertDemoError` is one line and exit status 2."""
    options = _parser().parse_args()
    return exit_status(lambda: _run(options))


if __name__ == "__main__":
    sys.exit(main())
