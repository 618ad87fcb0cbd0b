"""Fine-tuning with CTC: the encoder learns to write characters.

Source: Hsu et al. 2021, "HuBERT", section III-D: a new linear layer on the encoder, trained with CTC, the
encoder held still for the first steps. SpecAugment is the encoder's own (`HubertConfig.mask_time_prob`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jiwer
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hubert_demo.errors import InputError
from hubert_demo.model import HubertConfig, HubertForCTC, HubertModel, Wav2Vec2CTCTokenizer
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import place_commands
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.engine import parallel
from hubert_demo.training.engine.checkpoints import character_tokenizer, save_ctc_checkpoint, small_config
from hubert_demo.training.engine.encode import encoded
from hubert_demo.training.engine.trainer import CHECKPOINT_NAME, Batch, Objective, Trainer, TrainerSettings
from hubert_demo.training.stages.keyword_examples import KeywordSpotting, load_examples
from hubert_demo.training.stages.keywords import new_keyword_head
from hubert_demo.training.stages.pretrain import unit_prediction

COMMANDS_NAME = "commands.json"
"""In the work folder: where the clips say their commands."""

_KEYWORD_WEIGHT = 0.4
"""Of the keywords' loss beside that of reading, which is to suffer little."""

_SILENT_COUNTS = 20
"""Characters that a recording in which nobody speaks counts for beside the others of its batch."""


class Reading(Objective):
    """Write the clips' texts.

    Args:
        lm_head: Of the model that is being trained, (hidden) to (vocabulary).
        tokenizer: Spells the texts; its padding token is the blank.
        weight: Of this loss beside others.
    """

    def __init__(self, lm_head: nn.Linear, tokenizer: Wav2Vec2CTCTokenizer, weight: float = 1.0) -> None:
        super().__init__()
        self.lm_head, self.weight = lm_head, weight
        self._tokenizer = tokenizer

    def loss(self, encoder: HubertModel, batch: Batch) -> Tensor:
        """CTC loss per character; clips without a text or with one too long for them count nothing.

        A recording in which nobody speaks is to be read as blanks alone.
        """
        read = [clip for clip in batch.clips if clip.text or clip.is_silent]
        is_read = torch.tensor([bool(clip.text or clip.is_silent) for clip in batch.clips])
        logits = self.lm_head(batch.states[-1][is_read.to(batch.states[-1].device)])
        labels = [self._tokenizer.encode(clip.text) for clip in read]
        if not labels:
            # Gradients of nought, not none: every process must bring as many to their mean.
            nothing: Tensor = logits.sum()
            return nothing
        lengths = torch.tensor([len(row) for row in labels])
        loss = F.ctc_loss(
            logits.float().log_softmax(-1).transpose(0, 1),
            torch.tensor([token_id for row in labels for token_id in row], device=logits.device),
            torch.full((len(labels),), logits.shape[1]),
            lengths,
            blank=self._tokenizer.pad_token_id,
            reduction="sum",
            zero_infinity=True,
        )
        return loss / lengths.where(lengths > 0, _SILENT_COUNTS).sum()


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
    if device.type == "cpu":
        # Faster there in training than the fused kernel, in bfloat16 above all.
        model.set_attn_implementation("eager")
    objectives: dict[str, Objective] = {"ctc": Reading(model.lm_head, tokenizer)}
    if units_dir:
        layer = round(model.config.num_hidden_layers * 2 / 3)
        objectives["units"] = unit_prediction(model.config, unique, units_dir, layer, unmasked_weight=1.0)
    if keyword_batch:
        work_dir.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(settings.seed)
        with torch.autocast(device.type, torch.bfloat16, enabled=settings.bfloat16):
            placed = place_commands(model.eval(), tokenizer, unique, work_dir / COMMANDS_NAME)
            examples = load_examples(model, tokenizer, data_dir, rng)
        loaded = {(clip.corpus, clip.file): clip for clip in placed}
        head = new_keyword_head(model)
        objectives["keywords"] = KeywordSpotting(head, examples, keyword_batch, _KEYWORD_WEIGHT)
    trainer = Trainer(model.hubert, objectives, settings, work_dir)
    trainer.run(
        [loaded[clip.corpus, clip.file] for clip in listed],
        lambda folder: save_ctc_checkpoint(model, folder),
        lambda: {"valid cer": character_error_rate(model.eval(), tokenizer, valid)},
    )
    return work_dir / CHECKPOINT_NAME


def character_error_rate(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clips: Sequence[Clip]
) -> float:
    """Character error rate of greedy transcripts against the clips' texts."""
    guesses = [transcribe_greedily(model, tokenizer, clip) for clip in clips]
    rate: float = jiwer.cer([clip.text for clip in clips], guesses)
    return rate


def transcribe_greedily(model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clip: Clip) -> str:
    """Best path of one clip, alone and unpadded."""
    with torch.inference_mode():
        token_ids = model.lm_head(encoded(model.hubert, clip.samples)[-1]).argmax(-1)
    text: str = tokenizer.decode(token_ids)
    return text
