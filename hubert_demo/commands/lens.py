"""`python -m hubert_demo lens FILE [--reference TEXT]`: what each layer would write if it were the last."""

import argparse
import json
import sys

from hubert_demo.commands.analyze import tell
from hubert_demo.commands.recording import (
    add_changes_to,
    add_json_to,
    add_recording_to,
    fail,
    open_recording,
)
from hubert_demo.errors import HubertDemoError
from hubert_demo.experiments.lens import NOTHING_TO_COMPARE, Lens


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser("lens", help="read every layer as if it were the last")
    add_recording_to(parser)
    parser.add_argument(
        "--reference", default="", metavar="TEXT", help="what was said; default: the greedy transcript"
    )
    parser.add_argument(
        "--read-out", metavar="NAME", help="head, affine or linear; default: the last of them that there is"
    )
    add_changes_to(parser)
    add_json_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the layers for one file.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if that cannot be done.
    """
    try:
        analysis = open_recording(options).change(*options.change)
        lens = analysis.lens(options.reference)
        lens.require(options.read_out)
    except HubertDemoError as error:
        return fail(options, error, options.json)
    if options.json:
        tell(json.dumps({"file": options.file, **lens.as_json()}), sys.stdout)
    else:
        tell("\n".join(_as_lines(lens, options.read_out)), sys.stdout)
    return 0


def _as_lines(lens: Lens, read_out: str | None) -> list[str]:
    """For people: a line a layer, then the letters that were decided or lost."""
    read, name = lens.require(read_out), read_out or lens.best_read_out
    lines = [f"{lens.checkpoint}, read-out: {name}. {lens.note}", "layer  error  by chance  text"]
    if not lens.compared_with:
        lines[0] = f"{lens.checkpoint}, read-out: {name}. {NOTHING_TO_COMPARE}"
        return lines[:1] + [f"{layer:>5}  {text or '(nothing)'}" for layer, text in enumerate(read.texts)]
    for layer, text in enumerate(read.texts):
        mark = " " if read.is_above_chance[layer] else "~"
        errors = f"{read.cer[layer]:5.2f} {mark}{read.cer_by_chance[layer]:10.2f}"
        lines.append(f"{layer:>5}  {errors}  {text or '(nothing)'}")
    if not read.is_above_chance.all():
        lines.append("~ some random order of the same letters comes as close")
    decided = [letter.decided_layer for letter in read.letters.letters]
    if decided:
        width = len(str(len(read.texts) - 1))
        letters = " ".join(f"{letter.text:>{width}}" for letter in read.letters.letters)
        numbers = " ".join(f"{layer!s:>{width}}" for layer in decided)
        lines += [f"letters of the transcript  {letters}", f"decided and kept from      {numbers}"]
        lines.append(f"decided below the last layer: {sum(each != len(read.texts) - 1 for each in decided)}")
    if read.said is not None:
        lost = [letter for letter in read.said.letters if letter.is_lost]
        told = ", ".join(f"{letter.text} at {letter.start_s:.2f} s" for letter in lost)
        lines.append(
            f"right on the way and wrong at the top: {told or 'none'} ({len(lost)}; "
            f"{read.said.num_lost_by_chance:.1f} by chance)"
        )
    return lines
