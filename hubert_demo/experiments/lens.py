"""The lens: what each layer would write if it were the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.transcript.alignment import align
from hubert_demo.analysis.transcript.collapse import Run, drop_blanks, merge_repeats
from hubert_demo.analysis.transcript.ctc import transcribe
from hubert_demo.analysis.transcript.emissions import Emissions, emissions
from hubert_demo.audio import FloatArray
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import CtcOutput, Encoding
from hubert_demo.errors import InputError, require_index
from hubert_demo.experiments.effects import edits, listed
from hubert_demo.inference import AFFINE, HEAD, READ_OUTS, head_logits, layer_logits

NUM_DRAWS = 39
"""Random orders of a text's letters; by chance, 1 text in 40 beats all of its own."""

REACH_S = 0.04
"""How far from its place a letter still counts as found: layers write a letter some frames apart."""

_FOLDS = 5
_RIDGE = 0.1

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

NOTHING_TO_COMPARE = (
    "No letters were recognised, so there is nothing to compare the layers with. Align your own text to "
    "compare them with that."
)


@dataclass(frozen=True)
class LensLetter:
    """A letter of a text, and which layers write it in its place.

    Attributes:
        text: The letter.
        start_s: Where it begins.
        end_s: Where it ends.
        is_found: Of every layer, the layers' input first, whether its most probable path writes the letter
            there, or at most `REACH_S` before or behind; the last one is read by the head itself.
    """

    text: str
    start_s: float
    end_s: float
    is_found: tuple[bool, ...]

    @property
    def decided_layer(self) -> int | None:
        """The first layer from which on every layer writes it; None where the last one does not."""
        layer = len(self.is_found)
        while layer and self.is_found[layer - 1]:
            layer -= 1
        return None if layer == len(self.is_found) else layer

    @property
    def is_lost(self) -> bool:
        """Whether a layer on the way writes it, but the last one does not."""
        return any(self.is_found) and not self.is_found[-1]

    def as_json(self) -> dict[str, Any]:
        """The same by name, with what follows from it."""
        said = {"text": self.text, "start_s": self.start_s, "end_s": self.end_s}
        found = {"is_found": list(self.is_found), "decided_layer": self.decided_layer}
        return {**said, **found, "is_lost": self.is_lost}


@dataclass(frozen=True, eq=False)
class LensLetters:
    """The letters of a text, read layer by layer.

    Attributes:
        letters: In order of time, spaces left out.
        share_found: float64 `(layers + 1,)`, 0..1: of the letters, those that each layer writes; NaN where
            there are none.
        share_by_chance: Likewise, if the same letters stood in random order.
        num_lost: Letters that a layer on the way writes and the last one does not.
        num_lost_by_chance: How many of the letters that the last layer does not write would be lost if they
            were other letters of the text.
    """

    letters: tuple[LensLetter, ...]
    share_found: Numbers
    share_by_chance: Numbers
    num_lost: int
    num_lost_by_chance: float

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "share_found": listed(self.share_found),
            "share_by_chance": listed(self.share_by_chance),
            "num_lost": self.num_lost,
            "num_lost_by_chance": self.num_lost_by_chance,
            "letters": [letter.as_json() for letter in self.letters],
        }


@dataclass(frozen=True, eq=False)
class LayerTexts:
    """What the layers write by one read-out.

    Attributes:
        texts: Of every layer, the layers' input first: the most probable letters, as the greedy transcript is
            read.
        cer: float64 `(layers + 1,)`: character error rate against `Lens.compared_with`; NaN without a text.
        cer_by_chance: Likewise, the mean of the same letters in random order.
        is_above_chance: `(layers + 1,)`: whether a layer's text beats all `NUM_DRAWS` random orders.
        logits: float32 `(layers + 1, frames, vocabulary)`.
        letters: Those of the greedy transcript.
        said: Those of the text that was really said; None where none was given.
    """

    texts: tuple[str, ...]
    cer: Numbers
    cer_by_chance: Numbers
    is_above_chance: Bools
    logits: FloatArray
    letters: LensLetters
    said: LensLetters | None

    def as_json(self) -> dict[str, Any]:
        """All but the probabilities; None for what there is not."""
        return {
            "texts": list(self.texts),
            "cer": listed(self.cer),
            "cer_by_chance": listed(self.cer_by_chance),
            "is_above_chance": self.is_above_chance.tolist(),
            "letters": self.letters.as_json(),
            "said": None if self.said is None else self.said.as_json(),
        }


@dataclass(frozen=True, eq=False)
class Lens:
    """A recording read at every layer.

    Attributes:
        checkpoint: Name of the checkpoint.
        read_outs: By name: `"head"`, the CTC head as it is; `"affine"`, the same behind an affine map onto
            the last layer; `"linear"`, letters straight from a layer. The last two as far as they exist.
        compared_with: The text that errors are counted against.
        is_reference: Whether that is what was really said; else it is the model's own greedy transcript, and
            errors are only differences from that.
        is_cross_validated: Whether the affine maps were fitted on other frames of this very recording, for
            want of taught ones; an error then says less than one of taught maps.
        taught: How the taught ones were; empty where there are none.
    """

    checkpoint: str
    read_outs: Mapping[str, LayerTexts]
    compared_with: str
    is_reference: bool
    is_cross_validated: bool
    taught: Mapping[str, object]
    _ctc: CtcOutput

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What the texts are written with: the token of each column of `LayerTexts.logits`."""
        return self._ctc.vocabulary

    @property
    def best_read_out(self) -> str:
        """The one that says most of the lower layers, of those that there are."""
        return [name for name in READ_OUTS if name in self.read_outs][-1]

    @property
    def best(self) -> LayerTexts:
        """By `best_read_out`."""
        return self.read_outs[self.best_read_out]

    @property
    def note(self) -> str:
        """What the numbers are of, in a sentence or two."""
        against = (
            "the text that was given"
            if self.is_reference
            else "the model's own greedy transcript, as no text was given: agreement, not correctness"
        )
        made = (
            " The affine maps were fitted on this recording alone, each fifth of it read by maps fitted on "
            "the other four; `python -m hubert_demo.training lens` teaches them on more speech."
            if self.is_cross_validated
            else ""
        )
        return f"Character errors are counted against {against}.{made}"

    def as_json(self) -> dict[str, Any]:
        """All that it says but the probabilities; None for what there is not."""
        return {
            "checkpoint": self.checkpoint,
            "compared_with": self.compared_with,
            "is_reference": self.is_reference,
            "is_cross_validated": self.is_cross_validated,
            "note": self.note,
            "read_outs": {name: read.as_json() for name, read in self.read_outs.items()},
        }

    def emissions(self, layer: int, read_out: str | None = None) -> Emissions:
        """How probable every letter is in every frame of one layer.

        Args:
            layer: 0 is the layers' input.
            read_out: Of `read_outs`; the best one if None.

        Raises:
            InputError: If there is no such layer or read-out.
        """
        logits = self.require(read_out).logits
        chosen = logits[require_index("Layer", layer, len(logits))]
        return emissions(replace(self._ctc, logits=chosen))

    def require(self, read_out: str | None) -> LayerTexts:
        """What the layers write by a read-out; by the best one if None.

        Raises:
            InputError: If there is no such read-out.
        """
        name = self.best_read_out if read_out is None else read_out
        if name not in self.read_outs:
            raise InputError(
                f"{self.checkpoint} has no read-out {str(name)[:20]!r}; choose one of "
                f"{', '.join(self.read_outs)}."
            )
        return self.read_outs[name]


def read_layers(loaded: LoadedCheckpoint, encoding: Encoding, reference: str = "", seed: int = 0) -> Lens:
    """Read every layer of a pass.

    Args:
        loaded: The checkpoint that made it, with a CTC head.
        encoding: One recording, also with changes.
        reference: What was really said; if empty, layers are compared with the greedy transcript.
        seed: Of the random orders.

    Raises:
        InputError: If the checkpoint has no CTC head; as of `align`, if the reference cannot be aligned.
    """
    logits = layer_logits(loaded, encoding)
    is_cross_validated = AFFINE not in logits
    if is_cross_validated:
        logits[AFFINE] = head_logits(loaded, cross_validated_last_states(encoding.hidden_states))
    ctc, transcript = encoding.require_ctc(), transcribe(encoding)
    is_reference = bool(reference.strip())
    said = align(encoding, transcript, reference).reference if is_reference else None
    text = transcript.text if said is None else said.text
    own_runs = _letter_runs(transcript.frame_token_ids, ctc)
    said_runs = None if said is None else _letter_runs(said.frame_token_ids, ctc)
    read_outs = {}
    for name, of_layers in logits.items():
        rng = np.random.default_rng(seed)
        texts = tuple(transcribe(replace(encoding, ctc=replace(ctc, logits=each))).text for each in of_layers)
        paths = of_layers.argmax(axis=2)
        # The last layer's letters are those of the transcript, whatever a read-out makes of them.
        paths[-1] = logits[HEAD][-1].argmax(axis=1)
        read_outs[name] = LayerTexts(
            texts,
            *_errors(text, texts, rng),
            logits=of_layers,
            letters=_find(own_runs, paths, encoding, rng),
            said=None if said_runs is None else _find(said_runs, paths, encoding, rng),
        )
    taught = {} if loaded.readouts is None else loaded.readouts.origin.taught
    return Lens(encoding.checkpoint, read_outs, text, is_reference, is_cross_validated, taught, ctc)


def cross_validated_last_states(hidden_states: FloatArray) -> FloatArray:
    """Each layer's states mapped onto the last layer's, by maps that saw other frames of the recording alone.

    Ridge regression on standardised states; each fifth of the recording by what the other four taught.

    Args:
        hidden_states: `(layers + 1, frames, hidden)`.

    Returns:
        float32, of the same shape; the last layer's are its own.
    """
    num_states, num_frames, hidden_size = hidden_states.shape
    wanted = hidden_states[-1].astype(np.float64)
    mapped = hidden_states.astype(np.float32, copy=True)
    folds = np.array_split(np.arange(num_frames), min(_FOLDS, num_frames))
    for layer in range(num_states - 1):
        x = standardise(hidden_states[layer])
        for fold in folds:
            others = np.setdiff1d(np.arange(num_frames), fold)
            mean = wanted[others].mean(axis=0) if len(others) else np.zeros(hidden_size)
            mapped[layer, fold] = mean + x[fold] @ _ridge(x[others], wanted[others] - mean)
    return mapped


def _ridge(x: Numbers, y: Numbers) -> Numbers:
    """Weights of a ridge regression without an offset, by the smaller of the two systems of equations."""
    count, width = x.shape
    penalty = _RIDGE * max(count, 1)
    if count < width:
        dual: Numbers = x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(count), y)
        return dual
    primal: Numbers = np.linalg.solve(x.T @ x + penalty * np.eye(width), x.T @ y)
    return primal


def _errors(reference: str, texts: Sequence[str], rng: np.random.Generator) -> tuple[Numbers, Numbers, Bools]:
    """Character error rates of texts, their means by chance, and whether each beats chance."""
    if not reference:
        nothing = np.full(len(texts), np.nan)
        return nothing, nothing, np.zeros(len(texts), np.bool_)
    rates, by_chance, is_above = [], [], []
    for text in texts:
        rate = edits(reference, text) / len(reference)
        draws = [
            edits(reference, "".join(rng.permutation(list(text)).tolist())) / len(reference)
            for _ in range(NUM_DRAWS)
        ]
        rates.append(rate)
        by_chance.append(np.mean(draws))
        is_above.append(rate < min(draws))
    return np.array(rates), np.array(by_chance), np.array(is_above)


def _letter_runs(frame_token_ids: npt.NDArray[np.int64], ctc: CtcOutput) -> tuple[Run, ...]:
    """The letters of a path, spaces left out."""
    runs = drop_blanks(merge_repeats(frame_token_ids.tolist()), ctc)
    return tuple(run for run in runs if run.token_id != ctc.word_delimiter_id)


def _find(
    runs: Sequence[Run], paths: npt.NDArray[np.integer], encoding: Encoding, rng: np.random.Generator
) -> LensLetters:
    """Where each layer's path writes the letters of a text."""
    ctc, grid = encoding.require_ctc(), encoding.grid
    num_states, num_frames = paths.shape
    if not runs:
        nothing = np.full(num_states, np.nan)
        return LensLetters((), nothing, nothing, 0, 0.0)
    reach = grid.frames_within(REACH_S)
    # Which tokens each layer writes near each letter: (letters, layers + 1, vocabulary).
    written = np.zeros((len(runs), num_states, len(ctc.vocabulary)), np.bool_)
    layers = np.arange(num_states)[:, np.newaxis]
    for index, run in enumerate(runs):
        near = paths[:, max(0, run.first_frame - reach) : min(num_frames, run.end_frame + reach)]
        written[index, layers, near] = True
    tokens = np.array([run.token_id for run in runs])
    places = np.arange(len(runs))
    is_found = written[places, :, tokens]
    letters = tuple(
        LensLetter(
            ctc.vocabulary[run.token_id],
            grid.start_s(run.first_frame),
            grid.start_s(run.end_frame),
            tuple(found.tolist()),
        )
        for run, found in zip(runs, is_found, strict=True)
    )
    shares, lost = np.zeros(num_states), 0.0
    is_wrong = ~is_found[:, -1]
    for _ in range(NUM_DRAWS):
        instead = written[places, :, rng.permutation(tokens)]
        shares += instead.mean(axis=0) / NUM_DRAWS
        lost += (instead[is_wrong, :-1].any(axis=1)).sum() / NUM_DRAWS
    num_lost = sum(letter.is_lost for letter in letters)
    return LensLetters(letters, is_found.mean(axis=0), shares, num_lost, float(lost))
