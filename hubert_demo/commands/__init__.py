"""The commands of `python -m hubert_demo`, one file each: a file adds its parser and runs."""

import argparse
from collections.abc import Sequence

from hubert_demo import __version__
from hubert_demo.commands import analyze, change, lens, resynthesise, sweep

COMMANDS = (analyze, change, sweep, lens, resynthesise)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What stands behind the program's name; the process's own when None.

    Returns:
        The command's exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m hubert_demo", description="See what a speech model hears."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(commands)
    options = parser.parse_args(arguments)
    status: int = options.run(options)
    return status
