"""What a vocabulary and a tokenizer's settings may hold: files come from strangers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubert_demo.errors import CheckpointError
from hubert_demo.model.files import shown_value

TOKEN_NAMES = ("pad_token", "bos_token", "eos_token", "unk_token", "word_delimiter_token")
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
