"""`python -m hubert_demo resynthesise FILE --out DIR [--layers N…]`: hear what is left in each layer."""

import argparse
import sys
from pathlib import Path

import soundfile

from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.commands.analyze import tell
from hubert_demo.commands.recording import add_changes_to, add_recording_to, fail, open_recording
from hubert_demo.errors import HubertDemoError, InputError


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command's arguments.

    Args:
        commands: The commands of a parser.
    """
    parser = commands.add_parser("resynthesise", help="make sound of the states of layers")
    add_recording_to(parser)
    parser.add_argument(
        "--layers", type=int, nargs="+", metavar="N", help="0 is the layers' input; default: all layers"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for layer_N.wav")
    add_changes_to(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make sound of the layers for one file.

    Args:
        options: The arguments that `add_to` describes.

    Returns:
        The exit status: 0, or 2 if that cannot be done.
    """
    try:
        analysis = open_recording(options).change(*options.change)
        layers = options.layers or range(len(analysis.encoding.hidden_states))
        for layer in layers:
            analysis.state(layer)  # Refuses one that is not there, before any sound is made.
        for layer in dict.fromkeys(layers):
            path = options.out / f"layer_{layer}.wav"
            waveform = analysis.resynthesise(layer)
            try:
                options.out.mkdir(parents=True, exist_ok=True)
                soundfile.write(path, waveform.samples, SAMPLE_RATE_HZ, subtype="PCM_16")
            except (OSError, soundfile.LibsndfileError) as error:
                raise InputError(f"{path} cannot be written. Choose another --out folder.") from error
            tell(f"{path}: {waveform.duration_s:.2f} s, {', '.join(waveform.notes)}", sys.stdout)
    except HubertDemoError as error:
        return fail(options, error)
    return 0
