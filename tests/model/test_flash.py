"""flash_attention_2: its packing against eager attention, through a stand-in for the package's kernels."""

import sys
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

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


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_on_cuda_is_enough(monkeypatch, dtype):
    monkeypatch.setattr("hubert_demo.model.flash.find_spec", lambda _: object())
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    check_flash_attention(torch.device("cuda"), dtype)
