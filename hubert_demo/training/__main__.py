"""`python -m hubert_demo.training`: rebuild and evaluate the embedded checkpoint."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch
from torch import distributed, nn

from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import HubertDemoError
from hubert_demo.model import HubertForCTC
from hubert_demo.training import corpora
from hubert_demo.training.data import load_clips
from hubert_demo.training.evaluate import evaluate
from hubert_demo.training.finetune_ctc import CtcSettings, CtcTrainer, character_tokenizer, small_config
from hubert_demo.training.finetune_keywords import KeywordSettings, new_keyword_head, train_keyword_head
from hubert_demo.training.keyword_examples import KeywordExamples, KeywordTask, load_examples

_NUM_UNITS = 500


def _keyword_examples(model: HubertForCTC, arguments: argparse.Namespace) -> KeywordExamples:
    rng = np.random.default_rng((arguments.seed, int(os.environ.get("RANK", 0))))
    return load_examples(model.eval(), character_tokenizer(), arguments.data, rng)


def _train_ctc(arguments: argparse.Namespace) -> None:
    if arguments.with_keywords and not arguments.init:
        raise HubertDemoError("--with-keywords cuts words from sentences by a model that reads; add --init.")
    if "RANK" in os.environ:
        distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    clips = corpora.transcribed_training_clips(arguments.data, arguments.reading_times)
    unique = load_clips(arguments.data, corpora.without_repeats(clips), with_units=True)
    loaded = {(clip.corpus, clip.file): clip for clip in unique}
    valid = load_clips(arguments.data, corpora.reading_clips(arguments.data, "valid"))
    settings = CtcSettings(
        minutes=arguments.minutes,
        batch_s=arguments.batch_s,
        peak_rate=arguments.peak_rate,
        bfloat16=arguments.bfloat16,
        seed=arguments.seed,
    )
    torch.manual_seed(settings.seed)
    model = HubertForCTC.from_pretrained(arguments.init) if arguments.init else HubertForCTC(small_config())
    device = f"cuda:{os.environ.get('LOCAL_RANK', 0)}" if torch.cuda.is_available() else "cpu"
    model.to(device)
    units_head = nn.Linear(model.config.hidden_size, _NUM_UNITS).to(device)
    keywords = None
    if arguments.with_keywords:
        keywords = KeywordTask(new_keyword_head(model).to(device), _keyword_examples(model, arguments))
    trainer = CtcTrainer(model, units_head, settings, arguments.work, keywords)
    trainer.run([loaded[clip.corpus, clip.file] for clip in clips], valid)


def _train_keywords(arguments: argparse.Namespace) -> None:
    model = HubertForCTC.from_pretrained(arguments.checkpoint, require_head=True)
    settings = KeywordSettings(num_examples=arguments.examples, seed=arguments.seed)
    train_keyword_head(model, _keyword_examples(model, arguments), settings).save(arguments.checkpoint)


def _evaluate(arguments: argparse.Namespace) -> None:
    print(evaluate(load(resolve(arguments.checkpoint)), arguments.data).report())


def _export_classifier(arguments: argparse.Namespace) -> None:
    loaded = load(resolve(arguments.checkpoint))
    if loaded.keyword_head is None:
        raise HubertDemoError(f"{arguments.checkpoint} has no keyword head; train one with `keywords` first.")
    loaded.keyword_head.with_encoder(loaded.model.hubert).save_pretrained(arguments.output)
    loaded.feature_extractor.save_pretrained(arguments.output)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    ctc = commands.add_parser("ctc", help="train encoder and CTC head; goes on where --work stopped")
    ctc.set_defaults(run=_train_ctc)
    ctc.add_argument("--work", type=Path, required=True, help="folder for state, curve and checkpoint")
    ctc.add_argument("--init", type=Path, help="checkpoint folder to start from, else random weights")
    ctc.add_argument("--minutes", type=float, default=CtcSettings.minutes)
    ctc.add_argument("--batch-s", type=float, default=CtcSettings.batch_s)
    ctc.add_argument("--peak-rate", type=float, default=CtcSettings.peak_rate)
    ctc.add_argument("--reading-times", type=int, default=2, help="LibriSpeech's share of an epoch")
    ctc.add_argument("--with-keywords", action="store_true", help="also learn the keyword classes")
    ctc.add_argument("--bfloat16", action="store_true", help="for hardware that computes bfloat16")

    keywords = commands.add_parser("keywords", help="train the keyword head of a CTC checkpoint folder")
    keywords.set_defaults(run=_train_keywords)
    keywords.add_argument("--checkpoint", type=Path, required=True)
    keywords.add_argument("--examples", type=int, default=KeywordSettings.num_examples)

    scores = commands.add_parser("evaluate", help="score a checkpoint on speakers it never heard")
    scores.set_defaults(run=_evaluate)
    scores.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)

    for command in (ctc, keywords):
        command.add_argument("--seed", type=int, default=0)
    for command in (ctc, keywords, scores):
        command.add_argument(
            "--data", type=Path, default=Path("data"), help="folder of corpora with manifests"
        )

    export = commands.add_parser("export-classifier", help="write the complete keyword classifier folder")
    export.set_defaults(run=_export_classifier)
    export.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    export.add_argument("--output", type=Path, required=True)
    return parser


def main() -> int:
    """Run one command; a `HubertDemoError` is one line and exit status 2."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except HubertDemoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
