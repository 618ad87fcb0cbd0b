"""A listener's answers: what the page would say, each worked out once."""

from dataclasses import replace

import numpy as np
import pytest

from hubert_demo.analysis.keywords.detection import detect
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.inference import encode
from hubert_demo.training.evaluation import listening
from hubert_demo.training.evaluation.listening import Listener, made_clip


@pytest.fixture(scope="module")
def loaded():
    return load(resolve(DEFAULT_CHECKPOINT))


@pytest.fixture
def encoded(monkeypatch):
    """Recordings that the encoder ran over, as they come."""
    runs = []

    def counting(loaded, waveform):
        runs.append(waveform.fingerprint)
        return encode(loaded, waveform)

    monkeypatch.setattr(listening, "encode", counting)
    return runs


def test_answers_are_what_the_page_says(loaded, clips):
    clip = clips[0]
    (answer,) = Listener(loaded).answers([clip])
    encoding = encode(loaded, clip.waveform)
    assert answer.transcript.text == transcribe(encoding).text
    assert np.array_equal(answer.keywords.window_probabilities, detect(encoding).window_probabilities)
    assert [word.text for word in answer.spoken] == clip.text.split()
    assert answer.beam is None


def test_a_clip_is_encoded_once(loaded, clips, encoded):
    listener = Listener(loaded)
    other = clips[0].with_samples(clips[0].samples // 2)
    first = listener.answers([clips[0], other])
    assert first[0] is not first[1]
    assert listener.answers([other, clips[0]]) == [first[1], first[0]]
    assert len(encoded) == 2


def test_beam_search_is_made_where_it_is_asked_for(loaded, clips, encoded):
    listener = Listener(loaded, LanguageModel.from_sentences(["LIB READS"], 3))
    assert listener.answers(clips[:1], beam=True)[0].beam is not None
    assert listener.answers(clips[:1])[0].beam is not None
    assert len(encoded) == 1
    assert Listener(loaded).answers(clips[:1], beam=True)[0].beam is None


def test_a_sound_without_text_has_no_words_in_it(loaded):
    samples = (np.sin(np.arange(16_000) / 10) * 3000).astype(np.int16)
    clip = made_clip(samples)
    assert clip.duration_s == 1.0
    assert Listener(loaded).answers([clip])[0].spoken == ()


def test_both_heads_are_needed(loaded):
    with pytest.raises(CheckpointError, match="no keyword head"):
        Listener(replace(loaded, keyword_head=None))
    with pytest.raises(CheckpointError, match="no CTC head"):
        Listener(replace(loaded, ctc_model=None))
