"""Commands put together from other words: which sounds, whose, and that they train."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model import HubertForCTC
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import MANIFEST_NAME, load_clips, read_manifest
from hubert_demo.training.engine.checkpoints import save_ctc_checkpoint
from hubert_demo.training.stages import splices
from hubert_demo.training.stages.splices import Part, write_splices

from ..conftest import TINY, write_corpus


@pytest.fixture
def model():
    torch.manual_seed(0)
    return HubertForCTC(TINY).eval()


@pytest.fixture
def spoken(data_dir, monkeypatch):
    """Recordings whose every sample tells who says what, each letter ten frames long."""
    frames = [[(10 * n, 10 * n + 5) for n in range(6)]]
    monkeypatch.setattr(splices, "character_frames", lambda model, tokenizer, clip: frames)
    clip = load_clips(data_dir, read_manifest(data_dir / "speech_commands")[:1])[0]

    def say(word, speaker, value):
        return replace(clip, text=word, speaker=speaker, samples=np.full(20_000, value, np.int16))

    return say


def parts(monkeypatch, *chosen):
    monkeypatch.setattr(splices, "SPLICES", {"no": (chosen,)})


N = Part("NINE", 0, 1, (0, 0), (0, 0))
O = Part("GO", 1, 2, (0, 0), (5, 5))  # noqa: E741


def test_sounds_are_cut_at_their_letters_and_meet_softly(spoken, model, tmp_path, monkeypatch):
    parts(monkeypatch, N, O)
    clips = [spoken("NINE", "ann", 1000), spoken("GO", "ann", 4000)]
    assert write_splices(clips, model, None, tmp_path, 1, np.random.default_rng(0)) == 1
    samples, rate = soundfile.read(tmp_path / "no_00000.flac", dtype="int16")
    # Ten frames of N and fifteen of O, overlapping by 240 samples, between 800 of silence.
    assert rate == 16_000
    assert len(samples) == 25 * 320 - 240 + 1600
    assert not samples[:800].any()
    assert not samples[-800:].any()
    # The N is made as loud as the O or a little less: at most four times as loud as it was.
    assert 1500 < samples[2400] < 4500
    assert (samples[6000:8000] == 4000).all()


def test_people_say_both_parts_themselves_where_they_can(spoken, model, tmp_path, monkeypatch):
    parts(monkeypatch, N, O)
    clips = [spoken(word, speaker, 100) for speaker in ("ann", "bob") for word in ("NINE", "GO")]
    clips.append(spoken("GO", "cid", 100))
    written = write_splices(clips, model, None, tmp_path, 60, np.random.default_rng(0))
    rows = read_manifest(tmp_path)
    assert len(rows) == written == 60
    assert {row.speaker for row in rows} == {"ann", "bob", "ann+cid", "bob+cid"}
    assert {(row.split, row.text) for row in rows} == {("train", "NO")}
    assert len({row.file for row in rows}) == 60


def test_stretches_that_are_too_short_are_left_out(spoken, model, tmp_path, monkeypatch):
    parts(monkeypatch, replace(N, end_frames=(-9, -9)), O)
    clips = [spoken("NINE", "ann", 1), spoken("GO", "ann", 1)]
    assert write_splices(clips, model, None, tmp_path, 3, np.random.default_rng(0)) == 0


def test_a_command_that_nobody_s_words_make_is_left_out(spoken, model, tmp_path):
    clips = [spoken("COFFEE", "", 100)]
    write_splices(clips, model, None, tmp_path, 2, np.random.default_rng(0))
    assert {row.text for row in read_manifest(tmp_path)} == {"OFF"}
    with pytest.raises(InputError, match="No clip says"):
        write_splices([spoken("YES", "ann", 1)], model, None, tmp_path, 2, np.random.default_rng(0))


def test_splices_of_the_train_splits_are_trained_on(model, tmp_path):
    rows = [("train", "ann", 0.8, word) for word in ("NINE", "GO")]
    rows += [("test", "bob", 0.8, word) for word in ("NINE", "GO")]
    write_corpus(tmp_path / "speech_commands", rows, "word")
    checkpoint = tmp_path / "checkpoint"
    save_ctc_checkpoint(model, checkpoint)
    splices.make_splices(tmp_path, checkpoint, count=20)
    words = corpora.word_training_clips(tmp_path)
    made = [clip for clip in words if clip.corpus == corpora.SPLICED]
    assert made
    assert {(clip.text, clip.speaker) for clip in made} == {("NO", "ann")}
    assert len(load_clips(tmp_path, made)[0].samples) > 1600


def test_orders_without_a_text_are_read_first(model, tmp_path, monkeypatch):
    orders = tmp_path / "picovoice_intent"
    write_corpus(orders, [("train", "", 2.5, "UNKNOWN")])
    listed = (orders / MANIFEST_NAME).read_text()
    (orders / MANIFEST_NAME).write_text(listed.replace("UNKNOWN", ""))
    checkpoint = tmp_path / "checkpoint"
    save_ctc_checkpoint(model, checkpoint)
    monkeypatch.setattr(splices, "transcribe_greedily", lambda model, tokenizer, clip: "COFFEE NOW")
    splices.make_splices(tmp_path, checkpoint, count=20)
    made = corpora.word_training_clips(tmp_path)
    assert {clip.text for clip in made} <= {"OFF"}
    assert made


def test_what_a_keyword_head_does_not_take_for_the_word_is_struck(model, tmp_path, monkeypatch):
    corpus = tmp_path / corpora.SPLICED
    rows = [("train", speaker, 0.8, "no") for speaker in ("ann", "ann", "bob", "cid")]
    write_corpus(corpus, rows, "word")
    files = [clip.file for clip in read_manifest(corpus)]
    shares = iter([0.95, 0.95, 0.85, 0.95])

    def detect(encoding):
        share = next(shares)
        others = dict.fromkeys(corpora.KEYWORD_LABELS, 0.0) | {"go": 1 - share, "no": share}
        return SimpleNamespace(labels=tuple(others), probabilities=np.array(list(others.values())) / 2)

    monkeypatch.setattr(splices, "detect", detect)
    monkeypatch.setattr(splices, "encode", lambda loaded, waveform: None)
    monkeypatch.setattr(splices, "MOST", {"no": 2})
    listener = SimpleNamespace(keyword_head=object())
    assert splices.strike_failures(corpus, listener) == 2
    # Of those it takes for the word, one by each voice before a second one by any.
    assert [clip.file for clip in read_manifest(corpus)] == [files[0], files[3]]
    assert {path.name for path in corpus.glob("*.*")} == {"manifest.tsv", files[0], files[3]}


def test_only_a_checkpoint_with_a_keyword_head_can_listen(tmp_path):
    listener = SimpleNamespace(keyword_head=None, spec=SimpleNamespace(name="deaf"))
    with pytest.raises(CheckpointError, match="deaf has no keyword head"):
        splices.strike_failures(tmp_path, listener)
