"""Checkpoints by name: the real hub client against a hub that runs in this process."""

import pytest
import torch

from hubert_demo.errors import CheckpointError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)
from hubert_demo.model.files import SILENCE_S, CheckpointFiles

OLD_COMMIT = "fedcba9876543210fedcba9876543210fedcba98"


@pytest.fixture
def saved(tiny_config, tmp_path):
    """A complete CTC folder."""
    torch.manual_seed(0)
    model = HubertForCTC(tiny_config())
    model.save_pretrained(tmp_path / "saved")
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAOINS"]
    tokenizer = Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(tokens)})
    Wav2Vec2Processor(Wav2Vec2FeatureExtractor(), tokenizer).save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


def assert_same(model, directory):
    expected = HubertForCTC.from_pretrained(directory).state_dict()
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, expected[name])


def test_everything_loads_by_name_and_is_fetched_once(hub, saved, tmp_path):
    hub.add("some/hubert", saved)
    assert_same(HubertForCTC.from_pretrained("some/hubert"), saved)
    assert HubertConfig.from_pretrained("some/hubert") == HubertConfig.from_pretrained(saved)
    assert Wav2Vec2Processor.from_pretrained("some/hubert").tokenizer.vocab_size == 12
    fetched = [file for command, file, _ in hub.requests if command == "GET"]
    # What processor_config.json says is not asked for a second time.
    needed = {path.name for path in saved.iterdir()} - {"preprocessor_config.json"}
    assert sorted(fetched) == sorted(needed)


def test_a_fetched_checkpoint_needs_no_hub_any_more(hub, saved):
    hub.add("some/hubert", saved)
    HubertForCTC.from_pretrained("some/hubert")
    Wav2Vec2Processor.from_pretrained("some/hubert")
    hub.requests.clear()
    assert_same(HubertForCTC.from_pretrained("some/hubert", local_files_only=True), saved)
    Wav2Vec2Processor.from_pretrained("some/hubert", local_files_only=True)
    assert hub.requests == []


def test_a_cache_can_be_chosen(hub, saved, tmp_path):
    hub.add("some/hubert", saved)
    HubertForCTC.from_pretrained("some/hubert", cache_dir=tmp_path / "elsewhere")
    assert list((tmp_path / "elsewhere").glob("models--some--hubert/snapshots/*/model.safetensors"))
    with pytest.raises(CheckpointError, match="was never fetched"):
        HubertForCTC.from_pretrained("some/hubert", local_files_only=True)


def test_a_revision_is_pinned(hub, saved, tiny_config, tmp_path):
    torch.manual_seed(1)
    HubertForCTC(tiny_config()).save_pretrained(tmp_path / "old")
    hub.add("some/hubert", saved)
    hub.add("some/hubert", tmp_path / "old", ("v1", OLD_COMMIT))
    assert_same(HubertForCTC.from_pretrained("some/hubert", revision="v1"), tmp_path / "old")
    assert_same(HubertForCTC.from_pretrained("some/hubert"), saved)
    with pytest.raises(CheckpointError, match="no revision 'v9'"):
        HubertForCTC.from_pretrained("some/hubert", revision="v9")


def test_old_files_and_shards_are_found(hub, saved, tmp_path):
    state = HubertForCTC.from_pretrained(saved).state_dict()
    folder = tmp_path / "sharded"
    folder.mkdir()
    (folder / "config.json").write_bytes((saved / "config.json").read_bytes())
    names = sorted(state)
    shards = {"pytorch_model-00001-of-00002.bin": names[:9], "pytorch_model-00002-of-00002.bin": names[9:]}
    for shard, members in shards.items():
        torch.save({name: state[name] for name in members}, folder / shard)
    weight_map = {name: shard for shard, members in shards.items() for name in members}
    (folder / "pytorch_model.bin.index.json").write_text(f'{{"weight_map": {weight_map}}}'.replace("'", '"'))
    hub.add("some/old", folder)
    assert_same(HubertForCTC.from_pretrained("some/old"), saved)
    assert_same(HubertForCTC.from_pretrained(folder), saved)
    (folder / "pytorch_model-00002-of-00002.bin").unlink()
    with pytest.raises(CheckpointError, match="has no pytorch_model-00002-of-00002"):
        HubertForCTC.from_pretrained(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody/nothing", "no such public repository"),
        ("some/gated", "accept its terms"),
        ("not a name/at all", "neither a directory here nor a name"),
        ("some/empty", "has no config.json"),
    ],
)
def test_what_cannot_be_had_is_said(hub, tmp_path, name, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "README.md").write_text("nothing")
    hub.add("some/empty", tmp_path / "empty")
    for load in (HubertModel, HubertConfig, Wav2Vec2FeatureExtractor):
        expected = message.replace("config", "preprocessor_config") if "Extractor" in str(load) else message
        with pytest.raises(CheckpointError, match=expected):
            load.from_pretrained(name)


def test_an_unreachable_hub_is_said(unreachable_hub):
    with pytest.raises(CheckpointError, match="hub cannot be reached"):
        HubertModel.from_pretrained("some/hubert")


# --- a hub that is silent, breaks off, or sends something else ---


def test_a_hub_that_says_nothing_is_given_up_and_may_be_asked_again(hub, saved):
    hub.add("some/hubert", saved)
    hub.may_answer.clear()
    files = CheckpointFiles("some/hubert", silence_s=0.2)
    with pytest.raises(
        CheckpointError, match=r"\(config\.json\): the hub has not answered for 0 s\. Try again"
    ):
        files.find("config.json")
    hub.may_answer.set()
    assert CheckpointFiles("some/hubert").require("config.json").read_bytes()


def test_a_hub_that_stops_halfway_is_given_up_and_may_be_asked_again(hub, saved):
    hub.add("some/hubert", saved)
    hub.may_go_on.clear()
    files = CheckpointFiles("some/hubert", silence_s=0.5)
    with pytest.raises(CheckpointError, match="the hub has not answered"):
        files.find("model.safetensors")
    hub.may_go_on.set()
    found = CheckpointFiles("some/hubert").require("model.safetensors")
    assert found.read_bytes() == (saved / "model.safetensors").read_bytes()


def test_nobody_waits_longer_than_a_quarter_of_a_minute():
    assert CheckpointFiles("some/hubert").silence_s == SILENCE_S < 15


def test_a_connection_that_breaks_off_is_a_sentence_and_may_be_asked_again(hub, saved, monkeypatch):
    hub.add("some/hubert", saved)
    hub.breaks_off = True
    # The client waits a second before each of its attempts.
    monkeypatch.setattr("time.sleep", lambda _: None)
    files = CheckpointFiles("some/hubert")
    with pytest.raises(CheckpointError, match=r"the connection to the hub broke off\. Try again") as error:
        files.find("model.safetensors")
    assert "/" not in str(error.value).replace("some/hubert", "")
    hub.breaks_off = False
    assert files.require("model.safetensors").read_bytes() == (saved / "model.safetensors").read_bytes()


def test_a_full_disk_is_a_sentence(hub, saved, monkeypatch):
    hub.add("some/hubert", saved)

    def full(*_, **__):
        raise OSError(28, "No space left on device", "/root/.cache/huggingface/hub")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", full)
    with pytest.raises(
        CheckpointError, match=r"config\.json of some/hubert cannot be saved: No space left on"
    ):
        CheckpointFiles("some/hubert").find("config.json")
