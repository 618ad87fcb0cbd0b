"""`Wav2Vec2CTCTokenizer`: characters to token ids, and CTC output back to text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubert_demo.errors import CheckpointError, InputError
from hubert_demo.model.batch import as_list
from hubert_demo.model.ctc_text import (
    CTCTokenizerOutput,
    without_english_spaces,
    written_characters,
    written_words,
)
from hubert_demo.model.files import (
    CheckpointFiles,
    read_json,
    shown_text,
    shown_value,
    write_json,
)
from hubert_demo.model.options import hub_options
from hubert_demo.model.text_encoder import NO_LIMIT, TextEncoder
from hubert_demo.model.upload import push_saved, repository_to_push
from hubert_demo.model.vocabulary import OTHER_NAMES, TOKEN_NAMES, added_tokens, check_settings

if TYPE_CHECKING:
    from torch import Tensor

VOCAB_NAME = "vocab.json"
TOKENIZER_NAME = "tokenizer_config.json"
SPECIAL_TOKENS_NAME = "special_tokens_map.json"
ADDED_TOKENS_NAME = "added_tokens.json"

# What other programs note in tokenizer_config.json about themselves and their machine.
_NOT_SETTINGS = {
    "added_tokens_decoder",
    "backend",
    "device_map",
    "files_loaded",
    "is_local",
    "local_files_only",
    "name_or_path",
    "processor_class",
    "self",
    "special_tokens_map_file",
    "tokenizer_class",
    "tokenizer_file",
    "vocab_file",
}
_EXTRA_TOKENS = ("extra_special_tokens", "additional_special_tokens")
_LIMITS = {"model_max_length": NO_LIMIT, "padding_side": "right", "truncation_side": "right"}


class Wav2Vec2CTCTokenizer(TextEncoder):
    """Character tokenizer of a CTC checkpoint; its padding token is the CTC blank.

    Special tokens that the vocabulary lacks are added behind it.

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
        **others: Further special tokens (`cls_token`, `extra_special_tokens`, …); `model_max_length`,
            `padding_side`, `truncation_side` and `clean_up_tokenization_spaces`; tokens added earlier, by id
            (`added_tokens_decoder`). What else there is is kept in `init_kwargs`, and written back.

    Raises:
        CheckpointError: If the vocabulary is damaged, or holds several languages and none is chosen.
        InputError: If `target_lang` is not a language of the vocabulary, or a side is neither left nor right.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2CTCTokenizer
    """

    model_input_names = ("input_ids", "attention_mask")
    vocab_files_names = {"vocab_file": VOCAB_NAME, "tokenizer_config_file": TOKENIZER_NAME}  # noqa: RUF012
    is_fast = False
    init_inputs = ()
    pad_token_type_id = 0
    name_or_path = ""
    clean_up_tokenization = staticmethod(without_english_spaces)

    def __init__(
        self,
        vocab_file: str | Path | Mapping[str, Any],
        bos_token: str | None = "<s>",
        eos_token: str | None = "</s>",
        unk_token: str | None = "<unk>",
        pad_token: str | None = "<pad>",
        word_delimiter_token: str | None = "|",
        replace_word_delimiter_char: str = " ",
        do_lower_case: bool = False,
        target_lang: str | None = None,
        **others: Any,
    ) -> None:
        self._languages = dict(vocab_file) if isinstance(vocab_file, Mapping) else read_json(Path(vocab_file))
        self.replace_word_delimiter_char = replace_word_delimiter_char
        self.target_lang = target_lang
        self.clean_up_tokenization_spaces = bool(others.pop("clean_up_tokenization_spaces", False))
        added = others.pop("added_tokens_decoder", {})
        extra = [token for name in _EXTRA_TOKENS for token in _listed(others.pop(name, None))]
        special = {
            "bos_token": bos_token,
            "eos_token": eos_token,
            "unk_token": unk_token,
            "pad_token": pad_token,
            "word_delimiter_token": word_delimiter_token,
            **{name: others.pop(name) for name in TOKEN_NAMES if name in others},
        }
        limits = {name: others.pop(name) for name in _LIMITS if others.get(name) is not None}
        self._kept = {n: v for n, v in others.items() if n not in _NOT_SETTINGS and n not in _LIMITS}
        super().__init__(self._vocabulary(target_lang), special, added, extra, do_lower_case, **limits)

    @property
    def vocab(self) -> dict[str, Any]:
        """The contents of vocab.json: the id of every token, in a nested vocabulary for every language."""
        return self._languages

    @property
    def init_kwargs(self) -> dict[str, Any]:
        """What the tokenizer would be made with, as tokenizer_config.json has it."""
        named = (*TOKEN_NAMES[:3], "pad_token", "word_delimiter_token", *OTHER_NAMES)
        return {**self._kept, **{name: getattr(self, name) for name in named}, **self.special_tokens_map}

    def __repr__(self) -> str:
        return (
            f"Wav2Vec2CTCTokenizer(vocab_size={self.vocab_size}, special_tokens={self.special_tokens_map}, "
            f"added_tokens={self.get_added_vocab()})"
        )

    def _vocabulary(self, target_lang: str | None) -> Mapping[str, int]:
        """The vocabulary, or that of one language."""
        languages = [name for name, vocab in self._languages.items() if isinstance(vocab, Mapping)]
        shown = ", ".join(map(shown_text, languages[:20]))
        if target_lang is None and languages:
            raise CheckpointError(
                f"The vocabulary holds several languages; give target_lang, one of {shown}."
            )
        if target_lang is None:
            return self._languages
        if target_lang not in languages:
            hint = f"choose {shown}" if languages else "this tokenizer has only one language"
            raise InputError(f"There is no vocabulary for {shown_value(target_lang)}; {hint}.")
        vocabulary: Mapping[str, int] = self._languages[target_lang]
        return vocabulary

    def set_target_lang(self, target_lang: str) -> None:
        """Choose the language of a nested vocabulary.

        Raises:
            InputError: If the vocabulary is not nested or has no such language.
        """
        self._use(self._vocabulary(target_lang))
        self.target_lang = target_lang

    def convert_tokens_to_string(
        self,
        tokens: list[str],
        group_tokens: bool = True,
        spaces_between_special_tokens: bool = False,
        output_char_offsets: bool = False,
        output_word_offsets: bool = False,
        skip_special_tokens: bool = False,
    ) -> dict[str, Any]:
        """The text of one CTC output as tokens.

        Args:
            tokens: One for each frame.
            group_tokens: As in `decode`, like all the arguments that follow.
            spaces_between_special_tokens: As in `decode`.
            output_char_offsets: As in `decode`.
            output_word_offsets: As in `decode`.
            skip_special_tokens: As in `decode`.

        Returns:
            `text`, `char_offsets` and `word_offsets`; the offsets are None where they were not asked for.
        """
        delimiter = self.word_delimiter_token
        written_as = {} if delimiter is None else {delimiter: self.replace_word_delimiter_char}
        # Blanks are dropped after grouping, special tokens after that, so that both still separate letters.
        characters = written_characters(tokens, self.pad_token, written_as, group_tokens)
        if skip_special_tokens:
            special = {*self.all_special_tokens} - {delimiter}
            characters = [c for c in characters if c["char"] not in special]
        text = (" " if spaces_between_special_tokens else "").join(c["char"] for c in characters).strip()
        words = written_words(characters, self.replace_word_delimiter_char) if output_word_offsets else None
        return {
            "text": text.lower() if self.do_lower_case else text,
            "char_offsets": characters if output_char_offsets else None,
            "word_offsets": words,
        }

    @staticmethod
    def _get_word_offsets(
        offsets: list[dict[str, Any]], word_delimiter_char: str = " "
    ) -> list[dict[str, Any]]:
        """What transformers calls `written_words`, and its pipelines ask for."""
        return written_words(offsets, word_delimiter_char)

    def decode(
        self,
        token_ids: int | Iterable[int] | Tensor,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        output_char_offsets: bool = False,
        output_word_offsets: bool = False,
        group_tokens: bool = True,
        spaces_between_special_tokens: bool = False,
    ) -> Any:
        """Text of one CTC output: repeats are merged, then blanks dropped and delimiters written as spaces.

        Args:
            token_ids: (frames,).
            skip_special_tokens: Leave out special tokens, such as those for the beginning and end of a
                sentence and the unknown token; otherwise they are kept, as in transformers. Blanks still
                separate repeated letters.
            clean_up_tokenization_spaces: Remove spaces before English punctuation and contractions; the
                attribute of that name when None.
            output_char_offsets: Also return which frames each character spans.
            output_word_offsets: Also return which frames each word spans.
            group_tokens: Whether to merge repeats.
            spaces_between_special_tokens: Put spaces between all characters.

        Returns:
            The text, or a `CTCTokenizerOutput` if offsets were asked for. Offsets count the frames of
            `token_ids`; times are offsets × `config.inputs_to_logits_ratio` / sampling rate.
        """
        ids = [token_ids] if isinstance(token_ids, int) else as_list(token_ids)
        written = self.convert_tokens_to_string(
            self.convert_ids_to_tokens(ids),
            group_tokens=group_tokens,
            spaces_between_special_tokens=spaces_between_special_tokens,
            output_char_offsets=output_char_offsets,
            output_word_offsets=output_word_offsets,
            skip_special_tokens=skip_special_tokens,
        )
        cleans = clean_up_tokenization_spaces
        if self.clean_up_tokenization_spaces if cleans is None else cleans:
            written["text"] = without_english_spaces(written["text"])
        if not (output_char_offsets or output_word_offsets):
            return written["text"]
        return CTCTokenizerOutput(**written)

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
        cls, pretrained_model_name_or_path: str | Path, **options: Any
    ) -> Wav2Vec2CTCTokenizer:
        """Read the vocabulary, what was added to it, and the settings of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **options: `revision` (branch, tag or commit of the repository), `subfolder` (of the directory or
                repository), `local_files_only` (do not ask the hub; use files fetched earlier), `cache_dir`
                (where to keep fetched files), `token` (access token for the hub); any other replaces what the
                files say, such as `target_lang` or `pad_token`.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged.
        """
        where, overrides = hub_options(options)
        files = CheckpointFiles(pretrained_model_name_or_path, **where)
        settings: dict[str, Any] = {}
        for name in (SPECIAL_TOKENS_NAME, TOKENIZER_NAME):
            path = files.find(name)
            settings |= read_json(path) if path else {}
        path = files.find(ADDED_TOKENS_NAME, optional=True)
        added = added_tokens(settings, read_json(path) if path else {}, files.shown_name)
        settings |= {n: getattr(v, "content", v) if n in TOKEN_NAMES else v for n, v in overrides.items()}
        check_settings(settings, files.shown_name)
        unset = [name for name in OTHER_NAMES if settings.get(name, ...) is None]
        chosen = {n: v for n, v in settings.items() if n not in _NOT_SETTINGS and n not in unset}
        made = cls(files.require(VOCAB_NAME), added_tokens_decoder=added, **chosen)
        made.name_or_path = str(pretrained_model_name_or_path)
        return made

    def save_vocabulary(
        self, save_directory: str | Path, filename_prefix: str | None = None
    ) -> tuple[str, ...]:
        """Write vocab.json alone, into a folder that is created if it does not exist.

        Args:
            save_directory: The folder.
            filename_prefix: Put before the file's name, with a hyphen.

        Returns:
            The path of the file.
        """
        path = Path(save_directory) / f"{filename_prefix}-{VOCAB_NAME}" if filename_prefix else None
        path = path or Path(save_directory) / VOCAB_NAME
        write_json(path, self._languages)
        return (str(path),)

    def save_pretrained(
        self, save_directory: str | Path, push_to_hub: bool = False, **push_options: Any
    ) -> tuple[str, ...]:
        """Write the vocabulary and settings, as transformers' Wav2Vec2CTCTokenizer reads them.

        Args:
            save_directory: Created if it does not exist.
            push_to_hub: Also put the files on the hub, as `push_to_hub` does.
            **push_options: Those of `push_to_hub`; `repo_id` is the folder's name unless given.

        Returns:
            The paths of the files.
        """
        repo_id = repository_to_push(save_directory, push_to_hub, push_options)
        settings = {**self.init_kwargs, "tokenizer_class": "Wav2Vec2CTCTokenizer"}
        known = {n: token for n, token in self.special_tokens_map.items() if n != "word_delimiter_token"}
        if self._extra:
            settings["extra_special_tokens"] = self._extra
        usual = {**_LIMITS, "clean_up_tokenization_spaces": False}
        settings |= {n: getattr(self, n) for n, value in usual.items() if getattr(self, n) != value}
        folder, added = Path(save_directory), self.added_tokens_decoder
        if added:
            settings["added_tokens_decoder"] = {str(i): asdict(token) for i, token in added.items()}
            write_json(folder / ADDED_TOKENS_NAME, self.get_added_vocab())
        else:
            # Of another tokenizer, which was saved here earlier.
            (folder / ADDED_TOKENS_NAME).unlink(missing_ok=True)
        write_json(folder / TOKENIZER_NAME, settings)
        write_json(folder / SPECIAL_TOKENS_NAME, known)
        written = (TOKENIZER_NAME, SPECIAL_TOKENS_NAME, *([ADDED_TOKENS_NAME] if added else []))
        paths = (*(str(folder / name) for name in written), *self.save_vocabulary(folder))
        if repo_id is not None:
            self.push_to_hub(repo_id, **push_options)
        return paths

    def push_to_hub(self, repo_id: str, **options: Any) -> Any:
        """Save into a repository on the hub; options as of `push_saved`."""
        return push_saved(self.save_pretrained, repo_id, **options)


def _listed(tokens: Any) -> list[Any]:
    """Special tokens as a file has them: in a list, or in a table by names that mean nothing here."""
    if tokens is not None and not isinstance(tokens, Mapping | list | tuple):
        raise InputError(f"Further special tokens are {shown_value(tokens)}; they must be a list of texts.")
    return list(tokens.values() if isinstance(tokens, Mapping) else tokens or ())
