"""Downloads, from a pressed button to the file that Gradio serves."""

import errno
import os
import zipfile
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from hubert_demo.api import analyze
from hubert_demo.export import EXHIBITS, Choices, Exhibit
from hubert_demo.ui import downloads
from hubert_demo.ui.results import GONE, Results
from hubert_demo.ui.views.base import NO_ROOM


@pytest.fixture(scope="module")
def results():
    return Results()


@pytest.fixture(scope="module")
def token(results, root):
    return results.keep(analyze(root / "assets" / "examples" / "stop.wav"), 0.1).token


def ask(results, token, name, file_format, **choices):
    request = {"token": token, "name": name, "format": file_format, "choices": choices}
    return downloads.answer(results, request)


def test_every_figure_and_table_is_on_the_card_once():
    listed = downloads.downloads()
    template = downloads.template()
    assert all(row["title"] in template for row in listed)
    files = [(file["name"], file["format"]) for row in listed for file in row["files"]]
    assert len(files) == len(set(files))
    assert {name for name, _ in files} == set(EXHIBITS)


def test_a_row_has_one_title_in_its_view_and_all_its_formats():
    found = {(row["view"], row["title"]): row for row in downloads.downloads()}
    assert len(found) == len(downloads.downloads())
    letters = found["transcript", "Letters over time"]["files"]
    assert [file["format"] for file in letters] == ["png", "svg", "csv", "npz"]


def test_all_files_of_a_row_have_the_same_name():
    for row in downloads.downloads():
        assert len({file["name"] for file in row["files"]}) == 1


@pytest.mark.parametrize(
    ("view", "titles"),
    [
        ("timeline", ["Timeline"]),
        (
            "transcript",
            [
                *("Letters over time", "Words", "Words (greedy)", "Alternative transcripts"),
                *("Your aligned text", "Transcript of every layer", "Where letters are decided"),
                *("Sound of a layer", "Words before and after"),
            ],
        ),
        (
            "keywords",
            [
                "Keywords",
                "Commands heard",
                "Labels",
                "Labels over time",
                "Keywords before and after",
                "Labels before and after",
            ],
        ),
        (
            "layers",
            [
                *("Map of this layer", "All layers", "Layer by layer", "Hidden states"),
                "Layers before and after",
            ],
        ),
        (
            "attention",
            ["Map of this head", "All heads", "Every head off in turn", "Each word silenced in turn"],
        ),
    ],
)
def test_a_view_lists_its_figures_first(view, titles):
    assert [row["title"] for row in downloads.downloads() if row["view"] == view] == titles


def test_an_exhibit_added_to_the_list_has_a_row():
    moon = Exhibit("moon", "Moon", "timeline", tabulate=lambda analysis, choices: {})
    files = [{"name": "moon", "format": "csv"}, {"name": "moon", "format": "npz"}]
    row = {"title": "Moon", "view": "timeline", "files": files, "need": None}
    assert downloads.downloads({**EXHIBITS, "moon": moon}) == [*downloads.downloads(), row]


def test_what_needs_a_choice_says_which_and_why():
    needs = {row["files"][0]["name"]: row["need"] for row in downloads.downloads() if row["need"]}
    assert set(needs) == {"alignment", "layer_sound", "head_sweep", "word_sweep"}
    assert all(hasattr(Choices(), need["choice"]) for need in needs.values())
    assert "aligned" in needs["alignment"]["reason"]
    assert "“Every head off in turn” first" in needs["head_sweep"]["reason"]


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
    assert downloads.zip_name(title) == f"hubert-explorer-{name}.zip"


def test_a_figure_is_written_where_gradio_serves_it(results, token):
    answer = ask(results, token, "timeline", "png")
    path = Path(answer["file"]["path"])
    assert (answer["name"], path.name) == ("timeline.png", "timeline.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.is_relative_to(get_upload_folder())


def test_everything_comes_as_one_zip(results, token):
    request = {"token": token, "name": "all", "format": "zip", "choices": {"method": "pca"}}
    answer = downloads.answer(results, {**request, "title": "yes.wav"})
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
        ({"token": None}, "does not understand"),
        ("no dictionary", "does not understand"),
        (None, "does not understand"),
    ],
)
def test_what_cannot_be_given_is_a_sentence(results, request_, message):
    assert message in downloads.answer(results, request_)["error"]


@pytest.mark.parametrize(
    ("name", "file_format", "choices", "message"),
    [
        ("../../etc/passwd", "csv", {}, "no figure, table or sound"),
        ("timeline", "../../x", {}, "does not come as"),
        ("words", "csv", {"layer": [1]}, "give a whole number"),
        ("layer_map", "png", {"layer": 99}, "does not exist"),
    ],
)
def test_names_and_choices_from_outside_are_checked(results, token, name, file_format, choices, message):
    assert message in ask(results, token, name, file_format, **choices)["error"]


def test_the_python_names_checkpoint_and_choices(results, token):
    text = downloads.reproduce(results.get(token).analysis, {"choices": {"layer": 2}})["text"]
    assert "layer=2" in text
    compile(text, "reproduce.py", "exec")


@pytest.mark.parametrize("name", ["emissions", downloads.ALL])
def test_a_full_disk_gets_a_sentence_leaves_no_half_and_does_not_last(results, token, monkeypatch, name):
    before = set(Path(get_upload_folder()).iterdir())

    def full(path, *_):
        Path(path).touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(Path, "write_bytes", full)
        broken.setattr(downloads, "zip_steps", lambda _, __, path: full(path))
        answer = ask(results, token, name, "csv")
    assert answer["error"] == NO_ROOM
    assert set(Path(get_upload_folder()).iterdir()) == before
    assert "file" in ask(results, token, "emissions", "csv")
