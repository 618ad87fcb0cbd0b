"""A pass with changes: resumed from the lowest changed layer's input, or begun with the sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from hubert_demo.audio import Waveform
from hubert_demo.changes import Change, FramesMasked, StretchSilenced, composed
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.errors import InputError
from hubert_demo.inference.passes import class_output, finite, model_input
from hubert_demo.model.edits import LayerEdit, edits_of
from hubert_demo.model.encoder import HubertEncoder
from hubert_demo.model.faults import machine_faults

# What a stretch may end beyond the recording: durations are shown with two digits.
_ROUNDED_S = 0.006


def encode_changed(loaded: LoadedCheckpoint, before: Encoding, changes: Iterable[Change | str]) -> Encoding:
    """The pass with some changes, of which only the layers from the lowest changed one on are computed.

    Args:
        loaded: The checkpoint that made `before`.
        before: One recording, without changes.
        changes: What to change; `before` itself is returned where there is nothing.

    Raises:
        InputError: If the checkpoint has no such layer or head, or no mask embedding for masked frames; if
            the recording has no such stretch, or nothing would be left of it; if a frame would have nothing
            left to attend to; if states to patch in are missing or do not fit.
        CheckpointError: If the changed numbers are not finite.
        MachineError: If the machine's memory or its graphics card fails.
    """
    together = composed(changes)
    if not together:
        return before
    with machine_faults(f"{before.waveform.duration_s:.1f} s of sound in {loaded.spec.title}"):
        return _encode_changed(loaded, before, together)


def _encode_changed(loaded: LoadedCheckpoint, before: Encoding, changes: tuple[Change, ...]) -> Encoding:
    assert not before.changes
    with torch.inference_mode():
        run = ChangedPass.prepare(loaded, before, changes)
        kept = torch.tensor(before.hidden_states[: run.layer], device=loaded.encoder.device)
        hidden_states = torch.cat((kept, *(state.float() for state in run.states())))
        del kept
        # As the whole pass has it, in the precision of the weights.
        last = hidden_states[-1:].to(loaded.encoder.dtype)
        logits = None if loaded.ctc_model is None else loaded.ctc_model.lm_head(last)[0]
        classes = class_output(loaded, hidden_states)
    return replace(
        before,
        waveform=run.waveform,
        hidden_states=finite(loaded, hidden_states),
        ctc=None
        if before.ctc is None or logits is None
        else replace(before.ctc, logits=finite(loaded, logits)),
        classes=classes,
        changes=changes,
    )


@dataclass(frozen=True, eq=False)
class ChangedPass:
    """A pass with changes that is ready to be resumed.

    Attributes:
        encoder: The layers.
        waveform: What goes in.
        layer: From which layer on it is computed.
        hidden_state: That layer's input, (1, frames, hidden).
        frame_mask: As the whole pass has it.
        edits: What is changed in each layer.
    """

    encoder: HubertEncoder
    waveform: Waveform
    layer: int
    hidden_state: torch.Tensor
    frame_mask: torch.Tensor | None
    edits: Mapping[int, LayerEdit]

    @classmethod
    def prepare(cls, loaded: LoadedCheckpoint, before: Encoding, changes: Sequence[Change]) -> ChangedPass:
        """Fetch the input of the lowest changed layer: from `before` if it has it, else from the sound.

        Raises:
            InputError: As for `encode_changed`.
        """
        model, num_frames = loaded.encoder, before.num_frames
        _require_within(changes, before.waveform)
        edits = edits_in(loaded, before, changes)
        first_layers = [each.first_layer for each in changes]
        silent = [(each.start_s, each.end_s) for each in changes if isinstance(each, StretchSilenced)]
        waveform = before.waveform.silenced(silent) if silent else before.waveform
        known = [layer for layer in first_layers if layer is not None]
        if len(known) == len(first_layers):
            layer = min(known)
            # A copy, since torch takes no memory that is read-only.
            state = torch.tensor(before.hidden_states[layer : layer + 1], device=model.device).to(model.dtype)
            return cls(model.encoder, waveform, layer, state, frame_mask_of(loaded, num_frames), edits)
        masked = [
            before.grid.frames_between(each.start_s, each.end_s, num_frames)
            for each in _masks(loaded, changes)
        ]
        indices = torch.zeros(1, num_frames, dtype=torch.bool)
        for frames in masked:
            indices[:, frames] = True
        features, frame_mask = model.front_end(
            **model_input(loaded, waveform), mask_time_indices=indices if masked else None
        )
        state = model.encoder.first_input(features, frame_mask)
        return cls(model.encoder, waveform, 0, state, frame_mask, edits)

    def states(self) -> tuple[torch.Tensor, ...]:
        """`hidden_states[layer:]` of the pass."""
        return self.encoder.resume(self.hidden_state, self.layer, self.frame_mask, self.edits)


def frame_mask_of(loaded: LoadedCheckpoint, num_frames: int) -> torch.Tensor | None:
    """The mask of frames in a checkpoint's pass over one recording, none of which is padding, or None."""
    if not loaded.feature_extractor.return_attention_mask:
        return None
    return torch.ones(1, num_frames, dtype=torch.bool, device=loaded.encoder.device)


def _require_within(changes: Sequence[Change], waveform: Waveform) -> None:
    for change in changes:
        stretches = [getattr(change, name, None) for name in ("queries", "keys")]
        ends_s = [getattr(change, "end_s", None), *(each and each[1] for each in stretches)]
        for end_s in ends_s:
            if end_s is not None and end_s > waveform.duration_s + _ROUNDED_S:
                raise InputError(
                    f"The recording is {waveform.duration_s:.3f} s long; a stretch that ends at {end_s:g} s "
                    "reaches beyond it."
                )


def edits_in(loaded: LoadedCheckpoint, encoding: Encoding, changes: Sequence[Change]) -> dict[int, LayerEdit]:
    """What changes ask of each layer, see `edits_of`, on a recording's frames."""
    num_frames = encoding.num_frames
    return edits_of(
        changes,
        loaded.encoder.config,
        lambda start_s, end_s: encoding.grid.frames_between(start_s, end_s, num_frames),
        num_frames,
        loaded.encoder.device,
    )


def _masks(loaded: LoadedCheckpoint, changes: Sequence[Change]) -> list[FramesMasked]:
    masks = [each for each in changes if isinstance(each, FramesMasked)]
    if masks and not loaded.encoder.config.has_masked_spec_embed:
        raise InputError(
            f"{loaded.spec.title} has no mask embedding (masked_spec_embed), since it was trained without "
            "masks; silence the stretch instead."
        )
    return masks
