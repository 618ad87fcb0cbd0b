"""ZeroGPU: the encoder runs where a card is lent, and on the processor when none can be had."""

import importlib
import sys
import types

import gradio as gr
import httpx
import numpy as np
import pytest

from hubert_demo import checkpoints, inference
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT, load_checkpoint
from hubert_demo.ui import card, zero_gpu


@pytest.fixture
def calls(monkeypatch):
    """What a stand-in for the `spaces` package was asked to run; the machine says that it is ZeroGPU."""
    called = []

    def gpu(duration):
        def wrap(function):
            def run(spec, waveform, num_bytes):
                called.append((spec.name, duration(spec, waveform, num_bytes)))
                return function(spec, waveform, num_bytes)

            return run

        return wrap

    spaces = types.ModuleType("spaces")
    spaces.GPU = gpu
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setenv(checkpoints.ZERO_GPU_VARIABLE, "true")
    importlib.reload(zero_gpu)
    yield called
    monkeypatch.undo()
    importlib.reload(zero_gpu)


@pytest.fixture
def loaded():
    return load_checkpoint(DEFAULT_CHECKPOINT, "cpu")


@pytest.fixture
def waveform():
    return Waveform(np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32))


def test_the_encoder_runs_inside_the_lent_call(calls, loaded, waveform, monkeypatch):
    moved = []
    monkeypatch.setattr(checkpoints, "load", lambda spec, device: moved.append(device) or loaded)
    encoding = zero_gpu.encode(loaded, waveform)
    assert calls == [(DEFAULT_CHECKPOINT, 6)]
    assert moved == ["cuda"]
    assert np.array_equal(encoding.hidden_states, inference.encode(loaded, waveform).hidden_states)


def test_a_card_is_asked_for_by_the_recording_s_length_and_the_checkpoint_s_size(loaded, waveform):
    second, minute = (Waveform(np.resize(waveform.samples, num)) for num in (16_000, 960_000))
    assert [zero_gpu.call_s(loaded.spec, sound, 35_000_000) for sound in (second, minute)] == [6, 12]
    # The largest checkpoint on offer, and the longest recording.
    assert zero_gpu.call_s(loaded.spec, minute, 4 * 963_000_000) == 27


@pytest.mark.parametrize("error", [gr.Error, RuntimeError, httpx.ConnectError])
def test_without_a_card_to_be_had_the_processor_computes_and_it_is_logged(
    calls, loaded, waveform, monkeypatch, caplog, error
):
    def refused(spec, waveform, num_bytes):
        raise error("You have exceeded your GPU quota")

    monkeypatch.setattr(zero_gpu, "_encode_on_lent_gpu", refused)
    encoding = zero_gpu.encode(loaded, waveform)
    assert encoding.num_frames > 0
    assert "exceeded your GPU quota" in caplog.text


def test_the_page_s_own_process_stays_off_the_card(calls, monkeypatch):
    # ZeroGPU makes CUDA look available there, though it is not.
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert load_checkpoint(DEFAULT_CHECKPOINT).encoder.device.type == "cpu"
    assert dict(card.model_card(load_checkpoint(DEFAULT_CHECKPOINT))["rows"])["running on"].endswith(
        "(ZeroGPU)"
    )


def test_elsewhere_nothing_is_lent(loaded, waveform, monkeypatch):
    monkeypatch.delenv(checkpoints.ZERO_GPU_VARIABLE, raising=False)
    monkeypatch.setattr(zero_gpu, "_encode_on_lent_gpu", None)
    assert zero_gpu.encode(loaded, waveform).num_frames > 0
