"""From a waveform to its `Encoding` in one forward pass, and attention maps on demand.

Torch stays in here: everything that leaves is numpy.
"""

import hashlib
import math
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import torch

from hubert_demo import checkpoints
from hubert_demo.audio import SAMPLE_RATE_HZ, FloatArray, Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.files import Progress

HOP_SAMPLES = 320
WINDOW_SAMPLES = 400

MAX_LOADED_BYTES = 4 << 30

ZERO_GPU_VARIABLE = "SPACES_ZERO_GPU"
"""Environment variable of machines that lend their graphics card to single calls (`ui/zero_gpu.py`)."""


@dataclass(frozen=True, eq=False)
class Encoding:
    """All that one forward pass says about one recording.

    Attributes:
        checkpoint: Name of the checkpoint that made it.
        waveform: What went in.
        hidden_states: float32 `(layers + 1, frames, hidden)`; index 0 is the input of the first layer.
        frame_times_s: float64 `(frames,)`, the centre of each frame's 25 ms window.
        ctc_logits: float32 `(frames, vocabulary)`; `(frames, 0)` where the checkpoint has no CTC head.
        keyword_logits: float32 `(frames, labels)`, or None where the checkpoint has no keyword head. The mean
            over a stretch of frames is the head's answer for that stretch.
        keyword_labels: Names of the columns of `keyword_logits`.
        keyword_threshold: Least probability at which the head's maker counts a command as heard.
        vocabulary: Token of each column of `ctc_logits`; empty without a CTC head.
        blank_id: Index of the CTC blank in `vocabulary`, -1 without a CTC head.
        word_delimiter_id: Index of the token between words in `vocabulary`, -1 without a CTC head.
        num_heads: Attention heads of every layer.
        layer_weights: float64 `(layers + 1,)`, the keyword head's share of every layer's states, summing to
            one; None where the checkpoint has no keyword head.
    """

    checkpoint: str
    waveform: Waveform
    hidden_states: FloatArray
    frame_times_s: npt.NDArray[np.float64]
    ctc_logits: FloatArray
    keyword_logits: FloatArray | None
    keyword_labels: tuple[str, ...]
    keyword_threshold: float
    vocabulary: tuple[str, ...]
    blank_id: int
    word_delimiter_id: int
    num_heads: int
    layer_weights: npt.NDArray[np.float64] | None = None

    @property
    def num_layers(self) -> int:
        """Transformer layers, one less than there are hidden states."""
        return len(self.hidden_states) - 1

    @property
    def num_frames(self) -> int:
        """Frames, 20 ms apart."""
        return len(self.frame_times_s)


class CheckpointStore:
    """Loaded checkpoints in bounded memory, each loaded once. Safe to share between threads.

    Whoever asks for one that is being loaded waits for it; nobody else waits.

    Args:
        max_bytes: What their weights may take together; the one last loaded is always kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: dict[tuple[CheckpointSpec, str], LoadedCheckpoint] = {}
        self._loading: dict[tuple[CheckpointSpec, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, spec: CheckpointSpec, device: str, progress: Progress | None = None) -> LoadedCheckpoint:
        """The checkpoint, loaded if need be.

        Args:
            spec: The checkpoint.
            device: Where its weights shall be.
            progress: Told how far each file is that has to be fetched.

        Raises:
            CheckpointError: If it cannot be loaded.
        """
        key = (spec, device)
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                found = self._kept.get(key)
            if found is None:
                found = checkpoints.load(spec, device, progress)
                self._keep(key, found)
            return found

    def _keep(self, key: tuple[CheckpointSpec, str], loaded: LoadedCheckpoint) -> None:
        with self._lock:
            self._kept[key] = loaded
            while sum(each.num_bytes for each in self._kept.values()) > self._max_bytes:
                others = [other for other in self._kept if other != key]
                if not others:
                    break
                # The largest first: one of them makes room where many small ones would have to go.
                del self._kept[max(others, key=lambda other: self._kept[other].num_bytes)]


_STORE = CheckpointStore(MAX_LOADED_BYTES)


def load_checkpoint(
    checkpoint: str | CheckpointSpec, device: str | None = None, progress: Progress | None = None
) -> LoadedCheckpoint:
    """Load a checkpoint once; the latest are kept, up to 4 GiB. Safe to call from several threads.

    Args:
        checkpoint: Name in the registry, a directory, or what the registry would say of one.
        device: `"cpu"`, `"cuda"`, …; None takes CUDA when it is there.
        progress: Told how far each file is that has to be fetched from the hub.

    Returns:
        The loaded checkpoint, in eval mode. It is shared: do not change it.

    Raises:
        CheckpointError: If there is no such checkpoint or it cannot be loaded.
        InputError: If this machine has no such device.
    """
    return _STORE.get(checkpoints.resolve(checkpoint), _available_device(device), progress)


def _available_device(device: str | None) -> str:
    has_cuda = torch.cuda.is_available() and ZERO_GPU_VARIABLE not in os.environ
    if device is None:
        return "cuda" if has_cuda else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise InputError(f"There is no device {device!r}; use 'cpu' or 'cuda'.") from error
    if kind == "cuda" and not has_cuda:
        raise InputError(f"Device {device!r} was asked for, but no CUDA device is usable. Use 'cpu'.")
    return device


def encode(loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
    """Run the encoder once over a recording.

    Args:
        loaded: The checkpoint.
        waveform: The recording.

    Returns:
        Hidden states, the logits of the heads that there are, and the times of the frames.

    Raises:
        CheckpointError: If the checkpoint's frames are not 20 ms apart, or its numbers are not finite.
    """
    config, tokenizer, head = loaded.encoder.config, loaded.tokenizer, loaded.keyword_head
    hop_samples = math.prod(config.conv_stride)
    if hop_samples != HOP_SAMPLES:
        raise CheckpointError(
            f"{loaded.spec.name} makes a frame of every {hop_samples} samples; only {HOP_SAMPLES} is "
            "supported. Choose another checkpoint."
        )
    batch = loaded.feature_extractor(
        waveform.samples, sampling_rate=waveform.sample_rate_hz, return_tensors="pt"
    )
    model = loaded.encoder if loaded.model is None else loaded.model
    with torch.inference_mode():
        output = model(
            **{name: tensor.to(model.device) for name, tensor in batch.items()},
            output_hidden_states=True,
            return_dict=True,
        )
        hidden_states = torch.cat(output.hidden_states).float()
        num_frames = hidden_states.shape[1]
        ctc_logits = torch.zeros(num_frames, 0) if loaded.model is None else output.logits[0]
        keyword_logits = None if head is None else _finite(loaded, head(hidden_states))
    return Encoding(
        checkpoint=loaded.spec.name,
        waveform=waveform,
        hidden_states=_finite(loaded, hidden_states),
        frame_times_s=frame_times_s(num_frames),
        ctc_logits=_finite(loaded, ctc_logits),
        keyword_logits=keyword_logits,
        keyword_labels=() if head is None else tuple(head.labels),
        keyword_threshold=0.5 if head is None else head.threshold,
        vocabulary=()
        if tokenizer is None
        else tuple(tokenizer.convert_ids_to_tokens(range(config.vocab_size))),
        blank_id=-1 if tokenizer is None else tokenizer.pad_token_id,
        word_delimiter_id=-1 if tokenizer is None else tokenizer.word_delimiter_token_id,
        num_heads=config.num_attention_heads,
        layer_weights=None if head is None else head.layer_probabilities.double().cpu().numpy(),
    )


class Passes:
    """The encodings in use anywhere, so that no encoder runs twice over a recording. Safe between threads.

    It keeps none alive: an encoding that nobody holds any more is forgotten.

    Args:
        run: Makes an encoding, as the function `encode` does.
    """

    def __init__(self, run: Callable[[LoadedCheckpoint, Waveform], Encoding] = encode) -> None:
        self._run = run
        self._encodings: WeakValueDictionary[tuple[CheckpointSpec, str], Encoding] = WeakValueDictionary()
        self._lock = threading.Lock()

    def encode(self, loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
        """As the function `encode`, or what that gave before."""
        key = (loaded.spec, hashlib.sha256(waveform.samples.tobytes()).hexdigest())
        with self._lock:
            encoding = self._encodings.get(key)
            if encoding is None:
                encoding = self._encodings[key] = self._run(loaded, waveform)
            return encoding


def attention_map(
    loaded: LoadedCheckpoint,
    encoding: Encoding,
    layer: int,
    heads: Sequence[int] | None = None,
    queries: slice | None = None,
) -> FloatArray:
    """Attention of one layer, recomputed from that layer's input; the encoder does not run again.

    Args:
        loaded: The checkpoint that made `encoding`.
        encoding: One recording.
        layer: 0 to `encoding.num_layers - 1`.
        heads: Head indices; all when None.
        queries: Range of the frames that look; all when None.

    Returns:
        float32 `(heads, queries, frames)`; every row sums to one.

    Raises:
        InputError: If there is no such layer or head.
    """
    if not 0 <= layer < encoding.num_layers:
        raise InputError(f"Layer {layer} does not exist; choose 0 to {encoding.num_layers - 1}.")
    with torch.inference_mode():
        layer_input = torch.tensor(encoding.hidden_states[layer], device=loaded.encoder.device)[None]
        maps = loaded.encoder.attention_maps(layer_input, layer, heads, queries)[0]
    return _to_numpy(maps)


def frame_times_s(num_frames: int) -> npt.NDArray[np.float64]:
    """Centres of the first `num_frames` windows of 400 samples, 320 apart: float64 `(frames,)` in seconds."""
    return (np.arange(num_frames) * HOP_SAMPLES + WINDOW_SAMPLES / 2) / SAMPLE_RATE_HZ


def _finite(loaded: LoadedCheckpoint, tensor: torch.Tensor) -> FloatArray:
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"{loaded.spec.name} computed values that are not finite; its weights are damaged. "
            "Fetch it again."
        )
    return _to_numpy(tensor)


def _to_numpy(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.float().cpu().numpy()
    return array
