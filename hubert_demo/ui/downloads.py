"""Downloads: the card at the foot of the page that lists them, and the files behind its buttons."""

import html
import itertools
import json
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from hubert_demo.api import Analysis
from hubert_demo.export import EXHIBITS, Choices, Exhibit, file_content, script, zip_steps
from hubert_demo.ui.janitor import UNFINISHED
from hubert_demo.ui.lanes import Steps, at_once
from hubert_demo.ui.results import Results
from hubert_demo.ui.views.base import SLOW, Json, fields_of, sentence

ALL = "all"
PATIENCE_S = 60.0
"""How long a download waits for what else its page has under way."""
_MAX_NAME = 48
# Two answers may be alike, and Gradio sends the browser no value equal to the last one.
_NUMBERS = itertools.count(1)


def template() -> str:
    """The card's static HTML, with the list of downloads."""
    listed = html.escape(json.dumps(downloads()), quote=True)
    return f'<div class="hx-root hx-card hx-taking" data-testid="take" data-downloads="{listed}"></div>'


def downloads(exhibits: Mapping[str, Exhibit] = EXHIBITS) -> list[Json]:
    """What the card lists, a row each: title, view, files, and what must be chosen first.

    Args:
        exhibits: What there is, by name, in the order of the rows.
    """
    return [
        {
            "title": exhibit.title,
            "view": exhibit.view,
            "files": [{"name": exhibit.name, "format": file_format} for file_format in exhibit.formats],
            "need": None if exhibit.need is None else asdict(exhibit.need),
        }
        for exhibit in exhibits.values()
    ]


def lacking(analysis: Analysis) -> list[str]:
    """Names of what a recording does not have, since no model here has the head for it."""
    return [name for name, exhibit in EXHIBITS.items() if not exhibit.is_of(analysis)]


def reasons(analysis: Analysis) -> dict[str, str]:
    """Why its checkpoint cannot have what a sentence explains, by name."""
    why = {name: exhibit.why_not(analysis) for name, exhibit in EXHIBITS.items()}
    return {name: sentence for name, sentence in why.items() if sentence}


def reproduce(analysis: Analysis, request: Json) -> Json:
    """The Python that makes the same figures and numbers again."""
    return {"text": script(analysis, _choices(request))}


def answer(results: Results, request: Any, turn: Callable[[str, Steps[Path]], Path] = at_once) -> Json:
    """What the browser is sent when a button is pressed: a file that Gradio serves, or a sentence.

    Args:
        results: The results that the page holds.
        request: From the browser, and so anything: token, name, format, choices, and the recording's title.
        turn: Has a job computed in a lane, as `Waiting.turn` does.
    """
    try:
        path = turn(SLOW, _file(results, request))
        file = gr.FileData(path=str(path)).model_dump()
        return {"number": next(_NUMBERS), "name": path.name, "file": file}
    except Exception as error:
        return {"number": next(_NUMBERS), "error": sentence(error)}


def _file(results: Results, request: Any) -> Steps[Path]:
    analysis = results.of(request).analysis
    name, file_format = str(request.get("name")), str(request.get("format"))
    choices = _choices(request)
    if name == ALL:
        return (yield from written(zip_name(request.get("title")), partial(zip_steps, analysis, choices)))
    # This checks name and format, before a file is named after them.
    content = file_content(analysis, name, file_format, choices)
    return (yield from written(f"{name}.{file_format}", partial(write_bytes, content)))


def write_bytes(content: bytes, path: Path) -> Iterator[None]:
    """A file written in one step, for `written`."""
    path.write_bytes(content)
    yield


def zip_name(title: object) -> str:
    """What the zip of a recording is called, such as `hubert-explorer-harbour.zip`.

    Args:
        title: Name of the recording's file, or anything else that the browser calls it.
    """
    stem = PurePosixPath(title).stem if isinstance(title, str) else ""
    safe = re.sub(r"\W+", "-", unicodedata.normalize("NFC", stem))[:_MAX_NAME].strip("-")
    return f"hubert-explorer-{safe or 'recording'}.zip"


def written(name: str, write: Callable[[Path], Iterator[None]]) -> Steps[Path]:
    """A new file where Gradio serves it from, for a while, in a folder that nobody can guess.

    Args:
        name: Of the file.
        write: Writes it in steps; where one fails, for a full disk for instance, or nobody waits any more, no
            half of it is left.
    """
    folder = Path(get_upload_folder()) / secrets.token_urlsafe(24)
    path = folder / re.sub(r"[^\w.-]+", "-", name)
    try:
        folder.mkdir(parents=True)
        part = path.with_name(UNFINISHED + path.name)
        yield from write(part)
        part.touch()
        part.rename(path)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return path


def _choices(request: Json) -> Choices:
    return Choices.from_json(fields_of(request.get("choices", {})))
