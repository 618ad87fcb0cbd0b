"""`python app.py [DIR …]`: serve the page."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.errors import HubertDemoError, MachineError
from hubert_demo.ui import log
from hubert_demo.ui.app import Page
from hubert_demo.ui.clients import trust_proxy_of_spaces
from hubert_demo.ui.janitor import KEPT_S, Janitor, end_on_signals, own_folder


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the page until it is interrupted.

    Args:
        arguments: What stands behind the program's name; the process's own when None.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        janitor = Janitor(60 * options.keep_minutes)
        page = Page(options.checkpoint, options.directories, janitor=janitor)
    except HubertDemoError as error:
        parser.error(str(error))
    page.launch(server_name=options.host, server_port=options.port)


def run() -> None:
    """`main` as a program: with a log, and a folder of its own for uploads, removed when the program ends."""
    try:
        log.configure()
        folder = own_folder()
    except MachineError as error:
        raise SystemExit(f"python app.py: {error}") from error
    end_on_signals(folder)
    trust_proxy_of_spaces()
    try:
        main()
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
        metavar="DIR",
        help="a checkpoint of your own to choose from, as save_pretrained writes it",
    )
    parser.add_argument(
        "--checkpoint",
        default=DEFAULT_CHECKPOINT,
        metavar="NAME",
        help="the model that greets: a name on the page or a directory; default: %(default)s",
    )
    parser.add_argument("--host", help="address to listen on; default: $GRADIO_SERVER_NAME or 127.0.0.1")
    parser.add_argument("--port", type=int, help="default: $GRADIO_SERVER_PORT or the first free from 7860")
    parser.add_argument(
        "--keep-minutes",
        type=float,
        default=KEPT_S / 60,
        metavar="N",
        help="how long files are kept that nobody has used or fetched; default: %(default)g",
    )
    return parser
