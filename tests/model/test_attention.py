"""Attention maps: on demand, under every implementation, and their properties."""

import pytest
import torch

from hubert_demo.errors import ConfigError, InputError
from hubert_demo.model import HubertModel

VARIANTS = pytest.mark.parametrize("stable", [False, True], ids=["post-norm", "stable"])


@pytest.fixture
def eager_pass(twins, batch):
    """An eager, padded forward pass with everything kept, its model and its frame mask."""

    def run(stable):
        model = twins("model", "eager", feat_extract_norm="layer", do_stable_layer_norm=stable).ours
        values, mask = batch
        with torch.no_grad():
            output = model(values, attention_mask=mask, output_hidden_states=True, output_attentions=True)
        return model, output, model.frame_mask(mask, output.last_hidden_state.shape[1])

    return run


@VARIANTS
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_maps_on_demand_equal_the_eager_maps(eager_pass, assert_parity, stable, layer):
    model, output, frame_mask = eager_pass(stable)
    with torch.no_grad():
        maps = model.attention_maps(output.hidden_states[layer], layer, frame_mask=frame_mask)
    assert_parity(maps, output.attentions[layer])


@VARIANTS
def test_maps_of_some_heads_and_queries_are_a_part_of_all(eager_pass, assert_parity, stable):
    model, output, frame_mask = eager_pass(stable)
    with torch.no_grad():
        part = model.attention_maps(
            output.hidden_states[1], 1, heads=[3, 0], queries=slice(4, 9), frame_mask=frame_mask
        )
    assert_parity(part, output.attentions[1][:, [3, 0], 4:9])


def test_maps_on_demand_equal_those_of_transformers(twins, batch, assert_parity):
    pair = twins("model", "sdpa", do_stable_layer_norm=True)
    with torch.no_grad():
        states = pair.ours(batch[0], output_hidden_states=True).hidden_states
        reference = pair.theirs(batch[0], output_attentions=True).attentions
        for layer, expected in enumerate(reference):
            assert_parity(pair.ours.attention_maps(states[layer], layer), expected)


@VARIANTS
def test_rows_sum_to_one_and_padding_gets_nothing(eager_pass, stable):
    _, output, frame_mask = eager_pass(stable)
    for maps in output.attentions:
        torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]))
        assert maps[1, :, :, ~frame_mask[1]].max() == 0


def test_sdpa_returns_the_maps_that_were_asked_for(twins, batch, assert_parity):
    eager, sdpa = (twins("model", attn).ours for attn in ("eager", "sdpa"))
    with torch.no_grad():
        expected = eager(batch[0], output_attentions=True)
        actual = sdpa(batch[0], output_attentions=True)
        plain = sdpa(batch[0])
    assert plain.attentions is None
    assert_parity(actual.last_hidden_state, plain.last_hidden_state)
    for mine, reference in zip(actual.attentions, expected.attentions, strict=True):
        assert_parity(mine, reference)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_does_not_exist_is_refused_with_the_range(twins, layer):
    with pytest.raises(InputError, match=f"Layer {layer} .* 0 to 2"):
        twins("model", "sdpa").ours.attention_maps(torch.zeros(1, 5, 32), layer)


@pytest.mark.parametrize("head", [-1, 4])
def test_a_head_that_does_not_exist_is_refused_with_the_range(twins, head):
    with pytest.raises(InputError, match="0 to 3"):
        twins("model", "sdpa").ours.attention_maps(torch.zeros(1, 5, 32), 0, heads=[head])


def test_an_unknown_implementation_is_refused_with_the_known_ones(tiny_config):
    with pytest.raises(ConfigError, match=r"'magic'.*eager, sdpa"):
        HubertModel(tiny_config(), attn_implementation="magic")
