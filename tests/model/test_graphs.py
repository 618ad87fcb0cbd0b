"""Torch's graphs: exported and compiled models, for batches and lengths other than they were made with."""

import pytest
import torch
from torch.export import Dim, export

from hubert_demo.model import KeywordHead

# As few layers as show that there may be several.
SMALLER = {"num_hidden_layers": 2}


def recordings(count, num_samples, shortest):
    """A batch of noise whose last recording is shorter, and its mask."""
    values = torch.randn(count, num_samples, generator=torch.Generator().manual_seed(count))
    mask = torch.ones(count, num_samples, dtype=torch.long)
    mask[-1, shortest:] = 0
    return values * mask, mask


@pytest.fixture(autouse=True)
def _no_graphs_of_other_tests():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


@pytest.mark.parametrize(
    ("kind", "settings", "attn"),
    [
        ("model", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}, "eager"),
        ("ctc", {}, "sdpa"),
        pytest.param(
            *("classifier", {"num_labels": 3, "use_weighted_layer_sum": True}, "sdpa"), marks=pytest.mark.slow
        ),
    ],
    ids=["model", "ctc", "classifier"],
)
def test_an_exported_model_takes_any_batch_and_length(twins, assert_parity, kind, settings, attn, tmp_path):
    model = twins(kind, attn, **SMALLER, **settings).ours
    values, mask = recordings(2, 1600, 1000)
    sizes = {0: Dim.DYNAMIC, 1: Dim.DYNAMIC}
    program = export(
        model,
        (values,),
        {"attention_mask": mask},
        dynamic_shapes={"input_values": sizes, "attention_mask": sizes},
    )
    torch.export.save(program, tmp_path / "model.pt2")
    again = torch.export.load(tmp_path / "model.pt2").module()
    for size in ((2, 1600, 1000), (3, 2500, 700), (1, 30_000, 25_000)):
        values, mask = recordings(*size)
        with torch.no_grad():
            expected = model(values, attention_mask=mask)
            found = again(values, attention_mask=mask)
        assert list(found) == list(expected)
        assert_parity(found[0], expected[0])
        assert torch.equal(found.frame_mask, expected.frame_mask)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("model", {}),
        ("ctc", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
        pytest.param(
            *("classifier", {"num_labels": 3, "use_weighted_layer_sum": True}), marks=pytest.mark.slow
        ),
    ],
    ids=["model", "ctc", "classifier"],
)
def test_a_compiled_model_is_one_graph_for_all_sizes(twins, assert_parity, kind, settings):
    model = twins(kind, "sdpa", **SMALLER, **settings).ours
    graphs = []

    def count(graph, _):
        graphs.append(graph)
        return graph

    compiled = torch.compile(model, fullgraph=True, dynamic=True, backend=count)
    for size in ((2, 1600, 1000), (3, 2500, 700), (4, 30_000, 25_000)):
        values, mask = recordings(*size)
        with torch.no_grad():
            expected = model(values, attention_mask=mask, output_hidden_states=True)
            found = compiled(values, attention_mask=mask, output_hidden_states=True)
        assert list(found) == list(expected)
        assert_parity(found[0], expected[0])
        for state, reference in zip(found.hidden_states, expected.hidden_states, strict=True):
            assert_parity(state, reference)
    assert len(graphs) == 1


# Torch looks, where it goes on after the loss that it cannot take in.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning")
@pytest.mark.parametrize("kind", ["ctc", "classifier"])
def test_training_is_compiled_too(new_twins, batch, assert_parity, kind):
    """Masked spans and dropped layers included, which a graph must draw anew each time it runs."""
    chance = {"mask_time_prob": 0.5, "mask_time_length": 3}
    chance |= {"mask_feature_prob": 0.2, "mask_feature_length": 2, "layerdrop": 0.5}
    model = new_twins(kind, "sdpa", feat_extract_norm="layer", **SMALLER, **chance).ours.train()
    labels = torch.tensor([[3, 4, -100], [5, -100, 6]]) if kind == "ctc" else torch.tensor([0, 1])
    # Torch cannot put its CTC loss into a graph.
    compiled = torch.compile(model, fullgraph=kind != "ctc", backend="eager")
    losses = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        loss = compiled(batch[0], attention_mask=batch[1], labels=labels).loss
        loss.backward()
        losses.append(loss.item())
    assert losses[0] == losses[1] != losses[2]
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
    model.eval()
    with torch.no_grad():
        expected = model(batch[0], attention_mask=batch[1], labels=labels).loss
        assert_parity(compiled(batch[0], attention_mask=batch[1], labels=labels).loss, expected)


def test_padding_between_labels_counts_for_nothing(twins, batch):
    model = twins("ctc", "sdpa").ours
    with torch.no_grad():
        losses = [
            model(batch[0], labels=torch.tensor(rows)).loss
            for rows in ([[3, -100, 4], [-100, -100, 5]], [[3, 4, -100], [5, -100, -100]])
        ]
    assert torch.equal(*losses)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("stable", [False, True])
def test_layers_are_weighted_under_autocast(twins, batch, stable, dtype):
    model = twins("classifier", "sdpa", use_weighted_layer_sum=True, do_stable_layer_norm=stable).ours
    with torch.no_grad():
        expected = model(batch[0], output_hidden_states=True)
        with torch.autocast("cpu", dtype):
            found = model(batch[0], output_hidden_states=True)
            head = KeywordHead.from_classifier(model)
            states = torch.stack(found.hidden_states)
            frames = head(states)
            frames_of_half = head(states.to(dtype))
    assert torch.allclose(found.logits.float(), expected.logits, atol=0.05)
    for one in (frames, frames_of_half):
        assert torch.allclose(one.mean(1).float(), expected.logits, atol=0.05)


def test_training_under_autocast_gives_gradients_to_the_weights_of_the_layers(new_twins, batch):
    model = new_twins("classifier", "sdpa", use_weighted_layer_sum=True).ours.train()
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(batch[0], labels=torch.tensor([0, 1])).loss
    loss.backward()
    assert model.layer_weights.grad.abs().sum() > 0
