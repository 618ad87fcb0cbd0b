"""Words cut from sentences."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import corpora
from hubert_demo.training.data.alignment import cut_words
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
