"""How much of what was said is in the units of each layer, or in a teacher's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.cluster import MiniBatchKMeans
from tqdm import tqdm

from hubert_demo.analysis.layers.standardise import standardise
from hubert_demo.analysis.layers.units import pnmi, purity
from hubert_demo.analysis.transcript.ctc import forced_alignment, token_probabilities
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.encoding import Encoding
from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.inference import encode
from hubert_demo.training.data.clips import Clip


@dataclass(frozen=True)
class UnitQuality:
    """Units of frames, a teacher's or a layer's, against the characters that were spoken.

    Attributes:
        purity: 0 to 1.
        pnmi: 0 to 1.
        chance: Purity of units that say nothing: the most common character's share.
        num_units: Units that occur.
        num_frames: Frames compared.
    """

    purity: float
    pnmi: float
    chance: float
    num_units: int
    num_frames: int

    def __str__(self) -> str:
        return (
            f"{self.num_units} units, {self.num_frames} frames: purity {self.purity:.3f} "
            f"(by chance {self.chance:.3f}), PNMI {self.pnmi:.3f}"
        )


def layer_structure(
    loaded: LoadedCheckpoint, clips: Sequence[Clip], num_units: int = 100, seed: int = 0
) -> list[UnitQuality]:
    """Cluster every layer's frames and compare the units with the characters of the clips' texts.

    A frame's character is the one last begun on the best path that spells the text (forced alignment by the
    checkpoint's own CTC head); frames before the first one are left out.

    Args:
        loaded: With a CTC head.
        clips: With samples and texts.
        num_units: Clusters.
        seed: Of the clustering.

    Returns:
        One a layer, the layers' input first.

    Raises:
        InputError: If the clips hold fewer frames than there are to be units.
        CheckpointError: If the checkpoint has no CTC head.
    """
    states: list[npt.NDArray[np.float32]] = []
    labels: list[npt.NDArray[np.int64]] = []
    for _, encoding, first, characters in _spoken(loaded, clips):
        states.append(encoding.hidden_states[:, first:])
        labels.append(characters)
    spoken = np.concatenate(labels) if labels else np.zeros(0, np.int64)
    if len(spoken) < num_units:
        raise InputError(f"{len(spoken)} frames cannot make {num_units} units; give more speech.")
    clusters = MiniBatchKMeans(num_units, batch_size=4096, n_init=3, random_state=seed)
    return [
        _quality(clusters.fit_predict(standardise(np.concatenate([each[layer] for each in states]))), spoken)
        for layer in range(len(states[0]))
    ]


def teacher_quality(loaded: LoadedCheckpoint, clips: Sequence[Clip]) -> UnitQuality:
    """Compare the clips' frame targets, those of the first codebook, with the characters of their texts.

    Args:
        loaded: With a CTC head, which says where in a clip its characters are.
        clips: With samples, texts and units.

    Raises:
        InputError: If the clips have no units.
        CheckpointError: If the checkpoint has no CTC head.
    """
    units: list[npt.NDArray[np.integer]] = []
    labels: list[npt.NDArray[np.int64]] = []
    for clip, _, first, characters in _spoken(loaded, clips):
        kept = clip.units[first : first + len(characters), 0]
        units.append(kept)
        labels.append(characters[: len(kept)])
    targets = np.concatenate(units) if units else np.zeros(0, np.int16)
    if not len(targets):
        raise InputError("These clips have no frame targets to compare; make some with `targets`.")
    return _quality(targets, np.concatenate(labels))


def _quality(units: npt.NDArray[np.integer], spoken: npt.NDArray[np.int64]) -> UnitQuality:
    return UnitQuality(
        purity=purity(units, spoken),
        pnmi=pnmi(units, spoken),
        chance=float(np.bincount(spoken).max() / len(spoken)),
        num_units=len(np.unique(units)),
        num_frames=len(spoken),
    )


def _spoken(
    loaded: LoadedCheckpoint, clips: Sequence[Clip]
) -> Iterator[tuple[Clip, Encoding, int, npt.NDArray[np.int64]]]:
    """Clips that say something, the first frame of a character, and every frame's character from it on."""
    if loaded.tokenizer is None:
        raise CheckpointError(f"{loaded.spec.name} has no CTC head to align the texts with; train one first.")
    for clip in tqdm(clips, desc="encode", unit="clip", mininterval=10):
        encoding = encode(loaded, clip.waveform)
        ctc = encoding.require_ctc()
        token_ids = loaded.tokenizer.encode(clip.text)
        with np.errstate(divide="ignore"):
            logarithms = np.log(token_probabilities(ctc))
        firsts = [first for first, _ in forced_alignment(logarithms, token_ids, ctc.blank_id)]
        if firsts:
            yield clip, encoding, firsts[0], np.repeat(token_ids, np.diff([*firsts, encoding.num_frames]))
