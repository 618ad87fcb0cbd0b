"""How well a checkpoint reads and spots keywords, on speakers it never heard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from hubert_demo.analysis.transcript.language_model import LanguageModel
from hubert_demo.checkpoints import LoadedCheckpoint
from hubert_demo.errors import InputError
from hubert_demo.training.augmentation.noise import TEST_SEEDS, noise
from hubert_demo.training.augmentation.sounds import SOUNDS
from hubert_demo.training.data import corpora
from hubert_demo.training.data.clips import Clip, load_clips
from hubert_demo.training.evaluation.calibration import Calibration, by_least_sure_letter, by_product
from hubert_demo.training.evaluation.lens import lens_scores
from hubert_demo.training.evaluation.listening import Answer, Listener, made_clip
from hubert_demo.training.evaluation.quiet import quiet_cases, quiet_scores
from hubert_demo.training.evaluation.report import Evaluation
from hubert_demo.training.evaluation.resynthesis import resynthesis_scores
from hubert_demo.training.evaluation.running_speech import RunningSpeechTrial, running_speech_scores
from hubert_demo.training.evaluation.scores import Count, ErrorRate, ReadingScores
from hubert_demo.training.evaluation.spotting import SpottingTrial
from hubert_demo.training.evaluation.three_words import three_word_recordings, three_word_scores
from hubert_demo.training.evaluation.without_speech import ALL_SOUNDS, sound_scores, sounds_without_speech

RARE_COMMANDS = ("yes", "no", "on", "off", "stop")
SPLITS = ("test", "valid")

_VALID_SEEDS = range(TEST_SEEDS.stop, TEST_SEEDS.stop + len(TEST_SEEDS))
_VALID_SOUND_SEED = 3_003


def evaluate(
    loaded: LoadedCheckpoint,
    data_dir: Path,
    language_model: LanguageModel | None = None,
    only: Collection[str] = (),
    split: str = "test",
    states_dir: Path | None = None,
) -> Evaluation:
    """Score a checkpoint on the speakers under `data_dir` who trained nothing.

    Args:
        loaded: With a CTC head and a keyword head.
        data_dir: Holds the corpus folders.
        language_model: For beam search; none is made without it.
        only: Parts to measure, of `PARTS`; all of them if none is named.
        split: `"test"`, or `"valid"` to choose between checkpoints.
        states_dir: Has the states of the clips that decoders were taught on, or receives them; None to keep
            none.

    Raises:
        CheckpointError: If the checkpoint has no CTC head or no keyword head.
        InputError: If a corpus is missing, or there is no such part or split.
    """
    unheard_of = sorted(set(only) - set(PARTS))
    if unheard_of or split not in SPLITS:
        raise InputError(
            f"An evaluation has the parts {', '.join(PARTS)} and the splits {', '.join(SPLITS)}, not "
            f"{', '.join(unheard_of) or split}."
        )
    trial = _Trial(Listener(loaded, language_model), loaded, data_dir, split, states_dir)
    scores: dict[str, Any] = {}
    for part, measure in PARTS.items():
        if part in only or not only:
            scores |= measure(trial)
    return Evaluation(**scores, split=split)


class _Trial:
    """A checkpoint and the clips of a split; each part of the evaluation is a method.

    A part returns those attributes of `Evaluation` that it measures.
    """

    def __init__(
        self,
        listener: Listener,
        loaded: LoadedCheckpoint,
        data_dir: Path,
        split: str,
        states_dir: Path | None = None,
    ) -> None:
        self._listener, self._loaded, self._states_dir = listener, loaded, states_dir
        self._data_dir, self._split, self._is_test = data_dir, split, split == "test"
        self._decoded: dict[tuple[str, str], Clip] = {}

    def reading(self) -> dict[str, Any]:
        """Error rates, with the language model where there is one."""
        clips_by_corpus = corpora.reading_test_clips(self._data_dir, self._split)
        return {
            "reading": {
                corpus: reading_scores(self._listener, self._load(clips))
                for corpus, clips in clips_by_corpus.items()
            }
        }

    def calibration(self) -> dict[str, Any]:
        """Whether the confidence of words can be believed, and whether plainer ones could."""
        found = {}
        for corpus, listed in corpora.reading_test_clips(self._data_dir, self._split).items():
            clips = self._load(listed)
            found[corpus] = calibrations(clips, self._listener.answers(clips, beam=True))
        return {"calibration": found}

    def quiet(self) -> dict[str, Any]:
        """Reading with quiet around and between."""
        return {"quiet": quiet_scores(self._listener, quiet_cases(self._readers))}

    def keywords(self) -> dict[str, Any]:
        """Single words, each told apart from the other classes."""
        labelled = list(zip(self._words, self._guesses(self._words), strict=True))
        known = [(c, g) for c, g in labelled if c.text.lower() not in corpora.HELD_OUT_WORDS]
        held_out = [g for c, g in labelled if c.text.lower() in corpora.HELD_OUT_WORDS]
        recall = {
            label: Count.of(g == label for c, g in known if corpora.keyword_label(c) == label)
            for label in (*corpora.COMMANDS, corpora.UNKNOWN)
        }
        seeds = TEST_SEEDS if self._is_test else _VALID_SEEDS
        silences = self._guesses([made_clip(noise(seed)) for seed in seeds])
        recall[corpora.SILENCE] = Count.of(guess == corpora.SILENCE for guess in silences)
        voices = self._load(corpora.synthetic_word_test_clips(self._data_dir, self._split))
        return {
            "recall": recall,
            "held_out": Count.of(guess == corpora.UNKNOWN for guess in held_out),
            "rare": _rare([(c, g) for c, g in known if c.corpus == "speech_commands"]),
            "synthetic": _rare(list(zip(voices, self._guesses(voices), strict=True))),
            "silence_seeds": seeds,
        }

    def spotting(self) -> dict[str, Any]:
        """Single commands, and false alarms in sentences, at the threshold."""
        trial = SpottingTrial(self._loaded, self._words, self._readers, self._listener)
        return {"spotting": trial.at(self._listener.threshold)}

    def running_speech(self) -> dict[str, Any]:
        """Commands inside sentences."""
        found = {}
        for who, listed in corpora.running_speech_test_clips(self._data_dir, self._split).items():
            clips = self._load(listed)
            trial = RunningSpeechTrial(clips, self._listener.answers(clips))
            found[who] = running_speech_scores(trial, self._listener.threshold)
        return {"running_speech": found}

    def three_words(self) -> dict[str, Any]:
        """Three commands in a row."""
        recordings = three_word_recordings(self._words)
        answers = self._listener.answers([recording.clip for recording in recordings])
        return {"three_words": three_word_scores(recordings, answers, self._listener.threshold)}

    def without_speech(self) -> dict[str, Any]:
        """Sounds in which nothing is said; the kinds that training never hears are for the test alone."""
        sounds = (
            sounds_without_speech(ALL_SOUNDS)
            if self._is_test
            else sounds_without_speech(SOUNDS, _VALID_SOUND_SEED)
        )
        answers = self._listener.answers([sound.clip for sound in sounds])
        return {"without_speech": sound_scores(sounds, answers, self._listener.threshold)}

    def lens(self) -> dict[str, Any]:
        """Every layer read."""
        return {"lens": lens_scores(self._loaded, self._readers)}

    def resynthesis(self) -> dict[str, Any]:
        """Every layer heard, where decoders were taught."""
        if self._loaded.sound_decoders is None:
            return {}
        return {
            "resynthesis": resynthesis_scores(self._loaded, self._data_dir, self._readers, self._states_dir)
        }

    @cached_property
    def _words(self) -> list[Clip]:
        return self._load(corpora.word_test_clips(self._data_dir, self._split))

    @cached_property
    def _readers(self) -> list[Clip]:
        return self._load(corpora.reading_clips(self._data_dir, self._split))

    def _guesses(self, clips: Sequence[Clip]) -> list[str]:
        """The most probable class of each clip."""
        return [answer.keywords.label for answer in self._listener.answers(clips)]

    def _load(self, listed: Sequence[Clip]) -> list[Clip]:
        """The clips with samples, each decoded once."""
        new = load_clips(
            self._data_dir, [clip for clip in listed if (clip.corpus, clip.file) not in self._decoded]
        )
        self._decoded |= {(clip.corpus, clip.file): clip for clip in new}
        return [self._decoded[clip.corpus, clip.file] for clip in listed]


PARTS: dict[str, Callable[[_Trial], dict[str, Any]]] = {
    "reading": _Trial.reading,
    "calibration": _Trial.calibration,
    "quiet": _Trial.quiet,
    "keywords": _Trial.keywords,
    "spotting": _Trial.spotting,
    "running-speech": _Trial.running_speech,
    "three-words": _Trial.three_words,
    "without-speech": _Trial.without_speech,
    "lens": _Trial.lens,
    "resynthesis": _Trial.resynthesis,
}
"""What can be measured by itself, by name. Reading comes first: what it listens to is known to the others."""


def reading_scores(listener: Listener, clips: Sequence[Clip]) -> ReadingScores:
    """Error rates of a checkpoint on clips with texts."""
    references = [clip.text for clip in clips]
    answers = listener.answers(clips, beam=True)
    greedy = [answer.transcript.text for answer in answers]
    beam = [answer.beam.text for answer in answers if answer.beam is not None]
    return ReadingScores(
        characters=ErrorRate.of_characters(references, greedy),
        words=ErrorRate.of_words(references, greedy),
        beam_characters=ErrorRate.of_characters(references, beam) if beam else None,
        beam_words=ErrorRate.of_words(references, beam) if beam else None,
    )


def calibrations(clips: Sequence[Clip], answers: Sequence[Answer]) -> dict[str, Calibration]:
    """How far the confidence of words can be believed, by what it is of.

    Args:
        clips: With texts.
        answers: What the checkpoint said about them.
    """
    greedy = [answer.transcript for answer in answers]
    read = {
        "least sure letter": [by_least_sure_letter(each) for each in greedy],
        "product of the letters": [by_product(each) for each in greedy],
        "as shown": greedy,
    }
    beam = [answer.beam for answer in answers if answer.beam is not None]
    if beam:
        read["as shown, with the language model"] = beam
    references = [clip.text for clip in clips]
    return {name: Calibration.of(references, transcripts) for name, transcripts in read.items()}


def _rare(labelled: Sequence[tuple[Clip, str]]) -> dict[str, Count]:
    """Right answers on each of the rarer commands."""
    return {
        label: Count.of(guess == label for clip, guess in labelled if clip.text.lower() == label)
        for label in RARE_COMMANDS
    }
