"""From a waveform to its `Encoding` in one forward pass, and attention maps on demand.

Torch stays in here: everything that leaves is numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import torch

from hubert_demo.audio import FloatArray, Waveform
from hubert_demo.changes import Change, FramesMasked, StretchSilenced, composed
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.encoding import ClassOutput, CtcOutput, Encoding, FrameGrid, Problem
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.memo import Locks
from hubert_demo.model import HubertConfig
from hubert_demo.model.edits import LayerEdit, edits_of
from hubert_demo.model.encoder import HubertEncoder
from hubert_demo.model.faults import machine_faults

# What a stretch may end beyond the recording: ends are rounded.
_ROUNDED_S = 0.001


@dataclass(frozen=True, eq=False)
class Pass:
    """One checkpoint's pass over a recording.

    Attributes:
        spec: The checkpoint.
        encoding: What it gave.
    """

    spec: CheckpointSpec
    encoding: Encoding


@dataclass(frozen=True)
class Sources:
    """Titles of the checkpoints that the parts of an analysis come from.

    Attributes:
        transcript: Whose CTC head wrote the transcript.
        keywords: Whose keyword head recognised the keywords; None where there is none.
        classification: Whose classifier judged the recording: the chosen checkpoint's; None where it has
            none but a keyword head.
        layers: Whose hidden states are shown: the chosen checkpoint's.
        attention: Whose attention is shown: the chosen checkpoint's.
    """

    transcript: str
    keywords: str | None
    classification: str | None
    layers: str
    attention: str

    @classmethod
    def from_specs(cls, made_by: Mapping[str, CheckpointSpec | None]) -> Sources:
        """Of a checkpoint for each part; None where there is no such part."""
        titles: dict[str, Any] = {
            part: None if spec is None else spec.title for part, spec in made_by.items()
        }
        return cls(**titles)


def encode(loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
    """Run the encoder once over a recording.

    Args:
        loaded: The checkpoint.
        waveform: The recording.

    Returns:
        Hidden states, and what each head that there is says.

    Raises:
        CheckpointError: If the checkpoint's numbers are not finite.
        MachineError: If the machine's memory or its graphics card fails.
    """
    with machine_faults(f"{waveform.duration_s:.1f} s of sound in {loaded.spec.title}"):
        return _encode(loaded, waveform)


def _encode(loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
    config = loaded.encoder.config
    model = loaded.encoder if loaded.ctc_model is None else loaded.ctc_model
    with torch.inference_mode():
        output = model(**model_input(loaded, waveform), output_hidden_states=True, return_dict=True)
        hidden_states = torch.cat(output.hidden_states).float()
        classes = _class_output(loaded, hidden_states)
    return Encoding(
        checkpoint=loaded.spec.name,
        waveform=waveform,
        hidden_states=_finite(loaded, hidden_states),
        grid=FrameGrid(config.inputs_to_logits_ratio, config.min_samples),
        num_heads=config.num_attention_heads,
        ctc=None if loaded.ctc_model is None else _ctc_output(loaded, output.logits[0]),
        classes=classes,
        checkpoint_notes=loaded.notes,
    )


def model_input(loaded: LoadedCheckpoint, waveform: Waveform) -> dict[str, torch.Tensor]:
    """The arguments of a checkpoint's model for one recording, where the model is."""
    batch = loaded.feature_extractor(
        waveform.samples, sampling_rate=waveform.sample_rate_hz, return_tensors="pt"
    )
    return {name: tensor.to(loaded.encoder.device) for name, tensor in batch.items()}


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
        # As the whole pass has it, in the precision of the weights.
        last = hidden_states[-1:].to(loaded.encoder.dtype)
        logits = None if loaded.ctc_model is None else loaded.ctc_model.lm_head(last)[0]
        classes = _class_output(loaded, hidden_states)
    return replace(
        before,
        waveform=run.waveform,
        hidden_states=_finite(loaded, hidden_states),
        ctc=None
        if before.ctc is None or logits is None
        else replace(before.ctc, logits=_finite(loaded, logits)),
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
        edits = _edits(loaded, before, changes)
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
                    f"The recording is {waveform.duration_s:.2f} s long; a stretch that ends at {end_s:g} s "
                    "reaches beyond it."
                )


def _edits(loaded: LoadedCheckpoint, encoding: Encoding, changes: Sequence[Change]) -> dict[int, LayerEdit]:
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


def _ctc_output(loaded: LoadedCheckpoint, logits: torch.Tensor) -> CtcOutput:
    tokenizer = loaded.tokenizer
    assert tokenizer is not None
    decoding, confidence = loaded.decoding, loaded.confidence
    return CtcOutput(
        logits=_finite(loaded, logits),
        vocabulary=tuple(tokenizer.convert_ids_to_tokens(range(loaded.encoder.config.vocab_size))),
        blank_id=tokenizer.pad_token_id,
        word_delimiter_id=tokenizer.word_delimiter_token_id,
        lm_weight=decoding.lm_weight if decoding else None,
        character_bonus=decoding.character_bonus if decoding else None,
        confidence_curve=(confidence.slope, confidence.offset) if confidence else None,
        laid_curve=confidence.with_language_model if confidence else None,
    )


def _class_output(loaded: LoadedCheckpoint, hidden_states: torch.Tensor) -> ClassOutput | None:
    head = loaded.keyword_head or loaded.classifier_head
    if head is None:
        return None
    # A classifier without weights for the layers sees the last one alone, as `KeywordHead` says.
    has_weights = bool(torch.isfinite(head.layer_weights).all())
    return ClassOutput(
        labels=tuple(head.labels),
        logits=_finite(loaded, head(hidden_states)),
        threshold=head.threshold,
        layer_weights=head.layer_probabilities.double().cpu().numpy() if has_weights else None,
        problem=Problem.KEYWORDS if loaded.keyword_head else _problem(loaded.encoder.config),
    )


def _problem(config: HubertConfig) -> Problem:
    """What a classifier was trained to tell; a single label is a number, unless the file says more."""
    stated = config.to_dict().get("problem_type")
    if stated == Problem.ANY_LABELS:
        return Problem.ANY_LABELS
    return Problem.NUMBERS if stated == Problem.NUMBERS or config.num_labels == 1 else Problem.ONE_LABEL


class Passes:
    """The encodings in use anywhere, so that no encoder runs twice over a recording. Safe between threads.

    It keeps none alive: an encoding that nobody holds any more is forgotten.

    Args:
        run: Makes an encoding, as the function `encode` does.
    """

    def __init__(self, run: Callable[[LoadedCheckpoint, Waveform], Encoding] = encode) -> None:
        self._run = run
        self._encodings: WeakValueDictionary[tuple[CheckpointSpec, str, tuple[str, ...]], Encoding] = (
            WeakValueDictionary()
        )
        self._locks: Locks[tuple[CheckpointSpec, str]] = Locks()

    def encode(self, loaded: LoadedCheckpoint, waveform: Waveform) -> Encoding:
        """As the function `encode`, or what that gave before, with the notes of this waveform."""
        heard = (loaded.spec, waveform.fingerprint)
        with self._locks.of(heard):
            encoding = self._encodings.get((*heard, waveform.notes))
            if encoding is None:
                alike = [each for (*key, _), each in list(self._encodings.items()) if tuple(key) == heard]
                encoding = replace(alike[0], waveform=waveform) if alike else self._run(loaded, waveform)
                self._encodings[(*heard, waveform.notes)] = encoding
            return encoding


def attention_map(
    loaded: LoadedCheckpoint,
    encoding: Encoding,
    layer: int,
    heads: Sequence[int] | None = None,
    queries: slice | None = None,
) -> FloatArray:
    """Attention of one layer, recomputed from that layer's input; the encoder does not run again.

    Where attention was cut, it is cut in the map. A head that is off, or in a layer that is skipped, has the
    map that it would have, of which nothing is used.

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
        MachineError: If the machine's memory or its graphics card fails.
    """
    with machine_faults(f"Attention in {loaded.spec.title}"), torch.inference_mode():
        # A slice: of a layer that does not exist it is empty, and the encoder says so.
        layer_input = torch.tensor(encoding.hidden_states[layer : layer + 1], device=loaded.encoder.device)
        edit = _edits(loaded, encoding, encoding.changes).get(layer)
        may_attend = None if edit is None else edit.may_attend
        maps = loaded.encoder.attention_maps(layer_input, layer, heads, queries, may_attend=may_attend)[0]
    return _to_numpy(maps)


def _finite(loaded: LoadedCheckpoint, tensor: torch.Tensor) -> FloatArray:
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"{loaded.spec.name} computed values that are not finite, so its weights are damaged. "
            "Fetch it again."
        )
    return _to_numpy(tensor)


def _to_numpy(tensor: torch.Tensor) -> FloatArray:
    array: FloatArray = tensor.float().cpu().numpy()
    return array
