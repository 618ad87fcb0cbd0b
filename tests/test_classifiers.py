"""Checkpoints that classify something else than commands, and which checkpoint wrote which part."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, CheckpointStore, load, resolve
from hubert_demo.commands import main
from hubert_demo.encoding import Problem
from hubert_demo.export import EXHIBITS, Choices, file_content, write_folder
from hubert_demo.model import HubertForSequenceClassification
from hubert_demo.ui.card import borrowed
from hubert_demo.ui.downloads import lacking
from hubert_demo.ui.endpoints import Endpoints
from hubert_demo.ui.recognition import recognition
from hubert_demo.ui.views import keywords as view

EMOTIONS = ("angry", "happy", "neutral", "sad")


def state(folder: Path, **values: object) -> Path:
    """Write values into a folder's config.json."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))
    return folder


@pytest.fixture(scope="module")
def waveform() -> Waveform:
    """Two seconds of noise; what is recognised does not matter here."""
    return Waveform((0.1 * np.random.default_rng(3).normal(size=32_000)).astype(np.float32))


@pytest.fixture(scope="module")
def folders(tmp_path_factory, write_checkpoint) -> dict[str, Path]:
    """A classifier of each kind, and an encoder without heads."""
    root = tmp_path_factory.mktemp("classifiers")
    write = write_checkpoint
    return {
        "emotions": write(root / "emotions", "classifier", labels=EMOTIONS),
        "mixing": write(root / "mixing", "classifier", labels=EMOTIONS, use_weighted_layer_sum=True),
        "sounds": state(
            write(root / "sounds", "classifier", labels=("music", "speech")),
            problem_type="multi_label_classification",
        ),
        "age": write(root / "age", "classifier", labels=("age",)),
        "moods": state(
            write(root / "moods", "classifier", labels=("arousal", "valence")), problem_type="regression"
        ),
        "bare": write(root / "bare", "encoder"),
    }


@pytest.fixture(scope="module")
def analyses(folders, waveform):
    """The recording by each of them."""
    store = CheckpointStore()
    return {name: analyze(waveform, checkpoint=path, store=store) for name, path in folders.items()}


# --- what they say ---


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("emotions", Problem.ONE_LABEL),
        ("mixing", Problem.ONE_LABEL),
        ("sounds", Problem.ANY_LABELS),
        ("age", Problem.NUMBERS),
        ("moods", Problem.NUMBERS),
    ],
)
def test_the_whole_recording_is_judged_as_the_model_itself_judges_it(
    analyses, folders, waveform, name, problem
):
    loaded = load(resolve(folders[name]))
    batch = loaded.feature_extractor(waveform.samples, sampling_rate=16_000, return_tensors="pt")
    with torch.no_grad():
        logits = HubertForSequenceClassification.from_pretrained(folders[name])(**batch).logits[0].double()
    expected = {
        Problem.ONE_LABEL: logits.softmax(0),
        Problem.ANY_LABELS: logits.sigmoid(),
        Problem.NUMBERS: logits,
    }[problem]
    found = analyses[name].classification
    assert found.problem is problem
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)
    assert analyses[name].keywords is None
    assert loaded.keyword_head is None
    assert (found.layer_weights is None) is (name != "mixing")


def test_a_keyword_spotter_is_none_of_them(tmp_path, write_checkpoint, waveform):
    found = analyze(waveform, checkpoint=write_checkpoint(tmp_path, "classifier"))
    assert found.classification is None
    assert found.keywords.labels == ("yes", "no", "_unknown_", "_silence_")
    assert found.keywords.layer_weights is None


# --- the page ---


def test_the_page_is_sent_the_labels_and_no_threshold(analyses):
    sent = view.payload(analyses["emotions"])
    found = analyses["emotions"].classification
    assert sent["scores"] is None
    judged = sent["classification"]
    assert judged["labels"] == [EMOTIONS[i] for i in found.order]
    assert judged["scores"] == sorted(found.scores.tolist(), reverse=True)
    assert judged["by_chance"] == 0.25
    assert judged["window_scores"]["shape"] == [len(judged["window_times_s"]), 4]
    assert not any("threshold" in name or "heard" in name for name in judged)


def test_downloads_that_a_model_cannot_give_are_not_offered(analyses):
    of_lens = ["lens", "lens_letters"]
    of_changes = [name for name, exhibit in EXHIBITS.items() if exhibit.needs_changes]
    assert len(of_changes) == 4
    of_keywords, of_labels = ["keywords", "keywords_heard"], ["classification", "classification_over_time"]
    assert lacking(analyses["emotions"]) == [*of_lens, "layer_sound", *of_keywords, *of_changes]
    assert lacking(analyses["bare"]) == [*of_lens, "layer_sound", *of_labels, "head_sweep", *of_changes]


def test_nothing_borrowed_is_shown_as_the_chosen_model_s(analyses):
    said = borrowed(analyses["emotions"])
    assert set(said) == {"transcript", "layers", "attention", "timeline"}
    assert all("“HuBERT Explorer (small English)”" in sentence for sentence in said.values())
    assert set(borrowed(analyses["bare"])) == {*said, "keywords"}


# --- answers to programs ---


def test_the_answer_to_programs_has_scores_and_sources(analyses):
    analysis = analyses["emotions"]
    answer = json.loads(json.dumps(recognition(analysis.transcript, analysis)))
    assert answer["keywords"] is answer["keyword"] is None
    judged = answer["classification"]
    assert judged["problem"] == "single_label_classification"
    assert judged["label"] == max(judged["scores"], key=judged["scores"].get)
    assert list(judged["scores"]) == list(judged["over_time"]["scores"]) == list(EMOTIONS)
    assert answer["sources"] == {
        "transcript": DEFAULT_CHECKPOINT,
        "keywords": None,
        "classification": "emotions",
        "layers": "emotions",
        "attention": "emotions",
    }


def test_every_endpoint_names_its_checkpoint(analyses, monkeypatch):
    monkeypatch.setattr("hubert_demo.ui.endpoints.base.uploaded_path", lambda _: Path("noise.wav"))
    endpoints = Endpoints(lambda *_: SimpleNamespace(analysis=analyses["bare"]), lambda _: None)
    lent = DEFAULT_CHECKPOINT
    assert {one["checkpoint"] for one in endpoints.read(None)} == {lent}
    assert endpoints.align(None, "a")["sources"] == {"transcript": lent}
    assert endpoints.map_layers(None, "pca")["sources"] == {"layers": "bare"}
    assert endpoints.compare_layers(None)["sources"] == {"layers": "bare", "transcript": lent}
    assert endpoints.attend(None)["sources"] == {"attention": "bare"}
    assert endpoints.compare_heads(None)["sources"] == {"attention": "bare"}
    assert endpoints.analyze(None)["sources"]["keywords"] == lent


def test_a_repr_says_whose_each_part_is(analyses):
    assert repr(analyses["age"]) == (
        f"<Analysis of 2.00 s: transcript by {DEFAULT_CHECKPOINT}, classification by age, layers by age, "
        "attention by age>"
    )


@pytest.fixture(scope="module")
def recording(waveform, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("shell") / "noise.wav"
    soundfile.write(path, waveform.samples, 16_000, subtype="FLOAT")
    return str(path)


def test_the_shell_tells_the_labels_and_whose_the_transcript_is(recording, folders, analyses, capsys):
    assert main(["analyze", recording, "--checkpoint", str(folders["emotions"])]) == 0
    text = capsys.readouterr().out
    assert f"transcript by {DEFAULT_CHECKPOINT}: emotions was not trained for it" in text
    assert "the whole recording (single label classification, 25% each by chance):" in text
    assert [line.split()[-1] for line in text.splitlines()[-4:]] == [
        EMOTIONS[i] for i in analyses["emotions"].classification.order
    ]
    assert "commands" not in text
    assert main(["analyze", recording, "--checkpoint", str(folders["age"]), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classification"]["problem"] == "regression"
    assert found["classification"]["scores"]["age"] == pytest.approx(
        analyses["age"].classification.scores[0], abs=1e-5
    )
    assert found["sources"]["transcript"] == DEFAULT_CHECKPOINT
    assert found["keywords"] is None


# --- files ---


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.parametrize("name", ["emotions", "mixing", "sounds", "age", "moods"])
def test_tables_and_figures_of_a_classifier(analyses, name):
    analysis, found = analyses[name], analyses[name].classification
    table = rows(file_content(analysis, "classification", "csv", Choices()))
    assert [row["label"] for row in table] == [found.labels[i] for i in found.order]
    assert [float(row["score"]) for row in table] == pytest.approx(found.scores[found.order])
    assert {row["checkpoint"] for row in table} == {name}
    over_time = rows(file_content(analysis, "classification_over_time", "csv", Choices()))
    assert list(over_time[0]) == ["time_s", *found.labels, "checkpoint"]
    figure = EXHIBITS["classification"].draw(analysis, Choices())
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [row["label"] for row in table]
    has_weights = any("weight" in axes.get_ylabel() for axes in figure.axes)
    assert has_weights is (name == "mixing")


def test_labels_before_and_after_a_change_stand_side_by_side(analyses):
    analysis = analyses["emotions"]
    exhibit, changed = EXHIBITS["classification_before_after"], analysis.change("layer_skipped:1")
    assert exhibit.is_of(changed)
    assert not exhibit.is_of(analysis)
    table = rows(file_content(changed, exhibit.name, "csv", Choices()))
    assert [row["label"] for row in table] == list(EMOTIONS)
    assert [float(row["score_before"]) for row in table] == pytest.approx(analysis.classification.scores)
    assert [float(row["score_after"]) for row in table] == pytest.approx(changed.classification.scores)
    assert {row["changes"] for row in table} == {"layer_skipped:1"}
    axes = exhibit.draw(changed, Choices()).axes[0]
    order = changed.classification.order
    assert [tick.get_text() for tick in axes.get_yticklabels()] == [EMOTIONS[index] for index in order]
    lengths = [bar.get_width() for bars in axes.containers for bar in bars]
    both = [each.classification.scores[order] for each in (analysis, changed)]
    assert lengths == pytest.approx(np.concatenate(both))


def as_text(analysis, exhibit: str) -> bytes:
    """A figure whose letters are letters."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):
        return file_content(analysis, exhibit, "svg", Choices(method="pca"))


def test_figures_say_whose_each_part_is(analyses):
    bare = analyses["bare"]
    assert f"attention by bare · transcript by {DEFAULT_CHECKPOINT}".encode() in as_text(bare, "attention")
    assert f">{DEFAULT_CHECKPOINT}<".encode() in as_text(bare, "timeline")
    assert b">emotions<" in as_text(analyses["emotions"], "classification")


def test_tables_say_whose_each_part_is(analyses):
    bare, choices = analyses["bare"], Choices(method="pca")
    [first, *_] = rows(file_content(bare, "layer_map", "csv", choices))
    assert (first["checkpoint"], first["transcript_checkpoint"]) == ("bare", DEFAULT_CHECKPOINT)
    assert {row["checkpoint"] for row in rows(file_content(bare, "keywords", "csv", choices))} == {
        DEFAULT_CHECKPOINT
    }
    with np.load(io.BytesIO(file_content(bare, "hidden_states", "npz", choices))) as archive:
        assert str(archive["checkpoint"]) == "bare"


def test_a_folder_of_everything_names_its_sources_and_has_no_keywords_of_others(analyses, tmp_path):
    analysis = analyses["emotions"]
    few = {name: EXHIBITS[name] for name in ("words", "keywords", "classification", "layer_sound")}
    write_folder(analysis, Choices(), tmp_path, few)
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings["sources"] == analysis.source_names
    sounds = ("figures/layer_sound.png", "figures/layer_sound.svg", "sound/layer_sound.wav")
    assert settings["left_out"] == dict.fromkeys(sounds, analysis.why_no_sound)
    assert (tmp_path / "figures" / "classification.png").exists()
    assert not list(tmp_path.glob("*/keywords*"))
    assert json.loads((tmp_path / "transcript.json").read_text())["checkpoint"] == DEFAULT_CHECKPOINT
    assert (tmp_path / "transcript.csv").read_text().splitlines()[0].endswith(",checkpoint")
    assert f"NOTE Transcript by {DEFAULT_CHECKPOINT}" in (tmp_path / "transcript.vtt").read_text()
