"""The stages from recordings to an evaluated checkpoint, and all of them in a row.

Every stage that trains an encoder can be killed and called again: it goes on where it stopped, and returns at
once when it was done. The keyword head and the language model take minutes and are made anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import CheckpointSpec, load
from hubert_demo.errors import InputError
from hubert_demo.model import HubertConfig, HubertForCTC, HubertModel
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.trainer import CHECKPOINT_NAME, Objective, Trainer, TrainerSettings
from hubert_demo.training.evaluation.evaluate import Evaluation, character_error_rate, evaluate
from hubert_demo.training.evaluation.spotting import SpottingTrial
from hubert_demo.training.stages.ctc import (
    Reading,
    character_tokenizer,
    save_ctc_checkpoint,
    save_encoder_checkpoint,
    small_config,
)
from hubert_demo.training.stages.keyword_examples import KeywordSpotting, load_examples
from hubert_demo.training.stages.keywords import (
    KeywordSettings,
    balance_unknown,
    new_keyword_head,
    train_keyword_head,
    word_states,
)
from hubert_demo.training.stages.pretrain import MASK_LENGTH, MASK_PROB, UnitPrediction, unit_accuracy
from hubert_demo.training.stages.splices import write_splices
from hubert_demo.training.stages.targets import Features, fit_units, layer_states, mfcc, write_units

MFCC_UNITS, LAYER_UNITS = 100, 500
LANGUAGE_MODEL_ORDER = 8


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
    """

    config: HubertConfig
    pretrain: TrainerSettings
    ctc: TrainerSettings
    keywords: KeywordSettings
    max_frames: int = 500_000
    num_units: tuple[int, int] = (MFCC_UNITS, LAYER_UNITS)


def full_plan() -> Plan:
    """The plan for the corpora that the embedded checkpoint learnt from."""
    masked = TrainerSettings(steps=8000, mask_prob=MASK_PROB, mask_length=MASK_LENGTH)
    ctc = TrainerSettings(steps=8000, frozen_steps=200, rough_share=0.2)
    return Plan(small_config(), masked, ctc, KeywordSettings())


def smoke_plan() -> Plan:
    """A minute or two of everything on a few clips, to see that it runs."""
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
    return Plan(config, masked, ctc, KeywordSettings(num_examples=60, steps=50), 2000, (8, 16))


def make_targets(
    data_dir: Path,
    units_dir: Path,
    num_units: int,
    encoder: Path | None = None,
    layer: int = 0,
    max_frames: int = Plan.max_frames,
    seed: int = 0,
    num_codebooks: int = 1,
) -> None:
    """Cluster the training clips' frames and write every clip's units, valid clips' too.

    Args:
        data_dir: Holds the corpus folders.
        units_dir: Receives `<corpus>.npz`.
        num_units: Clusters of a codebook.
        encoder: Checkpoint folder whose layer is clustered; MFCC if None.
        layer: Index into its hidden states.
        max_frames: Most frames that the clustering sees.
        seed: Of the clustering.
        num_codebooks: Codebooks, each of what those before it leave over.
    """
    clips = load_clips(data_dir, corpora.pretraining_clips(data_dir))
    features: Features = mfcc
    if encoder is not None:
        features = layer_states(HubertModel.from_pretrained(encoder).eval().to(parallel.join()), layer)
    clusters = fit_units(features, clips, num_units, max_frames, seed, num_codebooks)
    valid = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    write_units(features, clusters, [*clips, *valid], units_dir)


def pretrain(
    data_dir: Path,
    units_dir: Path,
    work_dir: Path,
    settings: TrainerSettings,
    init: Path | None = None,
    config: HubertConfig | None = None,
    unmasked_weight: float = 0.0,
) -> Path:
    """Predict units; no text is read.

    Args:
        data_dir: Holds the corpus folders.
        units_dir: Holds the frame targets.
        work_dir: Receives state, curve and checkpoint.
        settings: Of the run.
        init: Checkpoint folder to start from; random weights if None.
        config: Of a new encoder; `small_config()` if None.
        unmasked_weight: Weight of frames that were not masked.

    Returns:
        The checkpoint's folder.
    """
    device = parallel.join()
    clips = load_clips(data_dir, corpora.pretraining_clips(data_dir), units_dir)
    valid = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"), units_dir)
    torch.manual_seed(settings.seed)
    encoder = HubertModel.from_pretrained(init) if init else HubertModel(config or small_config())
    encoder.to(device)
    prediction = _unit_prediction(encoder.config, clips, units_dir, -1, unmasked_weight)
    trainer = Trainer(encoder, {"units": prediction}, settings, work_dir)
    trainer.run(
        [clip for clip in clips if len(clip.units)],
        lambda folder: save_encoder_checkpoint(encoder, folder),
        lambda: {"valid unit accuracy": unit_accuracy(encoder, prediction, valid)},
    )
    return work_dir / CHECKPOINT_NAME


def finetune_ctc(
    data_dir: Path,
    work_dir: Path,
    settings: TrainerSettings,
    init: Path | None = None,
    config: HubertConfig | None = None,
    units_dir: Path | None = None,
    keyword_batch: int = 0,
    reading_times: int = 2,
) -> Path:
    """Learn to write characters, and beside it units or keyword classes if wanted.

    Args:
        data_dir: Holds the corpus folders.
        work_dir: Receives state, curve and checkpoint.
        settings: Of the run.
        init: Checkpoint folder to start from; random weights if None.
        config: Of a new model; `small_config()` if None.
        units_dir: Holds frame targets to be told on the layer two thirds up, masked or not, of clips without
            a text too.
        keyword_batch: Keyword examples to learn from in a step, none if 0; `init` must read, to cut words
            from sentences.
        reading_times: How often LibriSpeech's clips come in an epoch.

    Returns:
        The checkpoint's folder.

    Raises:
        InputError: If keywords are wanted without a checkpoint that reads, or clips cropped.
    """
    if settings.crop_s:
        raise InputError("A cropped clip no longer says its text; leave crop_s at 0 to learn to read.")
    if keyword_batch and init is None:
        raise InputError(
            "Keyword examples are cut from sentences by a model that reads; give one to start from."
        )
    device = parallel.join()
    listed = corpora.transcribed_training_clips(data_dir, reading_times)
    if units_dir:
        listed += [clip for clip in corpora.pretraining_clips(data_dir) if not clip.text]
    unique = load_clips(data_dir, corpora.without_repeats(listed), units_dir)
    loaded = {(clip.corpus, clip.file): clip for clip in unique}
    valid = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    tokenizer = character_tokenizer()
    torch.manual_seed(settings.seed)
    model = HubertForCTC.from_pretrained(init) if init else HubertForCTC(config or small_config())
    model.to(device)
    objectives: dict[str, Objective] = {"ctc": Reading(model.lm_head, tokenizer)}
    if units_dir:
        layer = round(model.config.num_hidden_layers * 2 / 3)
        objectives["units"] = _unit_prediction(model.config, unique, units_dir, layer, unmasked_weight=1.0)
    if keyword_batch:
        rng = np.random.default_rng(settings.seed)
        examples = load_examples(model.eval(), tokenizer, data_dir, rng)
        objectives["keywords"] = KeywordSpotting(new_keyword_head(model), examples, keyword_batch)
    trainer = Trainer(model.hubert, objectives, settings, work_dir)
    trainer.run(
        [loaded[clip.corpus, clip.file] for clip in listed],
        lambda folder: save_ctc_checkpoint(model, folder),
        lambda: {"valid cer": character_error_rate(model.eval(), tokenizer, valid)},
    )
    return work_dir / CHECKPOINT_NAME


def average_checkpoints(checkpoints: Sequence[Path], output: Path) -> None:
    """Write the CTC checkpoint whose weights are the mean of several that started from the same one.

    Source: Wortsman et al. 2022, "Model soups".

    Args:
        checkpoints: CTC checkpoint folders of one architecture.
        output: Receives the whole folder, without a keyword head, since the encoder is another.

    Raises:
        InputError: If two differ in their weights' names or shapes.
    """
    models = [HubertForCTC.from_pretrained(checkpoint, require_head=True) for checkpoint in checkpoints]
    rows = [model.state_dict() for model in models]
    shapes = [{name: tensor.shape for name, tensor in row.items()} for row in rows]
    if any(each != shapes[0] for each in shapes):
        raise InputError("Only checkpoints of one architecture have a mean; give runs that began alike.")
    models[0].load_state_dict({name: torch.stack([row[name] for row in rows]).mean(0) for name in rows[0]})
    save_ctc_checkpoint(models[0], output)


def make_splices(data_dir: Path, checkpoint: Path, count: int, seed: int = 0) -> int:
    """Put commands together from other words by people and write them into `data_dir`; returns how many."""
    model = HubertForCTC.from_pretrained(checkpoint, require_head=True).eval().to(parallel.join())
    clips = load_clips(data_dir, corpora.clips_to_splice(data_dir))
    folder = data_dir / corpora.SPLICED
    return write_splices(clips, model, character_tokenizer(), folder, count, np.random.default_rng(seed))


def finetune_keywords(data_dir: Path, checkpoint: Path, settings: KeywordSettings) -> None:
    """Train the keyword head of a checkpoint that reads, and write both.

    What `_unknown_` is lowered by and the threshold are chosen on valid.
    """
    model = HubertForCTC.from_pretrained(checkpoint, require_head=True).eval().to(parallel.join())
    rng = np.random.default_rng(settings.seed)
    examples = load_examples(model, character_tokenizer(), data_dir, rng)
    head = train_keyword_head(model, examples, settings)
    words = load_clips(data_dir, corpora.word_test_clips(data_dir, "valid"))
    nats = balance_unknown(head, *word_states(model, words))
    head.save(checkpoint)
    loaded = load(CheckpointSpec("keywords", "keywords", checkpoint, "", ""))
    assert loaded.keyword_head is not None
    speech = load_clips(data_dir, corpora.reading_clips(data_dir, "valid"))
    judged = SpottingTrial(loaded, words, speech).choose()
    print(f"_unknown_ lowered by {nats:.2f} nats; on valid, {judged}", flush=True)
    loaded.keyword_head.threshold = judged.threshold
    loaded.keyword_head.save(checkpoint)


def train_language_model(data_dir: Path, path: Path, order: int = LANGUAGE_MODEL_ORDER) -> LanguageModel:
    """Learn which letters and words follow which, from training texts and novels, and write it to `path`."""
    language_model = LanguageModel.from_sentences(corpora.sentences_to_read(data_dir), order)
    path.parent.mkdir(parents=True, exist_ok=True)
    language_model.save(path)
    return language_model


def run_recipe(data_dir: Path, work_dir: Path, plan: Plan, units_dir: Path | None = None) -> Evaluation:
    """Everything: targets, two iterations of masked prediction, CTC, keywords, language model, scores.

    Args:
        data_dir: Holds the corpus folders.
        work_dir: Receives a folder a stage.
        plan: How much of everything.
        units_dir: Holds ready frame targets; then there is one iteration, on them.

    Returns:
        The scores of the checkpoint in `work_dir/ctc/checkpoint`.
    """
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


def _unit_prediction(
    config: HubertConfig, clips: Sequence[Clip], units_dir: Path, layer: int, unmasked_weight: float
) -> UnitPrediction:
    """A prediction of as many units and codebooks as the clips have."""
    some = [clip.units for clip in clips if len(clip.units)]
    if not some:
        raise InputError(f"{units_dir} has no units for any training clip; make them with `targets`.")
    num_units = max(int(units.max()) for units in some) + 1
    return UnitPrediction(config.hidden_size, num_units, some[0].shape[1], layer, unmasked_weight)
