"""The language model that beam search listens to, from the training texts and from novels, and its weight."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

from hubert_demo.analysis.transcript.beam import BeamSettings, beam_search
from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.checkpoints.decoding import DecodingWeights
from hubert_demo.inference import encode
from hubert_demo.model.fingerprint import encoder_fingerprint
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip
from hubert_demo.training.evaluation.scores import ErrorRate

ORDER = 8
LM_WEIGHTS, CHARACTER_BONUSES = (0.5, 0.8, 1.1), (0.8, 1.2, 1.7)
"""What the weights of beam search are chosen from."""


def train_language_model(data_dir: Path, path: Path, order: int = ORDER) -> LanguageModel:
    """Learn which letters and words follow which, from training texts and novels, and write it to `path`."""
    language_model = LanguageModel.from_sentences(corpora.sentences_to_read(data_dir), order)
    path.parent.mkdir(parents=True, exist_ok=True)
    language_model.save(path)
    return language_model


def choose_decoding(
    loaded: LoadedCheckpoint, language_model: LanguageModel, clips: Sequence[Clip]
) -> DecodingWeights:
    """The weights with which a language model helps a checkpoint most, by word error.

    Args:
        loaded: With a CTC head.
        language_model: To listen to.
        clips: With samples and texts, of speakers who train nothing.
    """
    encodings = [encode(loaded, clip.waveform) for clip in clips]
    references = [clip.text for clip in clips]

    def word_error(weights: tuple[float, float]) -> float:
        settings = BeamSettings(lm_weight=weights[0], character_bonus=weights[1])
        read = [
            beam_search(each, language_model, num_best=1, settings=settings)[0].text for each in encodings
        ]
        rate = ErrorRate.of_words(references, read).value
        print(f"language model {weights[0]}, bonus {weights[1]}: word error {rate:.3f}", flush=True)
        return rate

    lm_weight, character_bonus = min(product(LM_WEIGHTS, CHARACTER_BONUSES), key=word_error)
    return DecodingWeights(lm_weight, character_bonus, encoder_fingerprint(loaded.encoder))
