"""Many changed passes of one recording, of which only the heads' answers are wanted: what sweeps run.

They are resumed from states that are kept, side by side where a recording is short, and keep nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from hubert_demo.audio import FloatArray
from hubert_demo.changes import Change, composed
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.inference.changed import ChangedPass, edits_in, frame_mask_of
from hubert_demo.inference.passes import finite
from hubert_demo.model.edits import Edit, LayerEdit
from hubert_demo.model.faults import machine_faults

# Side by side: more are no faster on a processor, and take more memory.
FRAMES_AT_ONCE = 1024
MOST_AT_ONCE = 8


@dataclass(frozen=True, eq=False)
class Answers:
    """What a checkpoint's heads say in some variants of a pass.

    Attributes:
        ctc_logits: float32 `(variants, frames, vocabulary)`; None without a CTC head.
        ctc_losses: float64 `(variants,)`, in nats: minus the logarithm of the probability of the text that
            was asked about; None without a CTC head.
        class_logits: float32 `(variants, frames, labels)`; None without a keyword head or another classifier.
    """

    ctc_logits: FloatArray | None
    ctc_losses: npt.NDArray[np.float64] | None
    class_logits: FloatArray | None


class Variants:
    """Passes that differ from one that is there by some more changes.

    Args:
        loaded: The checkpoint that made the pass.
        encoding: The pass, itself with changes or without.
        before: The same without any; `encoding` where it has none.
        token_ids: The text whose loss is measured, without blanks.
    """

    def __init__(
        self, loaded: LoadedCheckpoint, encoding: Encoding, before: Encoding, token_ids: Sequence[int]
    ) -> None:
        self._loaded = loaded
        self._encoding = encoding
        self._before = before
        self._token_ids = list(token_ids)
        self._edits = edits_in(loaded, encoding, encoding.changes)
        self._frame_mask = frame_mask_of(loaded, encoding.num_frames)

    @property
    def num_at_once(self) -> int:
        """How many variants are best run side by side."""
        return min(max(1, FRAMES_AT_ONCE // self._encoding.num_frames), MOST_AT_ONCE)

    def unchanged(self) -> Answers:
        """The pass itself."""
        with self._computing():
            last = self._encoding.num_layers
            return self._answers(last, (self._state(last),))

    def changed(self, changes: Iterable[Change]) -> Answers:
        """One pass with some more changes.

        Raises:
            InputError: As for `encode_changed`.
        """
        more = composed(changes)
        if not more:
            return self.unchanged()
        together = composed((*self._encoding.changes, *more))
        layers = [change.first_layer for change in more]
        known = [layer for layer in layers if layer is not None]
        with self._computing():
            if len(known) == len(layers):
                return self._resumed(min(known), edits_in(self._loaded, self._encoding, together))
            # Begun with the sound, so that no state is left as it was.
            return self._answers(0, ChangedPass.prepare(self._loaded, self._before, together).states())

    def heads_off(self, layer: int, heads: Sequence[int], by: str = "zero") -> Answers:
        """A variant for each of some heads of a layer, in which it is off.

        Args:
            layer: 0 to the number of layers - 1.
            heads: Of this layer.
            by: As in `HeadOff`.
        """
        hidden_size = self._encoding.hidden_states.shape[-1]
        width = hidden_size // self._encoding.num_heads
        off = torch.zeros(len(heads), 1, hidden_size, device=self._loaded.encoder.device)
        for variant, head in enumerate(heads):
            off[variant, :, head * width : (head + 1) * width] = 1

        def edit(joined: torch.Tensor) -> torch.Tensor:
            instead = joined.mean(1, keepdim=True) if by == "mean" else torch.zeros_like(joined[:, :1])
            return torch.where(off.bool(), instead, joined)

        return self._with_heads_edited(layer, edit, len(heads))

    def subspaces_off(self, layer: int, bases: FloatArray, by: str = "zero") -> Answers:
        """A variant for each of some subspaces, which is taken from the layer's joined head outputs.

        Args:
            layer: 0 to the number of layers - 1.
            bases: `(variants, hidden, rank)`, orthonormal columns.
            by: As in `HeadOff`: what is in the subspace becomes zero, or its mean over the recording.
        """
        model = self._loaded.encoder
        columns = torch.tensor(bases, device=model.device, dtype=model.dtype)

        def edit(joined: torch.Tensor) -> torch.Tensor:
            inside = joined @ columns
            if by == "mean":
                inside = inside - inside.mean(1, keepdim=True)
            return joined - inside @ columns.mT

        return self._with_heads_edited(layer, edit, len(bases))

    def _with_heads_edited(self, layer: int, edit: Edit, num_variants: int) -> Answers:
        given = self._edits.get(layer, LayerEdit())
        first = given.joined_heads

        def both(joined: torch.Tensor) -> torch.Tensor:
            return edit(joined if first is None else first(joined))

        edits = {**self._edits, layer: replace(given, joined_heads=both)}
        with self._computing():
            return self._resumed(layer, edits, num_variants)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        with machine_faults(f"{self._loaded.spec.title} with changes"), torch.inference_mode():
            yield

    def _state(self, layer: int) -> torch.Tensor:
        model = self._loaded.encoder
        state = torch.tensor(self._encoding.hidden_states[layer : layer + 1], device=model.device)
        return state.to(model.dtype)

    def _resumed(self, layer: int, edits: Mapping[int, LayerEdit], num_variants: int = 1) -> Answers:
        layers = self._loaded.encoder.encoder
        states = layers.resume(self._state(layer), layer, self._frame_mask, edits)
        return self._answers(layer, states, num_variants)

    def _answers(self, layer: int, states: Sequence[torch.Tensor], num_variants: int = 1) -> Answers:
        """Those of passes whose states from a layer on are given; below it they are those that are kept."""
        loaded = self._loaded
        # A layer that is skipped makes no variants.
        size = (max(num_variants, len(states[-1])), -1, -1)
        logits = losses = classes = None
        if loaded.ctc_model is not None:
            scores = loaded.ctc_model.lm_head(states[-1]).expand(size)
            logits, losses = finite(loaded, scores), self._losses(scores)
        head = loaded.keyword_head or loaded.classifier_head
        if head is not None:
            shares = head.layer_probabilities
            kept = torch.tensor(self._encoding.hidden_states[:layer], device=loaded.encoder.device)
            mix = torch.tensordot(shares[:layer].to(kept.dtype), kept, dims=1)[None]
            for share, state in zip(shares[layer:], states, strict=True):
                mix = mix + share * state.float()
            classes = finite(loaded, head.from_mix(mix).expand(size))
        return Answers(logits, losses, classes)

    def _losses(self, logits: torch.Tensor) -> npt.NDArray[np.float64]:
        count, num_frames, _ = logits.shape
        tokenizer = self._loaded.tokenizer
        assert tokenizer is not None
        text = torch.tensor([self._token_ids], device=logits.device).expand(count, -1)
        losses = F.ctc_loss(
            logits.double().log_softmax(-1).transpose(0, 1),
            text.long(),
            torch.full((count,), num_frames),
            torch.full((count,), len(self._token_ids)),
            blank=tokenizer.pad_token_id,
            reduction="none",
        )
        found: npt.NDArray[np.float64] = losses.cpu().numpy()
        return found
