"""`python app.py [DIR|NAME …]`: serve the page."""

import argparse
import math
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, STORE, examine, is_here, resolve
from hubert_demo.errors import HubertDemoError, MachineError
from hubert_demo.model.files import shown_value
from hubert_demo.ui import log, settings
from hubert_demo.ui.app import Page
from hubert_demo.ui.clients import trust_proxy_of_spaces
from hubert_demo.ui.janitor import KEPT_S, Janitor, end_on_signals, own_folder


def main(arguments: Sequence[str] | None = None, port: int | None = None) -> None:
    """Serve the page until it is interrupted.

    Args:
        arguments: What stands behind the program's name; the process's own when None.
        port: Where to serve it unless an argument says so; the first free one that Gradio finds when None.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        STORE.check_folders(dict.fromkeys([options.checkpoint, *map(str, options.directories)]))
        janitor = Janitor(60 * options.keep_minutes)
        any_model = settings.any_model(os.environ) if options.any_model is None else options.any_model
        for spec in map(resolve, options.directories):
            if not is_here(spec):
                examine(spec)
        page = Page(
            options.checkpoint,
            options.directories,
            own_lessons=options.lesson,
            janitor=janitor,
            any_model=any_model,
        )
        page.launch(server_name=options.host, server_port=port if options.port is None else options.port)
    except HubertDemoError as error:
        parser.error(str(error))


def run() -> None:
    """`main` as a program: with a log, and a folder of its own for uploads, removed when the program ends."""
    try:
        log.configure()
    except MachineError as error:
        settings.refuse(error)
    try:
        folder = own_folder()
    except MachineError as error:
        raise SystemExit(f"python app.py: {error}") from error
    end_on_signals(folder)
    trust_proxy_of_spaces()
    try:
        main(port=settings.port(os.environ))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python app.py", description="HuBERT Explorer: see what a speech model hears, layer by layer."
    )
    parser.add_argument(
        "directories",
        nargs="*",
        type=Path,
        metavar="DIR|NAME",
        help="a checkpoint folder of your own to add to the picker, as save_pretrained writes it, or a "
        "HuBERT on the Hugging Face hub: owner/name or owner/name@revision",
    )
    parser.add_argument(
        "--checkpoint",
        default=DEFAULT_CHECKPOINT,
        metavar="NAME",
        help="the model to start with: a name on the page or a directory; default: %(default)s",
    )
    parser.add_argument(
        "--lesson",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a lesson of your own, beside the page's; several times for several",
    )
    parser.add_argument(
        "--any-model",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether visitors may have any public HuBERT downloaded from the hub by its name; default: "
        f"${settings.ANY_MODEL_VARIABLE}, or yes except on a Space",
    )
    parser.add_argument("--host", help="address to listen on; default: $GRADIO_SERVER_NAME or 127.0.0.1")
    parser.add_argument(
        "--port",
        type=_argument(settings.read_port),
        help="default: $GRADIO_SERVER_PORT, or the first free port from 7860",
    )
    parser.add_argument(
        "--keep-minutes",
        type=_argument(_minutes),
        default=KEPT_S / 60,
        metavar="N",
        help="how long to keep files that nobody has used or fetched; default: %(default)g",
    )
    return parser


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise ValueError("a number of minutes above 0")
    return minutes


def _argument(read: Callable[[str], float]) -> Callable[[str], float]:
    """Reads an argument; of a wrong one argparse repeats what `read` says would be right."""

    def read_or_say(text: str) -> float:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{shown_value(text)} is not allowed; give {error}") from error

    return read_or_say
