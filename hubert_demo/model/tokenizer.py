"""`HubertCTCTokenizer`: characters to token ids and CTC output back to text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from hubert_demo.errors import CheckpointError

VOCAB_NAME = "vocab.json"
TOKENIZER_NAME = "tokenizer_config.json"
SPECIAL_TOKENS_NAME = "special_tokens_map.json"


class HubertCTCTokenizer:
    """Character tokenizer of a CTC checkpoint; its padding token is the CTC blank.

    Args:
        vocab: Token id of every token.
        pad_token: Blank.
        bos_token: Begin of sentence.
        eos_token: End of sentence.
        unk_token: Stands for characters outside the vocabulary.
        word_delimiter_token: Stands for the space between words.
        do_lower_case: Whether the checkpoint writes lower case.
    """

    def __init__(
        self,
        vocab: Mapping[str, int],
        pad_token: str = "<pad>",
        bos_token: str = "<s>",
        eos_token: str = "</s>",
        unk_token: str = "<unk>",
        word_delimiter_token: str = "|",
        do_lower_case: bool = False,
    ) -> None:
        missing = [token for token in (pad_token, unk_token, word_delimiter_token) if token not in vocab]
        if missing:
            raise CheckpointError(f"The vocabulary lacks {', '.join(missing)}; a CTC tokenizer needs them.")
        self._vocab = dict(vocab)
        self._tokens = {index: token for token, index in self._vocab.items()}
        self.pad_token, self.bos_token, self.eos_token, self.unk_token = (
            pad_token,
            bos_token,
            eos_token,
            unk_token,
        )
        self.word_delimiter_token = word_delimiter_token
        self.do_lower_case = do_lower_case

    @property
    def vocab_size(self) -> int:
        """Number of tokens."""
        return len(self._vocab)

    @property
    def pad_token_id(self) -> int:
        """Index of the CTC blank."""
        return self._vocab[self.pad_token]

    @property
    def word_delimiter_token_id(self) -> int:
        """Index of the token between words."""
        return self._vocab[self.word_delimiter_token]

    def get_vocab(self) -> dict[str, int]:
        """Token id of every token."""
        return dict(self._vocab)

    def convert_ids_to_tokens(self, ids: Iterable[int]) -> list[str]:
        """Tokens of these ids; an id outside the vocabulary is the unknown token."""
        return [self._tokens.get(int(i), self.unk_token) for i in ids]

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, spaces as word delimiters, other unknown characters as the unknown token."""
        text = text.lower() if self.do_lower_case else text
        characters = text.replace(" ", self.word_delimiter_token)
        unknown = self._vocab[self.unk_token]
        return [self._vocab.get(character, unknown) for character in characters]

    def decode(
        self, token_ids: Iterable[int], skip_special_tokens: bool = False, group_tokens: bool = True
    ) -> str:
        """Text of one CTC output: repeats grouped, then blanks dropped, delimiters turned into spaces.

        Args:
            token_ids: (frames,).
            skip_special_tokens: Leave out begin, end and unknown; as in transformers they are kept otherwise.
            group_tokens: Whether repeats stand for one token.
        """
        tokens = self.convert_ids_to_tokens(token_ids)
        if skip_special_tokens:
            special = {self.bos_token, self.eos_token, self.unk_token} - {self.pad_token}
            tokens = [token for token in tokens if token not in special]
        if group_tokens:
            tokens = [token for token, _ in groupby(tokens)]
        text = "".join(token for token in tokens if token != self.pad_token)
        text = text.replace(self.word_delimiter_token, " ").strip()
        return text.lower() if self.do_lower_case else text

    @classmethod
    def from_pretrained(cls, directory: str | Path) -> HubertCTCTokenizer:
        """Read `vocab.json` and `tokenizer_config.json` of a checkpoint directory.

        Raises:
            CheckpointError: If a file is missing or damaged.
        """
        directory = Path(directory)
        try:
            vocab = json.loads((directory / VOCAB_NAME).read_text(encoding="utf-8"))
            config_path = directory / TOKENIZER_NAME
            settings = json.loads(config_path.read_text(encoding="utf-8")) if config_path.exists() else {}
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"The tokenizer in {directory} cannot be read: {error}. Fetch the checkpoint again."
            ) from error
        names = ("pad_token", "bos_token", "eos_token", "unk_token", "word_delimiter_token")
        chosen = {name: _token_text(settings[name]) for name in names if settings.get(name) is not None}
        return cls(vocab, **chosen, do_lower_case=bool(settings.get("do_lower_case", False)))

    def save_pretrained(self, directory: str | Path) -> None:
        """Write the vocabulary and settings as transformers' Wav2Vec2CTCTokenizer reads them."""
        special = {
            "pad_token": self.pad_token,
            "bos_token": self.bos_token,
            "eos_token": self.eos_token,
            "unk_token": self.unk_token,
        }
        settings = {
            **special,
            "word_delimiter_token": self.word_delimiter_token,
            "do_lower_case": self.do_lower_case,
            "replace_word_delimiter_char": " ",
            "tokenizer_class": "Wav2Vec2CTCTokenizer",
        }
        files = {VOCAB_NAME: self._vocab, TOKENIZER_NAME: settings, SPECIAL_TOKENS_NAME: special}
        Path(directory).mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            (Path(directory) / name).write_text(text, encoding="utf-8")


def _token_text(token: str | Mapping[str, str]) -> str:
    """The text of a token that a settings file may describe by an object."""
    return token if isinstance(token, str) else token["content"]
