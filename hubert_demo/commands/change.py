"""`python -m hubert_demo change FILE CHANGE… [--json] [--out DIR]`: what becomes of an analysis."""

import argparse
import json
import sys
from pathlib import Path

from hubert_demo.changes import composed, describe, to_dict
from hubert_demo.commands.analyze import as_json, as_text, tell, write
from hubert_demo.commands.recording import add_json_to, add_recording_to, fail, open_recording
from hubert_demo.errors import HubertDemoError


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser(
        "change", help="change something inside the model and see what becomes of it"
    )
    add_recording_to(parser)
    parser.add_argument(
        "changes",
        nargs="+",
        metavar="CHANGE",
        help="such as head_off:3.1, head_off:3.1:mean, layer_skipped:4, feed_forward_off:4, "
        "frames_masked:1.2-1.6, stretch_silenced:1.2-1.6 (seconds) or attention_cut:1.2-1.6:2-2.4; layers "
        "and heads count from 0",
    )
    add_json_to(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write figures, numbers and texts of the changed analysis"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Analyse a file, and again with the changes.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if that cannot be done.
    """
    try:
        changes = composed(options.changes)
        before = open_recording(options)
        after = before.change(*changes)
        if options.out is not None:
            write(after, options.out)
    except HubertDemoError as error:
        return fail(options, error, options.json)
    if options.json:
        both = {name: as_json(options.file, each) for name, each in (("before", before), ("after", after))}
        told = {"file": options.file, "changes": [to_dict(change) for change in after.changes], **both}
        tell(json.dumps(told), sys.stdout)
        return 0
    tell(f"changed: {describe(after.changes) or 'nothing'}", sys.stdout)
    tell(as_text("before", before), sys.stdout)
    tell(as_text("after", after), sys.stdout)
    return 0
