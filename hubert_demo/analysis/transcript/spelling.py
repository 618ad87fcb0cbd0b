"""From what a person types to what a vocabulary can write."""

import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

# What stands between words rather than in one: dashes and hyphens of all lengths, slashes, three dots.
_BETWEEN_WORDS = dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015/_|\u2026", " ")
# Quotation marks, accents and modifier letters that people type where an apostrophe is meant.
_APOSTROPHES = dict.fromkeys("\u2018\u2019\u02bc`\u00b4", "'")
_MEANT = str.maketrans(_BETWEEN_WORDS | _APOSTROPHES)


@dataclass(frozen=True)
class Spelling:
    """A text in the characters of a vocabulary.

    Attributes:
        text: Words with single spaces between them; empty if nothing could be written.
        left_out: Characters that the vocabulary does not have, each once, in the order they came.
    """

    text: str
    left_out: tuple[str, ...]


def spell(text: str, vocabulary: Collection[str]) -> Spelling:
    """Write a text as the vocabulary can: case and accents as it has them, punctuation left out.

    Args:
        text: Anything. Dashes and slashes separate words.
        vocabulary: Tokens; those of one character are what may be written.

    Returns:
        What can be written, and what had to be left out. Capitals and accents that the vocabulary lacks
        count as written when the plain letter is there.
    """
    known = {token for token in vocabulary if len(token) == 1} - {" ", "|"}
    left_out: dict[str, None] = {}
    written = []
    for character in unicodedata.normalize("NFKC", text.translate(_MEANT)):
        if character.isspace():
            written.append(" ")
            continue
        found = _in_vocabulary(character, known)
        if not found:
            left_out[character] = None
        written.append(found)
    return Spelling(" ".join("".join(written).split()), tuple(left_out))


def has_only_capitals(vocabulary: Collection[str]) -> bool:
    """Whether a vocabulary knows one case only, capitals: a convention, and shouting to read."""
    letters = [token for token in vocabulary if len(token) == 1 and token.isalpha()]
    return any(letter.isupper() for letter in letters) and not any(letter.islower() for letter in letters)


def reading_case(vocabulary: Collection[str]) -> Callable[[str], str]:
    """What turns a text in a vocabulary's letters into one that is pleasant to read.

    Args:
        vocabulary: Tokens that a text is written with.

    Returns:
        `str.lower` where the vocabulary has only capitals, otherwise `str`, which changes nothing.
    """
    return str.lower if has_only_capitals(vocabulary) else str


def _in_vocabulary(character: str, known: Collection[str]) -> str:
    """The character, in another case if need be, or without its accents; "" if there is none."""
    plain = "".join(
        part for part in unicodedata.normalize("NFD", character) if not unicodedata.combining(part)
    )
    for form in (character, plain):
        for candidate in (form, form.upper(), form.lower()):
            if candidate and all(one in known for one in candidate):
                return candidate
    return ""
