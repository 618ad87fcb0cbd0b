"""What a vocabulary and a tokenizer's settings may hold: files come from strangers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.files import shown_value

TOKEN_NAMES = (
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
    "word_delimiter_token",
)
"""What a special token can be for; where several are added at once, in this order."""

OTHER_NAMES = ("replace_word_delimiter_char", "do_lower_case", "target_lang")

_MAX_TOKENS = 100_000
_MAX_TOKEN = 200


def check_vocabulary(vocab: Mapping[str, Any]) -> None:
    """Refuse a vocabulary that no head can have: tokens and ids of other types, or an id given twice.

    Args:
        vocab: The id of every token. Values that are tables are the languages of a nested vocabulary, one of
            which is chosen later.

    Raises:
        CheckpointError: If there is such a token or id, or too many of them.
    """
    if len(vocab) > _MAX_TOKENS or max(map(len, vocab), default=0) > _MAX_TOKEN:
        raise CheckpointError(
            f"The vocabulary has {len(vocab)} tokens, the longest of {max(map(len, vocab))} characters; "
            f"the limits are {_MAX_TOKENS} tokens of {_MAX_TOKEN} characters."
        )
    owners: dict[int, str] = {}
    for token, index in vocab.items():
        if isinstance(index, Mapping):
            continue
        if isinstance(index, bool) or not isinstance(index, int) or index < 0:
            raise CheckpointError(
                f"The vocabulary gives the token {shown_value(token)} the id {shown_value(index)}; ids are "
                "whole numbers from 0."
            )
        if owners.setdefault(index, token) != token:
            raise CheckpointError(
                f"The vocabulary gives the id {index} to {shown_value(owners[index])} and to "
                f"{shown_value(token)}; every token needs its own."
            )


@dataclass(frozen=True)
class AddedToken:
    """A token that stays whole in a text.

    Attributes:
        content: How it is written.
        single_word: Only where spaces or the text's ends surround it.
        lstrip: It takes the spaces before it with it.
        rstrip: It takes the spaces after it with it.
        normalized: Kept for transformers; no text is changed before tokens are looked for.
        special: It stands for no character.
    """

    content: str
    single_word: bool = False
    lstrip: bool = False
    rstrip: bool = False
    normalized: bool = False
    special: bool = False

    def __str__(self) -> str:
        return self.content

    @classmethod
    def from_any(cls, token: Any, special: bool = False) -> AddedToken:
        """From a text, a table of these attributes, or another library's token, which has them too.

        Raises:
            InputError: If it is none of these.
        """
        if isinstance(token, str):
            return cls(token, special=special)
        if isinstance(token, Mapping):
            token = _Table(token)
        if not isinstance(getattr(token, "content", None), str):
            raise InputError(f"{shown_value(token)} is not a token; give a text.")
        flags = {each.name: bool(getattr(token, each.name, False)) for each in fields(cls)[1:]}
        return cls(token.content, **(flags | {"special": special or flags["special"]}))

    @property
    def pattern(self) -> str:
        """Matches it in a text, with the spaces that it takes with it."""
        around = ("(?<!\\S)", "(?!\\S)") if self.single_word else ("", "")
        left, right = (r"\s*" if strips else "" for strips in (self.lstrip, self.rstrip))
        return f"{left}{around[0]}{re.escape(self.content)}{around[1]}{right}"


class _Table:
    """The values of a table as attributes."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        vars(self).update(values)


def added_tokens(settings: Mapping[str, Any], listed: Mapping[str, Any], name: str) -> dict[int, AddedToken]:
    """The tokens that a checkpoint has beside its vocabulary, by id.

    Args:
        settings: Of tokenizer_config.json; newer ones describe the tokens, under `added_tokens_decoder`.
        listed: Of added_tokens.json, which older ones have: the id of each.
        name: Of the checkpoint.

    Raises:
        CheckpointError: If they are described in another way, or too many.
    """
    check_vocabulary(listed)
    described = settings.get("added_tokens_decoder") or {index: token for token, index in listed.items()}
    is_table = isinstance(described, Mapping) and len(described) <= _MAX_TOKENS
    try:
        if not is_table:
            raise ValueError
        added = {int(index): AddedToken.from_any(token) for index, token in described.items()}
        check_vocabulary({token.content: index for index, token in added.items()})
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f"The tokens added to the vocabulary of {name} are {shown_value(described)}; each must have a "
            "whole number as its id, and a text."
        ) from error
    return added


def check_settings(settings: Mapping[str, Any], name: str) -> None:
    """Refuse settings of another type than the tokenizer's arguments.

    Args:
        settings: By the arguments' names; others are ignored.
        name: Of the checkpoint.

    Raises:
        CheckpointError: If there are such settings.
    """
    for setting in (*TOKEN_NAMES, *OTHER_NAMES):
        value = settings.get(setting)
        if setting in TOKEN_NAMES and isinstance(value, Mapping):
            value = value.get("content", 0)
        wanted = bool if setting == "do_lower_case" else str
        if value is not None and not isinstance(value, wanted):
            raise CheckpointError(
                f"The tokenizer's {setting} of {name} is {shown_value(value)}; it must be "
                f"{'true or false' if wanted is bool else 'a text'}."
            )
