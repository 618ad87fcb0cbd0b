"""Files to take away, from a pressed button to what Gradio serves."""

import zipfile
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from hubert_demo.audio import Waveform
from hubert_demo.export import NUMBERS, PICTURES
from hubert_demo.ui import take
from hubert_demo.ui.session import GONE, Results


@pytest.fixture(scope="module")
def results():
    results = Results()
    yield results
    results.close()


@pytest.fixture(scope="module")
def token(results, root):
    return results.analyse(Waveform.from_file(root / "assets" / "examples" / "yes.wav")).token


def ask(results, token, name, file_format, **choices):
    return take.answer(results, {"token": token, "name": name, "format": file_format, "choices": choices})


def test_every_figure_and_table_stands_on_the_card():
    template = take.template()
    assert all(item.title in template for item in [*PICTURES.values(), *NUMBERS.values()])


def test_a_figure_is_written_where_gradio_serves_it(results, token):
    answer = ask(results, token, "timeline", "png")
    path = Path(answer["file"]["path"])
    assert (answer["name"], path.name) == ("timeline.png", "timeline.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.is_relative_to(get_upload_folder())


def test_everything_comes_as_one_zip(results, token):
    answer = ask(results, token, "all", "zip", method="pca")
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
