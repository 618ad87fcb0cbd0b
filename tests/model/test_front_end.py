"""The front end in pieces: the same result, and the memory of one piece."""

import pytest
import torch

from hubert_demo.model import HubertConfig
from hubert_demo.model.front_end import HubertFeatureEncoder

NARROW = (12,) * 7


def front_end(**settings):
    torch.manual_seed(0)
    encoder = HubertFeatureEncoder(HubertConfig(conv_dim=NARROW, **settings)).eval()
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    return encoder


def record_frames(encoder, monkeypatch):
    """The number of frames of every piece that the last convolution makes."""
    frames = []
    encoder.conv_layers[-1].register_forward_hook(lambda _, __, out: frames.append(out.shape[-1]))
    return frames


@torch.no_grad()
@pytest.mark.parametrize("norm", ["group", "layer"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("num_samples", [501 * 320 + 80, 16_000 * 17, 16_000 * 23 + 777])
def test_pieces_make_the_same_frames(norm, bias, num_samples, assert_parity, monkeypatch):
    encoder = front_end(feat_extract_norm=norm, conv_bias=bias)
    frames = record_frames(encoder, monkeypatch)
    values = torch.randn(2, num_samples, generator=torch.Generator().manual_seed(3)) * 2 + 0.5
    values[1, num_samples // 2 :] = 0.0
    pieces = encoder(values)
    assert len(frames) > 2
    assert max(frames) <= encoder.piece_frames
    monkeypatch.setattr(encoder, "whole_frames", 10**6)
    assert_parity(pieces, encoder(values))


@torch.no_grad()
@pytest.mark.parametrize("norm", ["group", "layer"])
def test_the_long_pieces_of_a_card_make_the_same_frames(norm, assert_parity, monkeypatch):
    encoder = front_end(feat_extract_norm=norm)
    values = torch.randn(2, 16_000 * 23 + 777, generator=torch.Generator().manual_seed(3))
    short = encoder(values)
    frames = record_frames(encoder, monkeypatch)
    monkeypatch.setattr(encoder, "_piece_frames", lambda _: encoder.whole_frames)
    assert_parity(encoder(values), short)
    assert frames == [500, 500, 152]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@torch.no_grad()
def test_on_a_card_pieces_are_long(monkeypatch):
    encoder = front_end().cuda()
    frames = record_frames(encoder, monkeypatch)
    encoder(torch.randn(1, 16_000 * 15, device="cuda"))
    assert frames == [500, 249]


@torch.no_grad()
def test_a_short_recording_is_one_piece(monkeypatch):
    encoder = front_end()
    frames = record_frames(encoder, monkeypatch)
    encoder(torch.randn(1, 160_000))
    assert frames == [499]


def test_gradients_reach_the_whole_recording(monkeypatch):
    encoder = front_end()
    frames = record_frames(encoder, monkeypatch)
    values = torch.randn(1, 192_000, requires_grad=True)
    encoder(values).square().sum().backward()
    assert frames == [599]
    assert values.grad.abs().min() >= 0
    assert (values.grad != 0).float().mean() > 0.99
