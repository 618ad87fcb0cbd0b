"""The stages from recordings to an evaluated checkpoint, and all of them in a row.

Every stage that trains an encoder can be killed and called again: it goes on where it stopped, and returns at
once when it was done. The keyword head and the language model take minutes and are made anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.model import HubertConfig
from hubert_demo.training.data.subset import write_subset
from hubert_demo.training.engine.checkpoints import small_config
from hubert_demo.training.engine.trainer import TrainerSettings
from hubert_demo.training.evaluation.evaluate import evaluate
from hubert_demo.training.evaluation.report import Evaluation
from hubert_demo.training.stages.ctc import finetune_ctc
from hubert_demo.training.stages.keywords import KeywordSettings, finetune_keywords
from hubert_demo.training.stages.language_model import train_language_model
from hubert_demo.training.stages.pretrain import MASK_LENGTH, MASK_PROB, pretrain
from hubert_demo.training.stages.targets import LAYER_UNITS, MAX_FRAMES, MFCC_UNITS, make_targets


@dataclass(frozen=True)
class Plan:
    """How much of everything the whole recipe does.

    Attributes:
        config: Of the encoder.
        pretrain: Of each iteration of masked prediction.
        ctc: Of the fine-tuning with CTC.
        keywords: Of the keyword head.
        max_frames: Most frames that a clustering sees.
        num_units: Clusters of the first and of the second iteration.
        seconds_per_split: Most seconds of each split of each corpus, in clips chosen at random; all if None.
    """

    config: HubertConfig
    pretrain: TrainerSettings
    ctc: TrainerSettings
    keywords: KeywordSettings
    max_frames: int = MAX_FRAMES
    num_units: tuple[int, int] = (MFCC_UNITS, LAYER_UNITS)
    seconds_per_split: float | None = None


def full_plan() -> Plan:
    """The plan for the corpora that the embedded checkpoint learnt from."""
    masked = TrainerSettings(steps=8000, mask_prob=MASK_PROB, mask_length=MASK_LENGTH)
    ctc = TrainerSettings(steps=8000, frozen_steps=200, rough_share=0.2)
    return Plan(small_config(), masked, ctc, KeywordSettings())


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
    keywords = KeywordSettings(num_examples=60, steps=50)
    return Plan(config, masked, ctc, keywords, max_frames=2000, num_units=(8, 16), seconds_per_split=60)


def run_recipe(data_dir: Path, work_dir: Path, plan: Plan, units_dir: Path | None = None) -> Evaluation:
    """Everything: targets, two iterations of masked prediction, CTC, keywords, language model, scores.

    Args:
        data_dir: Holds the corpus folders.
        work_dir: Receives a folder a stage, and the chosen clips where the plan takes some.
        plan: How much of everything.
        units_dir: Holds ready frame targets; then there is one iteration, on them.

    Returns:
        The scores of the checkpoint in `work_dir/ctc/checkpoint`.
    """
    if plan.seconds_per_split is not None:
        rng = np.random.default_rng(plan.pretrain.seed)
        data_dir = write_subset(data_dir, work_dir / "data", plan.seconds_per_split, rng)
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
    checkpoint = finetune_ctc(data_dir, work_dir / "ctc", plan.ctc, init=encoder)
    finetune_keywords(data_dir, checkpoint, plan.keywords)
    language_model = train_language_model(data_dir, work_dir / "language_model.npz")
    spec = CheckpointSpec("recipe", "recipe", checkpoint, "the recipe's corpora", "as the corpora's")
    return evaluate(load(spec), data_dir, language_model)
