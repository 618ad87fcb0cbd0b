"""`python -m hubert_demo analyze FILE… [--json] [--out DIR]`: recordings analysed from a shell."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hubert_demo import __version__
from hubert_demo.api import Analysis, analyze
from hubert_demo.errors import HubertDemoError, InputError

EXIT_FAILED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What stands behind the program's name; the process's own when None.

    Returns:
        The exit status: 0, or 2 if any file could not be analysed.
    """
    options = _parser().parse_args(arguments)
    folders = _folders(options.files, options.out)
    pairs = zip(options.files, folders, strict=True)
    failures = [_analyze(file, folder, options) for file, folder in pairs].count(False)
    return EXIT_FAILED if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hubert_demo", description="See what a speech model hears."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("analyze", help="transcribe recordings and name the keyword in them")
    command.add_argument("files", nargs="+", metavar="FILE", help="a recording of 0.1 s to 60 s")
    command.add_argument("--json", action="store_true", help="print one JSON object a line and file")
    command.add_argument("--checkpoint", metavar="NAME", help="name of a known checkpoint, or a directory")
    command.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write figures, numbers and texts there; several files get a folder each",
    )
    return parser


def _folders(files: Sequence[str], out: Path | None) -> list[Path | None]:
    """Where what is written about each file goes: no two into the same folder."""
    if out is None or len(files) == 1:
        return [out] * len(files)
    seen: Counter[str] = Counter()
    folders: list[Path | None] = []
    for file in files:
        name = Path(file).name
        seen[name] += 1
        folders.append(out / (name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return folders


def _analyze(file: str, folder: Path | None, options: argparse.Namespace) -> bool:
    """Print, and write if asked to, what is in one file, or why it cannot be; tell which of the two."""
    chosen = {"checkpoint": options.checkpoint} if options.checkpoint else {}
    try:
        analysis = analyze(file, **chosen)
        if folder is not None:
            _write(analysis, folder)
    except HubertDemoError as error:
        if options.json:
            print(json.dumps({"file": file, "error": str(error)}), flush=True)
        else:
            print(f"{file}: {error}", file=sys.stderr)
        return False
    print(json.dumps(_as_json(file, analysis)) if options.json else _as_text(file, analysis), flush=True)
    return True


def _write(analysis: Analysis, folder: Path) -> None:
    # Drawing takes a second to import; who only reads transcripts does not wait for it.
    from hubert_demo.export import Choices, write_folder

    try:
        write_folder(analysis, Choices(), folder)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}. Choose another --out.") from error


def _as_json(file: str, analysis: Analysis) -> dict[str, Any]:
    heard = analysis.keywords
    return {
        "file": file,
        "transcript": analysis.transcript.text,
        "words": [asdict(word) for word in analysis.transcript.words],
        "keyword": None
        if heard is None
        else {
            "label": heard.label,
            "probability": heard.probability,
            "start_s": heard.start_s,
            "end_s": heard.end_s,
            "is_heard": heard.is_heard,
            "threshold": heard.threshold,
        },
    }


def _as_text(file: str, analysis: Analysis) -> str:
    lines = [f"{file}: {analysis.transcript.text or 'no speech recognised'}"]
    lines += [
        f"  {word.start_s:6.2f} – {word.end_s:5.2f} s  {word.confidence:4.0%}  {word.text}"
        for word in analysis.transcript.words
    ]
    heard = analysis.keywords
    if heard is not None:
        lines.append(
            f"  keyword: {heard.label} ({heard.probability:.0%}, {heard.start_s:.2f} – {heard.end_s:.2f} s)"
            + ("" if heard.is_heard else ", does not count as heard")
        )
    return "\n".join(lines)
