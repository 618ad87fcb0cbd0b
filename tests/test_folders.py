"""Folders as people have them: of either version of transformers, incomplete, or saying a thing twice."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import transformers

from hubert_demo import analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, CheckpointStore, HubRepository, is_here, load, resolve
from hubert_demo.errors import CheckpointError
from hubert_demo.export.bundle import _files
from hubert_demo.export.choices import Choices
from hubert_demo.export.files import file_content
from hubert_demo.export.registry import EXHIBITS
from hubert_demo.export.texts import TEXTS
from hubert_demo.ui.views import timeline


@pytest.fixture(scope="module")
def noise():
    return Waveform(0.1 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32))


def spec_of(source, name="mine"):
    return CheckpointSpec(name, name, source)


def edit(folder: Path, name: str, change):
    """Change a file of settings in place."""
    values = json.loads((folder / name).read_text())
    change(values)
    (folder / name).write_text(json.dumps(values))


def test_a_folder_that_transformers_5_saved_is_analysed(write_checkpoint, noise, tmp_path):
    older = write_checkpoint(tmp_path / "older")
    newer = tmp_path / "newer"
    transformers.HubertForCTC.from_pretrained(older).save_pretrained(newer)
    transformers.AutoProcessor.from_pretrained(older).save_pretrained(newer)
    assert not (newer / "preprocessor_config.json").exists()
    loaded = load(spec_of(newer))
    assert loaded.notes == ()
    assert loaded.feature_extractor == load(spec_of(older)).feature_extractor
    texts = [analyze(noise, checkpoint=folder).transcript_greedy.text for folder in (newer, older)]
    assert texts[0] == texts[1] != ""


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_a_folder_without_a_processor_is_taken_as_usual_and_says_so(norm, write_checkpoint, noise, tmp_path):
    folder = write_checkpoint(tmp_path / "mine", feat_extract_norm=norm)
    expected = analyze(noise, checkpoint=folder)
    (folder / "preprocessor_config.json").unlink()
    loaded = load(spec_of(folder))
    assert loaded.feature_extractor.to_dict() == {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "sampling_rate": 16_000,
        "padding_value": 0.0,
        "padding_side": "right",
        "do_normalize": True,
        "return_attention_mask": norm == "layer",
    }
    (note,) = loaded.notes
    assert note.startswith("mine does not say what audio it expects; 16 kHz")
    analysis = analyze(noise, checkpoint=spec_of(folder, "another"))
    np.testing.assert_allclose(analysis.encoding.hidden_states, expected.encoding.hidden_states, atol=1e-5)
    # As notes on the recording are: on the page and in what is downloaded.
    assert timeline.payload(analysis)["notes"][-1].startswith("another does not say")
    settings = json.loads(dict(_files(analysis, Choices(), {}))["settings.json"])
    assert settings["notes"][-1].startswith("another does not say")


def test_a_ctc_head_whose_letters_nobody_knows_is_left_out_and_said(write_checkpoint, noise, tmp_path):
    folder = write_checkpoint(tmp_path / "mine")
    (folder / "vocab.json").unlink()
    loaded = load(spec_of(folder))
    assert loaded.ctc_model is loaded.tokenizer is None
    assert "has no vocab.json" in loaded.notes[0]
    assert analyze(noise, checkpoint=folder).sources.transcript != "mine"


@pytest.mark.parametrize(
    ("label2id", "is_noted"),
    [
        ({"yes": "0", "no": "1", "_unknown_": "2", "_silence_": "3"}, False),
        ({"yes": 1, "no": 0, "_unknown_": 2, "_silence_": 3}, True),
        ({"LABEL_0": 0}, True),
        ([], True),
    ],
    ids=["text numbers", "swapped", "left over", "a list"],
)
def test_id2label_wins_over_a_label2id_that_says_otherwise(
    label2id, is_noted, write_checkpoint, tmp_path, caplog
):
    folder = write_checkpoint(tmp_path, "classifier")
    edit(folder, "config.json", lambda values: values.update(label2id=label2id))
    loaded = load(spec_of(folder))
    assert dict(loaded.encoder.config.label2id) == {"yes": 0, "no": 1, "_unknown_": 2, "_silence_": 3}
    assert bool(loaded.notes) == is_noted == ("does not match id2label" in caplog.text)


def test_label2id_alone_names_the_classes(write_checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path, "classifier")
    edit(folder, "config.json", lambda values: values.pop("id2label"))
    edit(
        folder, "config.json", lambda values: values.update(label2id={"a": "0", "b": "1", "c": "2", "d": "3"})
    )
    assert dict(load(spec_of(folder)).encoder.config.id2label) == {0: "a", 1: "b", 2: "c", 3: "d"}


def test_added_tokens_beyond_the_head_do_no_harm_but_a_blank_there_does(write_checkpoint, noise, tmp_path):
    folder = write_checkpoint(tmp_path / "mine")
    edit(folder, "vocab.json", lambda vocab: (vocab.pop("<s>"), vocab.pop("</s>")))
    (folder / "added_tokens.json").write_text(json.dumps({"<s>": 8, "</s>": 9}))
    assert load(spec_of(folder)).tokenizer.bos_token_id == 8
    assert analyze(noise, checkpoint=folder).ctc.vocabulary[1] == "<unk>"
    edit(folder, "vocab.json", lambda vocab: vocab.pop("<pad>"))
    with pytest.raises(CheckpointError, match="The vocabulary of mine lacks <pad>"):
        load(spec_of(folder))


def test_of_a_label_list_that_is_a_number_no_classes_are_known(write_checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path, "classifier")
    edit(folder, "config.json", lambda values: values.update(id2label=-1, label2id={"a": 0, "b": 1}))
    with pytest.raises(CheckpointError, match="id2label"):
        load(spec_of(folder))


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("vocab.json", dict.clear, "The vocabulary of mine is empty"),
        ("tokenizer_config.json", {"word_delimiter_token": None}, "says of no token that it is the blank"),
        ("preprocessor_config.json", {"sampling_rate": 8000}, "mine was made for sound of 8000 Hz"),
    ],
    ids=["no letters", "no delimiter", "another rate"],
)
def test_what_no_recording_could_be_read_with_is_refused_at_once(
    name, change, sentence, write_checkpoint, tmp_path
):
    folder = write_checkpoint(tmp_path / "mine")
    (folder / "tokenizer_config.json").touch()
    if not (folder / name).read_text():
        (folder / name).write_text("{}")
    edit(folder, name, change if callable(change) else lambda values: values.update(change))
    with pytest.raises(CheckpointError, match=sentence):
        load(spec_of(folder))


# --- from the hub ---


def test_a_repository_of_transformers_5_is_fetched_once(hub, write_checkpoint, tmp_path):
    folder = write_checkpoint(tmp_path / "some")
    transformers.AutoProcessor.from_pretrained(folder).save_pretrained(tmp_path / "processor")
    (tmp_path / "processor" / "processor_config.json").rename(folder / "processor_config.json")
    (folder / "preprocessor_config.json").unlink()
    hub.add("some/newer", folder)
    spec = spec_of(HubRepository("some/newer"))
    assert load(spec).notes == ()
    assert is_here(spec)
    hub.requests.clear()
    assert load(replace(spec, name="again")).ctc_model is not None
    assert hub.requests == []


def test_what_was_fetched_before_newer_files_were_known_is_still_here(hub, write_checkpoint, tmp_path):
    hub.add("some/hubert", write_checkpoint(tmp_path / "some"))
    spec = spec_of(HubRepository("some/hubert"))
    load(spec)
    # An older version of this package never asked for these, so that the cache knows nothing of them.
    for known in tmp_path.glob("cache/*/.no_exist/*/*"):
        if known.name in ("processor_config.json", "added_tokens.json"):
            known.unlink()
    hub.requests.clear()
    assert is_here(spec)
    assert load(spec).ctc_model is not None
    assert hub.requests == []


# --- before the page is served ---


def test_each_folder_is_checked_and_all_that_is_wrong_is_said(write_checkpoint, tmp_path):
    sound = write_checkpoint(tmp_path / "sound")
    loads = []

    def count(*arguments):
        loads.append(arguments)
        return load(*arguments)

    store = CheckpointStore(load=count)
    store.check_folders([sound, "hubert-explorer", "facebook/hubert-base-ls960"])
    # Whoever chooses it next has it at once.
    assert store.find(resolve(sound)).ctc_model is not None
    assert len(loads) == 1
    cut = write_checkpoint(tmp_path / "cut")
    (cut / "model.safetensors").write_bytes(b"1234")
    other = write_checkpoint(tmp_path / "other")
    edit(other, "config.json", lambda values: values.update(model_type="whisper"))
    with pytest.raises(CheckpointError) as error:
        store.check_folders([cut, sound, other, tmp_path / "nowhere"])
    lines = str(error.value).splitlines()
    assert [line.split(": ")[0] for line in lines] == [str(cut), str(other), str(tmp_path / "nowhere")]
    assert "model.safetensors of cut is damaged" in lines[0]
    assert "whisper" in lines[1]
    assert "neither registered nor a directory" in lines[2]


def test_the_page_is_not_served_with_a_folder_that_cannot_be_used(tmp_path, capsys):
    from hubert_demo.ui.command import main

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with pytest.raises(SystemExit):
        main([str(tmp_path / "one"), str(tmp_path / "two")])
    said = capsys.readouterr().err
    assert f"{tmp_path / 'one'}: " in said
    assert f"{tmp_path / 'two'}: " in said
    assert said.count("has no config.json") == 2


# --- another hop ---


@pytest.fixture(scope="module")
def slow_frames(write_checkpoint, tmp_path_factory, examples):
    """A recording in HuBERTs with 25 frames a second: an eighth convolution halves the usual rate."""
    frames = {"conv_stride": (5, *(2,) * 7), "conv_kernel": (10, 3, 3, 3, 3, 2, 2, 2)}
    parent = tmp_path_factory.mktemp("slow")
    recording = next(path for path in examples if path.name == "stop.wav")
    return {
        kind: analyze(
            recording, checkpoint=write_checkpoint(parent / kind, kind, conv_dim=(8,) * 8, **frames)
        )
        for kind in ("ctc", "classifier")
    }


@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_25_frames_a_second_go_through_every_export(kind, slow_frames):
    analysis = slow_frames[kind]
    encoding = analysis.encoding
    assert (encoding.grid.hop_samples, encoding.grid.window_samples) == (640, 720)
    num_samples = len(encoding.waveform.samples)
    assert encoding.num_frames == (num_samples - 720) // 640 + 1
    np.testing.assert_allclose(np.diff(encoding.frame_times_s), 0.04)
    # A letter that its vocabulary has, to align.
    chosen = Choices(reference=next(token for token in analysis.ctc.vocabulary if token.isalpha()))
    # Sweeps are of whoever has run one, and sound is made by decoders, which this model has not.
    shown = [each for each in EXHIBITS.values() if not each.name.endswith(("_sweep", "_sound"))]
    for exhibit in shown:
        for file_format in (exhibit.figure_formats[:1] + exhibit.table_formats[:1]) * exhibit.is_of(analysis):
            assert file_content(analysis, exhibit.name, file_format, chosen)
    assert all(text.make(analysis) for text in TEXTS.values())


@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_25_frames_a_second_reach_the_page_as_they_are(kind, slow_frames):
    from hubert_demo.ui.views import VIEWS

    analysis = slow_frames[kind]
    sent = timeline.payload(analysis)
    assert (sent["hop_s"], sent["first_frame_s"], sent["num_frames"]) == (
        0.04,
        0.0225,
        analysis.encoding.num_frames,
    )
    for part in (part for view in VIEWS for part in view.parts):
        json.dumps(part.compute(analysis), allow_nan=False)
    ends = [word.end_s for word in analysis.transcript_greedy.words]
    assert all(end <= analysis.encoding.waveform.duration_s + 0.04 for end in ends)
