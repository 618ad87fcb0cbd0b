"""Where a transcribed clip says its letters and words, as a model that reads aligns them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from hubert_demo.analysis.transcript.ctc import forced_alignment
from hubert_demo.encoding import HUBERT_GRID
from hubert_demo.model import HubertForCTC, Wav2Vec2CTCTokenizer
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, PlacedWord
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


def place_commands(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clips: Sequence[Clip], file: Path | None = None
) -> list[Clip]:
    """The clips with the places of their commands, and of words that sound just like one.

    Args:
        model: Aligns clips to their texts.
        tokenizer: Of the model.
        clips: With samples; one without a text stays as it is.
        file: Keeps the places (JSON), and is read in place of aligning where it is there already.
    """
    known: dict[str, list[PlacedWord]] = {}
    if file is not None and file.exists():
        known = {
            key: [PlacedWord(*row) for row in rows] for key, rows in json.loads(file.read_text()).items()
        }
    found: dict[str, list[PlacedWord]] = {}
    for clip in tqdm(clips, desc="place commands", unit="clip", mininterval=10):
        if corpora.says_command_or_homophone(clip):
            key = f"{clip.corpus}/{clip.file}"
            found[key] = known.get(key) or _placed(model, tokenizer, clip)
    if file is not None:
        file.write_text(json.dumps(found))
    return [
        replace(clip, commands=tuple(found.get(f"{clip.corpus}/{clip.file}", ()))) if clip.text else clip
        for clip in clips
    ]


def _placed(model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clip: Clip) -> list[PlacedWord]:
    """A clip's commands and words that sound like one, where the alignment has them."""
    wanted = corpora.HOMOPHONES.union(corpora.COMMANDS)
    words, frames = clip.text.split(), character_frames(model, tokenizer, clip)
    if len(words) == 1 and not frames[0]:
        # Too short to be spelt; it is all there is.
        return [PlacedWord(words[0], 0.0, clip.duration_s)]
    hop_s = HUBERT_GRID.hop_s
    return [
        PlacedWord(word, places[0][0] * hop_s, places[-1][1] * hop_s)
        for word, places in zip(words, frames, strict=True)
        if word.lower() in wanted and places
    ]


def character_frames(
    model: HubertForCTC, tokenizer: Wav2Vec2CTCTokenizer, clip: Clip
) -> list[list[tuple[int, int]]]:
    """For every word of a clip's text, first frame and end of each of its letters, by forced alignment."""
    with torch.inference_mode():
        logits = model.lm_head(encoded(model.hubert, clip.samples)[-1:])[0]
    frames = forced_alignment(
        logits.float().log_softmax(-1).cpu().numpy(), tokenizer.encode(clip.text), tokenizer.pad_token_id
    )
    words, position = [], 0
    for word in clip.text.split():
        words.append(frames[position : position + len(word)])
        position += len(word) + 1
    return words
