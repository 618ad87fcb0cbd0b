"""From the tokens of CTC frames to characters and words with their frames."""

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


@dataclass(frozen=True)
class CTCTokenizerOutput(ModelOutput):
    """Decoded text with offsets in frames; lists of these for a batch.

    Attributes:
        text: The transcription.
        char_offsets: `{"char", "start_offset", "end_offset"}` of every character, or None.
        word_offsets: `{"word", "start_offset", "end_offset"}` of every word, or None.
    """

    text: str | list[str]
    char_offsets: list[Any] | None = None
    word_offsets: list[Any] | None = None


def written_characters(
    tokens: list[str], blank: str, written_as: Mapping[str, str], groups: bool
) -> list[dict[str, Any]]:
    """What is left of a CTC output after merging repeats and then dropping blanks.

    Args:
        tokens: One a frame.
        blank: The token that writes nothing.
        written_as: Tokens that write something else than themselves.
        groups: Whether repeats stand for one token.

    Returns:
        `{"char", "start_offset", "end_offset"}` of every character; offsets count frames.
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
    """Characters joined between spaces: `{"word", "start_offset", "end_offset"}` each."""
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
    """English without the spaces that tokenisation puts before punctuation and contractions."""
    for spaced, cleaned in _CLEANED.items():
        text = text.replace(spaced, cleaned)
    return text
