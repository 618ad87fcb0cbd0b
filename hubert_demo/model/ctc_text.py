"""From the tokens of CTC frames to characters and words, and the frames they span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hubert_demo.model.outputs import ModelOutput

# English spacing as documented for `clean_up_tokenization_spaces`.
_CLEANED = {" .": ".", " ?": "?", " !": "!", " ,": ",", " ' ": "'"} | {
    f" {ending}": ending for ending in ("n't", "'m", "'s", "'ve", "'re")
}


@dataclass(init=False, frozen=True, eq=False)
class CTCTokenizerOutput(ModelOutput):
    """Decoded text with offsets in frames; lists of these for a batch.

    Attributes:
        text: The transcription.
        char_offsets: `{"char", "start_offset", "end_offset"}` for every character, or None.
        word_offsets: `{"word", "start_offset", "end_offset"}` for every word, or None.
    """

    text: str | list[str]
    char_offsets: list[Any] | None = None
    word_offsets: list[Any] | None = None


def written_characters(
    tokens: list[str], blank: str | None, written_as: Mapping[str, str], groups: bool
) -> list[dict[str, Any]]:
    """The characters of a CTC output: repeats are merged, then blanks dropped.

    Args:
        tokens: One for each frame.
        blank: The token that stands for no character.
        written_as: The text of tokens that are not written as themselves.
        groups: Whether to merge repeats.

    Returns:
        `{"char", "start_offset", "end_offset"}` for every character; offsets count frames.
    """
    runs = [len(list(run)) for _, run in groupby(tokens)] if groups else [1] * len(tokens)
    characters = []
    frame = 0
    for run in runs:
        token = tokens[frame]
        if token != blank:
            char = written_as.get(token, token)
            characters.append({"char": char, "start_offset": frame, "end_offset": frame + run})
        frame += run
    return characters


def written_words(characters: list[dict[str, Any]], space: str) -> list[dict[str, Any]]:
    """The words between spaces, each as `{"word", "start_offset", "end_offset"}`."""
    words = []
    for is_space, run in groupby(characters, key=lambda c: bool(c["char"] == space)):
        spelled = list(run)
        if not is_space:
            words.append(
                {
                    "word": "".join(c["char"] for c in spelled),
                    "start_offset": spelled[0]["start_offset"],
                    "end_offset": spelled[-1]["end_offset"],
                }
            )
    return words


def without_english_spaces(text: str) -> str:
    """English text without the spaces that tokenisation leaves before punctuation and contractions."""
    for spaced, cleaned in _CLEANED.items():
        text = text.replace(spaced, cleaned)
    return text
