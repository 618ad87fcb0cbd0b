"""Saving as people do it: in shards, as a pickle, given weights, and straight to the hub."""

import base64
import json

import pytest
import torch
import transformers
from safetensors.torch import load_file

from hubert_demo.errors import CheckpointError, ConfigError, InputError
from hubert_demo.model import (
    HubertConfig,
    HubertForCTC,
    HubertModel,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Processor,
)

OLD, NEW = "pytorch_model.bin", "model.safetensors"


@pytest.fixture
def model(tiny_config):
    torch.manual_seed(4)
    return HubertForCTC(tiny_config()).eval()


def assert_same(one, other):
    assert one.state_dict().keys() == other.state_dict().keys()
    assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


def files(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("safe", [True, False], ids=["safetensors", "pickle"])
@pytest.mark.parametrize("max_shard_size", ["20KB", 20_000])
def test_shards_are_no_larger_than_asked_and_load_on_both_sides(model, tmp_path, max_shard_size, safe):
    model.save_pretrained(tmp_path, max_shard_size=max_shard_size, safe_serialization=safe)
    name = NEW if safe else OLD
    index = json.loads((tmp_path / f"{name}.index.json").read_text())
    assert index["weight_map"].keys() == model.state_dict().keys()
    shards = set(index["weight_map"].values())
    assert len(shards) > 1
    assert files(tmp_path) == sorted([*shards, "config.json", f"{name}.index.json"])
    for shard in shards if safe else ():
        assert sum(tensor.nbytes for tensor in load_file(tmp_path / shard).values()) <= 20_000
    assert_same(HubertForCTC.from_pretrained(tmp_path), model)
    assert_same(transformers.HubertForCTC.from_pretrained(tmp_path), model)


def test_what_was_saved_before_is_replaced_whatever_its_format(model, tmp_path):
    for options in ({}, {"max_shard_size": "20KB"}, {"safe_serialization": False}, {}):
        with torch.no_grad():
            model.lm_head.bias += 1
        model.save_pretrained(tmp_path, **options)
        assert_same(HubertForCTC.from_pretrained(tmp_path), model)
    assert files(tmp_path) == ["config.json", NEW]


def test_other_files_in_the_folder_are_left_alone(model, tmp_path):
    others = ["model.safetensors.backup", "model-card.md", "optimizer.bin", "pytorch_model_old.bin"]
    for name in others:
        (tmp_path / name).write_text("kept")
    model.save_pretrained(tmp_path)
    assert files(tmp_path) == sorted([*others, "config.json", NEW])


def test_given_weights_are_written_in_place_of_the_model_s(model, tmp_path):
    given = {name: tensor + 1 for name, tensor in model.state_dict().items()}
    model.save_pretrained(tmp_path, state_dict=given, save_function=torch.save)
    written = load_file(tmp_path / NEW)
    assert written.keys() == given.keys()
    assert all(torch.equal(tensor, given[name]) for name, tensor in written.items())


def test_only_the_main_process_writes(model, tmp_path):
    model.save_pretrained(tmp_path / "there", is_main_process=False)
    assert files(tmp_path) == []


def test_options_that_nothing_would_use_are_refused(model, tmp_path):
    with pytest.raises(InputError, match="no use for private, variant, unless with push_to_hub=True"):
        model.save_pretrained(tmp_path, variant="fp16", private=True)
    assert files(tmp_path) == []


def test_what_cannot_be_written_is_said_and_loses_nothing(model, tmp_path):
    model.save_pretrained(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    for safe in (True, False):
        with pytest.raises(InputError, match="max_shard_size='big' is no size"):
            model.save_pretrained(tmp_path, max_shard_size="big", safe_serialization=safe)
    model.config.hidden_size = 33
    with pytest.raises(ConfigError, match="hidden_size=33 must be a multiple"):
        model.save_pretrained(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


# --- to the hub ---


@pytest.fixture
def commits(hub):
    """Makes the hub of the tests take commits with the right token; gives what it was asked to do."""
    taken = []

    class Writable(hub.RequestHandlerClass):
        def do_GET(self):
            if self.path.startswith("/api/"):
                self.refuse(401, "")
            else:
                super().do_GET()

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            where = self.path.partition("?")[0].strip("/").split("/")[1:]
            if self.headers.get("Authorization") != "Bearer hf_may_write":
                self.refuse(401, "")
            elif where == ["repos", "create"]:
                asked = json.loads(body)
                taken.append(("create", asked))
                owner = asked.get("organization") or "me"
                self.say({"url": f"http://127.0.0.1:{self.server.server_port}/{owner}/{asked['name']}"})
            elif where[3] == "preupload":
                paths = [file["path"] for file in json.loads(body)["files"]]
                self.say(
                    {"files": [{"path": p, "uploadMode": "regular", "shouldIgnore": False} for p in paths]}
                )
            else:
                self.commit("/".join(where[1:3]), where[4], [json.loads(line) for line in body.splitlines()])

        def commit(self, repository, revision, lines):
            header, *operations = lines
            added = {o["value"]["path"]: base64.b64decode(o["value"]["content"]) for o in operations}
            taken.append(("commit", {**header["value"], "revision": revision, "files": sorted(added)}))
            commit = "89abcdef0123456789abcdef0123456789abcdef"
            for name in (revision, commit):
                self.server.repositories[repository, name] = (commit, added)
            self.say({"commitUrl": f"http://127.0.0.1/{repository}/commit/{commit}", "commitOid": commit})

        def say(self, answer):
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    hub.RequestHandlerClass = Writable
    return taken


def test_a_model_is_pushed_and_loads_by_its_name(model, commits):
    told = model.push_to_hub(
        "me/hubert", token="hf_may_write", private=True, commit_message="First", max_shard_size="20KB"
    )
    (_, created), (_, commit) = commits
    assert (created["name"], created["visibility"]) == ("hubert", "private")
    assert (commit["summary"], commit["revision"]) == ("First", "main")
    assert {"config.json", "model.safetensors.index.json"} < set(commit["files"])
    assert told.oid == "89abcdef0123456789abcdef0123456789abcdef"
    assert_same(HubertForCTC.from_pretrained("me/hubert"), model)
    assert HubertConfig.from_pretrained("me/hubert") == model.config


TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", "A", "B")
PREPARERS = {
    "tokenizer": Wav2Vec2CTCTokenizer({token: index for index, token in enumerate(TOKENS)}, pad_token="A"),
    "feature extractor": Wav2Vec2FeatureExtractor(return_attention_mask=True),
}
PREPARERS["processor"] = Wav2Vec2Processor(PREPARERS["feature extractor"], PREPARERS["tokenizer"])
PREPARERS["configuration"] = HubertConfig(layerdrop=0.5)


@pytest.mark.parametrize("name", PREPARERS)
def test_what_belongs_to_a_model_is_pushed_and_read_by_the_repository_s_name(name, commits, tmp_path):
    pushed = PREPARERS[name]
    pushed.save_pretrained(tmp_path)
    told = pushed.push_to_hub("me/hubert", token="hf_may_write", private=True, commit_message="First")
    (_, created), (_, commit) = commits
    assert (created["name"], created["visibility"]) == ("hubert", "private")
    assert (commit["summary"], commit["revision"]) == ("First", "main")
    assert commit["files"] == files(tmp_path)
    assert told.oid == "89abcdef0123456789abcdef0123456789abcdef"
    again = type(pushed).from_pretrained("me/hubert")
    again.save_pretrained(tmp_path / "again")
    for file in files(tmp_path / "again"):
        assert (tmp_path / "again" / file).read_bytes() == (tmp_path / file).read_bytes()
    with pytest.raises(CheckpointError, match=r"refuses to write to me/hubert \(401\)"):
        pushed.push_to_hub("me/hubert", token="hf_may_read")


@pytest.mark.parametrize("name", PREPARERS)
def test_saving_what_belongs_to_a_model_may_push_too(name, commits, tmp_path):
    PREPARERS[name].save_pretrained(tmp_path / "mine", push_to_hub=True, token="hf_may_write")
    assert commits[1][1]["files"] == files(tmp_path / "mine")
    with pytest.raises(InputError, match="no use for token, unless with push_to_hub=True"):
        PREPARERS[name].save_pretrained(tmp_path / "other", token="hf_may_write")
    assert not (tmp_path / "other").exists()


def test_saving_may_push_too(model, commits, tmp_path):
    model.save_pretrained(tmp_path / "mine", push_to_hub=True, token="hf_may_write")
    assert files(tmp_path / "mine") == ["config.json", NEW]
    assert commits[1][1]["files"] == ["config.json", NEW]
    assert_same(HubertForCTC.from_pretrained("me/mine"), model)


def test_without_the_right_token_it_is_said(model, commits):
    with pytest.raises(CheckpointError, match=r"refuses to write to me/hubert \(401\).* token= or `hf auth"):
        model.push_to_hub("me/hubert", token="hf_may_read")
    assert commits == []


def test_a_name_that_is_none_and_a_hub_that_cannot_be_reached_are_said(model, unreachable_hub):
    with pytest.raises(CheckpointError, match="'no name at/all' is no name of a repository"):
        model.push_to_hub("no name at/all", token="hf_may_write")
    with pytest.raises(CheckpointError, match="me/hubert cannot be written: the hub cannot be reached"):
        model.push_to_hub("me/hubert", token="hf_may_write")
    assert isinstance(model.base_model, HubertModel)
