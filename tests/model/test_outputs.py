"""What the models return: a dict, an object, a sequence, and a tree of tensors."""

import copy
import dataclasses
import pickle

import pytest
import torch
from torch.nn.parallel import scatter_gather
from torch.utils import _pytree as pytree

from hubert_demo.model.outputs import HubertHeadOutput, HubertModelOutput


@pytest.fixture
def output(twins, batch):
    """A complete result of the encoder: states, maps and the mask of frames."""
    values, mask = batch
    model = twins("model", "sdpa", feat_extract_norm="layer").ours
    with torch.no_grad():
        return model(values, attention_mask=mask, output_attentions=True, output_hidden_states=True)


def same(one, other):
    """Whether two trees hold the same tensors at the same places."""
    leaves, others = (pytree.tree_flatten_with_path(tree)[0] for tree in (one, other))
    return [path for path, _ in leaves] == [path for path, _ in others] and all(
        torch.equal(leaf, twin) for (_, leaf), (_, twin) in zip(leaves, others, strict=True)
    )


def test_results_are_read_by_name_key_and_position(output):
    assert list(output.keys()) == ["last_hidden_state", "hidden_states", "attentions", "frame_mask"]
    assert list(output) == [name for name, _ in output.items()] == list(dict(output))
    assert output["attentions"] is output.attentions is output[2] is output.get("attentions")
    assert output[:2] == (output.last_hidden_state, output.hidden_states)
    assert len(output) == 4


def test_what_is_not_there_is_none_and_no_key(twins, batch):
    output = twins("model", "sdpa").ours(batch[0])
    assert list(output) == ["last_hidden_state"]
    assert output.hidden_states is None is output.get("hidden_states")
    assert output.get("hidden_states", "nothing") == "nothing"
    with pytest.raises(KeyError):
        output["hidden_states"]


def test_results_do_not_change_and_have_no_other_fields(twins, batch):
    output = twins("ctc", "sdpa").ours(batch[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        output.loss = torch.tensor(2.0)
    with_loss = dataclasses.replace(output, loss=torch.tensor(2.0))
    assert list(with_loss) == ["loss", "logits"]
    assert with_loss.logits is output.logits
    with pytest.raises(TypeError, match="HubertHeadOutput has no 'los'"):
        HubertHeadOutput(los=1)


@pytest.mark.parametrize("kind", ["model", "ctc", "classifier"])
def test_the_mask_of_frames_is_among_the_results(twins, batch, kind):
    model = twins(kind, "sdpa", feat_extract_norm="layer").ours
    values, mask = batch
    with torch.no_grad():
        output = model(values, attention_mask=mask)
        assert model(values).frame_mask is None
    assert output.frame_mask.shape == (2, 39)
    assert output.frame_mask.sum(-1).tolist() == [39, 24]
    assert output.frame_mask is output["frame_mask"] is output.get("frame_mask")
    assert "frame_mask" in output
    assert ("frame_mask" in list(output)) == (kind == "model")


@pytest.mark.parametrize("kind", ["model", "ctc", "classifier"])
def test_positions_are_those_of_transformers(twins, batch, kind):
    pair = twins(kind, "sdpa", feat_extract_norm="layer")
    with torch.no_grad():
        results = [model(batch[0], attention_mask=batch[1], output_hidden_states=True) for model in pair]
    assert len(results[0].to_tuple()) == len(results[1].to_tuple()) == 2
    with pytest.raises(IndexError):
        results[0][2]


def test_copies_and_pickles_are_the_same(output):
    for again in (copy.deepcopy(output), pickle.loads(pickle.dumps(output)), type(output)(output)):
        assert type(again) is HubertModelOutput
        assert same(output, again)


def test_a_result_is_a_tree_of_tensors(output):
    leaves, form = pytree.tree_flatten(output)
    assert len(leaves) == 1 + 4 + 3 + 1
    assert same(pytree.tree_unflatten(leaves, form), output)
    assert form == pytree.treespec_loads(pytree.treespec_dumps(form))
    halves = pytree.tree_map(lambda tensor: tensor[:1], output)
    assert type(halves) is HubertModelOutput
    assert halves.hidden_states[3].shape == (1, 39, 32)
    paths = [pytree.keystr(path) for path, _ in pytree.tree_flatten_with_path(output)[0]]
    assert paths[:2] == ["['last_hidden_state']", "['hidden_states'][0]"]


def test_what_several_cards_computed_is_put_together(new_twins, batch, monkeypatch):
    """`DataParallel` gathers what each card gave for its part of a batch; here one processor plays them."""
    monkeypatch.setattr(scatter_gather.Gather, "apply", lambda _, dim, *tensors: torch.cat(tensors, dim))
    values, mask = batch
    model = new_twins("ctc", "sdpa", feat_extract_norm="layer").ours
    with torch.no_grad():
        whole = model(values, attention_mask=mask, output_hidden_states=True)
        # What torch calls a copy of a model.
        model._is_replica = True
        parts = [
            model(values[i : i + 1], attention_mask=mask[i : i + 1], output_hidden_states=True)
            for i in range(2)
        ]
    gathered = scatter_gather.gather(parts, "cpu")
    assert list(gathered) == ["logits", "hidden_states", "frame_mask"]
    assert gathered.logits is gathered["logits"]
    torch.testing.assert_close(gathered.logits, whole.logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gathered.hidden_states, whole.hidden_states, atol=1e-5, rtol=1e-5)
    assert torch.equal(gathered.frame_mask, whole.frame_mask)


def test_torch_finds_the_tensors_to_wait_for_in_distributed_training(output):
    """`DistributedDataParallel` asks which parameters take part in them."""
    found = torch.nn.parallel.distributed._find_tensors(output)
    assert {id(tensor) for tensor in found} == {id(leaf) for leaf in pytree.tree_leaves(output)}
