"""`python -m hubert_demo resynthesise FILE --out DIR [--layers N…]`: hear what is left in each layer."""

import argparse
import sys
from contextlib import closing
from pathlib import Path

import soundfile

from hubert_demo.audio import SAMPLE_RATE_HZ, Readers
from hubert_demo.commands.analyze import EXIT_FAILED, add_checkpoint_to, read_recording, tell
from hubert_demo.commands.lens import add_changes_to
from hubert_demo.errors import HubertDemoError, InputError


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser("resynthesise", help="make sound of the states of layers")
    parser.add_argument("file", metavar="FILE", help="a recording of 0.1 s to 60 s")
    parser.add_argument(
        "--layers", type=int, nargs="+", metavar="N", help="0 is the layers' input; default: all layers"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for layer_N.wav")
    add_changes_to(parser)
    add_checkpoint_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make sound of the layers for one file.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if that cannot be done.
    """
    chosen = {"checkpoint": options.checkpoint} if options.checkpoint else {}
    try:
        with closing(Readers(num_warm=1, num_more=0)) as readers:
            analysis = read_recording(options.file, chosen, readers).change(*options.change)
        for layer in options.layers or range(len(analysis.encoding.hidden_states)):
            path = options.out / f"layer_{layer}.wav"
            waveform = analysis.resynthesise(layer)
            try:
                options.out.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, waveform.samples, SAMPLE_RATE_HZ, subtype="PCM_16")
            except (OSError, soundfile.LibsndfileError) as error:
                raise InputError(f"{path} cannot be written. Choose another --out folder.") from error
            tell(f"{path}: {waveform.duration_s:.2f} s, {', '.join(waveform.notes)}", sys.stdout)
    except HubertDemoError as error:
        tell(f"{options.file}: {error}", sys.stderr)
        return EXIT_FAILED
    return 0
