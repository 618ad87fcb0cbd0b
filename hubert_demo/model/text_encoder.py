"""Texts as token ids, padded: the tokenizer's half that makes labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hubert_demo.errors import InputError
from hubert_demo.model.batch import Batch, PaddedLength, as_list, as_tensors, padded_length, rows_by_name
from hubert_demo.model.files import shown_value
from hubert_demo.model.special_tokens import Tokens
from hubert_demo.model.vocabulary import AddedToken

NO_LIMIT = 10**30
"""The `model_max_length` of a tokenizer whose texts may have any length."""


class TextEncoder(Tokens):
    """Splits texts into tokens and makes batches of their ids.

    Args:
        vocab: As in `Tokens`, like the three arguments that follow.
        special: As in `Tokens`.
        added: As in `Tokens`.
        extra: As in `Tokens`.
        do_lower_case: Accept lower-case text for an upper-case vocabulary.
        model_max_length: How many tokens texts are cut to where nothing else is said.
        padding_side: `"right"` or `"left"`.
        truncation_side: Where longer texts are cut: `"right"` or `"left"`.

    Raises:
        InputError: If a value is of another kind.
    """

    def __init__(
        self,
        vocab: Mapping[str, int],
        special: Mapping[str, Any],
        added: Mapping[int, AddedToken],
        extra: Iterable[Any],
        do_lower_case: bool,
        model_max_length: int = NO_LIMIT,
        padding_side: str = "right",
        truncation_side: str = "right",
    ) -> None:
        if not isinstance(model_max_length, int | float) or not model_max_length >= 1:
            raise InputError(
                f"model_max_length is {shown_value(model_max_length)}; it must be a number of tokens."
            )
        self.do_lower_case = do_lower_case
        self.model_max_length = int(min(model_max_length, NO_LIMIT))
        self.padding_side = checked_side("padding_side", padding_side)
        self.truncation_side = checked_side("truncation_side", truncation_side)
        super().__init__(vocab, special, added, extra)

    def tokenize(self, text: str) -> list[str]:
        """Tokens of a text: its characters, with word delimiters for spaces, and longer tokens as a whole."""
        tokens: list[str] = []
        end = 0
        for found in self._whole.finditer(text):
            tokens += self._characters(text[end : found.start()])
            token = found.group()
            is_known = token in self._vocab or token in self._added
            tokens.append(token if is_known else token.strip())
            end = found.end()
        return tokens + self._characters(text[end:])

    def _characters(self, text: str) -> list[str]:
        delimiter = self.word_delimiter_token or " "
        text = text.upper() if self.do_lower_case else text
        return [delimiter if character == " " else character for character in text]

    def encode(self, text: str, text_pair: str | None = None, **options: Any) -> Any:
        """The token ids of one text; options as of `__call__`."""
        return self(text, text_pair, **options)["input_ids"]

    def encode_plus(self, text: str, text_pair: str | None = None, **options: Any) -> Batch:
        """As `__call__`, by its older name for one text."""
        return self(text, text_pair, **options)

    def batch_encode_plus(self, batch_text_or_text_pairs: Sequence[str], **options: Any) -> Batch:
        """As `__call__`, by its older name for several texts."""
        return self(batch_text_or_text_pairs, **options)

    def build_inputs_with_special_tokens(
        self, token_ids_0: Sequence[int], token_ids_1: Sequence[int] | None = None
    ) -> list[int]:
        """The ids of one text, or of two in a row; a CTC label has no token for its beginning or end."""
        return [*token_ids_0, *(token_ids_1 or ())]

    def num_special_tokens_to_add(self, pair: bool = False) -> int:
        """How many tokens `build_inputs_with_special_tokens` adds."""
        return len(self.build_inputs_with_special_tokens([], [] if pair else None))

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """1 for each id that stands for no character, 0 for the others; of ids without any all are 0."""
        special = self.all_special_ids if already_has_special_tokens else []
        return [int(i in special) for i in self.build_inputs_with_special_tokens(token_ids_0, token_ids_1)]

    def __call__(
        self,
        text: str | Sequence[str],
        text_pair: str | Sequence[str] | None = None,
        *,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str = False,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_attention_mask: bool | None = True,
        return_token_type_ids: bool | None = False,
        return_special_tokens_mask: bool = False,
        return_length: bool = False,
    ) -> Batch:
        """The token ids of a text, or of a list of texts.

        Args:
            text: One text, or several; or several pairs of a text and what it goes on with.
            text_pair: What each of them goes on with.
            add_special_tokens: Without effect: a CTC label has no token for its beginning or end.
            padding: `True` or `"longest"`, `"max_length"`, or `False` / `"do_not_pad"`.
            truncation: Cut texts longer than `max_length`, or where that is None, than `model_max_length`.
            max_length: Number of tokens to pad or truncate to.
            pad_to_multiple_of: Round the padded length up to a multiple of this.
            padding_side: `"right"` or `"left"`; the attribute of that name when None.
            return_tensors: `"pt"`, `"tf"`, `"np"` or None for lists.
            return_attention_mask: Also return which tokens are not padding.
            return_token_type_ids: Also return 1 for the tokens of `text_pair`, 0 for the others.
            return_special_tokens_mask: Also return which tokens are padding.
            return_length: Also return how many tokens each text has, with padding.

        Returns:
            `input_ids` and what else is asked for, (batch, tokens) each, or (tokens,) for one text as a list.

        Raises:
            InputError: If the options contradict each other, or what is given is no text.
        """
        if text_pair is None and not isinstance(text, str) and all(map(_is_pair, text)):
            text, text_pair = ([pair[side] for pair in text] for side in (0, 1))
        texts, pairs = ([one] if isinstance(one, str) else list(one or ()) for one in (text, text_pair))
        if not all(isinstance(one, str) for one in [*texts, *pairs]) or len(pairs) not in (0, len(texts)):
            raise InputError("A tokenizer takes a text, or a list of texts, and as many to go on with.")
        first, second = (
            [self.convert_tokens_to_ids(self.tokenize(t)) for t in each] for each in (texts, pairs)
        )
        second = second or [[]] * len(first)
        rows = [one + other for one, other in zip(first, second, strict=True)]
        types = [[0] * len(one) + [1] * len(other) for one, other in zip(first, second, strict=True)]
        cuts = truncation not in (False, "do_not_truncate")
        if cuts and max_length is None:
            max_length = self.model_max_length
        if cuts and max_length is not None and pad_to_multiple_of and max_length % pad_to_multiple_of:
            raise InputError(
                f"max_length={max_length} must be a multiple of {pad_to_multiple_of} to cut texts to."
            )
        length = padded_length(rows, padding, max_length, cuts, pad_to_multiple_of, "tokens")
        if cuts and length.truncated is not None:
            kept = (
                slice(-length.truncated, None) if self.truncation_side == "left" else slice(length.truncated)
            )
            rows, types = ([row[kept] for row in each] for each in (rows, types))
        side = checked_side("padding_side", padding_side or self.padding_side)
        batch = self._batch({"input_ids": rows}, length, return_attention_mask is not False, side)
        if return_token_type_ids:
            batch["token_type_ids"] = [
                length.pad(np.asarray(row, np.int64), 0, side).tolist() for row in types
            ]
        if return_special_tokens_mask:
            batch["special_tokens_mask"] = [
                length.pad(np.zeros(len(row), np.int64), 1, side).tolist() for row in rows
            ]
        if return_length:
            batch["length"] = [len(row) for row in batch["input_ids"]]
        if isinstance(text, str) and return_tensors is None:
            return Batch({name: rows[0] for name, rows in batch.items()})
        return as_tensors(batch, return_tensors)

    def pad(
        self,
        encoded_inputs: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | None = None,
    ) -> Batch:
        """Pad texts that `__call__` has encoded, as a data collator does.

        Args:
            encoded_inputs: Examples with `input_ids` (tokens,), or one mapping to a list of those, or to one.
                An `attention_mask` among them is kept; whatever else they have stays as it is.
            padding: As in `__call__`, like all the arguments that follow.
            max_length: As in `__call__`.
            pad_to_multiple_of: As in `__call__`.
            padding_side: As in `__call__`.
            return_attention_mask: As in `__call__`.
            return_tensors: As in `__call__`.
        """
        given = rows_by_name(encoded_inputs, "input_ids")
        is_one = len(given["input_ids"]) > 0 and np.ndim(given["input_ids"][0]) == 0
        if is_one:
            given = {name: [value] for name, value in given.items()}
        given = {
            name: [as_list(row) if np.ndim(row) else row for row in rows] for name, rows in given.items()
        }
        length = padded_length(given["input_ids"], padding, max_length, False, pad_to_multiple_of, "tokens")
        batch = self._batch(
            given,
            length,
            return_attention_mask is not False,
            checked_side("padding_side", padding_side or self.padding_side),
        )
        if is_one and return_tensors is None:
            return Batch({name: rows[0] for name, rows in batch.items()})
        return as_tensors(batch, return_tensors)

    def _batch(
        self, given: Mapping[str, Sequence[Any]], length: PaddedLength, with_mask: bool, side: str
    ) -> dict[str, list[Any]]:
        """Padded lists: the ids, the mask that was given or one of the ids, and the rest as it is."""
        rows = [np.asarray(row, np.int64) for row in given["input_ids"]]
        batch: dict[str, list[Any]] = {
            name: list(each) for name, each in given.items() if name != "attention_mask"
        }
        if self.pad_token is None and any(len(length.pad(row, 0)) > len(row) for row in rows):
            raise InputError("This tokenizer has no pad_token to pad with; set one.")
        batch["input_ids"] = [length.pad(row, self.pad_token_id, side).tolist() for row in rows]
        if with_mask:
            masks = given.get("attention_mask") or [np.ones(len(row)) for row in rows]
            batch["attention_mask"] = [
                length.pad(np.asarray(mask, np.int64), 0, side).tolist() for mask in masks
            ]
        return batch


def _is_pair(texts: Any) -> bool:
    return isinstance(texts, tuple | list) and len(texts) == 2


def checked_side(name: str, side: Any) -> str:
    """A side to pad or cut on."""
    if side not in ("left", "right"):
        raise InputError(f"{name} is {shown_value(side)}; it must be 'left' or 'right'.")
    return str(side)
