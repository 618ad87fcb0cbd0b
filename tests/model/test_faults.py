"""What torch says when memory or the graphics card fails becomes a sentence; what is a bug stays one."""

import numpy as np
import pytest
import torch

from hubert_demo.api import analyze
from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointStore, store
from hubert_demo.errors import MachineError
from hubert_demo.model.faults import machine_faults

MEMORY = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] err == 0. DefaultCPUAllocator: can't allocate memory"),
]
CARD = [
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling cublasSgemm"),
]


def raising(error):
    def fail(*_, **__):
        raise error

    return fail


@pytest.fixture
def noise():
    return Waveform(np.random.default_rng(5).normal(0, 0.1, 8000).astype(np.float32))


@pytest.mark.parametrize("error", MEMORY, ids=str)
def test_no_memory_is_a_sentence(error):
    said = r"^9\.0 s of sound needs more memory than this machine has"
    with pytest.raises(MachineError, match=said), machine_faults("9.0 s of sound"):
        raise error


@pytest.mark.parametrize("error", CARD, ids=str)
def test_a_card_that_failed_is_a_sentence(error):
    with pytest.raises(MachineError, match="GPU stopped working"), machine_faults("This"):
        raise error


@pytest.mark.parametrize("error", [RuntimeError("shapes do not match"), ZeroDivisionError()])
def test_a_bug_stays_a_bug(error):
    with pytest.raises(type(error)), machine_faults("This"):
        raise error


def test_memory_is_really_missing():
    with pytest.raises(MachineError, match="memory"), machine_faults("This"):
        torch.empty(1 << 60)


@pytest.mark.parametrize("error", [*MEMORY, *CARD], ids=str)
def test_after_a_fault_in_a_pass_the_next_request_works(
    noise, tmp_path, write_checkpoint, monkeypatch, error
):
    found = CheckpointStore()
    folder = write_checkpoint(tmp_path / "mine")
    loaded = found.find(folder)
    with monkeypatch.context() as broken:
        broken.setattr(type(loaded.ctc_model), "forward", raising(error))
        with pytest.raises(MachineError):
            analyze(noise, checkpoint=folder, store=found)
    assert analyze(noise, checkpoint=folder, store=found).encoding.num_frames == 24


def test_after_a_fault_while_loading_the_next_request_works(noise, tmp_path, write_checkpoint, monkeypatch):
    found, folder = CheckpointStore(), write_checkpoint(tmp_path / "mine")
    with monkeypatch.context() as broken:
        broken.setattr("hubert_demo.model.pretrained.load_file", raising(MemoryError()))
        with pytest.raises(MachineError, match="mine needs more memory than this machine has"):
            found.find(folder)
    assert found.find(folder).encoder.config.hidden_size == 16


def test_a_card_that_has_gone_is_not_asked_again(monkeypatch):
    monkeypatch.delenv(store.ZERO_GPU_VARIABLE, raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.ones", raising(CARD[0]))
    assert store.available_device(None) == "cpu"
    monkeypatch.setattr("torch.ones", lambda *_, **__: torch.tensor([1.0]))
    assert store.available_device(None) == "cuda"
