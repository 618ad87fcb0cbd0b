"""From a waveform to its `Encoding` in one forward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import torch

from hubert_demo.audio import FloatArray, Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint
from hubert_demo.encoding import ClassOutput, CtcOutput, Encoding, FrameGrid, Problem
from hubert_demo.errors import CheckpointError
from hubert_demo.memo import Locks
from hubert_demo.model import HubertConfig
from hubert_demo.model.faults import machine_faults


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
        classes = class_output(loaded, hidden_states)
    return Encoding(
        checkpoint=loaded.spec.name,
        waveform=waveform,
        hidden_states=finite(loaded, hidden_states),
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


def _ctc_output(loaded: LoadedCheckpoint, logits: torch.Tensor) -> CtcOutput:
    tokenizer = loaded.tokenizer
    assert tokenizer is not None
    decoding, confidence = loaded.decoding, loaded.confidence
    return CtcOutput(
        logits=finite(loaded, logits),
        vocabulary=tuple(tokenizer.convert_ids_to_tokens(range(loaded.encoder.config.vocab_size))),
        blank_id=tokenizer.pad_token_id,
        word_delimiter_id=tokenizer.word_delimiter_token_id,
        lm_weight=decoding.lm_weight if decoding else None,
        character_bonus=decoding.character_bonus if decoding else None,
        confidence_curve=(confidence.slope, confidence.offset) if confidence else None,
        laid_curve=confidence.with_language_model if confidence else None,
    )


def class_output(loaded: LoadedCheckpoint, hidden_states: torch.Tensor) -> ClassOutput | None:
    """What the keyword head or the classifier says of hidden states (layers + 1, frames, hidden)."""
    head = loaded.keyword_head or loaded.classifier_head
    if head is None:
        return None
    # A classifier without weights for the layers sees the last one alone, as `KeywordHead` says.
    has_weights = bool(torch.isfinite(head.layer_weights).all())
    return ClassOutput(
        labels=tuple(head.labels),
        logits=finite(loaded, head(hidden_states)),
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


def finite(loaded: LoadedCheckpoint, tensor: torch.Tensor) -> FloatArray:
    """What a checkpoint computed, float32.

    Raises:
        CheckpointError: If it is not finite.
    """
    if not bool(torch.isfinite(tensor).all()):
        raise CheckpointError(
            f"{loaded.spec.name} computed values that are not finite, so its weights are damaged. "
            "Fetch it again."
        )
    return to_numpy(tensor)


def to_numpy(tensor: torch.Tensor) -> FloatArray:
    """The same in numpy, float32."""
    array: FloatArray = tensor.float().cpu().numpy()
    return array
