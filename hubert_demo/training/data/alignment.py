"""Where a transcribed clip says its letters and words, as a model that reads aligns them."""

from __future__ import annotations

from dataclasses import replace

import torch
from tqdm import tqdm

from hubert_demo.analysis.transcript.ctc import forced_alignment
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.model import HubertForCTC, Wav2Vec2CTCTokenizer
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.engine.encode import encoded

_CUT_BEFORE_SAMPLES, _CUT_AFTER_SAMPLES = 800, 1600


def cut_words(model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, sentences: list[Clip]) -> list[Clip]:
    """Every word of transcribed sentences as a clip of its own, found by forced alignment.

    Words held out of training are left out, and words that sound like a command. A cut clip's corpus is
    its sentence's with `" (cut)"` added.
    """
    cuts = []
    for clip in tqdm(sentences, desc="cut words", unit="clip", mininterval=10):
        for word, frames in zip(clip.text.split(), character_frames(model, tokenizer, clip), strict=True):
            if word.lower() not in corpora.HELD_OUT_WORDS | corpora.SOUND_ALIKES:
                start = max(0, frames[0][0] * HUBERT_GRID.hop_samples - _CUT_BEFORE_SAMPLES)
                samples = clip.samples[start : frames[-1][1] * HUBERT_GRID.hop_samples + _CUT_AFTER_SAMPLES]
                cuts.append(replace(clip, corpus=f"{clip.corpus} (cut)", text=word, samples=samples))
    return cuts


def character_frames(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clip: Clip
) -> list[list[tuple[int, int]]]:
    """For every word of a clip's text, first frame and end of each of its letters, by forced alignment."""
    with torch.inference_mode():
        logits = model.lm_head(encoded(model.hubert, clip.samples)[-1:])[0]
    frames = forced_alignment(
        logits.log_softmax(-1).cpu().numpy(), tokenizer.encode(clip.text), tokenizer.pad_token_id
    )
    words, position = [], 0
    for word in clip.text.split():
        words.append(frames[position : position + len(word)])
        position += len(word) + 1
    return words
