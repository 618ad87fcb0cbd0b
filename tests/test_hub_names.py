"""Any HuBERT by its name on the hub: the real hub client against a hub that runs in this process."""

import json

import numpy as np
import pytest
import soundfile

from hubert_demo import CheckpointError, analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import (
    CheckpointStore,
    HubRepository,
    downloads,
    examine,
    fetch,
    is_here,
    on_hub,
    resolve,
)
from hubert_demo.commands import main

NAME = "some/hubert"
OLD_COMMIT = "fedcba9876543210fedcba9876543210fedcba98"
NOISE = Waveform((0.1 * np.random.default_rng(5).normal(size=16_000)).astype(np.float32))


@pytest.fixture
def saved(write_checkpoint, tmp_path):
    """A complete folder of an encoder without heads."""
    return write_checkpoint(tmp_path / "saved", "encoder")


@pytest.fixture
def offered(hub, saved):
    """The same on the hub."""
    hub.add(NAME, saved)
    return hub


def got(hub):
    """The files that were fetched, other than looked at."""
    return [file for command, file, _ in hub.requests if command == "GET"]


# --- names ---


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a/b", HubRepository("a/b")),
        ("Owner-1/my.model_2", HubRepository("Owner-1/my.model_2")),
        ("a/b@v1", HubRepository("a/b", "v1")),
        ("a/b@refs/pr/7", HubRepository("a/b", "refs/pr/7")),
        ("facebook/hubert-base-ls960@main", HubRepository("facebook/hubert-base-ls960")),
    ],
)
def test_owner_and_name_and_a_revision_are_a_repository(name, source):
    spec = resolve(name)
    assert (spec.name, spec.title, spec.source) == (name, name, source)


@pytest.mark.parametrize(
    "name",
    ["a", "a/b/c", "/a/b", "./a/b", "../b", "a/../b", "a/b@", "a b/c", "a/b\n", "a/.b", "ä/b", "", "~/b"],
)
def test_anything_else_is_not(name):
    assert on_hub(name) is None


def test_a_revision_of_a_registered_one_keeps_what_is_known_of_it():
    assert resolve("facebook/hubert-base-ls960@v2").licence == "Apache 2.0"


def test_a_folder_of_that_name_goes_first(write_checkpoint, tmp_path, monkeypatch):
    write_checkpoint(tmp_path / "some" / "hubert", "encoder")
    monkeypatch.chdir(tmp_path)
    assert resolve(NAME).source == (tmp_path / "some" / "hubert").relative_to(tmp_path)


# --- wherever a folder does ---


def test_a_recording_is_analysed_by_a_model_of_the_hub_as_by_its_folder(offered, saved):
    found = analyze(NOISE, checkpoint=NAME, store=CheckpointStore())
    known = analyze(NOISE, checkpoint=saved, store=CheckpointStore())
    np.testing.assert_array_equal(found.encoding.hidden_states, known.encoding.hidden_states)
    assert found.source_names["layers"] == NAME
    assert found.source_names["transcript"] == "hubert-explorer"
    offered.requests.clear()
    analyze(NOISE, checkpoint=NAME, store=CheckpointStore())
    assert offered.requests == []


def test_a_revision_is_the_one_that_was_named(offered, write_checkpoint, tmp_path):
    old = write_checkpoint(tmp_path / "old", "encoder", seed=9)
    offered.add(NAME, old, ("v1", OLD_COMMIT))
    found = analyze(NOISE, checkpoint=f"{NAME}@v1", store=CheckpointStore())
    known = analyze(NOISE, checkpoint=old, store=CheckpointStore())
    np.testing.assert_array_equal(found.encoding.hidden_states, known.encoding.hidden_states)


def test_the_shell_takes_a_name(offered, tmp_path, capsys):
    soundfile.write(tmp_path / "noise.wav", NOISE.samples, 16_000)
    assert main(["analyze", str(tmp_path / "noise.wav"), "--json", "--checkpoint", NAME]) == 0
    assert json.loads(capsys.readouterr().out)["sources"]["layers"] == NAME


# --- refused before anything large is downloaded ---


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/nothing", "no directory 'nobody/nothing' here and no such public repository"),
        ("some/gated", "some/gated is gated; accept its terms"),
        (f"{NAME}@v9", "some/hubert has no revision 'v9'"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(offered, name, message):
    for ask in (fetch, examine):
        with pytest.raises(CheckpointError, match=message):
            ask(resolve(name))
    assert got(offered) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model_type": "wav2vec2"}, "some/other is a 'wav2vec2' model; only HuBERT models can be opened"),
        ({"hidden_size": 16}, "some/other does not say what it is; only HuBERT"),
        ({"model_type": "hubert", "hidden_size": -3}, "some/other cannot be opened. Inconsistent"),
        ({"model_type": ["hubert"]}, "only HuBERT models"),
    ],
)
def test_another_architecture_is_refused_by_its_configuration_alone(hub, saved, config, message):
    (saved / "config.json").write_text(json.dumps(config))
    hub.add("some/other", saved)
    with pytest.raises(CheckpointError, match=message) as error:
        analyze(NOISE, checkpoint="some/other", store=CheckpointStore())
    assert got(hub) == ["config.json"]
    assert "/tmp" not in str(error.value)


def test_one_without_weights_is_refused(hub, saved):
    (saved / "model.safetensors").unlink()
    hub.add(NAME, saved)
    with pytest.raises(CheckpointError, match=r"some/hubert has neither model\.safetensors nor"):
        fetch(resolve(NAME))
    assert got(hub) == ["config.json"]


def test_one_that_would_not_fit_the_memory_is_refused(offered, saved, monkeypatch):
    size = (saved / "model.safetensors").stat().st_size
    monkeypatch.setattr(downloads, "available_bytes", lambda: 2 * size - 1)
    with pytest.raises(CheckpointError, match=r"some/hubert is too large .* Nothing was downloaded") as error:
        fetch(resolve(NAME))
    assert f"its weights have {size / 1e6:.1f} MB" in str(error.value)
    assert got(offered) == ["config.json"]
    assert not is_here(resolve(NAME))
    monkeypatch.setattr(downloads, "available_bytes", lambda: 2 * size)
    assert fetch(resolve(NAME)).is_dir()


def test_half_precision_takes_three_times_its_file(offered, saved, monkeypatch):
    config = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps({**config, "dtype": "float16"}))
    offered.add(NAME, saved)
    size = (saved / "model.safetensors").stat().st_size
    monkeypatch.setattr(downloads, "available_bytes", lambda: 3 * size - 4)
    with pytest.raises(CheckpointError, match="too large"):
        examine(resolve(NAME))
    monkeypatch.setattr(downloads, "available_bytes", lambda: 3 * size)
    examine(resolve(NAME))


def test_shards_are_as_large_as_their_list_says(hub, saved, monkeypatch):
    (saved / "model.safetensors").unlink()
    index = {"metadata": {"total_size": 9_000_000_000_000}, "weight_map": {"a": "model-1-of-1.safetensors"}}
    (saved / "model.safetensors.index.json").write_text(json.dumps(index))
    hub.add(NAME, saved)
    with pytest.raises(CheckpointError, match=r"its weights have 9000\.0 GB"):
        fetch(resolve(NAME))
    assert got(hub) == ["config.json", "model.safetensors.index.json"]


def test_a_hub_that_cannot_say_a_size_is_a_sentence(offered, monkeypatch):
    fetch_config = downloads.CheckpointFiles.require

    def break_after(files, name):
        path = fetch_config(files, name)
        offered.shutdown()
        offered.server_close()
        return path

    monkeypatch.setattr(downloads.CheckpointFiles, "require", break_after)
    with pytest.raises(
        CheckpointError, match=r"some/hubert cannot be fetched \(model\.safetensors\): the hub does not say"
    ):
        examine(resolve(NAME))


def test_a_download_that_breaks_off_is_a_sentence_and_goes_on_when_asked_again(offered, saved, monkeypatch):
    # The client waits a second before each of its attempts.
    monkeypatch.setattr("time.sleep", lambda _: None)
    examine(resolve(NAME))
    offered.breaks_off = True
    with pytest.raises(CheckpointError, match=r"the connection to the hub broke off\. Try again"):
        analyze(NOISE, checkpoint=NAME, store=CheckpointStore())
    offered.breaks_off = False
    found = analyze(NOISE, checkpoint=NAME, store=CheckpointStore())
    known = analyze(NOISE, checkpoint=saved, store=CheckpointStore())
    np.testing.assert_array_equal(found.encoding.hidden_states, known.encoding.hidden_states)


# --- memory ---


def test_memory_is_what_the_container_has_left_where_it_has_a_limit(tmp_path, monkeypatch):
    (tmp_path / "max").write_text("1000\n")
    (tmp_path / "used").write_text("400\n")
    monkeypatch.setattr(downloads, "_LIMITS", ((str(tmp_path / "max"), str(tmp_path / "used")),))
    assert downloads.available_bytes() == 600
    (tmp_path / "max").write_text("max\n")
    assert downloads.available_bytes() == pytest.approx(downloads._free_of_machine(), rel=0.5)
