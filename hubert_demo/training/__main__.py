"""`python -m hubert_demo.training`: rebuild the embedded checkpoint from corpora."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import load_clips, read_manifest
from hubert_demo.training.finetune_ctc import CtcSettings, CtcTrainer, UnitsHead, small_config

_TRANSCRIBED = (
    ("librispeech", 2),
    ("synthetic_sentences", 1),
    ("ljspeech", 1),
    ("an4", 1),
    ("speech_commands", 1),
    ("synthetic_commands", 1),
)
HELD_OUT_WORDS = frozenset({"ZERO", "MARVIN", "WOW", "BIRD", "HOUSE", "TREE"})


def _train_ctc(arguments: argparse.Namespace) -> None:
    clips = [
        clip
        for corpus, times in _TRANSCRIBED
        for clip in read_manifest(arguments.data / corpus) * times
        if clip.split == "train"
        and 0.3 < clip.duration_s < 17
        and not (corpus == "speech_commands" and clip.text in HELD_OUT_WORDS)
    ]
    valid = [c for c in read_manifest(arguments.data / "librispeech") if c.split == "valid"]
    unique = list({(c.corpus, c.file): c for c in clips}.values())
    loaded = {(c.corpus, c.file): c for c in load_clips(arguments.data, unique, with_units=True)}
    settings = CtcSettings(
        minutes=arguments.minutes,
        batch_s=arguments.batch_s,
        peak_rate=arguments.peak_rate,
        seed=arguments.seed,
    )
    torch.manual_seed(settings.seed)
    if arguments.init:
        model = HubertForCTC.from_pretrained(arguments.init, attn_implementation="eager")
    else:
        model = HubertForCTC(
            replace(small_config(), do_stable_layer_norm=arguments.pre_norm), attn_implementation="eager"
        )
    units_head = UnitsHead(model.config.hidden_size, 500)
    trainer = CtcTrainer(model, units_head, settings, arguments.work)
    trainer.run([loaded[(c.corpus, c.file)] for c in clips], load_clips(arguments.data, valid))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    ctc = commands.add_parser("ctc", help="train encoder and CTC head")
    ctc.add_argument("--data", type=Path, required=True)
    ctc.add_argument("--work", type=Path, required=True)
    ctc.add_argument("--init", type=Path)
    ctc.add_argument("--minutes", type=float, default=60)
    ctc.add_argument("--batch-s", type=float, default=24)
    ctc.add_argument("--peak-rate", type=float, default=1e-3)
    ctc.add_argument("--pre-norm", action="store_true")
    ctc.add_argument("--seed", type=int, default=0)
    ctc.set_defaults(run=_train_ctc)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
