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
from hubert_demo.training.evaluation.scores import ErrorDifference, ErrorRate

ORDER = 8
LM_WEIGHTS, BONUSES_PER_WEIGHT = (0.5, 0.65, 0.8, 1.1, 1.4), (1.25, 1.5, 1.8)
"""What the weights of beam search are chosen from; the bonus of a character rises with the weight."""


def train_language_model(data_dir: Path, path: Path, order: int = ORDER) -> LanguageModel:
    """Learn which letters and words follow which, from training texts and novels, and write it to `path`."""
    language_model = LanguageModel.from_sentences(corpora.sentences_to_read(data_dir), order)
    path.parent.mkdir(parents=True, exist_ok=True)
    language_model.save(path)
    return language_model


def choose_decoding(
    loaded: LoadedCheckpoint, language_model: LanguageModel, clips: Sequence[Clip]
) -> DecodingWeights:
    """How much a language model has to say beside a checkpoint, by word error.

    Of the weights that are not surely worse than the best, the least: people also say what stands in no
    novel. It comes with the bonus that is best for it.

    Args:
        loaded: With a CTC head.
        language_model: To listen to.
        clips: With samples and texts, of speakers who train nothing.
    """
    encodings = [encode(loaded, clip.waveform) for clip in clips]
    references = [clip.text for clip in clips]

    def word_error(settings: BeamSettings) -> ErrorRate:
        read = [
            beam_search(each, language_model, num_best=1, settings=settings)[0].text for each in encodings
        ]
        rate = ErrorRate.of_words(references, read)
        weights = f"language model {settings.lm_weight}, bonus {settings.character_bonus}"
        print(f"{weights}: word error {rate}", flush=True)
        return rate

    tried = [
        BeamSettings(lm_weight=weight, character_bonus=round(weight * bonus, 2))
        for weight, bonus in product(LM_WEIGHTS, BONUSES_PER_WEIGHT)
    ]
    rates = [word_error(settings) for settings in tried]
    best = min(rates, key=lambda rate: rate.value)
    chosen = min(
        (settings.lm_weight, rate.value, settings.character_bonus)
        for settings, rate in zip(tried, rates, strict=True)
        if ErrorDifference(best, rate).interval[0] <= 0
    )
    return DecodingWeights(chosen[0], chosen[2], encoder_fingerprint(loaded.encoder))
