"""`python -m hubert_demo analyze FILE… [--json] [--out DIR]`: analyse recordings from a shell."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import chain, count
from pathlib import Path
from typing import Any, TextIO

from hubert_demo.api import Analysis, analyze
from hubert_demo.audio import Readers
from hubert_demo.changes import text_of
from hubert_demo.errors import HubertDemoError, InputError
from hubert_demo.percent import percent

EXIT_FAILED = 2
KEYWORD_FIELDS = ("label", "probability", "start_s", "end_s", "is_heard", "threshold")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser("analyze", help="transcribe recordings and name the commands in them")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a recording of 0.1 s to 60 s")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per file, each on its own line"
    )
    add_checkpoint_to(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write figures, numbers and texts to this folder; several files get a subfolder each",
    )
    parser.set_defaults(run=run)


def add_checkpoint_to(parser: argparse.ArgumentParser) -> None:
    """Describe the option that chooses a checkpoint."""
    parser.add_argument(
        "--checkpoint",
        metavar="NAME",
        help="a known checkpoint's name, a directory, or a repository on the Hugging Face hub (owner/name or "
        "owner/name@revision); default: %(default)s",
    )


def chosen_by(options: argparse.Namespace) -> dict[str, Any]:
    """What that option says, as keyword arguments of `analyze`."""
    return {"checkpoint": options.checkpoint} if options.checkpoint else {}


def run(options: argparse.Namespace) -> int:
    """Analyse every file.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if any file could not be analysed.
    """
    folders = _folders(options.files, options.out)
    pairs = zip(options.files, folders, strict=True)
    # The files may be strangers': each is decoded by a program of its own.
    with closing(Readers(num_warm=1, num_more=0)) as readers:
        failures = [_analyze(file, folder, options, readers) for file, folder in pairs].count(False)
    return EXIT_FAILED if failures else 0


def _folders(files: Sequence[str], out: Path | None) -> list[Path | None]:
    """The folder for what is written about each file: no two share one."""
    if out is None or len(files) == 1:
        return [out] * len(files)
    names: list[str] = []
    for file in files:
        numbered = (f"{Path(file).name}-{number}" for number in count(2))
        names.append(next(name for name in chain([Path(file).name], numbered) if name not in names))
    return [out / name for name in names]


def _analyze(file: str, folder: Path | None, options: argparse.Namespace, readers: Readers) -> bool:
    """Print (and write, if asked) what is in one file, or why it cannot be analysed; false if so."""
    try:
        analysis = read_recording(file, chosen_by(options), readers)
        if folder is not None:
            write(analysis, folder)
    except HubertDemoError as error:
        tell_failure(file, error, options.json)
        return False
    told = json.dumps(as_json(file, analysis)) if options.json else as_text(file, analysis)
    tell(told, sys.stdout)
    return True


def read_recording(file: str, chosen: dict[str, Any], readers: Readers) -> Analysis:
    """Analyse a file, whose name may hold bytes that are no text, which not every library can open."""
    try:
        return analyze(readers.read(file), **chosen)
    except UnicodeError as error:
        raise InputError("The file's name is not valid UTF-8; rename it.") from error


def tell(text: str, stream: TextIO) -> None:
    """Print what names of files and terminals cannot hold as escapes: one file must not stop the others."""
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def tell_failure(file: str, error: HubertDemoError, as_json: bool = False) -> None:
    """Say why a file cannot be analysed: to programs as JSON, to people where errors go."""
    if as_json:
        tell(json.dumps({"file": file, "error": str(error)}), sys.stdout)
    else:
        tell(f"{file}: {error}", sys.stderr)


def write(analysis: Analysis, folder: Path) -> None:
    """Write all that the page's zip holds.

    Raises:
        InputError: If the folder cannot be written.
    """
    # Drawing takes a second to import, which only those who want figures should wait for.
    from hubert_demo.export import Choices, write_folder

    try:
        write_folder(analysis, Choices(), folder)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror}. Choose another --out folder."
        ) from error


def as_json(file: str, analysis: Analysis) -> dict[str, Any]:
    """What is in one file, by the names that `/analyze` has."""
    keywords = analysis.keywords
    return {
        "file": file,
        **({"changes": text_of(analysis.changes)} if analysis.changes else {}),
        "transcript": analysis.transcript.text,
        "words": [asdict(word) for word in analysis.transcript.words],
        "transcript_greedy": analysis.transcript_greedy.text,
        "words_greedy": [asdict(word) for word in analysis.transcript_greedy.words],
        "keywords": None
        if keywords is None
        else {"heard": [asdict(command) for command in keywords.heard], "threshold": keywords.threshold},
        "keyword": None if keywords is None else {name: getattr(keywords, name) for name in KEYWORD_FIELDS},
        "classification": None if analysis.classification is None else analysis.classification.as_json(),
        "sources": analysis.source_names,
    }


def as_text(file: str, analysis: Analysis) -> str:
    """The same for people, some lines."""
    best, greedy, keywords = analysis.transcript, analysis.transcript_greedy, analysis.keywords
    lines = [f"{file}: {best.text or 'no speech recognised'}"]
    lines += [
        f"  {_span(word.start_s, word.end_s):>13}  {percent(word.confidence):>4}  {word.text}"
        for word in best.words
    ]
    lines += _borrowed(analysis)
    if greedy.text != best.text:
        lines.append(f"  greedy: {greedy.text}")
    if keywords is not None:
        heard = [_heard(each.label, each.probability, each.start_s, each.end_s) for each in keywords.heard]
        clearest = _heard(keywords.label, keywords.probability, keywords.start_s, keywords.end_s)
        lines.append(f"  commands: {' · '.join(heard) or 'none'}")
        lines.append(f"  keyword: {clearest}{'' if keywords.is_heard else ', does not count as heard'}")
    if analysis.classification is not None:
        lines += _judged(analysis)
    return "\n".join(lines)


def _judged(analysis: Analysis) -> list[str]:
    """What the checkpoint's classifier says of the whole recording, a line a label."""
    found = analysis.classification
    assert found is not None
    show = percent if found.are_probabilities else "{:.3g}".format
    more = len(found.labels) - len(found.shown)
    chance = "" if found.by_chance is None else f", {percent(found.by_chance)} each by chance"
    return [
        f"  the whole recording ({found.problem.replace('_', ' ')}{chance}):",
        *(f"    {show(float(found.scores[i])):>6}  {found.labels[i]}" for i in found.shown),
        *([f"    and {more} more labels"] if more > 0 else []),
    ]


def _borrowed(analysis: Analysis) -> list[str]:
    """Whose work each part is that the chosen checkpoint did not do itself."""
    chosen, names = analysis.checkpoint.name, analysis.source_names
    return [
        f"  {part} by {names[part]}: {chosen} was not trained for it"
        for part in ("transcript", "keywords")
        if names[part] not in (None, chosen)
    ]


def _heard(label: str, probability: float, start_s: float, end_s: float) -> str:
    return f"{label} ({percent(probability)}, {_span(start_s, end_s)})"


def _span(start_s: float, end_s: float) -> str:
    return f"{start_s:.2f}–{end_s:.2f} s"
