"""Words cut from sentences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import cut_words, place_commands
from hubert_demo.training.data.clips import load_clips
from hubert_demo.training.engine.checkpoints import character_tokenizer

from ..conftest import TINY


@pytest.fixture
def model():
    torch.manual_seed(0)
    return HubertForCTC(TINY).eval()


def test_sentences_are_cut_where_their_words_are(model, data_dir, monkeypatch):
    clip = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0]
    tokenizer = character_tokenizer()
    # A model that hears frame 10 n of the sentence as its n-th character, and blanks elsewhere.
    spoken = replace(clip, text="GO HOUSE OF UP")
    logits = torch.zeros(1, 139, 32)
    logits[..., tokenizer.pad_token_id] = 5.0
    for position, token in enumerate(tokenizer.encode(spoken.text)):
        logits[0, 10 * position, token] = 20.0
    monkeypatch.setattr(model.lm_head, "forward", lambda _: logits)
    go, up = cut_words(model, tokenizer, [spoken])
    assert (go.text, up.text) == ("GO", "UP")
    assert up.corpus == "librispeech (cut)"
    # U is spoken in frame 120, P in frame 130; 50 ms before and 100 ms after are kept.
    assert np.array_equal(up.samples, clip.samples[120 * 320 - 800 : 131 * 320 + 1600])


def hears(monkeypatch, model, text):
    """The model hears frame 10 n as the n-th character of the text, and blanks elsewhere."""
    tokenizer = character_tokenizer()
    logits = torch.zeros(1, 139, 32)
    logits[..., tokenizer.pad_token_id] = 5.0
    for position, token in enumerate(tokenizer.encode(text)):
        logits[0, 10 * position, token] = 20.0
    monkeypatch.setattr(model.lm_head, "forward", lambda _: logits)
    return tokenizer


def test_commands_and_what_sounds_like_one_are_placed(model, data_dir, monkeypatch):
    clip = load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0]
    tokenizer = hears(monkeypatch, model, "GO I KNOW UP")
    silent = replace(clip, file="silent", text="")
    other = replace(clip, file="other", text="NOTHING ELSE")
    placed, nobody_s, empty = place_commands(
        model, tokenizer, [replace(clip, text="GO I KNOW UP"), silent, other]
    )
    # G is spoken in frame 0 and O in frame 10; K in frame 50, W in frame 80.
    assert [place.word for place in placed.commands] == ["GO", "KNOW", "UP"]
    go, know, _ = placed.commands
    assert (go.start_s, go.end_s) == pytest.approx((0.0, 0.22), abs=0.03)
    assert (know.start_s, know.end_s) == pytest.approx((1.0, 1.62), abs=0.03)
    assert nobody_s.commands is None
    assert empty.commands == ()


def test_places_are_kept_and_not_looked_for_again(model, data_dir, monkeypatch, tmp_path):
    clip = replace(load_clips(data_dir, corpora.reading_clips(data_dir, "train"))[0], text="GO I KNOW UP")
    tokenizer = hears(monkeypatch, model, clip.text)
    file = tmp_path / "commands.json"
    (first,) = place_commands(model, tokenizer, [clip], file)

    def refuse(_):
        raise AssertionError("aligned again")

    monkeypatch.setattr(model.lm_head, "forward", refuse)
    assert place_commands(model, tokenizer, [clip], file) == [first]
