"""Taking away what the page shows: the card at its foot, and the files behind its buttons."""

import html
import itertools
import json
import re
import secrets
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from hubert_demo.api import Analysis
from hubert_demo.errors import InputError
from hubert_demo.export import NUMBERS, PICTURES, Choices, numbers, picture, script, write_zip
from hubert_demo.export.bundle import PICTURE_FORMATS
from hubert_demo.export.numbers import Numbers
from hubert_demo.export.pictures import Picture
from hubert_demo.ui.session import Results
from hubert_demo.ui.views.base import NOT_UNDERSTOOD, Json, sentence

ALL = "all"
# Two answers may be alike, and equal values never reach the browser.
_NUMBERS = itertools.count(1)


def template() -> str:
    """The card's static HTML, with the list of what there is for each view."""
    known: list[tuple[str, Picture | Numbers]] = [*PICTURES.items(), *NUMBERS.items()]
    items = [
        {"name": name, "title": item.title, "view": item.view, "formats": _formats(item)}
        for name, item in known
    ]
    listed = html.escape(json.dumps(items), quote=True)
    return f'<div class="hx-root hx-card hx-taking" data-testid="take" data-items="{listed}"></div>'


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
        request: From the browser, and so anything: token, name, format and choices.
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
        path = new_path(f"hubert-explorer-{analysis.encoding.checkpoint}.zip")
        write_zip(analysis, choices, path)
    else:
        make = picture if name in PICTURES else numbers
        content = make(analysis, name, file_format, choices)
        path = new_path(f"{name}.{file_format}")
        path.write_bytes(content)
    return {"name": path.name, "file": gr.FileData(path=str(path)).model_dump()}


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
