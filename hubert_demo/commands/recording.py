"""What the commands about one recording share: their arguments, opening it, and why it cannot be done."""

import argparse
from contextlib import closing

from hubert_demo.api import Analysis
from hubert_demo.audio import Readers
from hubert_demo.commands.analyze import (
    EXIT_FAILED,
    add_checkpoint_to,
    chosen_by,
    read_recording,
    tell_failure,
)
from hubert_demo.errors import HubertDemoError


def add_recording_to(parser: argparse.ArgumentParser) -> None:
    """Describe the recording, and the option that chooses a checkpoint."""
    parser.add_argument("file", metavar="FILE", help="a recording of 0.1 s to 60 s")
    add_checkpoint_to(parser)


def add_json_to(parser: argparse.ArgumentParser) -> None:
    """Describe the option for programs."""
    parser.add_argument("--json", action="store_true", help="print one JSON object, on one line")


def add_changes_to(parser: argparse.ArgumentParser) -> None:
    """Describe the option of changes inside the model."""
    parser.add_argument(
        "--change",
        nargs="+",
        default=[],
        metavar="CHANGE",
        help="something to change inside the model first, as for the command change",
    )


def open_recording(options: argparse.Namespace) -> Analysis:
    """Analyse the recording that `add_recording_to` describes.

    Raises:
        HubertDemoError: If it cannot be analysed.
    """
    # The file may be a stranger's: it is decoded by a program of its own.
    with closing(Readers(num_warm=1, num_more=0)) as readers:
        return read_recording(options.file, chosen_by(options), readers)


def fail(options: argparse.Namespace, error: HubertDemoError, as_json: bool = False) -> int:
    """Say why it cannot be done, and give the exit status."""
    tell_failure(options.file, error, as_json)
    return EXIT_FAILED
