"""The stages from recordings to an evaluated checkpoint, and all of them in a row.

Every stage that trains an encoder can be killed and called again: it goes on where it stopped, and returns at
once when it was done. The keyword head, the language model and the confidence of words take minutes and are
made anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.checkpoints.decoding import DECODING_NAME
from hubert_demo.checkpoints.specs import LANGUAGE_MODEL_NAME
from hubert_demo.model import HubertConfig
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.data.subset import write_subset
from hubert_demo.training.engine.checkpoints import small_config
from hubert_demo.training.engine.trainer import CHECKPOINT_NAME, TrainerSettings
from hubert_demo.training.evaluation.evaluate import evaluate
from hubert_demo.training.evaluation.report import Evaluation
from hubert_demo.training.stages.average import blend
from hubert_demo.training.stages.confidence import fit_folder
from hubert_demo.training.stages.ctc import finetune_ctc
from hubert_demo.training.stages.keywords import KeywordSettings, finetune_keywords
from hubert_demo.training.stages.language_model import choose_decoding, train_language_model
from hubert_demo.training.stages.pretrain import MASK_LENGTH, MASK_PROB, pretrain
from hubert_demo.training.stages.targets import LAYER_UNITS, MAX_FRAMES, MFCC_UNITS, make_targets


@dataclass(frozen=True)
class Plan:
    """How much of everything the whole recipe does.

    Attributes:
        config: Of the encoder.
        pretrain: Of each iteration of masked prediction.
        ctc: Of the fine-tuning with CTC.
        refine: Of the runs in which a checkpoint that reads hears recordings as people make them, and learns
            to spot keywords beside; their mean is mixed with it.
        keyword_batch: Keyword examples in a step of those.
        keywords: Of the keyword head.
        max_frames: Most frames that a clustering sees.
        num_units: Clusters of the first and of the second iteration.
        seconds_per_split: Most seconds of each split of each corpus, in clips chosen at random; all if None.
    """

    config: HubertConfig
    pretrain: TrainerSettings
    ctc: TrainerSettings
    refine: tuple[TrainerSettings, ...]
    keyword_batch: int
    keywords: KeywordSettings
    max_frames: int = MAX_FRAMES
    num_units: tuple[int, int] = (MFCC_UNITS, LAYER_UNITS)
    seconds_per_split: float | None = None


def full_plan() -> Plan:
    """The plan for the corpora that the embedded checkpoint learnt from."""
    masked = TrainerSettings(steps=8000, mask_prob=MASK_PROB, mask_length=MASK_LENGTH)
    ctc = TrainerSettings(steps=8000, frozen_steps=200, rough_share=0.2)
    refine = tuple(
        TrainerSettings(
            steps=1500,
            batch_s=48.0,
            peak_rate=2.5e-4,
            warmup_steps=100,
            decay_share=0.9,
            frozen_steps=40,
            mask_prob=0.1,
            speed_share=0.6,
            voice_share=0.2,
            rough_share=0.2,
            pause_share=0.65,
            empty_share=0.05,
            workers=1,
            bfloat16=True,
            seed=seed,
        )
        for seed in (22, 23)
    )
    return Plan(small_config(), masked, ctc, refine, 16, KeywordSettings(bfloat16=True))


def smoke_plan() -> Plan:
    """A small model and a minute of every corpus's splits each: one or two minutes, to see that all runs."""
    config = replace(
        small_config(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        conv_dim=(8,) * 7,
    )
    masked = TrainerSettings(
        steps=30, batch_s=10.0, warmup_steps=5, mask_prob=MASK_PROB, mask_length=MASK_LENGTH, peak_rate=3e-3
    )
    ctc = replace(masked, mask_prob=0.0, frozen_steps=5)
    refine = (replace(ctc, steps=10, pause_share=0.5, empty_share=0.1),)
    keywords = KeywordSettings(num_examples=60, num_sentences=10, steps=50)
    return Plan(
        config, masked, ctc, refine, 8, keywords, max_frames=2000, num_units=(8, 16), seconds_per_split=60
    )


def run_recipe(
    data_dir: Path,
    work_dir: Path,
    plan: Plan,
    units_dir: Path | None = None,
    start: Path | None = None,
) -> Evaluation:
    """The whole chain from recordings to a checkpoint folder with everything in it, and its scores.

    From nothing: targets, two iterations of masked prediction, CTC. From there, or from a checkpoint that
    reads: runs that refine it, their mean with it, the keyword head, the language model and its weight, the
    curve of words' confidence.

    Args:
        data_dir: Holds the corpus folders.
        work_dir: Receives a folder a stage, and the chosen clips where the plan takes some.
        plan: How much of everything.
        units_dir: Holds ready frame targets; then there is one iteration, on them.
        start: CTC checkpoint folder to start from, which has the plan's architecture or another; from nothing
            if None.

    Returns:
        The scores of the checkpoint in `work_dir/checkpoint`.
    """
    if plan.seconds_per_split is not None:
        rng = np.random.default_rng(plan.pretrain.seed)
        data_dir = write_subset(data_dir, work_dir / "data", plan.seconds_per_split, rng)
    if start is None:
        start = _from_nothing(data_dir, work_dir, plan, units_dir)
    runs = [
        finetune_ctc(data_dir, work_dir / f"refine-{n}", each, init=start, keyword_batch=plan.keyword_batch)
        for n, each in enumerate(plan.refine)
    ]
    checkpoint = work_dir / CHECKPOINT_NAME
    # Not on the speakers kept for thresholds: a checkpoint to start from may have learnt from them.
    readers = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    share = blend(start, runs, checkpoint, readers)
    print(f"{share:.0%} of the runs' mean, the rest of {start}", flush=True)
    finetune_keywords(data_dir, checkpoint, plan.keywords)
    language_model = train_language_model(data_dir, checkpoint / LANGUAGE_MODEL_NAME)
    spec = CheckpointSpec("recipe", "recipe", checkpoint, "the recipe's corpora", "as the corpora's")
    choose_decoding(load(spec), language_model, readers).save(checkpoint / DECODING_NAME)
    fit_folder(data_dir, checkpoint)
    return evaluate(load(spec), data_dir, language_model)


def _from_nothing(data_dir: Path, work_dir: Path, plan: Plan, units_dir: Path | None) -> Path:
    """Targets, masked prediction and CTC; the folder of a checkpoint that reads."""
    if units_dir is None:
        units_dir = work_dir / "units-mfcc"
        if not units_dir.exists():
            make_targets(data_dir, units_dir, plan.num_units[0], max_frames=plan.max_frames)
        first = pretrain(data_dir, units_dir, work_dir / "pretrain-mfcc", plan.pretrain, config=plan.config)
        units_dir = work_dir / "units-layer"
        if not units_dir.exists():
            # The paper takes the sixth of twelve layers.
            layer = plan.config.num_hidden_layers // 2
            make_targets(data_dir, units_dir, plan.num_units[1], first, layer, plan.max_frames)
    encoder = pretrain(data_dir, units_dir, work_dir / "pretrain", plan.pretrain, config=plan.config)
    return finetune_ctc(data_dir, work_dir / "ctc", plan.ctc, init=encoder)
