"""Which clips train what: the split policy of the embedded checkpoint, in one place."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np

from hubert_demo import checkpoints
from hubert_demo.errors import InputError
from hubert_demo.training.data.clips import MANIFEST_NAME, Clip, read_manifest

COMMANDS = checkpoints.COMMANDS
UNKNOWN, SILENCE = "_unknown_", "_silence_"
KEYWORD_LABELS = (*COMMANDS, UNKNOWN, SILENCE)
"""The twelve classes of SUPERB's keyword spotting."""

HELD_OUT_WORDS = frozenset({"zero", "marvin", "wow", "bird", "house", "tree"})
"""Single words whose clips train neither the encoder nor the keyword head."""

SOUND_ALIKES = frozenset({"know", "write", "of"})
"""Words that sound like a command, or nearly, and are too frequent in sentences to be told from it."""

HOMOPHONES = frozenset({"know", "write"})
"""Words that nothing but their sentence tells from a command."""

CHOOSING_READERS = frozenset({"1867", "32"})
CHOOSING_VOICES = frozenset({"af_bella", "bm_george"})
"""Readers and synthetic voices of the train splits that train nothing: thresholds are chosen on them."""

SPOKEN_ALONE = ("speech_commands", "an4")
"""Corpora in which people say single words."""

SPLICED = "spliced_commands"
"""Commands put together from the sounds of other words (`splices`); trained on where they are at hand."""

READING = "librispeech"
"""The corpus of people who read sentences."""

READING_TESTS = (READING, "an4", "synthetic_sentences")
"""Corpora whose sentences, spellings and numbers are read to score a checkpoint."""

_RUNNING_SPEECH = {READING: (READING,), "synthetic voices": ("synthetic_sentences", "synthetic_orders")}
"""Corpora of sentences in which commands are looked for, by who says them."""

_ORDERS, _SYNTHETIC = "picovoice_intent", "synthetic"
_CHOOSING = {(READING, reader) for reader in CHOOSING_READERS} | {
    (_SYNTHETIC, voice) for voice in CHOOSING_VOICES
}

NOVELS = Path("text") / "novels.tsv"
"""Sentences to read, under the data folder."""

MORE_VOICES = "synthetic_more"
"""Sentences and orders by mixtures of synthetic voices (`synthesise`); trained on where they are at hand."""

_SYNTHETIC_SENTENCES = ("synthetic_sentences", "synthetic_orders", MORE_VOICES)
_CORPORA = (
    READING,
    *_SYNTHETIC_SENTENCES,
    "ljspeech",
    "an4",
    "speech_commands",
    "synthetic_commands",
    _ORDERS,
    "picovoice_wakewords",
)
_SHORTEST_S, _LONGEST_S = 0.3, 17.0


def pretraining_clips(data_dir: Path) -> list[Clip]:
    """Clips of the train splits, transcribed or not; nobody reads their texts.

    Raises:
        InputError: If there are none, or one is by somebody of a valid or test split.
    """
    clips = [clip for corpus in _CORPORA for clip in _trainable(data_dir / corpus)]
    return _refuse_leaks(data_dir, [clip for clip in clips if _SHORTEST_S < clip.duration_s < _LONGEST_S])


def transcribed_training_clips(data_dir: Path, reading_times: int = 2) -> list[Clip]:
    """Clips with a transcript from speakers of the train splits.

    Args:
        data_dir: Holds the corpus folders.
        reading_times: How often LibriSpeech's clips come in an epoch; the others come once.

    Raises:
        InputError: If there are none, or one is by somebody of a valid or test split.
    """
    clips = [
        clip
        for corpus in _CORPORA
        for clip in _trainable(data_dir / corpus) * (reading_times if corpus == READING else 1)
        if clip.text
    ]
    return _refuse_leaks(data_dir, [clip for clip in clips if _SHORTEST_S < clip.duration_s < _LONGEST_S])


def opening_clips(data_dir: Path, hours: float, seed: int = 0) -> list[Clip]:
    """Clips of the train splits to teach read-outs and decoders of layers on, in random order.

    As much of LibriSpeech's readers as there is, but no more than two thirds; the rest is whatever else is
    transcribed.

    Args:
        data_dir: Holds the corpus folders.
        hours: How much, if there is so much.
        seed: Of the choice and the order.

    Raises:
        InputError: If there are none.
    """
    rng = np.random.default_rng(seed)
    listed = transcribed_training_clips(data_dir, reading_times=1)
    mixed = [listed[index] for index in rng.permutation(len(listed))]
    readers = _first([clip for clip in mixed if clip.corpus == READING], hours * 2 / 3)
    rest_h = hours - sum(clip.duration_s for clip in readers) / 3600
    chosen = readers + _first([clip for clip in mixed if clip.corpus != READING], rest_h)
    return [chosen[index] for index in rng.permutation(len(chosen))]


def _first(clips: list[Clip], hours: float) -> list[Clip]:
    """As many of the first clips as last so long together."""
    ends_s = np.cumsum([clip.duration_s for clip in clips])
    return clips[: int(np.searchsorted(ends_s, 3600 * hours, side="right"))]


def reading_clips(data_dir: Path, split: str) -> list[Clip]:
    """LibriSpeech's clips of a split (`"valid"` or `"test"`): readers who train nothing."""
    return [clip for clip in read_manifest(data_dir / READING) if clip.split == split]


def reading_test_clips(data_dir: Path, split: str = "test") -> dict[str, list[Clip]]:
    """Clips of a split with a text, of every corpus of sentences, spellings or numbers that has some."""
    found = {corpus: _of_split(data_dir, split, corpus) for corpus in READING_TESTS}
    return {corpus: clips for corpus, clips in found.items() if clips}


def running_speech_test_clips(data_dir: Path, split: str = "test") -> dict[str, list[Clip]]:
    """Sentences of a split with a text, by people and by synthetic voices, to find commands in."""
    found = {who: _of_split(data_dir, split, *group) for who, group in _RUNNING_SPEECH.items()}
    return {who: clips for who, clips in found.items() if clips}


def choosing_clips(data_dir: Path) -> dict[str, list[Clip]]:
    """Running speech to choose thresholds on, by people and synthetic voices who neither train nor test."""
    found = {
        who: [clip for corpus in group for clip in _manifest(data_dir / corpus) if _is_for_choosing(clip)]
        for who, group in _RUNNING_SPEECH.items()
    }
    return {who: clips for who, clips in found.items() if clips}


def choosing_words(data_dir: Path) -> list[Clip]:
    """Single words to choose thresholds on: of the valid split, and by the synthetic voices kept for it."""
    return [
        clip
        for corpus in (*SPOKEN_ALONE, "synthetic_commands")
        for clip in _manifest(data_dir / corpus)
        if _is_word(clip) and _is_for_choosing(clip)
    ]


def confidence_clips(data_dir: Path) -> dict[str, list[Clip]]:
    """Clips to fit the confidence of words on, by corpus.

    LibriSpeech's valid readers, who train nothing, and AN4's training speakers, since that corpus keeps
    nobody but its test apart: nearly all of their words are right, as are those of people it never heard. No
    synthetic voices: the ancestors of the embedded checkpoint have heard all but those of the test, and it
    reads them far better than new ones.

    Raises:
        InputError: If there are none.
    """
    found = {READING: _of_split(data_dir, "valid", READING), "an4": _of_split(data_dir, "train", "an4")}
    found = {corpus: clips for corpus, clips in found.items() if clips}
    if not found:
        raise InputError(
            f"{data_dir} holds no clips to fit the confidence of words on; it needs {READING}'s valid "
            "readers or an4's training speakers."
        )
    return found


def _is_for_choosing(clip: Clip) -> bool:
    return clip.split == "valid" or (clip.split == "train" and _voices(clip) <= _CHOOSING)


def word_training_clips(data_dir: Path) -> list[Clip]:
    """Single words of the train splits, by people, spliced from theirs, and by synthetic voices."""
    return [
        clip
        for corpus in (*SPOKEN_ALONE, SPLICED, "synthetic_commands")
        for clip in _trainable(data_dir / corpus)
        if _is_word(clip)
    ]


def clips_to_splice(data_dir: Path) -> list[Clip]:
    """Clips of people of the train splits who say words alone or give orders; orders may have no text."""
    return [
        clip
        for corpus in (*SPOKEN_ALONE, _ORDERS)
        for clip in _trainable(data_dir / corpus)
        if clip.text or corpus == _ORDERS
    ]


def word_test_clips(data_dir: Path, split: str = "test") -> list[Clip]:
    """Single words spoken by people of a split (AN4 has no valid split)."""
    return [
        clip
        for corpus in SPOKEN_ALONE
        for clip in read_manifest(data_dir / corpus)
        if clip.split == split and _is_word(clip)
    ]


def sentences_to_read(data_dir: Path) -> list[str]:
    """Sentences for a language model: the training transcripts, and `NOVELS` where they are at hand.

    A sentence that a valid or test clip says is left out, whoever says it; single words are no sentences.
    Nor is what `synthesise` made up counted: a language model would learn its templates by heart.
    """
    sentences = {
        clip.text
        for corpus in _CORPORA
        if corpus != MORE_VOICES
        for clip in _manifest(data_dir / corpus)
        if clip.split == "train"
    }
    sentences |= set(read_novels(data_dir / NOVELS).values())
    return sorted(sentence for sentence in sentences - texts_kept_apart(data_dir) if " " in sentence)


def texts_kept_apart(data_dir: Path) -> set[str]:
    """What valid and test clips say."""
    clips = [clip for corpus in _CORPORA for clip in _manifest(data_dir / corpus)]
    return {clip.text for clip in clips if clip.split != "train"}


def read_novels(path: Path) -> dict[str, str]:
    """Sentences as they are spoken, each with its transcript; none where the file is not at hand.

    Args:
        path: A sentence a line: as it is spoken, a tab, normalised (A-Z, apostrophe, space).
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {spoken: text for spoken, _, text in (line.partition("\t") for line in lines)}


def synthetic_word_test_clips(data_dir: Path, split: str = "test") -> list[Clip]:
    """Single words by synthetic voices of a split that trains nothing."""
    return [clip for clip in _of_split(data_dir, split, "synthetic_commands") if _is_word(clip)]


def running_speech_clips(data_dir: Path) -> list[Clip]:
    """Sentences and orders of the train splits, to cut stretches without a lone command from."""
    return [
        clip
        for corpus in (READING, "ljspeech", *_SYNTHETIC_SENTENCES, _ORDERS)
        for clip in _trainable(data_dir / corpus)
        if clip.duration_s > 2.0
    ]


def sentences_with_commands(data_dir: Path) -> list[Clip]:
    """Sentences that people of the train splits read and that hold a command, to cut words from.

    Those of the synthetic corpora teach their commands where they stand (`windows`).
    """
    return [
        clip
        for corpus in (READING, "ljspeech")
        for clip in _trainable(data_dir / corpus)
        if clip.duration_s < _LONGEST_S and says_command(clip)
    ]


def says_command(clip: Clip) -> bool:
    """Whether one of the commands is among the clip's words."""
    return _says_one_of(clip, set(COMMANDS))


def says_command_or_homophone(clip: Clip) -> bool:
    """Whether a command, or a word that sounds just like one, is among the clip's words."""
    return _says_one_of(clip, HOMOPHONES.union(COMMANDS))


def _says_one_of(clip: Clip, words: AbstractSet[str]) -> bool:
    return not words.isdisjoint(clip.text.lower().split())


def keyword_label(clip: Clip) -> str:
    """The class of a single-word clip."""
    word = clip.text.lower()
    return word if word in COMMANDS else UNKNOWN


def without_repeats(clips: list[Clip]) -> list[Clip]:
    """Each clip once, in order."""
    return list({(clip.corpus, clip.file): clip for clip in clips}.values())


def at_hand(data_dir: Path) -> list[str]:
    """Names of the corpora that lie under `data_dir`."""
    return [corpus for corpus in (*_CORPORA, SPLICED) if (data_dir / corpus / MANIFEST_NAME).exists()]


def _manifest(corpus_dir: Path) -> list[Clip]:
    """Clips of a corpus; none where it is not at hand."""
    return read_manifest(corpus_dir) if (corpus_dir / MANIFEST_NAME).exists() else []


def _of_split(data_dir: Path, split: str, *corpora: str) -> list[Clip]:
    """Clips of a split of those corpora that are at hand."""
    return [clip for corpus in corpora for clip in _manifest(data_dir / corpus) if clip.split == split]


def _trainable(corpus_dir: Path) -> list[Clip]:
    return [
        clip
        for clip in _manifest(corpus_dir)
        if clip.split == "train"
        and not (_is_word(clip) and clip.text.lower() in HELD_OUT_WORDS)
        and _CHOOSING.isdisjoint(_voices(clip))
    ]


def _is_word(clip: Clip) -> bool:
    return bool(clip.text) and " " not in clip.text and clip.duration_s < 1.6


def _refuse_leaks(data_dir: Path, clips: list[Clip]) -> list[Clip]:
    """The clips, if none is by somebody who is to be heard for the first time when scores are taken."""
    if not clips:
        raise InputError(f"{data_dir} holds no clips to train on; see `manifest` for what it should hold.")
    corpora = sorted({clip.corpus for clip in clips})
    kept_apart = {
        voice
        for corpus in corpora
        for clip in _manifest(data_dir / corpus)
        if clip.split != "train"
        for voice in _voices(clip)
    }
    leaks = sorted({clip.speaker for clip in clips if not kept_apart.isdisjoint(_voices(clip))})
    if leaks:
        raise InputError(f"Speakers of a valid or test split are in a train split: {', '.join(leaks)}.")
    return clips


def _voices(clip: Clip) -> set[tuple[str, str]]:
    """Who is heard: a person of a corpus, or each voice of a synthetic blend, whatever the corpus.

    Blends are written `a+b@0.5` (the share of the first) or `a+b+c@0.50,0.30,0.20` (everyone's).
    """
    family = _SYNTHETIC if clip.corpus.startswith(_SYNTHETIC) else clip.corpus
    return {(family, voice.partition("@")[0]) for voice in clip.speaker.split("+") if voice}
