"""flash_attention_2: its packing against eager attention, through a stand-in for the package's kernels."""

import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from hubert_demo.benchmark.flash import flash_kernels
from hubert_demo.errors import ConfigError
from hubert_demo.model import HubertModel
from hubert_demo.model.flash import check_flash_attention


def attend(query, key, value, dropout_p, causal):
    """Attention of (batch, frames, heads, head_dim), the layout of flash-attn's functions."""
    assert (dropout_p, causal) == (0.0, False)
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) / query.shape[-1] ** 0.5
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), value)


class StandIn(SimpleNamespace):
    """The package's two functions, computed plainly; remembers the sequence lengths it was given."""

    def flash_attn_func(self, query, key, value, dropout_p, causal):
        self.lengths.append(None)
        return attend(query, key, value, dropout_p, causal)

    def flash_attn_varlen_func(
        self, query, key, value, *, cu_seqlens_q, cu_seqlens_k, max_seqlen_q, max_seqlen_k, dropout_p, causal
    ):
        assert torch.equal(cu_seqlens_q, cu_seqlens_k)
        assert cu_seqlens_q.dtype == torch.int32
        starts = cu_seqlens_q.tolist()
        lengths = [end - start for start, end in pairwise(starts)]
        assert starts[-1] == len(query) == len(key) == len(value)
        assert max(lengths) == max_seqlen_q == max_seqlen_k
        self.lengths.append(lengths)
        parts = [states.split(lengths) for states in (query, key, value)]
        rows = [attend(*(p[None] for p in part), dropout_p, causal)[0] for part in zip(*parts, strict=True)]
        return torch.cat(rows)


@pytest.fixture
def kernels(monkeypatch):
    stand_in = StandIn(lengths=[])
    monkeypatch.setitem(sys.modules, "flash_attn", stand_in)
    for room in ("flash", "attention"):
        monkeypatch.setattr(f"hubert_demo.model.{room}.check_flash_attention", lambda *_: None)
    return stand_in


@pytest.fixture
def pair(tiny_config, kernels):
    """The same weights under eager and flash attention."""
    config = tiny_config(feat_extract_norm="layer")
    torch.manual_seed(0)
    eager = HubertModel(config, attn_implementation="eager").eval()
    flash = HubertModel(config, attn_implementation="flash_attention_2").eval()
    flash.load_state_dict(eager.state_dict())
    return eager, flash


@torch.no_grad()
def test_a_whole_batch_is_as_under_eager(pair, batch, kernels, assert_parity):
    eager, flash = pair
    assert_parity(flash(batch[0]).last_hidden_state, eager(batch[0]).last_hidden_state)
    assert kernels.lengths == [None] * 3


@torch.no_grad()
def test_a_padded_batch_is_packed_and_as_under_eager(pair, batch, kernels, assert_parity):
    eager, flash = pair
    values, mask = batch
    ours = flash(values, attention_mask=mask, output_hidden_states=True)
    theirs = eager(values, attention_mask=mask, output_hidden_states=True)
    assert kernels.lengths == [[39, 24]] * 3
    for mine, reference in zip(ours.hidden_states, theirs.hidden_states, strict=True):
        assert_parity(mine[0], reference[0])
        assert_parity(mine[1, :24], reference[1, :24])


@torch.no_grad()
def test_the_true_maps_come_back(pair, batch, kernels, assert_parity):
    eager, flash = pair
    values, mask = batch
    ours = flash(values, attention_mask=mask, output_attentions=True).attentions
    for mine, reference in zip(ours, eager(values, mask, output_attentions=True).attentions, strict=True):
        assert_parity(mine, reference)


@torch.no_grad()
def test_the_implementation_can_be_switched(pair, batch, kernels):
    _, flash = pair
    flash.set_attn_implementation("sdpa")
    flash(batch[0])
    assert (flash.attn_implementation, kernels.lengths) == ("sdpa", [])
    flash.set_attn_implementation("flash_attention_2")
    flash(batch[0])
    assert kernels.lengths == [None] * 3
    with pytest.raises(ConfigError, match="use one of eager, sdpa, flash_attention_2"):
        flash.set_attn_implementation("flash_attention_9")


def test_all_that_is_missing_is_named_with_the_way_out(monkeypatch, tiny_config):
    monkeypatch.setattr("hubert_demo.model.flash.find_spec", lambda _: None)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    message = r"flash-attn package \(pip install.*a CUDA device.*half precision.*float32.*'sdpa'"
    with pytest.raises(ConfigError, match=message):
        check_flash_attention(torch.device("cpu"), torch.float32)
    with pytest.raises(ConfigError, match="flash-attn package"):
        HubertModel(tiny_config(), attn_implementation="flash_attention_2")
    model = HubertModel(tiny_config())
    with pytest.raises(ConfigError, match="flash-attn package"):
        model.set_attn_implementation("flash_attention_2")
    assert model.attn_implementation == "sdpa"


@pytest.fixture
def cards(monkeypatch):
    """The package, and CUDA devices with the names and compute capabilities that are put in."""
    made = []
    monkeypatch.setattr("hubert_demo.model.flash.find_spec", lambda _: object())
    monkeypatch.setattr("torch.cuda.is_available", lambda: bool(made))
    monkeypatch.setattr("torch.cuda.device_count", lambda: len(made))

    def index(card):
        return card if isinstance(card, int) else card.index or 0

    monkeypatch.setattr("torch.cuda.get_device_name", lambda card: made[index(card)][0])
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda card: made[index(card)][1])
    return made


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("capability", [(8, 0), (8, 6), (9, 0), (12, 0)])
def test_half_precision_on_a_new_enough_card_is_enough(cards, capability, dtype):
    cards.append(("Card", capability))
    check_flash_attention(torch.device("cuda"), dtype)
    check_flash_attention()


@pytest.mark.parametrize("capability", [(6, 1), (7, 5)])
def test_an_older_card_is_named_before_anything_runs(cards, tiny_config, capability):
    cards.append(("Old Card", capability))
    major, minor = capability
    message = (
        rf"needs a CUDA device of compute capability 8.0 .*\(Old Card has {major}.{minor}\)\. Use .*'sdpa'"
    )
    with pytest.raises(ConfigError, match=message):
        check_flash_attention(torch.device("cuda"), torch.float16)
    with pytest.raises(ConfigError, match=message):
        HubertModel(tiny_config(), attn_implementation="flash_attention_2")
    model = HubertModel(tiny_config())
    with pytest.raises(ConfigError, match=message):
        model.set_attn_implementation("flash_attention_2")


def test_of_several_cards_the_one_that_the_model_is_on_counts(cards):
    cards += [("Old Card", (7, 0)), ("New Card", (8, 9))]
    check_flash_attention()
    check_flash_attention(torch.device("cuda:1"), torch.bfloat16)
    with pytest.raises(ConfigError, match=r"Old Card has 7\.0"):
        check_flash_attention(torch.device("cuda:0"), torch.bfloat16)


def has_a_card_for_flash():
    return torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)


@pytest.mark.skipif(not has_a_card_for_flash(), reason="needs a CUDA device, Ampere or newer")
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("is_padded", [False, True])
@torch.no_grad()
def test_on_a_card_the_kernel_gives_what_eager_gives(tiny_config, batch, dtype, is_padded):
    """By flash-attn, or by torch's copy of its kernel where the package is not installed."""
    config = tiny_config(feat_extract_norm="layer")
    torch.manual_seed(0)
    eager = HubertModel(config, attn_implementation="eager").eval().cuda()
    values, mask = (part.cuda() for part in batch)
    mask = mask if is_padded else None
    lengths = [39, 24] if is_padded else [39, 39]
    exact = eager(values, attention_mask=mask, output_hidden_states=True).hidden_states
    with flash_kernels():
        flash = HubertModel(config, attn_implementation="flash_attention_2").eval()
        flash.load_state_dict(eager.state_dict())
        ours = flash.to("cuda", dtype)(values.to(dtype), attention_mask=mask, output_hidden_states=True)
    theirs = eager.to(dtype)(values.to(dtype), attention_mask=mask, output_hidden_states=True)
    for mine, same, reference in zip(ours.hidden_states, theirs.hidden_states, exact, strict=True):
        for row, length in enumerate(lengths):
            wanted = reference[row, :length]
            largest = wanted.abs().max()
            tolerance = 8 * torch.finfo(dtype).eps
            # As near to eager in float32 as rounding allows, which eager in the same precision is as well.
            for found in (mine, same):
                assert (found[row, :length].float() - wanted).abs().max() <= tolerance * largest
