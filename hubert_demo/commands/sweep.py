"""`python -m hubert_demo sweep FILE [--of heads]`: which head, layer or word the answer depends on."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.api.opening import SWEEPS, Sweep, sweep_steps
from hubert_demo.commands.analyze import tell
from hubert_demo.commands.recording import add_json_to, add_recording_to, fail, open_recording
from hubert_demo.errors import HubertDemoError
from hubert_demo.experiments.effects import listed
from hubert_demo.experiments.heads import NUM_DRAWS, HeadSweep, LayerSweep
from hubert_demo.experiments.words import WordSweep

_MARK = "*"


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser(
        "sweep", help="switch every head off in turn, or every layer, or silence every word"
    )
    add_recording_to(parser)
    parser.add_argument("--of", choices=SWEEPS, default="heads", help="default: %(default)s")
    parser.add_argument(
        "--by", choices=("zero", "mean"), default="zero", help="what a head gives when it is off"
    )
    parser.add_argument(
        "--keyword",
        metavar="WORD",
        help="keyword, or another classifier's label, to follow the probability of; default: the likeliest",
    )
    parser.add_argument(
        "--draws",
        type=int,
        default=NUM_DRAWS,
        metavar="N",
        help="random subspaces a layer that heads are compared with, 0 for none; default: %(default)s",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of all that is drawn")
    add_json_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Sweep over one file.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if that cannot be done.
    """
    try:
        analysis = open_recording(options)
        steps = sweep_steps(
            analysis,
            options.of,
            by=options.by,
            keyword=options.keyword,
            num_draws=options.draws,
            seed=options.seed,
        )
        *_, sweep = steps
    except HubertDemoError as error:
        return fail(options, error, options.json)
    if options.json:
        tell(json.dumps({"file": options.file, "of": options.of, **_as_json(sweep)}), sys.stdout)
    else:
        tell("\n".join(_as_lines(sweep, analysis.transcript_greedy.text)), sys.stdout)
    return 0


def _as_json(sweep: Sweep) -> dict[str, Any]:
    """The numbers of a sweep; layers and heads count from 0, and what is not there is null."""
    if isinstance(sweep, LayerSweep):
        effects = {
            "layer_skipped": sweep.skipped.as_json(),
            "feed_forward_off": sweep.feed_forward_off.as_json(),
        }
        return {"keyword": sweep.keyword, **effects}
    marked = sweep.is_marked.tolist()
    if isinstance(sweep, HeadSweep):
        return {
            "keyword": sweep.keyword,
            "by": sweep.by,
            "by_chance": sweep.by_chance,
            **sweep.effects.as_json(),
            "is_marked": marked,
            "null_loss_rise": listed(sweep.null.loss_rise),
        }
    return {
        "keyword": sweep.keyword,
        "words": [[word.text, word.start_s, word.end_s] for word in sweep.words],
        **sweep.effects.as_json(),
        "by_chance": sweep.by_chance,
        "is_marked": marked,
        "is_compared": sweep.is_compared.tolist(),
        "removed": listed(sweep.removed),
        "removed_at_random": listed(sweep.removed_at_random),
    }


def _as_lines(sweep: Sweep, text: str) -> list[str]:
    """By how much the CTC loss of the greedy text rises, and the probability that is followed, for people."""
    lines: list[str] = []
    if np.isfinite(_all_of(sweep, "loss_rise")).any():
        empty = "" if text else "; no speech was recognised, so that the text is empty"
        silenced = " with the word silenced" if isinstance(sweep, WordSweep) else ""
        heading = f"rise of the CTC loss{silenced}, nats{_by_chance(sweep)}{empty}"
        lines += [heading, *_table(sweep, "loss_rise", 1)]
    if sweep.keyword is not None:
        heading = f"change of the probability of “{sweep.keyword}”, percentage points"
        lines += [heading, *_table(sweep, "keyword_change", 100)]
    return lines


def _by_chance(sweep: Sweep) -> str:
    if isinstance(sweep, LayerSweep):
        return ""
    if sweep.by_chance is not None:
        return f"; {_MARK} by chance 1 in {round(1 / sweep.by_chance)}"
    return "; too few other stretches to compare with" if isinstance(sweep, WordSweep) else ""


def _all_of(sweep: Sweep, measure: str) -> npt.NDArray[np.float64]:
    """What was measured: `(layers, heads)`, `(words,)`, or `(layers, 2)` of layers and feed-forwards."""
    if isinstance(sweep, LayerSweep):
        both = (sweep.skipped, sweep.feed_forward_off)
        return np.stack([getattr(effects, measure) for effects in both], axis=1)
    found: npt.NDArray[np.float64] = getattr(sweep.effects, measure)
    return found


def _table(sweep: Sweep, measure: str, unit: float) -> list[str]:
    """A line a layer or word; layers and heads count from 1. Losses are marked where they beat chance."""
    numbers = unit * _all_of(sweep, measure)
    is_marked = np.zeros(numbers.shape, dtype=bool)
    if measure == "loss_rise" and not isinstance(sweep, LayerSweep):
        is_marked = sweep.is_marked
    if isinstance(sweep, WordSweep):
        cells = _marked(numbers, is_marked)
        return [f"{cell:>10}  {word.text}" for word, cell in zip(sweep.words, cells, strict=True)]
    columns = ["skipped", "no feed-forward"]
    if isinstance(sweep, HeadSweep):
        columns = [f"head {head}" for head in range(1, numbers.shape[1] + 1)]
    rows = [_marked(*each) for each in zip(numbers, is_marked, strict=True)]
    return [_row("layer", columns), *(_row(str(layer), row) for layer, row in enumerate(rows, start=1))]


def _marked(numbers: npt.NDArray[np.float64], is_marked: npt.NDArray[np.bool_]) -> list[str]:
    return [f"{number:z.2f}{_MARK if mark else ' '}" for number, mark in zip(numbers, is_marked, strict=True)]


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:>5}" + "".join(f"{cell:>16}" if len(cells) == 2 else f"{cell:>10}" for cell in cells)
