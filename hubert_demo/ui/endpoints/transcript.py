"""Endpoints about what was said."""

from typing import cast

import gradio as gr

from hubert_demo.analysis.transcript.beam import split_hotwords
from hubert_demo.checkpoints import DEFAULT_CHECKPOINT
from hubert_demo.ui.answers import Aligned, AlignedWord, RankedText
from hubert_demo.ui.endpoints.base import PATIENCE_S, Base, sources_of
from hubert_demo.ui.recognition import Recognition
from hubert_demo.ui.views.base import plain


class TranscriptEndpoints(Base):
    """Transcribe, list other readings, align."""

    def analyze(self, recording: gr.FileData, checkpoint: str = DEFAULT_CHECKPOINT) -> Recognition:
        """Transcribe a recording of 0.1 to 60 seconds and list the commands, or other labels, heard in it.

        Args:
            recording: Sound file: WAV, FLAC, OGG, Opus, MP3, AIFF, M4A or WebM.
            checkpoint: Name of the model, one of those on the page.
        """
        return self._recognise(self._analyse(recording, checkpoint))

    def read(
        self,
        recording: gr.FileData,
        num_best: int = 5,
        hotwords: str = "",
        checkpoint: str = DEFAULT_CHECKPOINT,
    ) -> list[RankedText]:
        """The most probable texts of a recording, best first, by beam search.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            num_best: How many texts to return at most, 1 to 20.
            hotwords: Words to prefer, separated by commas or spaces: at most 50, of up to 30 letters each.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        found = self._search(analysis, lambda: analysis.beam_search(num_best, split_hotwords(hotwords)))
        by = {"checkpoint": analysis.source_names["transcript"]}
        return [cast(RankedText, {**plain(hypothesis), **by}) for hypothesis in found]

    def align(self, recording: gr.FileData, reference: str, checkpoint: str = DEFAULT_CHECKPOINT) -> Aligned:
        """Find when each word of a known text was said, and compare the transcript with it.

        Args:
            recording: Sound file of 0.1 to 60 seconds.
            reference: What was really said, at most 2000 characters.
            checkpoint: Name of the model.
        """
        analysis = self._analyse(recording, checkpoint)
        found = self._search(analysis, lambda: analysis.align(reference), PATIENCE_S)
        words = [
            {
                "kind": word.outcome.value,
                "heard": word.recognised,
                **plain(word, "text", "start_s", "end_s", "confidence"),
            }
            for word in found.words
        ]
        return {
            "words": cast(list[AlignedWord], words),
            "wer": found.wer,
            "cer": found.cer,
            "sources": sources_of(analysis, "transcript"),
        }
