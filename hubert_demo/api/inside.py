"""What each layer of an `Analysis` says, and how it sounds."""

from __future__ import annotations

from collections.abc import Callable

from hubert_demo.audio import Waveform
from hubert_demo.checkpoints import CheckpointSpec, LoadedCheckpoint, SoundScores
from hubert_demo.errors import require_text
from hubert_demo.experiments.effects import why_no_sweep
from hubert_demo.experiments.lens import Lens, read_layers
from hubert_demo.experiments.resynthesis import resynthesise
from hubert_demo.inference import Pass, why_no_lens, why_no_sound
from hubert_demo.memo import Memo

MAX_LENSES = 2
MAX_SOUNDS = 32


class Inside:
    """A part of `Analysis`; what it computes is remembered, and runs no encoder.

    Args:
        chosen: The pass whose layers are read and heard.
        load: Gives a checkpoint, loaded again if it had to leave the memory meanwhile.
    """

    def __init__(self, chosen: Pass, load: Callable[[CheckpointSpec], LoadedCheckpoint]) -> None:
        self._inside, self.checkpoint, self.load = chosen, chosen.spec, load
        self._lenses: Memo[tuple[str, int], Lens] = Memo(MAX_LENSES)
        self._sounds: Memo[tuple[int, int], Waveform] = Memo(MAX_SOUNDS)

    def lens(self, reference: str = "", seed: int = 0) -> Lens:
        """What each layer of the chosen checkpoint would write if it were the last.

        By the CTC head as it is, and by read-outs that were taught for the checkpoint; where there are none,
        by maps that are fitted on the recording itself, as `Lens.note` says.

        Args:
            reference: What was really said, as for `align`; if empty, layers are compared with the greedy
                transcript.
            seed: Of the random orders of letters that stand for chance.

        Raises:
            InputError: If the checkpoint has no CTC head, or as for `align`.
        """
        made, said = self._inside, require_text("Reference", reference).strip()
        return self._lenses.get(
            (said, seed), lambda: read_layers(self.load(made.spec), made.encoding, said, seed)
        )

    def resynthesise(self, layer: int, seed: int = 0) -> Waveform:
        """The sound of a layer of the chosen checkpoint, as long and as loud as the recording.

        It is made of the layer's states alone: a decoder that was taught for the checkpoint makes a
        spectrogram of them, and a phase is found to that, never the recording's own.

        Args:
            layer: Index into `encoding.hidden_states`: 0 is what the first layer is given.
            seed: Of the phase to begin with.

        Raises:
            InputError: If there is no such layer, or the checkpoint has no decoders.
        """
        made = self._inside

        def make() -> Waveform:
            return resynthesise(self.load(made.spec), made.encoding, layer, seed)

        return self._sounds.get((layer, seed), make)

    @property
    def why_no_head_sweep(self) -> str | None:
        """Why its heads cannot be swept, which needs a head that answers; None where they can."""
        return why_no_sweep(self._inside.encoding)

    @property
    def why_no_lens(self) -> str | None:
        """Why `lens` cannot be had of this checkpoint; None where it can."""
        return why_no_lens(self.load(self._inside.spec))

    @property
    def why_no_sound(self) -> str | None:
        """Why `resynthesise` cannot be had of this checkpoint; None where it can."""
        return why_no_sound(self.load(self._inside.spec))

    @property
    def sound_scores(self) -> SoundScores | None:
        """How much of sound, pitch and voice each layer keeps, on other speakers; None where unmeasured.

        Raises:
            CheckpointError: If the file of the decoders, or that of their scores, is damaged.
        """
        decoders = self.load(self._inside.spec).sound_decoders
        return None if decoders is None else decoders.scores
