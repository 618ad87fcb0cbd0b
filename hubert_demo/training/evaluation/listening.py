"""A checkpoint listens to clips, to each once; what its heads say is kept, its hidden states are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from hubert_demo.analysis.keywords.detection import DEFAULT_THRESHOLD, Keywords, detect
from hubert_demo.analysis.transcript.alignment import align, lay
from hubert_demo.analysis.transcript.beam import beam_search
from hubert_demo.analysis.transcript.ctc import Transcript, Word, transcribe
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.audio import SAMPLE_RATE_HZ
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import CheckpointError
from hubert_demo.inference import encode
from hubert_demo.training.data.clips import Clip


@dataclass(frozen=True, eq=False)
class Answer:
    """What a checkpoint said about one clip.

    Attributes:
        transcript: Its greedy transcript.
        keywords: What its keyword head says, window by window.
        spoken: The words of the clip's text where forced alignment puts them; none where it has no text.
        beam: Read by beam search with the language model, and laid over the clip; None where that was not
            asked for.
    """

    transcript: Transcript
    keywords: Keywords
    spoken: tuple[Word, ...]
    beam: Transcript | None


class Listener:
    """Remembers every answer, so that no part of an evaluation runs the encoder on a clip again.

    Args:
        loaded: With a CTC head and a keyword head.
        language_model: For beam search; none is made without it.

    Raises:
        CheckpointError: If the checkpoint has no CTC head or no keyword head.
    """

    def __init__(self, loaded: LoadedCheckpoint, language_model: LanguageModel | None = None) -> None:
        if loaded.keyword_head is None:
            raise CheckpointError(f"{loaded.spec.name} has no keyword head; train one before evaluating.")
        if loaded.ctc_model is None:
            raise CheckpointError(f"{loaded.spec.name} has no CTC head; train one before evaluating.")
        self._loaded, self._language_model = loaded, language_model
        threshold = loaded.keyword_head.threshold
        self.threshold = DEFAULT_THRESHOLD if threshold is None else threshold
        self._answers: dict[tuple[str, str], Answer] = {}

    def answers(self, clips: Sequence[Clip], beam: bool = False) -> list[Answer]:
        """What the checkpoint says about clips.

        Args:
            clips: With samples, of at most a minute each.
            beam: Whether beam search is wanted too; it takes several times as long as the encoder.
        """
        return [self._answer(clip, beam) for clip in tqdm(clips, desc="listen", unit="clip", mininterval=10)]

    def _answer(self, clip: Clip, beam: bool) -> Answer:
        waveform, beam = clip.waveform, beam and self._language_model is not None
        key = waveform.fingerprint, clip.text
        known = self._answers.get(key)
        if known is not None and (known.beam is not None or not beam):
            return known
        encoding = encode(self._loaded, waveform)
        transcript, keywords = transcribe(encoding), detect(encoding)
        assert keywords is not None
        spoken = align(encoding, transcript, clip.text).reference.words if clip.text else ()
        best = beam_search(encoding, self._language_model, num_best=1)[0].text if beam else None
        searched = None if best is None else lay(encoding, best)
        answer = self._answers[key] = Answer(transcript, keywords, spoken, searched)
        return answer


def made_clip(samples: np.ndarray) -> Clip:
    """int16 samples that were made here, as a clip that belongs to no corpus and has no text."""
    return Clip("", "", "", "", "", len(samples) / SAMPLE_RATE_HZ, samples, np.zeros((0, 1), np.int16))
