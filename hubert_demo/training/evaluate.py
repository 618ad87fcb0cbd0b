"""How well a checkpoint reads and spots keywords, on speakers it never heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jiwer
import torch

from hubert_demo.model import HubertCTCTokenizer, HubertForCTC
from hubert_demo.training.data import Clip, normalised


@dataclass(frozen=True)
class ErrorRate:
    """Character error rate of a set of clips.

    Attributes:
        rate: Edit operations per reference character.
        num_clips: Recordings scored.
        num_characters: Reference characters.
    """

    rate: float
    num_clips: int
    num_characters: int


def transcribe_greedily(model: HubertForCTC, tokenizer: HubertCTCTokenizer, clip: Clip) -> str:
    """Best path of one clip, alone and unpadded."""
    device = next(model.parameters()).device
    values = torch.from_numpy(normalised(clip.samples))[None].to(device)
    with torch.inference_mode():
        encoded = model.hubert.encode(values)
        token_ids = model.lm_head(encoded.last_hidden_state)[0].argmax(-1)
    return tokenizer.decode(token_ids.tolist())


def character_error_rate(
    model: HubertForCTC, tokenizer: HubertCTCTokenizer, clips: Sequence[Clip]
) -> ErrorRate:
    """Character error rate of greedy transcripts against the clips' texts."""
    references = [clip.text for clip in clips]
    guesses = [transcribe_greedily(model, tokenizer, clip) for clip in clips]
    return ErrorRate(jiwer.cer(references, guesses), len(clips), sum(map(len, references)))
