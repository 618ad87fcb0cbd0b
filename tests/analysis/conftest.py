"""Encodings made up by hand, so that the answers are known."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.inference import Encoding, frame_times_s

VOCABULARY = ("<pad>", "<s>", "<unk>", "|", "A", "B", "C")
LABELS = ("yes", "no", "_unknown_", "_silence_")


@pytest.fixture
def make_encoding() -> Callable[..., Encoding]:
    """`make_encoding(tokens, probability)` or `make_encoding(keyword_logits=…)`."""

    def make(
        tokens: Sequence[str] = ("<pad>",) * 20,
        probability: float | Sequence[float] = 0.9,
        keyword_logits: np.ndarray | None = None,
    ) -> Encoding:
        num_frames = len(tokens) if keyword_logits is None else len(keyword_logits)
        chosen = [VOCABULARY.index(token) for token in tokens]
        probabilities = np.broadcast_to(probability, len(chosen))[:, None]
        rest = (1 - probabilities) / (len(VOCABULARY) - 1)
        is_chosen = np.eye(len(VOCABULARY), dtype=bool)[chosen]
        with np.errstate(divide="ignore"):
            logits = np.log(np.where(is_chosen, probabilities, rest))
        samples = np.sin(np.arange(max(1600, num_frames * 320 + 80)) / 10).astype(np.float32)
        return Encoding(
            checkpoint="made up",
            waveform=Waveform(samples),
            hidden_states=np.zeros((3, num_frames, 4), np.float32),
            frame_times_s=frame_times_s(num_frames),
            ctc_logits=(logits + 7).astype(np.float32),  # any shift gives the same probabilities
            keyword_logits=keyword_logits,
            keyword_labels=LABELS if keyword_logits is not None else (),
            keyword_threshold=0.6,
            vocabulary=VOCABULARY,
            blank_id=0,
            word_delimiter_id=3,
            num_heads=2,
        )

    return make
