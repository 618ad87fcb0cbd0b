"""`Wav2Vec2CTCTokenizer`: characters to token ids, and CTC output back to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.batch import Batch, PaddedLength, as_list, as_tensors, padded_length, rows_of
from hubert_demo.model.ctc_text import (
    CTCTokenizerOutput,
    without_english_spaces,
    written_characters,
    written_words,
)
from hubert_demo.model.files import (
    CheckpointFiles,
    HubOptions,
    read_json,
    shown_text,
    shown_value,
    write_json,
)
from hubert_demo.model.vocabulary import OTHER_NAMES, TOKEN_NAMES, check_settings, check_vocabulary

if TYPE_CHECKING:
    from torch import Tensor

VOCAB_NAME = "vocab.json"
TOKENIZER_NAME = "tokenizer_config.json"
SPECIAL_TOKENS_NAME = "special_tokens_map.json"


class Wav2Vec2CTCTokenizer:
    """Character tokenizer of a CTC checkpoint; its padding token is the CTC blank.

    Args:
        vocab_file: Path of a vocab.json, or its contents: the id of every token (in a nested vocabulary, one
            such table for every language).
        bos_token: Beginning of a sentence; None if the checkpoint has no such token.
        eos_token: End of a sentence; None if the checkpoint has no such token.
        unk_token: Stands for characters outside the vocabulary.
        pad_token: The CTC blank.
        word_delimiter_token: Stands for the space between words.
        replace_word_delimiter_char: What decoding writes for the word delimiter.
        do_lower_case: Accept lower-case text for an upper-case vocabulary, and write lower case.
        target_lang: Which language of a nested vocabulary to use.

    Raises:
        CheckpointError: If the vocabulary lacks the blank, the unknown token or the word delimiter.
        InputError: If `target_lang` is not a language of the vocabulary.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2CTCTokenizer
    """

    def __init__(
        self,
        vocab_file: str | Path | Mapping[str, Any],
        bos_token: str | None = "<s>",
        eos_token: str | None = "</s>",
        unk_token: str = "<unk>",
        pad_token: str = "<pad>",
        word_delimiter_token: str = "|",
        replace_word_delimiter_char: str = " ",
        do_lower_case: bool = False,
        target_lang: str | None = None,
    ) -> None:
        self._languages = dict(vocab_file) if isinstance(vocab_file, Mapping) else read_json(Path(vocab_file))
        self.bos_token, self.eos_token = bos_token, eos_token
        self.unk_token, self.pad_token = unk_token, pad_token
        self.word_delimiter_token = word_delimiter_token
        self.replace_word_delimiter_char = replace_word_delimiter_char
        self.do_lower_case = do_lower_case
        self.target_lang: str | None = None
        self._use(self._languages)
        if target_lang is not None:
            self.set_target_lang(target_lang)
        needed = (pad_token, unk_token, word_delimiter_token)
        missing = [token for token in needed if not isinstance(self._vocab.get(token), int)]
        if missing:
            listed = ", ".join(shown_text(str(token)) for token in missing)
            raise CheckpointError(f"The vocabulary lacks {listed}; a CTC tokenizer needs them.")

    def _use(self, vocab: Mapping[str, Any]) -> None:
        check_vocabulary(vocab)
        self._vocab: dict[str, int] = dict(vocab)
        self._tokens = {index: token for token, index in self._vocab.items() if isinstance(index, int)}
        long = sorted((token for token in self._vocab if len(token) > 1), key=len, reverse=True)
        # A token of several characters takes the spaces around it with it, as in transformers.
        self._splitter = re.compile(f" *({'|'.join(map(re.escape, long)) or '(?!)'}) *")

    def set_target_lang(self, target_lang: str) -> None:
        """Choose the language of a nested vocabulary.

        Raises:
            InputError: If the vocabulary is not nested or has no such language.
        """
        languages = [name for name, vocab in self._languages.items() if isinstance(vocab, Mapping)]
        if target_lang not in languages:
            hint = (
                f"choose {', '.join(map(shown_text, languages[:20]))}"
                if languages
                else "this tokenizer has only one language"
            )
            raise InputError(f"There is no vocabulary for {shown_value(target_lang)}; {hint}.")
        self.target_lang = target_lang
        self._use(self._languages[target_lang])

    @property
    def vocab_size(self) -> int:
        """Number of tokens."""
        return len(self._vocab)

    def __len__(self) -> int:
        return len(self._vocab)

    @property
    def pad_token_id(self) -> int:
        """Id of the CTC blank."""
        return self._vocab[self.pad_token]

    @property
    def unk_token_id(self) -> int:
        """Id of the unknown token."""
        return self._vocab[self.unk_token]

    @property
    def bos_token_id(self) -> int | None:
        """Id of the beginning of a sentence, or None."""
        return self._vocab.get(self.bos_token) if self.bos_token else None

    @property
    def eos_token_id(self) -> int | None:
        """Id of the end of a sentence, or None."""
        return self._vocab.get(self.eos_token) if self.eos_token else None

    @property
    def word_delimiter_token_id(self) -> int:
        """Id of the token between words."""
        return self._vocab[self.word_delimiter_token]

    def get_vocab(self) -> dict[str, int]:
        """The id of every token."""
        return dict(self._vocab)

    def tokenize(self, text: str) -> list[str]:
        """Tokens of a text: its characters, with word delimiters for spaces, and longer tokens as a whole."""
        text = text.upper() if self.do_lower_case else text
        tokens: list[str] = []
        # The splitter gives what lies between the longer tokens, and every second time one of those.
        for index, part in enumerate(self._splitter.split(text)):
            tokens += [part] if index % 2 else part.replace(" ", self.word_delimiter_token)
        return tokens

    def convert_tokens_to_ids(self, tokens: str | Iterable[str]) -> Any:
        """Ids of tokens, or of one token; those outside the vocabulary get the id of the unknown token."""
        if isinstance(tokens, str):
            return self._vocab.get(tokens, self.unk_token_id)
        return [self._vocab.get(token, self.unk_token_id) for token in tokens]

    def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """Tokens with these ids; the unknown token for an id outside the vocabulary."""
        return [self._tokens.get(int(i), self.unk_token) for i in ids]

    def encode(self, text: str) -> list[int]:
        """The token ids of one text."""
        ids: list[int] = self.convert_tokens_to_ids(self.tokenize(text))
        return ids

    def __call__(
        self,
        text: str | Sequence[str],
        padding: bool | str = False,
        truncation: bool = False,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        return_tensors: str | None = None,
        return_attention_mask: bool = True,
    ) -> Batch:
        """The token ids of a text, or of a list of texts.

        Args:
            text: One text, or several.
            padding: `True` or `"longest"`, `"max_length"`, or `False` / `"do_not_pad"`.
            truncation: Cut texts longer than `max_length`.
            max_length: Number of tokens to pad or truncate to.
            pad_to_multiple_of: Round the padded length up to a multiple of this.
            return_tensors: `"pt"`, `"tf"`, `"np"` or None for lists.
            return_attention_mask: Also return which tokens are not padding.

        Returns:
            `input_ids` and `attention_mask`, (batch, tokens) each, or (tokens,) for one text as a list.

        Raises:
            InputError: If the options contradict each other.
        """
        rows = [self.encode(one) for one in ([text] if isinstance(text, str) else text)]
        length = padded_length(rows, padding, max_length, truncation, pad_to_multiple_of, "tokens")
        batch = self._batch(rows, length, return_attention_mask, return_tensors)
        if isinstance(text, str) and return_tensors is None:
            return Batch({name: rows[0] for name, rows in batch.items()})
        return batch

    def pad(
        self,
        encoded_inputs: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        padding: bool | str = True,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool = True,
        return_tensors: str | None = None,
    ) -> Batch:
        """Pad texts that `__call__` has encoded, as a data collator does.

        Args:
            encoded_inputs: Examples with `input_ids` (tokens,), or one mapping to a list of those.
            padding: As in `__call__`, like all the arguments that follow.
            max_length: As in `__call__`.
            pad_to_multiple_of: As in `__call__`.
            return_attention_mask: As in `__call__`.
            return_tensors: As in `__call__`.
        """
        rows = rows_of(encoded_inputs, "input_ids")
        length = padded_length(rows, padding, max_length, False, pad_to_multiple_of, "tokens")
        return self._batch(rows, length, return_attention_mask, return_tensors)

    def _batch(
        self,
        rows: Sequence[Sequence[int]],
        length: PaddedLength,
        return_attention_mask: bool,
        return_tensors: str | None,
    ) -> Batch:
        arrays = [np.asarray(row, dtype=np.int64)[: length.truncated] for row in rows]
        batch = {"input_ids": [length.pad(row, self.pad_token_id) for row in arrays]}
        if return_attention_mask:
            batch["attention_mask"] = [length.pad(np.ones(len(row), np.int64), 0) for row in arrays]
        if return_tensors is None:
            return Batch({name: [row.tolist() for row in values] for name, values in batch.items()})
        return as_tensors(batch, return_tensors)

    def decode(
        self,
        token_ids: Iterable[int] | Tensor,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool = False,
        output_char_offsets: bool = False,
        output_word_offsets: bool = False,
        group_tokens: bool = True,
        spaces_between_special_tokens: bool = False,
    ) -> Any:
        """Text of one CTC output: repeats are merged, then blanks dropped and delimiters written as spaces.

        Args:
            token_ids: (frames,).
            skip_special_tokens: Leave out the tokens for the beginning and end of a sentence and the unknown
                token; otherwise they are kept, as in transformers. Blanks still separate repeated letters.
            clean_up_tokenization_spaces: Remove spaces before English punctuation and contractions.
            output_char_offsets: Also return which frames each character spans.
            output_word_offsets: Also return which frames each word spans.
            group_tokens: Whether to merge repeats.
            spaces_between_special_tokens: Put spaces between all characters.

        Returns:
            The text, or a `CTCTokenizerOutput` if offsets were asked for. Offsets count the frames of
            `token_ids`; times are offsets × `config.inputs_to_logits_ratio` / sampling rate.
        """
        characters = written_characters(
            self.convert_ids_to_tokens(as_list(token_ids)),
            self.pad_token,
            {self.word_delimiter_token: self.replace_word_delimiter_char},
            group_tokens,
        )
        if skip_special_tokens:
            special = {self.bos_token, self.eos_token, self.unk_token}
            characters = [c for c in characters if c["char"] not in special]
        joiner = " " if spaces_between_special_tokens else ""
        text = joiner.join(c["char"] for c in characters).strip()
        text = text.lower() if self.do_lower_case else text
        text = without_english_spaces(text) if clean_up_tokenization_spaces else text
        if not (output_char_offsets or output_word_offsets):
            return text
        words = written_words(characters, self.replace_word_delimiter_char)
        return CTCTokenizerOutput(
            text=text,
            char_offsets=characters if output_char_offsets else None,
            word_offsets=words if output_word_offsets else None,
        )

    def batch_decode(self, sequences: Iterable[Iterable[int]] | Tensor, **options: Any) -> Any:
        """`decode` every row of (batch, frames).

        Args:
            sequences: Token ids.
            **options: As in `decode`.

        Returns:
            A list of texts, or one `CTCTokenizerOutput` of lists if offsets were asked for.
        """
        decoded = [self.decode(row, **options) for row in sequences]
        if not any(options.get(name) for name in ("output_char_offsets", "output_word_offsets")):
            return decoded

        def offsets(name: str) -> list[Any] | None:
            values = [getattr(one, name) for one in decoded]
            return None if None in values else values

        texts = [one.text for one in decoded]
        return CTCTokenizerOutput(
            text=texts, char_offsets=offsets("char_offsets"), word_offsets=offsets("word_offsets")
        )

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | Path,
        *,
        target_lang: str | None = None,
        **hub_options: Unpack[HubOptions],
    ) -> Wav2Vec2CTCTokenizer:
        """Read `vocab.json`, `tokenizer_config.json` and `special_tokens_map.json` of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            target_lang: Which language of a nested vocabulary to use; the checkpoint's choice when None.
            **hub_options: `revision` (branch, tag or commit of the repository), `local_files_only` (do not
                ask the hub; use files fetched earlier), `cache_dir` (where to keep fetched files), `token`
                (access token for the hub).

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged.
        """
        files = CheckpointFiles(pretrained_model_name_or_path, **hub_options)
        settings: dict[str, Any] = {}
        for name in (SPECIAL_TOKENS_NAME, TOKENIZER_NAME):
            path = files.find(name)
            settings |= read_json(path) if path else {}
        check_settings(settings, files.shown_name)
        if target_lang is not None:
            settings["target_lang"] = target_lang
        chosen: dict[str, Any] = {n: settings[n] for n in OTHER_NAMES if settings.get(n) is not None}
        chosen |= {name: _token_text(settings[name]) for name in TOKEN_NAMES if name in settings}
        return cls(files.require(VOCAB_NAME), **chosen)

    def save_pretrained(self, save_directory: str | Path) -> None:
        """Write the vocabulary and settings, as transformers' Wav2Vec2CTCTokenizer reads them."""
        settings = {name: getattr(self, name) for name in (*TOKEN_NAMES, *OTHER_NAMES)}
        known = {name: settings[name] for name in TOKEN_NAMES[:4] if settings[name] is not None}
        settings["tokenizer_class"] = "Wav2Vec2CTCTokenizer"
        files = {VOCAB_NAME: self._languages, TOKENIZER_NAME: settings, SPECIAL_TOKENS_NAME: known}
        for name, content in files.items():
            write_json(Path(save_directory) / name, content)


def _token_text(token: str | Mapping[str, str] | None) -> str | None:
    """The text of a token; a settings file may describe it by an object with more keys."""
    return token["content"] if isinstance(token, Mapping) else token
