"""The one endpoint that programs may call: a file in, what was heard out."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypedDict

import gradio as gr
from gradio.utils import get_upload_folder

from hubert_demo.analysis.keywords import Keywords
from hubert_demo.api import Analysis
from hubert_demo.audio import Waveform
from hubert_demo.errors import InputError
from hubert_demo.ui.session import Results
from hubert_demo.ui.views.base import sentence


class WordHeard(TypedDict):
    """One word: times in seconds, confidence of 0 to 1."""

    text: str
    start_s: float
    end_s: float
    confidence: float


class KeywordHeard(TypedDict):
    """The strongest keyword class, all probabilities, and the stretch of the recording they are about."""

    label: str
    probability: float
    probabilities: dict[str, float]
    start_s: float
    end_s: float


class Heard(TypedDict):
    """What `analyze` gives."""

    transcript: str
    words: list[WordHeard]
    keyword: KeywordHeard | None


def endpoint(results: Results) -> Callable[[Any], Heard]:
    """The function behind the endpoint `/analyze`."""

    def analyze(recording: gr.FileData) -> Heard:
        """Transcribe a recording of 0.1 to 60 seconds and name the keyword in it.

        Args:
            recording: WAV, FLAC, OGG, Opus, MP3 or AIFF.
        """
        try:
            return _as_json(results.analyse(Waveform.from_file(_uploaded(recording))).analysis)
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from error

    return analyze


def _uploaded(recording: Any) -> Path:
    """Path of an uploaded file; whatever lies elsewhere on this machine is none of the caller's business."""
    path = recording.get("path") if isinstance(recording, dict) else getattr(recording, "path", None)
    if not isinstance(path, str) or not _is_upload(Path(path)):
        raise InputError("The recording is not an uploaded file. Send it with gradio_client.handle_file.")
    return Path(path)


def _is_upload(path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(Path(get_upload_folder()).resolve())
    except (OSError, ValueError):
        return False


def _as_json(analysis: Analysis) -> Heard:
    heard = analysis.keywords
    return {
        "transcript": analysis.transcript.text,
        "words": [WordHeard(**asdict(word)) for word in analysis.transcript.words],  # type: ignore[typeddict-item]
        "keyword": None if heard is None else _keyword(heard),
    }


def _keyword(heard: Keywords) -> KeywordHeard:
    return {
        "label": heard.label,
        "probability": heard.probability,
        "probabilities": dict(zip(heard.labels, heard.probabilities.tolist(), strict=True)),
        "start_s": heard.start_s,
        "end_s": heard.end_s,
    }
