"""Files to take away, from a pressed button to what Gradio serves."""

import zipfile
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from hubert_demo.audio import Waveform
from hubert_demo.export import NUMBERS, PICTURES, Choices
from hubert_demo.ui import downloads as take
from hubert_demo.ui.results import GONE, Results


@pytest.fixture(scope="module")
def results():
    results = Results()
    yield results
    results.close()


@pytest.fixture(scope="module")
def token(results, root):
    return results.analyse(Waveform.from_file(root / "assets" / "examples" / "stop.wav")).token


def ask(results, token, name, file_format, **choices):
    return take.answer(results, {"token": token, "name": name, "format": file_format, "choices": choices})


def test_every_figure_and_table_stands_on_the_card_once():
    template = take.template()
    assert all(thing["title"] in template for thing in take.things())
    files = [(file["name"], file["format"]) for thing in take.things() for file in thing["files"]]
    assert len(files) == len(set(files))
    assert {name for name, _ in files} == {*PICTURES, *NUMBERS}


def test_a_thing_has_one_title_in_its_view_and_all_its_formats():
    found = {(thing["view"], thing["title"]): thing for thing in take.things()}
    assert len(found) == len(take.things())
    letters = found["transcript", "Letters over time"]["files"]
    assert [file["format"] for file in letters] == ["png", "svg", "csv", "npz"]


def test_what_needs_a_choice_says_which_and_why():
    (thing,) = [thing for thing in take.things() if thing["need"]]
    assert thing["files"][0]["name"] == "alignment"
    assert hasattr(Choices(), thing["need"]["choice"])
    assert "aligned" in thing["need"]["reason"]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("harbour.wav", "harbour"),
        ("Your recording", "Your-recording"),
        ("../../etc/pass wd.wav", "pass-wd"),
        ("my.talk: 2 <b>.m4a", "my-talk-2-b"),
        ("U\u0308bung.flac", "Übung"),
        ("x" * 300 + ".wav", "x" * 48),
        ("?.wav", "recording"),
        ("", "recording"),
        (None, "recording"),
        ({"a": 1}, "recording"),
    ],
)
def test_the_zip_is_called_after_the_recording(title, name):
    assert take.zip_name(title) == f"hubert-explorer-{name}.zip"


def test_a_figure_is_written_where_gradio_serves_it(results, token):
    answer = ask(results, token, "timeline", "png")
    path = Path(answer["file"]["path"])
    assert (answer["name"], path.name) == ("timeline.png", "timeline.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.is_relative_to(get_upload_folder())


def test_everything_comes_as_one_zip(results, token):
    request = {"token": token, "name": "all", "format": "zip", "choices": {"method": "pca"}}
    answer = take.answer(results, {**request, "title": "yes.wav"})
    assert answer["name"] == "hubert-explorer-yes.zip"
    with zipfile.ZipFile(answer["file"]["path"]) as archive:
        assert "reproduce.py" in archive.namelist()


def test_two_like_requests_get_answers_that_differ(results, token):
    first, second = (ask(results, token, "words", "csv")["number"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"token": "x", "name": "timeline", "format": "png"}, GONE),
        ({"token": None}, "cannot be understood"),
        ("no dictionary", "cannot be understood"),
        (None, "cannot be understood"),
    ],
)
def test_what_cannot_be_given_is_a_sentence(results, request_, message):
    assert message in take.answer(results, request_)["error"]


@pytest.mark.parametrize(
    ("name", "file_format", "choices", "message"),
    [
        ("../../etc/passwd", "csv", {}, "no table"),
        ("timeline", "../../x", {}, "unknown"),
        ("words", "csv", {"layer": [1]}, "give a whole number"),
        ("map_of_layer", "png", {"layer": 99}, "does not exist"),
    ],
)
def test_names_and_choices_from_outside_are_checked(results, token, name, file_format, choices, message):
    assert message in ask(results, token, name, file_format, **choices)["error"]


def test_the_python_names_checkpoint_and_choices(results, token):
    text = take.reproduce(results.get(token).analysis, {"choices": {"layer": 2}})["text"]
    assert "layer=2" in text
    compile(text, "reproduce.py", "exec")
