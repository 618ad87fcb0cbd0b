"""How well each layer can be read, by each read-out, on readers who trained nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.inference import READ_OUTS, encode, layer_logits
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.scores import ErrorRate

_MEANING = {
    "head": "the CTC head as it is",
    "affine": "behind an affine map onto the last layer",
    "linear": "a linear read-out of each layer",
}


@dataclass(frozen=True)
class LensScores:
    """Character errors of every layer, the layers' input first.

    Attributes:
        read: By read-out.
        by_chance: Of the same letters in random order, likewise.
    """

    read: Mapping[str, tuple[ErrorRate, ...]]
    by_chance: Mapping[str, tuple[ErrorRate, ...]]

    @property
    def lines(self) -> list[str]:
        """A table, a line a layer."""
        names = [name for name in READ_OUTS if name in self.read]
        lines = ["lens: character error rate of every layer's greedy transcript, in parentheses by chance"]
        lines += [f"  {name}: {_MEANING[name]}" for name in names]
        for layer in range(len(self.read[names[0]])):
            rates = [
                f"{name} {self.read[name][layer]} ({self.by_chance[name][layer].value:.3f})" for name in names
            ]
            lines.append(f"  layer {layer}: {'  '.join(rates)}")
        return lines


def lens_scores(loaded: LoadedCheckpoint, clips: Sequence[Clip]) -> LensScores:
    """Read every layer of a checkpoint on clips with texts.

    Args:
        loaded: With a CTC head; read-outs that it lacks are left out.
        clips: With samples.

    Raises:
        InputError: If the checkpoint has no CTC head.
    """
    rng = np.random.default_rng(0)
    texts: dict[tuple[str, int], list[str]] = {}
    for clip in tqdm(clips, desc="lens", unit="clip", mininterval=10):
        encoding = encode(loaded, clip.waveform)
        ctc = encoding.require_ctc()
        for name, of_layers in layer_logits(loaded, encoding).items():
            for layer, logits in enumerate(of_layers):
                read = transcribe(replace(encoding, ctc=replace(ctc, logits=logits))).text
                texts.setdefault((name, layer), []).append(read)
    references = [clip.text for clip in clips]
    num_states = loaded.encoder.config.num_hidden_layers + 1
    names = list(dict.fromkeys(name for name, _ in texts))

    def rates(name: str, shuffled: bool) -> tuple[ErrorRate, ...]:
        return tuple(
            ErrorRate.of_characters(
                references, [_shuffled(text, rng) if shuffled else text for text in texts[name, layer]]
            )
            for layer in range(num_states)
        )

    return LensScores(
        {name: rates(name, False) for name in names}, {name: rates(name, True) for name in names}
    )


def _shuffled(text: str, rng: np.random.Generator) -> str:
    return "".join(rng.permutation(list(text)).tolist())
