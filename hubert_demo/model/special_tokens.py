"""The vocabulary of a tokenizer with what was added to it, and its special tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hubert_demo.errors import InputError
from hubert_demo.model.files import shown_text, shown_value
from hubert_demo.model.vocabulary import TOKEN_NAMES, AddedToken, check_vocabulary


class _Token:
    """The text of a special token, or None."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, tokens: Tokens, owner: type) -> Any:
        return tokens.special[self._name]

    def __set__(self, tokens: Tokens, token: Any) -> None:
        tokens.special[self._name] = None if token is None else AddedToken.from_any(token).content


class _TokenId:
    """The id of a special token, or None."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name.removesuffix("_id")

    def __get__(self, tokens: Tokens, owner: type) -> Any:
        token = tokens.special[self._name]
        return None if token is None else tokens.convert_tokens_to_ids(token)

    def __set__(self, tokens: Tokens, index: int | None) -> None:
        tokens.special[self._name] = None if index is None else tokens.convert_ids_to_tokens(index)


class Tokens:
    """Which token has which id: a vocabulary, and what was added to it.

    Special tokens that the vocabulary lacks are added behind it, in the order of `TOKEN_NAMES`.

    Args:
        vocab: The id of every token.
        special: The texts of special tokens, by the names in `TOKEN_NAMES`.
        added: Tokens that were added earlier, by id.
        extra: Special tokens that are for nothing in particular.
    """

    bos_token, bos_token_id = _Token(), _TokenId()
    eos_token, eos_token_id = _Token(), _TokenId()
    unk_token, unk_token_id = _Token(), _TokenId()
    sep_token, sep_token_id = _Token(), _TokenId()
    pad_token, pad_token_id = _Token(), _TokenId()
    cls_token, cls_token_id = _Token(), _TokenId()
    mask_token, mask_token_id = _Token(), _TokenId()
    word_delimiter_token, word_delimiter_token_id = _Token(), _TokenId()

    def __init__(
        self,
        vocab: Mapping[str, int],
        special: Mapping[str, Any],
        added: Mapping[int, AddedToken],
        extra: Iterable[Any] = (),
    ) -> None:
        self.special: dict[str, str | None] = dict.fromkeys(TOKEN_NAMES)
        for name, token in special.items():
            setattr(self, name, token)
        self._extra = [AddedToken.from_any(token).content for token in extra]
        self._added = {token.content: (index, token) for index, token in added.items()}
        self._use(vocab)

    def _use(self, vocab: Mapping[str, int]) -> None:
        """Take another vocabulary; what was added to the last one is added to this."""
        check_vocabulary(vocab)
        self._vocab = dict(vocab)
        earlier, self._added = self._added, {}
        taken = set(self._vocab.values())
        for content, (index, token) in earlier.items():
            if content not in self._vocab and index not in taken:
                self._added[content] = (index, token)
        self._add([token for _, token in earlier.values()])
        self._add([AddedToken(token, special=True) for token in self.all_special_tokens])

    def _add(self, tokens: Sequence[AddedToken]) -> int:
        """Add those that are not there; how many there were of these."""
        before = len(self._added)
        following = max([-1, *self._vocab.values(), *(index for index, _ in self._added.values())]) + 1
        for token in tokens:
            if token.content and token.content not in self._vocab:
                index, _ = self._added.get(token.content, (following, token))
                following += index == following
                self._added[token.content] = (index, token)
        self._index()
        return len(self._added) - before

    def _index(self) -> None:
        """Look up by id, and find in a text, what there is now."""
        self._tokens = {index: token for token, (index, _) in self._added.items()}
        self._tokens |= {index: token for token, index in self._vocab.items()}
        # Like transformers, a token of several characters in the vocabulary takes the spaces around it.
        whole = [AddedToken(token, lstrip=True, rstrip=True) for token in self._vocab if len(token) > 1]
        whole += [token for _, token in self._added.values()]
        whole.sort(key=lambda token: len(token.content), reverse=True)
        self._whole = re.compile("|".join(token.pattern for token in whole) or "(?!)")

    def add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        """Add tokens that the vocabulary lacks; each stays whole in a text from now on.

        Args:
            new_tokens: A text, or several; or tokens of the tokenizers library.
            special_tokens: Whether they stand for no character, so that decoding can skip them.

        Returns:
            How many of them were new. The model's head needs as many outputs as `len(tokenizer)`.

        Raises:
            InputError: If one is no token.
        """
        if isinstance(new_tokens, str) or not isinstance(new_tokens, Iterable):
            new_tokens = [new_tokens] if new_tokens else []
        tokens = [AddedToken.from_any(token, special_tokens) for token in new_tokens]
        known = self.all_special_tokens
        self._extra += [t.content for t in tokens if t.special and t.content not in known]
        return self._add(tokens)

    def add_special_tokens(
        self,
        special_tokens_dict: Mapping[str, Any],
        replace_extra_special_tokens: bool = True,
        replace_additional_special_tokens: bool = True,
    ) -> int:
        """Choose special tokens, and add those that the vocabulary lacks.

        Args:
            special_tokens_dict: Tokens by what they are for (`"pad_token"`), and under
                `"extra_special_tokens"`, or `"additional_special_tokens"`, a list of further ones.
            replace_extra_special_tokens: Whether that list replaces the one there was.
            replace_additional_special_tokens: Older name of the same.

        Returns:
            How many of them were new.

        Raises:
            InputError: If there is no such use of a token.
        """
        chosen = dict(special_tokens_dict)
        extra = [*chosen.pop("additional_special_tokens", ()), *chosen.pop("extra_special_tokens", ())]
        unknown = sorted(set(chosen) - set(TOKEN_NAMES))
        if unknown:
            raise InputError(
                f"There is no special token {shown_value(unknown[0])}; choose {', '.join(TOKEN_NAMES)} or "
                "extra_special_tokens."
            )
        if extra:
            replaces = replace_extra_special_tokens and replace_additional_special_tokens
            kept = [] if replaces else self._extra
            self._extra = list(
                dict.fromkeys([*kept, *(AddedToken.from_any(token).content for token in extra)])
            )
        for name, token in chosen.items():
            setattr(self, name, token)
        return self._add([AddedToken.from_any(token, special=True) for token in (*chosen.values(), *extra)])

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The special tokens that there are, by what they are for."""
        return {name: token for name, token in self.special.items() if token is not None}

    @property
    def extra_special_tokens(self) -> list[str]:
        """Special tokens that are for nothing in particular."""
        return list(self._extra)

    @extra_special_tokens.setter
    def extra_special_tokens(self, tokens: Iterable[Any] | None) -> None:
        self._extra = [AddedToken.from_any(token).content for token in tokens or ()]

    @property
    def extra_special_tokens_ids(self) -> list[int]:
        """Their ids."""
        ids: list[int] = self.convert_tokens_to_ids(self._extra)
        return ids

    @extra_special_tokens_ids.setter
    def extra_special_tokens_ids(self, ids: Iterable[int] | None) -> None:
        self._extra = self.convert_ids_to_tokens(list(ids or ()))

    additional_special_tokens = extra_special_tokens
    additional_special_tokens_ids = extra_special_tokens_ids

    @property
    def all_special_tokens(self) -> list[str]:
        """Every special token once: those for something, then the others."""
        return list(dict.fromkeys([*self.special_tokens_map.values(), *self._extra]))

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of `all_special_tokens`."""
        ids: list[int] = self.convert_tokens_to_ids(self.all_special_tokens)
        return ids

    @property
    def vocab_size(self) -> int:
        """Number of tokens in the vocabulary, without what was added."""
        return len(self._vocab)

    def __len__(self) -> int:
        return len(self._vocab) + len(self._added)

    def get_vocab(self) -> dict[str, int]:
        """The id of every token."""
        return self._vocab | self.get_added_vocab()

    def get_added_vocab(self) -> dict[str, int]:
        """The id of every token that was added to the vocabulary."""
        return {token: index for token, (index, _) in self._added.items()}

    @property
    def added_tokens_encoder(self) -> dict[str, int]:
        """As `get_added_vocab`."""
        return self.get_added_vocab()

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        """The tokens that were added to the vocabulary, by id."""
        return dict(sorted(self._added.values(), key=lambda each: each[0]))

    @property
    def encoder(self) -> dict[str, int]:
        """The id of every token in the vocabulary, without what was added."""
        return dict(self._vocab)

    @property
    def decoder(self) -> dict[int, str]:
        """The token of every id in the vocabulary, without what was added."""
        return {index: token for token, index in self._vocab.items()}

    def convert_tokens_to_ids(self, tokens: str | Iterable[str]) -> Any:
        """Ids of tokens, or of one; those that do not exist get the unknown token's, None without one."""
        if not isinstance(tokens, str):
            return [self.convert_tokens_to_ids(token) for token in tokens]
        if tokens in self._vocab:
            return self._vocab[tokens]
        if tokens in self._added:
            return self._added[tokens][0]
        unknown = self.special["unk_token"]
        return None if unknown in (None, tokens) else self.convert_tokens_to_ids(str(unknown))

    def convert_ids_to_tokens(self, ids: int | Iterable[int], skip_special_tokens: bool = False) -> Any:
        """Tokens with these ids, or with one; the unknown token for an id that does not exist.

        Args:
            ids: One, or several.
            skip_special_tokens: Leave out special tokens, where several are given.
        """
        if isinstance(ids, int) or not isinstance(ids, Iterable):
            return self._tokens.get(int(ids), self.special["unk_token"])
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        return [self.convert_ids_to_tokens(int(index)) for index in ids if int(index) not in skipped]

    def missing(self, names: Iterable[str]) -> list[str]:
        """Which special tokens are not in the vocabulary itself, as messages show them."""
        return [
            shown_text(str(self.special[name])) for name in names if self.special[name] not in self._vocab
        ]
