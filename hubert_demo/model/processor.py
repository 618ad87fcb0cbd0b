"""`Wav2Vec2Processor`: the feature extractor and tokenizer of one checkpoint together."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from hubert_demo.errors import InputError
from hubert_demo.model.batch import Batch
from hubert_demo.model.feature_extractor import PROCESSOR_NAME, SETTING_NAMES, Wav2Vec2FeatureExtractor
from hubert_demo.model.files import shown_value, write_json
from hubert_demo.model.options import hub_options
from hubert_demo.model.tokenizer import Wav2Vec2CTCTokenizer
from hubert_demo.model.upload import push_saved, repository_to_push

# Options of one of the two parts alone, as transformers groups them.
_GROUPS = ("common_kwargs", "audio_kwargs", "text_kwargs")


@dataclass
class Wav2Vec2Processor:
    """Waveforms in, text out: the two ends of a CTC checkpoint.

    Attributes:
        feature_extractor: Makes the model's input.
        tokenizer: Makes labels from texts, and text from the model's output.

    Source: https://huggingface.co/docs/transformers/model_doc/wav2vec2#transformers.Wav2Vec2Processor
    """

    feature_extractor: Wav2Vec2FeatureExtractor
    tokenizer: Wav2Vec2CTCTokenizer

    attributes = ("feature_extractor", "tokenizer")
    feature_extractor_class = "Wav2Vec2FeatureExtractor"
    tokenizer_class = "Wav2Vec2CTCTokenizer"
    chat_template = None

    @classmethod
    def get_attributes(cls) -> list[str]:
        """Names of the two parts."""
        return list(cls.attributes)

    def __call__(
        self,
        audio: npt.ArrayLike | Sequence[npt.ArrayLike] | None = None,
        text: str | Sequence[str] | None = None,
        **options: Any,
    ) -> Batch:
        """Model input from recordings, labels from texts, or both.

        Args:
            audio: As `Wav2Vec2FeatureExtractor.__call__` takes it.
            text: As `Wav2Vec2CTCTokenizer.__call__` takes it.
            **options: Passed on to whichever takes them, `padding` and the like to both; `audio_kwargs` and
                `text_kwargs` are tables of options for one of them.

        Returns:
            The feature extractor's batch, the tokenizer's, or the feature extractor's with the texts' ids as
            `labels`.

        Raises:
            InputError: If neither is given, or neither takes an option, or one is given twice.
        """
        if audio is None and text is None:
            raise InputError("Give the processor audio, text, or both.")
        takers: dict[str, Callable[..., Any]] = {
            "audio_kwargs": self.feature_extractor.__call__,
            "text_kwargs": self.tokenizer.__call__,
        }
        divided = _divided(options, takers)
        if audio is None:
            assert text is not None
            return self.tokenizer(text, **divided["text_kwargs"])
        batch = self.feature_extractor(audio, **divided["audio_kwargs"])
        if text is not None:
            batch["labels"] = self.tokenizer(text, **divided["text_kwargs"])["input_ids"]
        return batch

    def pad(self, input_features: Any = None, labels: Any = None, **options: Any) -> Batch:
        """Pad prepared recordings, encoded texts, or both; see `pad` of the two parts.

        Raises:
            InputError: If neither is given, or neither takes an option.
        """
        if input_features is None and labels is None:
            raise InputError("Give pad() input_features, labels, or both.")
        takers: dict[str, Callable[..., Any]] = {
            "audio_kwargs": self.feature_extractor.pad,
            "text_kwargs": self.tokenizer.pad,
        }
        divided = _divided(options, takers)
        if input_features is None:
            return self.tokenizer.pad(labels, **divided["text_kwargs"])
        batch = self.feature_extractor.pad(input_features, **divided["audio_kwargs"])
        if labels is not None:
            batch["labels"] = self.tokenizer.pad(labels, **divided["text_kwargs"])["input_ids"]
        return batch

    def decode(self, token_ids: Any, **options: Any) -> Any:
        """`Wav2Vec2CTCTokenizer.decode`."""
        return self.tokenizer.decode(token_ids, **options)

    def batch_decode(self, sequences: Any, **options: Any) -> Any:
        """`Wav2Vec2CTCTokenizer.batch_decode`."""
        return self.tokenizer.batch_decode(sequences, **options)

    @property
    def model_input_names(self) -> list[str]:
        """Which parts of a batch the model takes."""
        return [*self.feature_extractor.model_input_names, "labels"]

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> Wav2Vec2Processor:
        """Read both parts of a checkpoint.

        Args:
            pretrained_model_name_or_path: Directory, or name of a hub repository.
            **options: `revision`, `subfolder`, `local_files_only`, `cache_dir`, `token`; any other replaces
                what the files say, in the feature extractor if it is one of its settings, else in the
                tokenizer.

        Raises:
            CheckpointError: If a file cannot be fetched or is damaged.
        """
        where, overrides = hub_options(options)
        of_audio = {name: value for name, value in overrides.items() if name in SETTING_NAMES}
        of_text = {name: value for name, value in overrides.items() if name not in SETTING_NAMES}
        return cls(
            Wav2Vec2FeatureExtractor.from_pretrained(pretrained_model_name_or_path, **where, **of_audio),
            Wav2Vec2CTCTokenizer.from_pretrained(pretrained_model_name_or_path, **where, **of_text),
        )

    def to_dict(self) -> dict[str, Any]:
        """Contents of a processor_config.json, as transformers 5 writes it."""
        return {
            "feature_extractor": self.feature_extractor.to_dict(),
            "processor_class": "Wav2Vec2Processor",
        }

    def to_json_string(self) -> str:
        """What `to_dict` gives, as JSON."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True) + "\n"

    def to_json_file(self, json_file_path: str | Path) -> None:
        """Write what `to_dict` gives into a file of this name."""
        write_json(Path(json_file_path), self.to_dict(), sort_keys=True)

    def save_pretrained(
        self, save_directory: str | Path, push_to_hub: bool = False, **push_options: Any
    ) -> list[str]:
        """Write both parts: as transformers 5 reads them, and beside that as older versions do.

        Args:
            save_directory: Created if it does not exist.
            push_to_hub: Also put the files on the hub, as `push_to_hub` does.
            **push_options: Those of `push_to_hub`; `repo_id` is the folder's name unless given.

        Returns:
            The paths of the files.
        """
        repo_id = repository_to_push(save_directory, push_to_hub, push_options)
        path = Path(save_directory) / PROCESSOR_NAME
        self.to_json_file(path)
        older = self.feature_extractor.save_pretrained(save_directory)
        paths = [str(path), *older, *self.tokenizer.save_pretrained(save_directory)]
        if repo_id is not None:
            self.push_to_hub(repo_id, **push_options)
        return paths

    def push_to_hub(self, repo_id: str, **options: Any) -> Any:
        """Save into a repository on the hub; options as of `push_saved`."""
        return push_saved(self.save_pretrained, repo_id, **options)


def _divided(options: dict[str, Any], takers: Mapping[str, Callable[..., Any]]) -> dict[str, dict[str, Any]]:
    """Which options go to which part.

    Args:
        options: As a caller gave them: by name, or in tables for one part or both.
        takers: What each part's options are given to, by the name of its table.
    """
    common = {name: value for name, value in options.items() if name not in _GROUPS}
    common |= _table(options, "common_kwargs", common)
    taken = {group: set(inspect.signature(taker).parameters) for group, taker in takers.items()}
    unknown = sorted(set(common) - set().union(*taken.values()))
    if unknown:
        raise InputError(
            f"Neither the feature extractor nor the tokenizer takes {shown_value(unknown[0])} here."
        )
    return {
        group: {
            **{name: value for name, value in common.items() if name in names},
            **_table(options, group, common),
        }
        for group, names in taken.items()
    }


def _table(options: Mapping[str, Any], group: str, common: Mapping[str, Any]) -> dict[str, Any]:
    """The options in the table of one part, none of which may be given beside it too."""
    table = dict(options.get(group) or {})
    twice = sorted(set(table) & set(common))
    if twice:
        raise InputError(f"{twice[0]} is given twice, in {group} and beside it; give it once.")
    return table
