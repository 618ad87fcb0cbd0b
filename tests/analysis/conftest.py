"""Encodings made up by hand, so that the answers are known."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from hubert_demo.audio import Waveform
from hubert_demo.encoding import HUBERT_GRID, ClassOutput, CtcOutput, Encoding

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
            grid=HUBERT_GRID,
            num_heads=2,
            # Any shift gives the same probabilities.
            ctc=CtcOutput((logits + 7).astype(np.float32), VOCABULARY, blank_id=0, word_delimiter_id=3),
            classes=None
            if keyword_logits is None
            else ClassOutput(LABELS, keyword_logits, threshold=0.6, layer_weights=np.full(3, 1 / 3)),
        )

    return make
