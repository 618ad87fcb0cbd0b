"""The commands that teach what reads the layers of a checkpoint and makes sound of them."""

from __future__ import annotations

import argparse
from pathlib import Path

from hubert_demo.training.command_line import Commands, add_settings, command, settings_from
from hubert_demo.training.stages.lens import LensSettings, teach_lens
from hubert_demo.training.stages.resynthesise import ResynthesisSettings, teach_resynthesis


def add_to(commands: Commands) -> None:
    """Describe both."""
    lens = command(
        commands,
        "lens",
        _teach_lens,
        "teach the read-outs of every layer of a checkpoint",
        data=True,
        seed=True,
    )
    _add_folders(lens)
    add_settings(lens, LensSettings)
    sound = command(
        commands,
        "resynthesise",
        _teach_resynthesis,
        "teach the decoders from every layer of a checkpoint to sound",
        data=True,
        seed=True,
    )
    _add_folders(sound)
    add_settings(sound, ResynthesisSettings)


def _add_folders(added: argparse.ArgumentParser) -> None:
    added.add_argument("--checkpoint", type=Path, required=True, help="checkpoint folder; receives the file")
    added.add_argument(
        "--work", type=Path, required=True, help="folder for the states of the clips: some gigabytes"
    )


def _teach_lens(arguments: argparse.Namespace) -> None:
    settings = settings_from(LensSettings, arguments)
    teach_lens(arguments.data, arguments.checkpoint, arguments.work, settings)


def _teach_resynthesis(arguments: argparse.Namespace) -> None:
    settings = settings_from(ResynthesisSettings, arguments)
    teach_resynthesis(arguments.data, arguments.checkpoint, arguments.work, settings)
