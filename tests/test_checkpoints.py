"""The registry, and loading what a checkpoint has and nothing that it has not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hubert_demo.checkpoints import (
    CHECKPOINTS,
    DEFAULT_CHECKPOINT,
    PRETRAINED_CHECKPOINT,
    CheckpointSpec,
    HubRepository,
    fetch,
    is_here,
    load,
    offer,
    registry,
    resolve,
)
from hubert_demo.errors import CheckpointError
from hubert_demo.model import HubertForSequenceClassification, KeywordHead

ON_HUB = [
    "facebook/hubert-base-ls960",
    "facebook/hubert-large-ls960-ft",
    "facebook/hubert-xlarge-ls960-ft",
    "superb/hubert-base-superb-ks",
]


def spec_of(source, **fields):
    return CheckpointSpec("made up", "Made up", source, "noise", "none", **fields)


@pytest.fixture
def on_hub(hub, write_checkpoint, tmp_path):
    """A checkpoint that a hub in this process has, and nobody has fetched."""
    hub.add("some/hubert", write_checkpoint(tmp_path / "some", "encoder"))
    return spec_of(HubRepository("some/hubert"))


def test_the_registry_begins_with_the_embedded_checkpoint_and_knows_the_hubs():
    names = [spec.name for spec in CHECKPOINTS]
    assert names[0] == DEFAULT_CHECKPOINT
    assert names[-4:] == ON_HUB
    assert len(set(names)) == len(names)
    assert all(spec.trained_on and spec.licence and spec.title for spec in CHECKPOINTS)


def test_companions_are_registered_and_need_no_network():
    for spec in CHECKPOINTS:
        for companion in (spec.ctc_companion, spec.keyword_companion):
            assert is_here(resolve(companion))


def test_the_encoder_before_fine_tuning_is_offered_where_its_folder_is(tmp_path, write_checkpoint):
    assert PRETRAINED_CHECKPOINT not in {spec.name for spec in registry(tmp_path)}
    write_checkpoint(tmp_path / PRETRAINED_CHECKPOINT, "encoder")
    (spec,) = (spec for spec in registry(tmp_path) if spec.name == PRETRAINED_CHECKPOINT)
    loaded = load(spec)
    assert loaded.encoder.config.num_hidden_layers == 3
    assert loaded.ctc_model is loaded.tokenizer is loaded.keyword_head is None


def test_names_directories_and_specs_are_resolved(tmp_path):
    assert resolve("superb/hubert-base-superb-ks").source == HubRepository("superb/hubert-base-superb-ks")
    spec = resolve(tmp_path)
    assert (spec.name, spec.source, spec.language_model) == (tmp_path.name, tmp_path, None)
    (tmp_path / "language_model.npz").touch()
    assert resolve(tmp_path).language_model == tmp_path / "language_model.npz"
    assert resolve(spec) is spec
    with pytest.raises(
        CheckpointError, match="'nowhere' is neither registered nor a directory; choose hubert"
    ):
        resolve("nowhere")


def test_directories_of_one_name_are_told_apart(tmp_path):
    folders = [tmp_path / "a" / "mine", tmp_path / "b" / "mine", tmp_path / "c" / DEFAULT_CHECKPOINT]
    for folder in folders:
        folder.mkdir(parents=True)
    offered = offer([*folders, DEFAULT_CHECKPOINT])
    assert offered[: len(CHECKPOINTS)] == CHECKPOINTS
    added = offered[len(CHECKPOINTS) :]
    assert [spec.name for spec in added] == ["mine", "mine (2)", f"{DEFAULT_CHECKPOINT} (2)"]
    assert [spec.title for spec in added] == [spec.name for spec in added]
    assert [spec.source for spec in added] == folders


def test_a_ctc_checkpoint_has_letters_and_a_keyword_head_if_one_lies_beside(tmp_path, write_checkpoint):
    write_checkpoint(tmp_path, "ctc")
    loaded = load(spec_of(tmp_path))
    assert loaded.ctc_model.hubert is loaded.encoder
    assert loaded.tokenizer.vocab_size == 8
    assert loaded.keyword_head is None
    without = loaded.num_parameters
    KeywordHead(("yes", "_silence_"), 4, 16, 8).save(tmp_path)
    loaded = load(spec_of(tmp_path))
    assert loaded.keyword_head.labels == ("yes", "_silence_")
    assert loaded.num_parameters == without + 4 + (16 * 8 + 8) + (8 * 2 + 2)
    assert loaded.num_bytes == 4 * loaded.num_parameters


@pytest.mark.parametrize("weighted", [True, False])
def test_a_classifier_is_taken_as_a_keyword_head(tmp_path, write_checkpoint, weighted):
    write_checkpoint(tmp_path, "classifier", use_weighted_layer_sum=weighted)
    loaded = load(spec_of(tmp_path))
    classifier = HubertForSequenceClassification.from_pretrained(tmp_path)
    samples = torch.randn(1, 8000, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        states = torch.stack(loaded.encoder(samples, output_hidden_states=True).hidden_states)
        found = loaded.keyword_head(states).mean(1)
        torch.testing.assert_close(found, classifier(samples).logits, atol=1e-5, rtol=1e-5)
    assert loaded.keyword_head.labels == ("yes", "no", "_unknown_", "_silence_")
    assert loaded.keyword_head.threshold is None
    np.testing.assert_allclose(
        loaded.keyword_head.layer_probabilities, [0.25] * 4 if weighted else [0, 0, 0, 1], atol=1e-6
    )
    assert loaded.ctc_model is None


def test_a_head_that_was_never_trained_is_refused(tmp_path, write_checkpoint):
    write_checkpoint(tmp_path, "encoder")
    settings = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**settings, "architectures": ["HubertForCTC"]}))
    with pytest.raises(CheckpointError, match=r"missing: lm_head\.bias, lm_head\.weight"):
        load(spec_of(tmp_path))


def test_where_no_architecture_is_stated_a_vocabulary_tells_a_ctc_head(tmp_path, write_checkpoint):
    for kind in ("ctc", "encoder"):
        write_checkpoint(tmp_path / kind, kind)
        settings = json.loads((tmp_path / kind / "config.json").read_text())
        del settings["architectures"]
        (tmp_path / kind / "config.json").write_text(json.dumps(settings))
        assert (load(spec_of(tmp_path / kind)).ctc_model is None) == (kind == "encoder")


def test_a_repository_is_fetched_once_and_then_used_without_the_hub(hub, on_hub):
    assert not is_here(on_hub)
    told: list[tuple[int, int]] = []
    folder = fetch(on_hub, lambda come, expected: told.append((come, expected)))
    size = (folder / "model.safetensors").stat().st_size
    assert is_here(on_hub)
    assert told[-1] == (size, size)
    hub.requests.clear()
    assert load(on_hub).encoder.config.hidden_size == 16
    assert hub.requests == []


def test_progress_grows_to_the_size_of_the_file(hub, write_checkpoint, tmp_path):
    hub.add("some/wide", write_checkpoint(tmp_path / "wide", "encoder", hidden_size=128))
    told: list[tuple[int, int]] = []
    folder = fetch(spec_of(HubRepository("some/wide")), lambda come, expected: told.append((come, expected)))
    size = (folder / "model.safetensors").stat().st_size
    of_weights = [come for come, expected in told if expected == size]
    assert len(of_weights) > 3
    assert of_weights == sorted(of_weights)
    assert of_weights[-1] == size


def test_a_pinned_commit_stays_what_it_was(hub, write_checkpoint, tmp_path):
    old, new = "a" * 40, "b" * 40
    hub.add("some/hubert", write_checkpoint(tmp_path / "old", "encoder", seed=1), ("v1", old))
    hub.add("some/hubert", write_checkpoint(tmp_path / "new", "encoder", seed=2), ("main", new))
    pinned = fetch(spec_of(HubRepository("some/hubert", old)))
    latest = fetch(spec_of(HubRepository("some/hubert")))
    assert (pinned.name, latest.name) == (old, new)
    assert (pinned / "model.safetensors").read_bytes() == (
        tmp_path / "old" / "model.safetensors"
    ).read_bytes()
    assert fetch(spec_of(HubRepository("some/hubert", "v1"))).name == old


def test_an_interrupted_fetch_is_gone_on_with(hub, on_hub):
    _, files = hub.repositories["some/hubert", "main"]
    weights = files.pop("model.safetensors")
    with pytest.raises(CheckpointError, match=r"neither model\.safetensors nor"):
        fetch(on_hub)
    assert not is_here(on_hub)
    files["model.safetensors"] = weights
    assert (fetch(on_hub) / "model.safetensors").read_bytes() == weights


def test_an_unreachable_hub_is_a_sentence(unreachable_hub):
    with pytest.raises(
        CheckpointError, match=r"facebook/hubert-base-ls960 cannot be fetched \(config\.json\): the hub"
    ):
        load(resolve("facebook/hubert-base-ls960"))


@pytest.mark.parametrize(
    "name", ["model.safetensors", "config.json", "vocab.json", "preprocessor_config.json"]
)
def test_a_file_that_came_damaged_is_fetched_again_when_next_asked_for(hub, write_checkpoint, tmp_path, name):
    hub.add("some/hubert", write_checkpoint(tmp_path / "some"))
    _, files = hub.repositories["some/hubert", "main"]
    whole = files[name]
    files[name] = whole[: len(whole) // 2]
    spec = spec_of(HubRepository("some/hubert"))
    with pytest.raises(CheckpointError, match="Choosing it again does that") as error:
        load(spec)
    assert str(tmp_path) not in str(error.value)
    assert f"{name} of some/hubert" in str(error.value)
    files[name] = whole
    assert load(spec).ctc_model is not None
    assert (fetch(spec) / name).read_bytes() == whole


def test_a_directory_without_config_is_a_sentence(tmp_path):
    with pytest.raises(CheckpointError, match="has no"):
        load(spec_of(tmp_path))


def test_specs_are_values():
    spec = resolve(DEFAULT_CHECKPOINT)
    assert replace(spec) == spec
    assert len({spec, replace(spec), replace(spec, name="other")}) == 2
