"""Taking away what the page shows: the card at its foot, and the files behind its buttons."""

import html
import itertools
import json
import re
import secrets
import unicodedata
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.export import NUMBERS, PICTURES, Choices, numbers, picture, script, write_zip
from hubert_demo.export.bundle import PICTURE_FORMATS
from hubert_demo.export.numbers import Numbers
from hubert_demo.export.pictures import Picture
from hubert_demo.ui.results import Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, sentence

ALL = "all"
_MAX_NAME = 48
# Two answers may be alike, and equal values never reach the browser.
_NUMBERS = itertools.count(1)


def template() -> str:
    """The card's static HTML, with the list of what there is for each view."""
    listed = html.escape(json.dumps(things()), quote=True)
    return f'<div class="hx-root hx-card hx-taking" data-testid="take" data-things="{listed}"></div>'


def things() -> list[Json]:
    """What there is to take away: a thing has a title, the view it stands in, and its files.

    A figure and the table behind it are one thing: they have the same title in the same view.
    """
    found: dict[tuple[str, str], Json] = {}
    known: list[tuple[str, Picture | Numbers]] = [*PICTURES.items(), *NUMBERS.items()]
    for name, item in known:
        thing = found.setdefault(
            (item.view, item.title), {"title": item.title, "view": item.view, "files": [], "need": None}
        )
        thing["files"] += [{"name": name, "format": file_format} for file_format in _formats(item)]
        if isinstance(item, Numbers) and item.need:
            thing["need"] = asdict(item.need)
    return list(found.values())


def _formats(item: Picture | Numbers) -> list[str]:
    if isinstance(item, Picture):
        return list(PICTURE_FORMATS)
    return ["csv", "npz"] if item.is_table else ["npz"]


def reproduce(analysis: Analysis, request: Json) -> Json:
    """The Python that makes the same figures and numbers again."""
    return {"text": script(analysis, _choices(request))}


def answer(results: Results, request: Any) -> Json:
    """What the browser is sent for a pressed button: a file that Gradio serves, or a sentence.

    Args:
        results: What the page keeps.
        request: From the browser, and so anything: token, name, format, choices, and the recording's title.
    """
    try:
        return {"number": next(_NUMBERS), **_file(results, request)}
    except Exception as error:
        return {"number": next(_NUMBERS), "error": sentence(error)}


def _file(results: Results, request: Any) -> Json:
    if not isinstance(request, dict):
        raise InputError(NOT_UNDERSTOOD)
    analysis = results.get(request.get("token")).analysis
    name, file_format = str(request.get("name")), str(request.get("format"))
    choices = _choices(request)
    # Names of figures and formats are checked before a file is named after them.
    if name == ALL:
        path = new_path(zip_name(request.get("title")))
        write_zip(analysis, choices, path)
    else:
        make = picture if name in PICTURES else numbers
        content = make(analysis, name, file_format, choices)
        path = new_path(f"{name}.{file_format}")
        path.write_bytes(content)
    return {"name": path.name, "file": gr.FileData(path=str(path)).model_dump()}


def zip_name(title: object) -> str:
    """What the zip of a recording is called, such as `hubert-explorer-harbour.zip`.

    Args:
        title: Name of the recording's file, or anything else that the browser calls it.
    """
    stem = PurePosixPath(title).stem if isinstance(title, str) else ""
    safe = re.sub(r"\W+", "-", unicodedata.normalize("NFC", stem))[:_MAX_NAME].strip("-")
    return f"hubert-explorer-{safe or 'recording'}.zip"


def new_path(name: str) -> Path:
    """Where Gradio serves a file from and deletes it after a while, in a folder that nobody can guess."""
    folder = Path(get_upload_folder()) / secrets.token_urlsafe(24)
    folder.mkdir(parents=True)
    return folder / re.sub(r"[^\w.-]+", "-", name)


def _choices(request: Json) -> Choices:
    values = request.get("choices", {})
    if not isinstance(values, dict):
        raise InputError(NOT_UNDERSTOOD)
    return Choices.from_json(values)
