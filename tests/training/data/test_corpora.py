"""The split policy: nothing that is tested on is ever trained on."""

import shutil

import pytest

from hubert_demo.errors import InputError
from hubert_demo.training.data import corpora

from ..conftest import write_corpus


def test_only_train_speakers_train(data_dir):
    for clips in (
        corpora.pretraining_clips(data_dir),
        corpora.transcribed_training_clips(data_dir),
        corpora.word_training_clips(data_dir),
        corpora.running_speech_clips(data_dir),
    ):
        assert clips
        assert {clip.speaker for clip in clips}.isdisjoint({"b", "c"})


def test_held_out_words_train_nothing_but_are_tested(data_dir):
    training = [*corpora.transcribed_training_clips(data_dir), *corpora.word_training_clips(data_dir)]
    assert {clip.text.lower() for clip in training}.isdisjoint(corpora.HELD_OUT_WORDS)
    assert "ZERO" in {clip.text for clip in corpora.word_test_clips(data_dir)}


def test_read_speech_comes_twice_an_epoch(data_dir):
    clips = corpora.transcribed_training_clips(data_dir)
    assert sum(clip.corpus == "librispeech" for clip in clips) == 2
    assert sum(clip.corpus == "librispeech" for clip in corpora.without_repeats(clips)) == 1


def test_single_words_are_told_from_sentences(data_dir):
    words = corpora.word_training_clips(data_dir)
    assert {clip.text for clip in words if clip.corpus == "an4"} == {"YES"}


def test_labels_are_the_commands_and_unknown(data_dir):
    labels = {clip.text: corpora.keyword_label(clip) for clip in corpora.word_training_clips(data_dir)}
    assert labels["STOP"] == "stop"
    assert labels["EIGHT"] == "_unknown_"
    assert len(corpora.KEYWORD_LABELS) == 12


def test_recordings_without_text_serve_pretraining_only(data_dir):
    read = {clip.corpus for clip in corpora.transcribed_training_clips(data_dir)}
    heard = {clip.corpus for clip in corpora.pretraining_clips(data_dir)}
    assert heard - read == {"picovoice_intent"}
    assert "picovoice_wakewords" in read


@pytest.mark.parametrize(
    ("corpus", "leak"),
    [
        ("librispeech", "c"),
        ("synthetic_sentences", "v+c@0.4"),
        ("synthetic_sentences", "v+w+c@0.50,0.30,0.20"),
        ("synthetic_sentences", "c+v+w@0.98,0.01,0.01"),
    ],
    ids=["reader", "blend", "mixture", "first of a mixture"],
)
def test_a_speaker_in_two_splits_is_refused(data_dir, tmp_path, corpus, leak):
    shutil.copytree(data_dir, tmp_path, dirs_exist_ok=True)
    manifest = tmp_path / corpus / "manifest.tsv"
    manifest.write_text(manifest.read_text() + f"000.wav\ttrain\t{leak}\t2.2\tTHE TEST READER\n")
    for choose in (corpora.pretraining_clips, corpora.transcribed_training_clips):
        with pytest.raises(InputError, match="valid or test split"):
            choose(tmp_path)


def test_corpora_that_are_missing_are_done_without_but_not_all(data_dir, tmp_path):
    shutil.copytree(data_dir / "librispeech", tmp_path / "librispeech")
    assert {clip.corpus for clip in corpora.transcribed_training_clips(tmp_path)} == {"librispeech"}
    with pytest.raises(InputError, match="no clips to train on"):
        corpora.pretraining_clips(tmp_path / "librispeech")


def test_a_language_model_reads_no_sentence_that_is_tested(data_dir, tmp_path):
    shutil.copytree(data_dir, tmp_path, dirs_exist_ok=True)
    novels = tmp_path / "text" / "novels.tsv"
    novels.parent.mkdir()
    manifest = tmp_path / "librispeech" / "manifest.tsv"
    manifest.write_text(manifest.read_text() + "9.wav\ttest\tc\t2.2\tSAID IN A TEST\n")
    novels.write_text("Said in a test.\tSAID IN A TEST\nSaid elsewhere.\tSAID ELSEWHERE\n")
    sentences = corpora.sentences_to_read(tmp_path)
    assert "SAID ELSEWHERE" in sentences
    assert "A B C" in sentences
    assert "SAID IN A TEST" not in sentences


def test_only_sentences_with_commands_are_cut(data_dir, tmp_path):
    folder = tmp_path / "librispeech"
    folder.mkdir()
    rows = ("a\ttrain\ts\t3.0\tHE SAID NO TWICE", "b\ttrain\ts\t3.0\tNOTHING ELSE", "c\ttest\tt\t3.0\tNO")
    (folder / "manifest.tsv").write_text("\n".join(["file\tsplit\tspeaker\tseconds\ttext", *rows]))
    (tmp_path / "ljspeech").symlink_to(data_dir / "ljspeech")
    assert [clip.file for clip in corpora.sentences_with_commands(tmp_path)] == ["a"]


@pytest.mark.parametrize("corpus", ["synthetic_orders", "synthetic_more"])
def test_orders_and_more_voices_train_where_they_are_at_hand(data_dir, tmp_path, corpus):
    shutil.copytree(data_dir, tmp_path, dirs_exist_ok=True)
    rows = [
        ("train", "v+w@0.50,0.50", 2.5, "WE NEVER STOP"),
        ("train", "v", 2.5, "HERE WE ARE"),
        ("test", "c", 2.5, "STOP HERE"),
    ]
    write_corpus(tmp_path / corpus, rows)
    for choose, numbers in (
        (corpora.pretraining_clips, [0, 1]),
        (corpora.transcribed_training_clips, [0, 1]),
        (corpora.running_speech_clips, [0, 1]),
    ):
        taken = [clip.file for clip in choose(tmp_path) if clip.corpus == corpus]
        assert taken == [f"{number:03}.wav" for number in numbers], choose
    assert "STOP HERE" in corpora.texts_kept_apart(tmp_path)
    read = corpora.sentences_to_read(tmp_path)
    # What was made up from templates teaches no language model.
    assert ("WE NEVER STOP" in read) == (corpus == "synthetic_orders")


def test_speakers_kept_for_choosing_thresholds_train_nothing(data_dir, tmp_path):
    shutil.copytree(data_dir, tmp_path, dirs_exist_ok=True)
    reader, voice = sorted(corpora.CHOOSING_READERS)[0], sorted(corpora.CHOOSING_VOICES)[0]
    shutil.rmtree(tmp_path / "librispeech")
    read = [("train", reader, 2.5, "GO ON"), ("train", "a", 2.5, "GO UP"), ("valid", "b", 2.5, "NO")]
    write_corpus(tmp_path / "librispeech", [*read, ("test", "c", 2.5, "STOP")])
    ordered = [
        ("train", voice, 2.5, "GO ON"),
        ("train", f"{voice}+v@0.50", 2.5, "GO UP"),
        ("train", "v", 2.5, "NO"),
    ]
    write_corpus(tmp_path / "synthetic_orders", ordered)
    for choose in (
        corpora.pretraining_clips,
        corpora.transcribed_training_clips,
        corpora.running_speech_clips,
    ):
        taken = {corpus: [] for corpus in ("librispeech", "synthetic_orders")}
        for clip in choose(tmp_path):
            taken.setdefault(clip.corpus, []).append(clip.file)
        assert set(taken["librispeech"]) == {"001.wav"}
        assert set(taken["synthetic_orders"]) == {"002.wav"}
    chosen = corpora.choosing_clips(tmp_path)
    assert [clip.file for clip in chosen["librispeech"]] == ["000.wav", "002.wav"]
    # A mixture with a voice that trains is nobody new.
    files = [clip.file for clip in chosen["synthetic voices"] if clip.corpus == "synthetic_orders"]
    assert files == ["000.wav"]
    assert {clip.split for clip in corpora.choosing_words(tmp_path)} == {"valid"}


def test_running_speech_is_of_people_and_of_synthetic_voices_of_one_split(data_dir):
    found = corpora.running_speech_test_clips(data_dir)
    assert {who: {clip.corpus for clip in clips} for who, clips in found.items()} == {
        "librispeech": {"librispeech"},
        "synthetic voices": {"synthetic_sentences"},
    }
    assert {clip.split for clips in found.values() for clip in clips} == {"test"}
    valid = corpora.running_speech_test_clips(data_dir, "valid")
    assert {clip.split for clips in valid.values() for clip in clips} == {"valid"}


def test_confidence_is_fitted_on_nobody_who_is_tested(data_dir):
    found = corpora.confidence_clips(data_dir)
    assert found.keys() == {"librispeech", "an4"}
    assert {clip.split for clip in found["librispeech"]} == {"valid"}
    assert not any(clip.split == "test" for clips in found.values() for clip in clips)
